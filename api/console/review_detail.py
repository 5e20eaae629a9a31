"""One review: the decision and its signatures beside the frozen snapshot, each with the hash that binds them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.console import formats
from api.console.acting import id_of, short
from api.console.actions_panel import actions_panel
from api.console.agenda_read import Agenda, bench_then, named_by, read_agenda
from api.console.declare import (
    Action,
    Badge,
    Claim,
    Column,
    Context,
    Detail,
    Empty,
    Facts,
    Freshness,
    HasNeeds,
    Ids,
    Level,
    Missing,
    Note,
    Panel,
    Part,
    Path,
    Prose,
    Provenance,
    Query,
    Step,
    Table,
)
from api.console.desk import desk_of
from api.console.review_board import agenda_panel, board_panel, lacking_steps, mandate_refusal, voices_of
from api.console.snapshots import snapshot_parts
from api.console.standing import names_of, units_of
from governance.directory.models import Person as PersonRow
from governance.kernel.work import Work
from governance.reviews.models import Board, Decision, Meeting, MeetingDay, Review, Signature, Snapshot
from governance.reviews.queries import (
    decisions,
    item_decisions,
    known_by,
    meeting,
    meeting_day,
    review,
    signatures,
    snapshot,
)
from governance.reviews.rules import SIGNERS, ReviewState
from governance.reviews.service.sign import Bench, standing_hash


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature as the table shows it."""

    row: Signature
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Read:
    """A review within reach with all that stood upon it at the page's instant; `hash` is what a signature signs."""

    row: Review
    state: ReviewState
    snapshot: Snapshot
    decision: Decision | None
    hash: str | None
    signed: tuple[Signed, ...]
    names: dict[str, str]
    owner: str
    unit: str
    own_unit: UUID | None
    bench: Bench | None
    agenda: Agenda
    met: tuple[Meeting, Board] | None
    day: MeetingDay | None


async def read_review(ctx: Context, review_id: UUID) -> Read:
    """Read a review. Raises NotFound outside reach."""
    async with ctx.work() as work:
        row = await review(work, review_id)
        frozen = await snapshot(work, row.id)
        decided = known_by(await decisions(work, row.id), ctx.as_of)
        standing = decided[0] if decided else None
        every = await signatures(work, row.id)
        signed = tuple(Signed(*each) for each in every if known_by(each[:1], ctx.as_of))
        owners = await names_of(work, [standing.action_owner_id if standing else None])
        of = await bench_then(ctx, work, row.id)
        return Read(
            row, _state(row, standing, len(every) - len(signed)), frozen, standing,
            await _hash(ctx, work, frozen, standing), signed,
            await named_by(ctx, work, [row.prepared_by, *([standing.decided_by] if standing else [])]),
            next(iter(owners.values()), ""), (await units_of(work, [row.unit_id])).get(row.unit_id, ""),
            await _own_unit(ctx, work), of, await read_agenda(ctx, work, row.id, of), await meeting(work, row.id),
            await meeting_day(work, row.id, ctx.as_of),
        )  # fmt: skip


def _state(row: Review, standing: Decision | None, signed_later: int) -> ReviewState:
    """How the review stood: the last signature closes it, the first decision on it decides it."""
    if row.state is ReviewState.SIGNED and not signed_later:
        return ReviewState.SIGNED
    return ReviewState.DECIDED if standing else ReviewState.PREPARED


async def _hash(ctx: Context, work: Work, frozen: Snapshot, standing: Decision | None) -> str | None:
    """What a signature signed at the page's instant; None where nothing was decided by then."""
    if standing is None:
        return None
    first: dict[str, Decision] = {}
    for each in known_by(await item_decisions(work, frozen.review_id), ctx.as_of):
        first.setdefault(each.item_key or "", each)
    return standing_hash(frozen, standing, [first[key] for key in sorted(first)])


async def _own_unit(ctx: Context, work: Work) -> UUID | None:
    from_actor = desk_of(ctx).actor.person_id
    if from_actor is None:
        return None
    person = await work.session.get(PersonRow, (work.tenant_id, from_actor))
    return person.unit_id if person else None


