"""One item of an agenda: what was frozen of it, how each department voted, what was said, decided and given to do."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.acting import id_of
from api.console.actions_panel import actions_panel
from api.console.agenda_read import Agenda, bench_then, read_agenda
from api.console.agenda_said import (
    change_words,
    instant_words,
    item_figure,
    item_href,
    item_title,
    item_why,
    lacking_words,
    may_open,
    measured,
    tally_words,
)
from api.console.board_said import seat_word
from api.console.declare import (
    Action,
    Badge,
    Column,
    Context,
    Detail,
    Empty,
    Facts,
    HasNeeds,
    Ids,
    Level,
    Link,
    Missing,
    Panel,
    Part,
    Path,
    Person,
    Prose,
    Query,
    Step,
    Table,
)
from api.console.desk import desk_of, provenance_of
from api.console.objects import Claim
from governance.kernel.errors import NotFound
from governance.reviews.models import ItemVote, Review
from governance.reviews.queries import Entry, review
from governance.reviews.rules import ItemKind, ReviewState, SubjectKind
from governance.reviews.service.sign import Bench
from governance.reviews.voting import Tally

SUBJECT_PAGES: Final = {
    SubjectKind.AGREEMENT: "/agreements/{}", SubjectKind.ALERT: "/alerts/{}", SubjectKind.FINDING: "/findings/{}",
    SubjectKind.LICENSE: "/licenses/{}",
}  # fmt: skip


async def read_item(ctx: Context, asked_review: str, asked_key: str) -> tuple[Review, Agenda, Entry]:
    """Read one item with the whole agenda it stands on. Raises NotFound."""
    async with ctx.work() as work:
        row = await review(work, id_of(asked_review, "review"))
        agenda = await read_agenda(ctx, work, row.id, await bench_then(ctx, work, row.id))
    entry = agenda.entry(asked_key)
    if entry is None:
        raise NotFound("agenda item", asked_key[:120])
    return row, agenda, entry


def asked_ids(ctx: Context) -> tuple[str, str]:
    """The review and the item that a form's address names."""
    parts = ctx.path.strip("/").split("/")
    return parts[1], parts[3] if len(parts) > 3 else ""


def voices(of: Bench | None, person_id: UUID | None, at: datetime) -> tuple[str, ...]:
    """The departments a person speaks for at an instant, by name."""
    if of is None or person_id is None:
        return ()
    return tuple(sorted({s.department for s in of.speakers if s.person_id == person_id and s.in_force(at)}))


