"""How far the trail is sealed: the last checkpoint, what waits, and what an auditor takes away from here."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.declare import (
    Column,
    Context,
    Detail,
    Empty,
    Facts,
    Freshness,
    Ids,
    Level,
    Link,
    Panel,
    Part,
    Query,
    Table,
)
from api.console.desk import provenance_of
from api.console.parts import Footer, Note
from governance.audit.checkpoints import key_line
from governance.audit.models import Checkpoint, Sealed
from governance.audit.proofs import whole_trail
from governance.audit.queries import SealState, head, seal_state, visible_checkpoints, visible_seals
from governance.kernel.work import Work

HERE: Final = "/trail/seal"
SHOWN: Final = 20
LATE: Final = timedelta(minutes=5)


async def trail_head(ctx: Context, work: Work) -> Freshness:
    """How long the trail is and how far it is sealed; a lag of minutes says that nobody seals."""
    entries, last = await head(work)
    if last is None:
        return Freshness(ctx.text("trail.nothing"), Level.UNKNOWN)
    state = await seal_state(work.session, work.tenant_id)
    said = f"{ctx.text('trail.entries', count=entries)} · {_sealed_words(ctx, state)}"
    return Freshness(said, Level.WARN if _late(ctx, state) else Level.OK, HERE)


async def numbers_of(work: Work, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The numbers of these entries in the sealed trail; none for those that wait."""
    query = visible_seals(work).where(Sealed.id.in_(ids)).with_only_columns(Sealed.id, Sealed.seq)
    return {row.id: row.seq for row in await work.session.execute(query)}


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The page: what was signed last, what waits, the newest checkpoints, and the files."""
    async with ctx.work() as work:
        whole_trail(work)
        state = await seal_state(work.session, work.tenant_id)
        newest = visible_checkpoints(work).order_by(Checkpoint.size.desc()).limit(SHOWN)
        rows = (await work.session.execute(newest)).scalars().all()
        freshness = await trail_head(ctx, work)
    parts: list[Part] = [_standing(ctx, state), Note(ctx.text("sealed.keep")), _checkpoints(ctx, rows)]
    return Detail(
        ctx.text("sealed.title"), ((ctx.text("trail.title"), "/trail"),), parts=tuple(parts), freshness=freshness,
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _standing(ctx: Context, state: SealState) -> Panel:
    facts: list[tuple[str, Any]] = []
    links = [Link(ctx.text("sealed.verifier"), "/trail-files/verifier")]
    if (last := state.last) is not None:
        facts += [
            (ctx.text("sealed.last"), _when(ctx, last.sealed_at)),
            (ctx.text("sealed.size"), formats.number(ctx.locale, last.size)),
            (ctx.text("sealed.root"), last.root.hex()),
            (ctx.text("sealed.key"), key_line(last.tenant_id, last.public_key)),
        ]
        links = [
            Link(ctx.text("sealed.checkpoint"), f"/trail-files/checkpoints/{last.size}"),
            Link(ctx.text("sealed.public_key"), "/trail-files/key"), *links,
        ]  # fmt: skip
    facts.append((ctx.text("sealed.waiting"), formats.number(ctx.locale, state.waiting)))
    if state.since is not None:
        facts.append((ctx.text("sealed.since"), _when(ctx, state.since)))
    return Panel(ctx.text("sealed.standing"), (Facts(tuple(facts)),), footer=Footer(tuple(links)))


def _checkpoints(ctx: Context, rows: Sequence[Checkpoint]) -> Part:
    columns = (
        Column("size", "sealed.size", kind="number", strong=True),
        Column("sealed_at", "sealed.at", kind="date"),
        Column("root", "sealed.root", kind="code", value=lambda row: row.root.hex()[:16], leaves=2),
        Column(
            "file", "sealed.file", kind="link",
            value=lambda row: Link(ctx.text("sealed.download"), f"/trail-files/checkpoints/{row.size}"),
        ),
    )  # fmt: skip
    title = ctx.text("sealed.checkpoints")
    empty = Empty(ctx.text("sealed.none"), ctx.text("sealed.none_text"), "history")
    return Panel(title, (Table(title, columns, rows, bare=True, empty=empty),))


def _sealed_words(ctx: Context, state: SealState) -> str:
    if state.waiting:
        return str(ctx.text("sealed.waits", count=state.waiting))
    return str(ctx.text("sealed.all"))


def _late(ctx: Context, state: SealState) -> bool:
    return state.since is not None and state.since < ctx.now - LATE


def _when(ctx: Context, at: Any) -> str:
    local = at.astimezone(ctx.zone)
    return f"{formats.day(ctx.locale, local.date())} {formats.clock(ctx.locale, local)}"
