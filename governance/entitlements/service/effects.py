"""What a change of supply does to rooms: shown before, sealed by a token where it leaves holders over, told after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from governance.audit.entries import plain, plain_value
from governance.directory import queries as directory
from governance.entitlements import queries
from governance.entitlements.errors import PreviewNeeded
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine
from governance.entitlements.rules import Given, Part, RoomKind, Supply
from governance.entitlements.supply import resupply
from governance.kernel.preview import check_preview, preview_token
from governance.kernel.work import Work
from policies.access.parties import Ownership


@dataclass(frozen=True)
class RoomEffect:
    """What becomes of one room: its seats before and after (None: unlimited), and how many of them are taken."""

    room_id: UUID
    kind: RoomKind
    name: str
    before: int | None
    after: int | None
    occupied: int

    @property
    def shrinks(self) -> bool:
        return self.after is not None and (self.before is None or self.after < self.before)

    @property
    def over(self) -> int:
        """Count the taken seats beyond the room after the change; nobody is revoked for it."""
        return 0 if self.after is None else max(0, self.occupied - self.after)


@dataclass(frozen=True)
class Preview:
    """The diff of a change and, for 15 minutes, the token by which exactly this change can be done."""

    verb: str
    subject_id: UUID
    changes: Mapping[str, Any]
    rooms: tuple[RoomEffect, ...]
    token: str

    @property
    def destroys(self) -> bool:
        return any(room.shrinks and room.over for room in self.rooms)


async def foresee(work: Work, line: MetricLine, before: Supply, after: Supply) -> tuple[RoomEffect, ...]:
    """Say for the line and each of its pools what a change does now; rooms that stay as they are left out."""
    now = work.now()
    pools = await queries.pools_of(work, line.id)
    rooms = await queries.rooms_of(work, (line.id, *(pool.id for pool in pools)))
    taken = {room_id: room.occupied for room_id, room in rooms.items()}
    effects = [
        RoomEffect(line.id, RoomKind.LINE, line.code, before.line_at(now), after.line_at(now), taken.get(line.id, 0))
    ]
    effects.extend(
        RoomEffect(
            pool.id,
            RoomKind.POOL,
            pool.name,
            before.pool_at(pool.id, now),
            after.pool_at(pool.id, now),
            taken.get(pool.id, 0),
        )
        for pool in pools
    )
    return tuple(effect for effect in effects if effect.before != effect.after)


def seal(work: Work, verb: str, subject_id: UUID, changes: Mapping[str, Any], rooms: tuple[RoomEffect, ...]) -> Preview:
    """Make the preview of a change with its token."""
    diff = _diff(subject_id, changes, rooms)
    token = preview_token(work.office.secret, tenant=str(work.tenant_id), verb=verb, diff=diff, now=work.now())
    return Preview(verb, subject_id, changes, rooms, token)


def need_preview(work: Work, preview: Preview, token: str | None, *, always: bool = False) -> None:
    """Let pass a change that leaves nobody over, or that comes with the token of its very preview.

    Raises PreviewNeeded where there is no token, PreviewStale where it belongs to another diff or is too old.
    """
    if not (preview.destroys or always):
        return
    if not token:
        raise PreviewNeeded(preview.verb, sum(room.over for room in preview.rooms if room.kind is RoomKind.POOL))
    diff = _diff(preview.subject_id, preview.changes, preview.rooms)
    check_preview(work.office.secret, token, tenant=str(work.tenant_id), verb=preview.verb, diff=diff, now=work.now())


async def settle(work: Work, line: MetricLine, rooms: Sequence[RoomEffect] = ()) -> None:
    """Bring the line's rooms up to date after its supply changed, and tell it: also who is over by that."""
    await resupply(work.session, work.tenant_id, line.id, work.now())
    await work.emit("SupplyChanged", line.id)
    for room in rooms:
        if room.shrinks and room.over:
            name = "PoolOverAllocated" if room.kind is RoomKind.POOL else "LineOverAllocated"
            await work.emit(name, room.room_id, ceiling=room.after, occupied=room.occupied, over=room.over)


async def supply_of(work: Work, line_id: UUID) -> Supply:
    """Gather the dated seats of a line as known today."""
    lots, allocations = await queries.lots_of(work, line_id), await queries.allocations_of(work, line_id)
    return Supply(
        {lot.lot_key: Part(lot.quantity, lot.start, lot.end) for lot in lots},
        tuple(given_by(allocation) for allocation in allocations),
    )


def given_by(row: Allocation) -> Given:
    return Given(row.pool_id, row.lot_key, Part(row.quantity, row.start, row.end))


def learned(work: Work, *superseded: Lot | Allocation) -> datetime:
    """Say when a superseding row is learned: now, and always after the row that it supersedes."""
    return max(work.now(), *(row.recorded_at + timedelta(microseconds=1) for row in superseded), work.now())


async def whose(work: Work, entitlement: Entitlement) -> Ownership:
    """Say whose an entitlement, its lines and its lots are."""
    return await directory.ownership(
        work,
        unit_id=entitlement.unit_id,
        region=entitlement.region,
        people=(entitlement.owner_id, entitlement.deputy_id),
    )


def why(reason: str, text: str | None) -> str:
    return reason if text is None else f"{reason}: {text}"


def _diff(subject_id: UUID, changes: Mapping[str, Any], rooms: tuple[RoomEffect, ...]) -> dict[str, Any]:
    shown = [
        {
            "room": str(room.room_id),
            "kind": room.kind.value,
            "before": room.before,
            "after": room.after,
            "occupied": room.occupied,
        }
        for room in rooms
    ]
    return {"subject": str(subject_id), "changes": plain(changes), "rooms": plain_value(shown)}
