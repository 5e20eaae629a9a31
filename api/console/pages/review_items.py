"""Items of a review: each on a page of its own; adding one, voting, minutes, deciding, and the day its board meets."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console.acting import id_of
from api.console.agenda_said import instant_words, item_href, item_title, lacking_words, tally_words
from api.console.board_read import meeting_days
from api.console.declare import (
    Context,
    DetailPage,
    Done,
    Facts,
    Field,
    FormPage,
    Ids,
    Note,
    Opened,
    Option,
    Outcome,
    Part,
    Query,
)
from api.console.desk import desk_of
from api.console.item_detail import asked_ids, read_item, show, voices, vote_refusal
from governance.kernel.work import Work
from governance.reviews.models import Decision, ItemNote, ItemVote, MeetingDay, OwnItem
from governance.reviews.queries import Entry, review, snapshot
from governance.reviews.rules import Choice, ItemKind, ItemOutcome, SubjectKind
from governance.reviews.service import (
    AddItem,
    CastVote,
    DecideItem,
    NoteItem,
    ScheduleMeeting,
    add_item,
    bench,
    cast_vote,
    decide_item,
    note_item,
    schedule_meeting,
)
from governance.reviews.voting import Tally


async def own_departments(ctx: Context) -> tuple[Option, ...]:
    """The departments the reader speaks for on this review's board, to choose from where there are several."""
    async with ctx.work() as work:
        row = await review(work, id_of(asked_ids(ctx)[0], "review"))
        mine = voices(await bench(work, row.id), desk_of(ctx).actor.person_id, ctx.now)
    return tuple(Option(name, text=name) for name in mine) if len(mine) > 1 else ()


async def _opened(
    ctx: Context, ids: Ids, title: str, initial: Mapping[str, Any], parts: tuple[Part, ...] = ()
) -> Opened:  # fmt: skip
    row, _, entry = await read_item(ctx, ids["id"], ids["key"])
    here, said = item_href(entry), item_title(ctx, entry)
    crumbs = ((ctx.text("reviews.title"), "/reviews"), (row.title, f"/reviews/{row.id}"), (said, here))
    return Opened(ctx.text(title), initial, said, crumbs, parts, cancel=here)


def _counted(ctx: Context, counted: Tally | None) -> tuple[Part, ...]:
    """How the vote stands and what it lacks, above the form that goes on from it."""
    if counted is None:
        return ()
    none = ctx.text("agenda.nothing")
    lacks = lacking_words(ctx, counted.missing, counted.silent) or none
    rows = (
        (ctx.text("agenda.votes"), tally_words(ctx, counted) or ctx.text("agenda.no_votes")),
        (ctx.text("agenda.lacks"), lacks),
    )
    return (Facts(rows),)


async def _review_opened(ctx: Context, ids: Ids, title: str, initial: Mapping[str, Any], note: str) -> Opened:
    async with ctx.work() as work:
        row = await review(work, id_of(ids["id"], "review"))
    here = f"/reviews/{row.id}"
    crumbs = ((ctx.text("reviews.title"), "/reviews"), (row.title, here))
    return Opened(ctx.text(title), initial, row.title, crumbs, (Note(ctx.text(note)),), cancel=here)


async def add_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """An item beside the frozen ones. Raises NotFound."""
    return await _review_opened(ctx, ids, "agenda.add", {"kind": ItemKind.TOPIC.value}, "agenda.add_note")


async def license_options(ctx: Context) -> tuple[Option, ...]:
    """The licenses that the review froze, by name."""
    async with ctx.work() as work:
        row = await review(work, id_of(asked_ids(ctx)[0], "review"))
        rows = (await snapshot(work, row.id)).content["position"]["rows"]
    named = sorted((str(each["license"]), str(each["license_id"])) for each in rows)
    return tuple(Option(license_id, text=name) for name, license_id in named)