def signer_refusal(ctx: Context, read: Read) -> HasNeeds | None:
    """Why this reader may not sign, as has and needs; None where nothing speaks against it."""
    actor = desk_of(ctx).actor
    if any(each.row.person_id == actor.person_id for each in read.signed):
        return HasNeeds(Claim(ctx.text("reviews.you_signed")), Claim(ctx.text("reviews.needs_another")))
    if actor.principal == read.row.prepared_by:
        return HasNeeds(Claim(ctx.text("reviews.you_prepared")), Claim(ctx.text("reviews.needs_other_person")))
    if read.bench is not None:
        return mandate_refusal(ctx, read.bench, actor.person_id)
    if any(each.row.unit_id == read.own_unit for each in read.signed):
        return HasNeeds(Claim(ctx.text("reviews.unit_signed")), Claim(ctx.text("reviews.needs_other_unit")))
    return None


async def show(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """The page of one review: nothing in it is computed anew."""
    read = await read_review(ctx, id_of(ids["id"], "review"))
    content = read.snapshot.content
    return Detail(
        read.row.title,
        ((ctx.text("reviews.title"), "/reviews"),),
        (Badge(ctx.text(f"reviews.state_{read.state.value.lower()}")), Badge(read.unit)),
        parts=(
            *_later(ctx, read),
            _decision(ctx, read),
            agenda_panel(ctx, read.agenda, _open_acts(read, "agenda.add", "items/new", "plus", "review:note")),
            actions_panel(
                ctx, read.agenda, acts=_open_acts(read, "agenda.give", "actions/new", "plus", "review:decide")
            ),
            *snapshot_parts(ctx, content),
        ),
        side=(_readiness(ctx, read), _signatures(ctx, read), *board_panel(ctx, read.met, read.day), _frozen(ctx, read)),
        actions=_actions(ctx, read),
        freshness=_sources(ctx, content["sources"]),
        provenance=Provenance(
            read.row.as_of,
            read.unit,
            str(content["policy_version"])[:8],
            ", ".join((content["position"]["definition"], content["time_to_first_use"]["definition"])),
            ctx.text("door.entries", count=content["audit"]["entries"]),
            ((ctx.text("reviews.snapshot_hash"), short(read.snapshot.sha256)),),
        ),
    )


def _later(ctx: Context, read: Read) -> tuple[Part, ...]:
    """A remark where the page shows an instant before the review was prepared."""
    if ctx.as_of is None or read.row.prepared_at <= ctx.as_of:
        return ()
    return (Note(ctx.text("reviews.prepared_later", instant=_instant(ctx, read.row.prepared_at))),)


def _open_acts(read: Read, label: str, where: str, icon: str, right: str) -> tuple[Action, ...]:
    """What an open review still takes."""
    if read.state is ReviewState.SIGNED:
        return ()
    return (Action(label, f"/reviews/{read.row.id}/{where}", icon, action=right, dialog=True),)


def _actions(ctx: Context, read: Read) -> tuple[Action, ...]:
    here = f"/reviews/{read.row.id}"
    decide = Action("reviews.decide", f"{here}/decide", "gavel", action="review:decide", dialog=True)
    book = Action(
        "reviews.workbook", f"/reports/review/new?as-of=now&review={read.row.id}", "report", changes=False,
        action="report:request",
    )  # fmt: skip
    sign = Action("reviews.sign", f"{here}/sign", "check", primary=True, action="review:sign")
    if read.state is ReviewState.SIGNED:
        return (book,)
    return (
        *(() if read.signed else (decide,)),
        *((sign,) if read.decision and signer_refusal(ctx, read) is None else ()),
        *_open_acts(read, "agenda.set_day", "day", "calendar", "review:prepare")[: 1 if read.met else 0],
        book,
    )


def _sources(ctx: Context, sources: list[dict[str, Any]]) -> Freshness:
    late = [each for each in sources if each["stale"]]
    if not sources or late:
        return Freshness(ctx.text("reviews.sources_late", count=len(late)), Level.UNKNOWN)
    return Freshness(ctx.text("reviews.sources_fresh", count=len(sources)))


def _instant(ctx: Context, moment: datetime) -> str:
    return formats.instant(ctx.locale, moment, ctx.zone)


def _decision(ctx: Context, read: Read) -> Part:
    decision = read.decision
    if decision is None:
        empty = Empty(ctx.text("reviews.undecided"), ctx.text("reviews.undecided_text"), "gavel")
        return Panel(ctx.text("reviews.decision"), (empty,))
    due = formats.day(ctx.locale, decision.due_day) if decision.due_day else Missing(ctx.text("reviews.no_due"))
    facts = (
        (ctx.text("reviews.decided_by"), read.names.get(decision.decided_by, "")),
        (ctx.text("reviews.decided_at"), _instant(ctx, decision.recorded_at)),
        (ctx.text("reviews.owner"), read.owner or Missing(ctx.text("reviews.no_owner"))),
        (ctx.text("reviews.due_day"), due),
    )
    return Panel(ctx.text("reviews.decision"), (Prose(decision.text), Facts(facts)))


def _readiness(ctx: Context, read: Read) -> Part:
    """Prepared, decided, signed by two units: what is done and what is still to do."""
    prepared = ctx.text(
        "reviews.by_at", who=read.names[read.row.prepared_by], instant=_instant(ctx, read.row.prepared_at)
    )
    decided = "" if read.decision is None else _instant(ctx, read.decision.recorded_at)
    steps = [
        Step(Level.OK, ctx.text("reviews.state_prepared"), prepared),
        Step(Level.OK if read.decision else "now", ctx.text("reviews.state_decided"), decided),
    ]
    voices = {} if read.bench is None else voices_of(read.bench)
    for number in range(max(SIGNERS if read.bench is None else read.bench.rule.quorum, len(read.signed))):
        if number < len(read.signed):
            each = read.signed[number]
            steps.append(
                Step(Level.OK, ctx.text("reviews.signed_by", who=each.name), voices.get(each.row.person_id, each.unit))
            )
        else:
            state = "now" if read.decision and number == len(read.signed) else "todo"
            steps.append(Step(state, ctx.text("reviews.signature", n=number + 1), _whose(ctx, read)))
    steps += [] if read.bench is None else lacking_steps(ctx, read.bench, ctx.as_of or ctx.now)
    signs = ctx.may("review:sign") and read.decision is not None and read.state is not ReviewState.SIGNED
    refusal = signer_refusal(ctx, read) if signs else None
    return Panel(ctx.text("reviews.progress"), (Path(tuple(steps)), *((refusal,) if refusal else ())))


def _whose(ctx: Context, read: Read) -> str:
    return ctx.text("reviews.signature_needs" if read.bench is None else "reviews.signature_of_department")


def _signatures(ctx: Context, read: Read) -> Part:
    columns = (
        Column("name", "reviews.signer", sub=lambda each: each.unit, strong=True),
        Column("at", "reviews.signed_at", value=lambda each: _instant(ctx, each.row.recorded_at), quiet=True),
    )
    key = "reviews.unsigned_text" if read.bench is None else "reviews.unsigned_board"
    empty = Empty(ctx.text("reviews.unsigned"), ctx.text(key), "check")
    return Panel(
        ctx.text("reviews.signatures"),
        (Table(ctx.text("reviews.signatures"), columns, read.signed, empty=empty, bare=True),),
    )


def _frozen(ctx: Context, read: Read) -> Part:
    rows: list[tuple[str, Any]] = [
        (ctx.text("reviews.as_of"), _instant(ctx, read.row.as_of)),
        (ctx.text("reports.known_at"), _instant(ctx, read.row.known_at)),
        (ctx.text("reviews.snapshot_hash"), read.snapshot.sha256),
    ]
    if read.hash is not None:
        rows.append((ctx.text("reviews.signed_hash"), read.hash))
    return Panel(ctx.text("reviews.frozen"), (Facts(tuple(rows)),), about=ctx.text("reviews.hash_about"))