async def show(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """The page of one item. Raises NotFound."""
    row, agenda, entry = await read_item(ctx, ids["id"], ids["key"])
    here = f"/reviews/{row.id}"
    counted = agenda.tally(entry.key, ctx.as_of or ctx.now)
    return Detail(
        item_title(ctx, entry),
        ((ctx.text("reviews.title"), "/reviews"), (row.title, here)),
        (Badge(ctx.text(f"agenda.kind_{entry.kind.value.lower()}")),),
        parts=(
            _about(ctx, agenda, entry),
            *((_votes(ctx, agenda, entry, counted),) if counted is not None else ()),
            _decisions(ctx, agenda, entry),
            _minutes(ctx, agenda, entry, _open_act(row, entry, "agenda.note", "note", "review:note")),
            actions_panel(ctx, agenda, entry.key, _open_act(row, entry, "agenda.give", "actions/new", "review:decide")),
        ),
        side=(_standing(ctx, agenda, entry, counted), _order(ctx, agenda, entry)),
        actions=_acts(ctx, row, agenda, entry),
        provenance=await provenance_of(ctx),
    )


def _acts(ctx: Context, row: Review, agenda: Agenda, entry: Entry) -> tuple[Action, ...]:
    here = item_href(entry)
    if row.state is ReviewState.SIGNED:
        return ()
    signed = agenda.bench is not None and bool(agenda.bench.marks)
    votes = bool(voices(agenda.bench, desk_of(ctx).actor.person_id, ctx.now)) and not signed
    return (
        *((Action("agenda.vote", f"{here}/vote", "check", primary=True, action="review:vote", dialog=True),)
          if votes else ()),
        *(() if signed else (Action("agenda.decide", f"{here}/decide", "gavel", action="review:decide", dialog=True),)),
    )  # fmt: skip


def _open_act(row: Review, entry: Entry, label: str, where: str, right: str) -> tuple[Action, ...]:
    """What an item still takes until its review is signed."""
    if row.state is ReviewState.SIGNED:
        return ()
    return (Action(label, f"{item_href(entry)}/{where}", "plus", action=right, dialog=True),)


def _about(ctx: Context, agenda: Agenda, entry: Entry) -> Part:
    if entry.own is not None:
        rows: list[tuple[str, Any]] = [(ctx.text("agenda.added_by"), agenda.by[entry.own.added_by])]
        if entry.own.subject_kind and entry.own.subject_id:
            href = SUBJECT_PAGES[entry.own.subject_kind].format(entry.own.subject_id)
            said = ctx.text(f"agenda.subject_{entry.own.subject_kind.value.lower()}")
            rows.append((ctx.text("agenda.subject"), Link(said, href) if may_open(ctx, href) else said))
        return Panel(ctx.text("agenda.item"), (Prose(entry.own.text), Facts(tuple(rows))), sub=item_why(ctx, entry))
    facts = entry.facts
    measure, _ = measured(facts)
    before = item_figure(ctx, facts, "before") if measure else ""
    none = Missing(ctx.text("agenda.no_figure"))
    rows = [(ctx.text(f"agenda.figure_{measure}" if measure else "agenda.frozen"), item_figure(ctx, facts) or none)]
    if measure:
        label = ctx.text("actions.then" if facts.get("aim") else "agenda.before")
        rows.append((label, before or Missing(ctx.text("agenda.no_review_before"))))
    rows += [(ctx.text("agenda.change"), change_words(ctx, facts) or none), *_more(ctx, facts)]
    rows.append((ctx.text("agenda.rule"), str(facts.get("rule", ""))))
    page = str(facts.get("page", ""))
    if may_open(ctx, page):
        rows.append((ctx.text("agenda.today"), Link(ctx.text("settings.open"), page)))
    return Panel(ctx.text("agenda.frozen"), (Facts(tuple(rows)),), sub=item_why(ctx, entry))


def _more(ctx: Context, facts: Any) -> list[tuple[str, Any]]:
    """What else was frozen of what waits: licenses that end, a deadline, a verdict on an aim."""
    rows: list[tuple[str, Any]] = []
    if facts.get("licenses"):
        rows.append((ctx.text("licenses.title"), ", ".join(facts["licenses"])))
    if facts.get("notice_by"):
        rows.append((ctx.text("renewals.deadline"), formats.day(ctx.locale, _date(facts["notice_by"]))))
    if facts.get("overdue"):
        rows.append((ctx.text("table.status"), ctx.text("boards.overdue")))
    if facts.get("verdict"):
        rows.append((ctx.text("agenda.verdict"), ctx.text(f"agenda.verdict_{str(facts['verdict']).lower()}")))
    return rows


def _date(said: Any) -> Any:
    return datetime.fromisoformat(str(said)).date()


def _votes(ctx: Context, agenda: Agenda, entry: Entry, counted: Tally) -> Part:
    assert agenda.bench is not None
    seats = {each.id: each.seat for each in agenda.bench.speakers}
    silent = {*counted.silent, *counted.missing.needed} - set(counted.voices)
    asked = counted.voices or entry.kind is ItemKind.PROPOSAL
    open_ones = [_Silent(name) for name in silent] if asked else []
    voted: list[ItemVote | _Silent] = [*agenda.voted(entry.key), *open_ones]
    rows = sorted(voted, key=lambda each: each.department.casefold())

    def voter(each: Any) -> Any:
        if isinstance(each, _Silent):
            return Missing(ctx.text("agenda.silent"))
        seat = seats.get(each.member_id)
        return Person(agenda.people.get(each.person_id, ""), seat_word(ctx, seat) if seat else "")

    columns = (
        Column("department", "boards.department", value=lambda each: each.department, strong=True),
        Column("choice", "agenda.voted", value=lambda each: _choice(ctx, each)),
        Column("voter", "boards.member", kind="person", value=voter, leaves=4),
        Column("at", "agenda.at", leaves=3, quiet=True,
               value=lambda each: instant_words(ctx, each.recorded_at) if isinstance(each, ItemVote) else None),
    )  # fmt: skip
    empty = Empty(ctx.text("agenda.no_votes"), ctx.text("agenda.no_votes_text"), "people")
    table = Table(ctx.text("agenda.votes"), columns, rows, bare=True, ident="votes", empty=empty)
    return Panel(
        ctx.text("agenda.votes"), (table,), sub=tally_words(ctx, counted), about=ctx.text("agenda.votes_about")
    )


class _Silent:
    """A department that has not voted."""

    def __init__(self, department: str) -> None:
        self.department = department


def _choice(ctx: Context, each: Any) -> Any:
    if isinstance(each, _Silent):
        return Missing(ctx.text("agenda.silent"))
    return ctx.text(f"agenda.choice_{each.choice.value.lower()}")


def _decisions(ctx: Context, agenda: Agenda, entry: Entry) -> Part:
    rows = [each for each in agenda.decided if each.item_key == entry.key]
    columns = (
        Column("outcome", "agenda.outcome", strong=True, sub=lambda each: each.text,
               value=lambda each: ctx.text(f"agenda.outcome_{each.outcome.value.lower()}")),
        Column("text", "reviews.decision", file_only=True),
        Column("by", "reviews.decided_by", value=lambda each: agenda.by[each.decided_by], leaves=4),
        Column("at", "reviews.decided_at", leaves=3, quiet=True,
               value=lambda each: instant_words(ctx, each.recorded_at)),
        Column("stands", "table.status",
               value=lambda each: ctx.text("renewals.stands" if each is rows[0] else "renewals.replaced")),
    )  # fmt: skip
    empty = Empty(ctx.text("agenda.undecided"), ctx.text("agenda.undecided_text"), "gavel")
    table = Table(ctx.text("reviews.decision"), columns, rows, bare=True, ident="decisions", empty=empty)
    return Panel(ctx.text("reviews.decision"), (table,))


def _minutes(ctx: Context, agenda: Agenda, entry: Entry, acts: tuple[Action, ...]) -> Part:
    rows = [each for each in agenda.notes if each.item_key == entry.key]
    columns = (
        Column("text", "agenda.said", strong=False),
        Column("by", "renewals.by", value=lambda each: agenda.by[each.written_by], leaves=4, quiet=True),
        Column("at", "agenda.at", value=lambda each: instant_words(ctx, each.recorded_at), leaves=3, quiet=True),
    )
    empty = Empty(ctx.text("agenda.no_minutes"), ctx.text("agenda.no_minutes_text"), "edit")
    table = Table(ctx.text("agenda.minutes"), columns, rows, bare=True, ident="minutes", empty=empty)
    return Panel(ctx.text("agenda.minutes"), (table,), actions=acts)


def vote_refusal(ctx: Context, agenda: Agenda) -> HasNeeds | None:
    """Why this reader cannot vote, as has and needs; None where they may."""
    if agenda.bench is not None and voices(agenda.bench, desk_of(ctx).actor.person_id, ctx.now):
        return None
    needs = ctx.text("reviews.needs_member", departments=_departments(ctx, agenda.bench))
    return HasNeeds(Claim(ctx.text("reviews.no_voice")), Claim(needs))


def _departments(ctx: Context, of: Bench | None) -> str:
    there = () if of is None else sorted({s.department for s in of.speakers if s.in_force(ctx.as_of or ctx.now)})
    return ", ".join(there) or "–"


def _standing(ctx: Context, agenda: Agenda, entry: Entry, counted: Tally | None) -> Part:
    """From the agenda to a decision: what is done of it and what it lacks."""
    decision = agenda.standing(entry.key)
    steps = [Step(Level.OK, ctx.text("agenda.on_agenda"), item_why(ctx, entry))]
    if counted is not None and (counted.voices or entry.kind is ItemKind.PROPOSAL):
        short = lacking_words(ctx, counted.missing, counted.silent)
        enough = counted.missing.nothing
        steps.append(Step(Level.OK if enough else "now", ctx.text("agenda.quorum_votes"), short))
        majority = ctx.text("agenda.majority" if counted.majority else "agenda.no_majority")
        steps.append(Step(Level.OK if counted.majority else "todo", majority, tally_words(ctx, counted)))
    decided = "" if decision is None or decision.outcome is None else _outcome(ctx, decision.outcome.value)
    steps.append(Step(Level.OK if decision else "now", ctx.text("reviews.state_decided"), decided))
    return Panel(ctx.text("reviews.progress"), (Path(tuple(steps)),))


def _outcome(ctx: Context, outcome: str) -> str:
    return ctx.text(f"agenda.outcome_{outcome.lower()}")


def _order(ctx: Context, agenda: Agenda, entry: Entry) -> Part:
    before, after = agenda.around(entry.key)
    place = [each.key for each in agenda.entries].index(entry.key) + 1
    none = Missing(ctx.text("agenda.nothing"))
    rows = (
        (ctx.text("agenda.place"), ctx.text("agenda.of", n=place, count=len(agenda.entries))),
        (ctx.text("agenda.item_before"), none if before is None else Link(item_title(ctx, before), item_href(before))),
        (ctx.text("agenda.item_after"), none if after is None else Link(item_title(ctx, after), item_href(after))),
    )
    return Panel(ctx.text("agenda.title"), (Facts(rows),))