async def add(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Put it on the agenda and lead to it."""
    about = values["subject"]
    command = AddItem(
        id_of(ids["id"], "review"), values["title"], values["text"], ItemKind(values["kind"]),
        SubjectKind.LICENSE if about else None, UUID(about) if about else None,
    )  # fmt: skip

    async def verb(work: Work) -> OwnItem:
        return await add_item(work, command)

    row = await desk_of(ctx).perform(verb)
    where = item_href(Entry(row.review_id, row.key, row.title, row.kind, own=row))
    return Done(where, ctx.text("agenda.added"))


async def day_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """On which day the board meets. Raises NotFound."""
    review_id = id_of(ids["id"], "review")
    async with ctx.work() as work:
        stands = (await meeting_days(work, [review_id])).get(review_id)
    initial = {} if stands is None else {"day": stands.day.isoformat()}
    return await _review_opened(ctx, ids, "agenda.set_day", initial, "agenda.day_note")


async def set_day(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Set the day; an earlier one is kept in the trail."""
    command = ScheduleMeeting(id_of(ids["id"], "review"), values["day"])

    async def verb(work: Work) -> MeetingDay:
        return await schedule_meeting(work, command)

    await desk_of(ctx).perform(verb)
    return Done(f"/reviews/{command.review_id}", ctx.text("agenda.day_set"))


async def vote_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """How the vote stands, and one's own where it was given. Raises NotFound."""
    _, agenda, entry = await read_item(ctx, ids["id"], ids["key"])
    person_id = desk_of(ctx).actor.person_id
    before = next((each for each in agenda.voted(entry.key) if each.person_id == person_id), None)
    refusal = vote_refusal(ctx, agenda)
    parts = (*_counted(ctx, agenda.tally(entry.key, ctx.now)), *((refusal,) if refusal else ()))
    initial = {} if before is None else {"choice": before.choice.value, "department": before.department}
    return await _opened(ctx, ids, "agenda.vote", initial, parts)


async def vote(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Vote; one's earlier vote on the item is superseded."""
    _, _, entry = await read_item(ctx, ids["id"], ids["key"])
    command = CastVote(entry.review_id, entry.key, Choice(values["choice"]), values["department"])

    async def verb(work: Work) -> ItemVote:
        return await cast_vote(work, command)

    await desk_of(ctx).perform(verb)
    return Done(item_href(entry), ctx.text("agenda.vote_stands"))


async def note_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What was said of the item. Raises NotFound."""
    return await _opened(ctx, ids, "agenda.note", {})


async def note(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Append to its minutes."""
    _, _, entry = await read_item(ctx, ids["id"], ids["key"])
    command = NoteItem(entry.review_id, entry.key, values["text"])

    async def verb(work: Work) -> ItemNote:
        return await note_item(work, command)

    await desk_of(ctx).perform(verb)
    return Done(item_href(entry), ctx.text("agenda.noted"))


async def decide_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """How the vote stands, and the decision that would be replaced. Raises NotFound."""
    _, agenda, entry = await read_item(ctx, ids["id"], ids["key"])
    stands = agenda.standing(entry.key)
    parts = _counted(ctx, agenda.tally(entry.key, ctx.now))
    if stands is None:
        return await _opened(ctx, ids, "agenda.decide", {}, parts)
    said = ctx.text("agenda.replaces", at=instant_words(ctx, stands.recorded_at))
    outcome = None if stands.outcome is None else stands.outcome.value
    initial = {"expected": str(stands.id), "outcome": outcome, "text": stands.text}
    return await _opened(ctx, ids, "agenda.decide", initial, (*parts, Note(said)))


async def decide(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Decide on the item, upon its vote where it takes one."""
    _, _, entry = await read_item(ctx, ids["id"], ids["key"])
    seen = values["expected"]
    command = DecideItem(
        entry.review_id, entry.key, ItemOutcome(values["outcome"]), values["text"],
        id_of(seen, "decision") if seen else None,
    )  # fmt: skip

    async def verb(work: Work) -> Decision:
        return await decide_item(work, command)

    await desk_of(ctx).perform(verb)
    return Done(item_href(entry), ctx.text("reviews.decided"))


def words_of(kind: Any, prefix: str) -> tuple[Option, ...]:
    """Every word of a kind as a choice, with what it means beside it."""
    return tuple(Option(each.value, f"agenda.{prefix}_{each.value.lower()}") for each in kind)


ADD: Final = FormPage(
    name="review-item-add", path="/reviews/{id}/items/new", opens=add_opens, submit=add, button="agenda.add",
    action="review:note", nav="reviews",
    fields=(
        Field("title", "reviews.title_field", longest=200),
        Field("text", "agenda.text", "textarea", longest=2000),
        Field("kind", "agenda.kind", "choice", options=words_of(ItemKind, "own")),
        Field("subject", "agenda.subject_license", "select", required=False, options=license_options),
    ),
)  # fmt: skip
DAY: Final = FormPage(
    name="review-day", path="/reviews/{id}/day", opens=day_opens, submit=set_day, button="agenda.set_day",
    action="review:prepare", nav="reviews", fields=(Field("day", "boards.meets", "date"),),
)  # fmt: skip
DETAIL: Final = DetailPage(
    name="review-item", path="/reviews/{id}/items/{key}", gather=show, action="review:read", nav="reviews"
)  # fmt: skip
VOTE: Final = FormPage(
    name="review-item-vote", path="/reviews/{id}/items/{key}/vote", opens=vote_opens, submit=vote,
    button="agenda.vote", action="review:vote", nav="reviews",
    fields=(
        Field("choice", "agenda.voted", "choice", options=words_of(Choice, "choice")),
        Field("department", "boards.department", "select", required=False, options=own_departments,
              help="agenda.department_help"),
    ),
)  # fmt: skip
NOTE: Final = FormPage(
    name="review-item-note", path="/reviews/{id}/items/{key}/note", opens=note_opens, submit=note,
    button="agenda.note", action="review:note", nav="reviews",
    fields=(Field("text", "agenda.said", "textarea", longest=4000, help="agenda.said_help"),),
)  # fmt: skip
DECIDE: Final = FormPage(
    name="review-item-decide", path="/reviews/{id}/items/{key}/decide", opens=decide_opens, submit=decide,
    button="agenda.decide", action="review:decide", nav="reviews",
    fields=(
        Field("expected", "findings.version", "hidden", required=False, longest=36),
        Field("outcome", "agenda.outcome", "choice", options=words_of(ItemOutcome, "outcome")),
        Field("text", "agenda.text", "textarea", longest=2000),
    ),
)  # fmt: skip
PAGES: Final = (ADD, DAY, DETAIL, VOTE, NOTE, DECIDE)
