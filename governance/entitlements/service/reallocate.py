"""Seats of a lot go from one pool to another, or are split anew among pools: by a preview, and totals stay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from governance.agreements.rules import ChangeReason, check_reason
from governance.entitlements import queries
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool
from governance.entitlements.rules import Given, Part
from governance.entitlements.service.allocations import VERB, allot, supersede, without
from governance.entitlements.service.effects import (
    Preview,
    foresee,
    given_by,
    learned,
    need_preview,
    seal,
    settle,
    supply_of,
    whose,
    why,
)
from governance.kernel import given
from governance.kernel.due import day_of, start_of
from governance.kernel.errors import BadInput, Conflict, WrongState
from governance.kernel.work import Change, Work
from policies.access.actions import Action

MOVE, SPLIT = "allocation.move", "lot.split"
MOST_PARTS = 200


@dataclass(frozen=True)
class MoveAllocation:
    """So many seats of an allocation go to another pool of the line, from a day on (in the lot's zone; None: today).

    `allocation_id` is the version that was read; `token` is that of the preview, without which nothing moves.
    """

    allocation_id: UUID
    to_pool_id: UUID
    quantity: int
    reason: ChangeReason = ChangeReason.REQUESTED
    from_day: date | None = None
    reason_text: str | None = None
    token: str | None = None


@dataclass(frozen=True)
class Share:
    pool_id: UUID
    quantity: int


@dataclass(frozen=True)
class SplitLot:
    """What each pool has of a lot from a day on (in its zone; None: today): all of its seats, none twice.

    A pool that is not named has none of it any more. `token` is that of the preview, without which nothing changes.
    """

    lot_key: UUID
    shares: tuple[Share, ...]
    reason: ChangeReason = ChangeReason.REQUESTED
    from_day: date | None = None
    reason_text: str | None = None
    token: str | None = None


@dataclass(frozen=True)
class _Plan:
    """What ends (with what is left of it after `since`), what begins, and the preview of both."""

    lot: Lot
    line: MetricLine
    since: datetime
    ends: tuple[tuple[Allocation, int], ...]
    begins: tuple[tuple[UUID, int, datetime | None], ...]
    preview: Preview
    reason_text: str | None


async def preview_move_allocation(work: Work, command: MoveAllocation) -> Preview:
    """Show what moving seats does to both pools. Raises NotFound, Refused, Conflict, BadInput, WrongState."""
    return (await _moving(work, command, locked=False)).preview


async def move_allocation(work: Work, command: MoveAllocation) -> Allocation:
    """Take seats from one pool and give the same number to the other, in one transaction; gives what the other got.

    Nobody is revoked where that leaves holders over. Raises what the preview raises, PreviewNeeded, PreviewStale.
    """
    plan = await _moving(work, command, locked=True)
    need_preview(work, plan.preview, command.token, always=True)
    (begun,) = await _carry_out(work, plan, command.reason)
    return begun


async def preview_split_lot(work: Work, command: SplitLot) -> Preview:
    """Show what another split does to each pool. Raises NotFound, Refused, BadInput, WrongState."""
    return (await _splitting(work, command, locked=False)).preview


async def split_lot(work: Work, command: SplitLot) -> tuple[Allocation, ...]:
    """Split a lot anew among pools, in one transaction; what held until that day stays readable.

    Raises what the preview raises, PreviewNeeded, PreviewStale.
    """
    plan = await _splitting(work, command, locked=True)
    need_preview(work, plan.preview, command.token, always=True)
    return await _carry_out(work, plan, command.reason)


async def _moving(work: Work, command: MoveAllocation, *, locked: bool) -> _Plan:
    row = await queries.allocation(work, command.allocation_id)
    line, entitlement = await queries.line_of_pool(work, row.pool_id, locked=locked)
    await _permit(work, entitlement)
    await work.session.refresh(row)
    if row.superseded_at is not None:
        raise Conflict("This allocation", str(row.id), "superseded")
    lot = await queries.lot_by_key(work, row.lot_key)
    await _pools(work, line, (command.to_pool_id,), "to_pool_id")
    if command.to_pool_id == row.pool_id:
        raise BadInput("to_pool_id", "the pool that has them", "another pool of the line")
    if row.quantity is None:
        raise BadInput("allocation_id", "an unlimited allocation", "one with a number of seats to move")
    quantity = given.whole(command.quantity, "quantity", least=1)
    if quantity > row.quantity:
        raise BadInput("quantity", str(quantity), f"at most {row.quantity}, which the pool has of this lot")
    since = max(row.start, _since(work, lot, command.from_day))
    if row.end is not None and since >= row.end:
        raise BadInput("from_day", str(day_of(since, lot.zone)), f"a day before {day_of(row.end, lot.zone)}")
    ends, begins = ((row, row.quantity - quantity),), ((command.to_pool_id, quantity, row.end),)
    facts = {"lot_key": lot.lot_key, "from": row.pool_id, "to": command.to_pool_id, "quantity": quantity,
             "version": row.id}  # fmt: skip
    return await _planned(work, lot, line, since, ends, begins, (MOVE, row.id, facts), command)


async def _splitting(work: Work, command: SplitLot, *, locked: bool) -> _Plan:
    lot = await queries.lot(work, command.lot_key)
    line, entitlement = await queries.line(work, lot.line_id, locked=locked)
    await _permit(work, entitlement)
    if locked:
        lot = await queries.lot_by_key(work, lot.lot_key)
    wanted = _wanted(lot, command.shares)
    await _pools(work, line, tuple(pool_id for pool_id, _ in wanted), "shares")
    since = max(lot.start, _since(work, lot, command.from_day))
    if lot.end is not None and since >= lot.end:
        raise BadInput("from_day", str(day_of(since, lot.zone)), f"a day before {day_of(lot.end, lot.zone)}")
    standing = await queries.allocations_of(work, line.id)
    ends = tuple(
        (row, 0) for row in standing if row.lot_key == lot.lot_key and (row.end is None or row.end > since)
    )  # fmt: skip
    begins = tuple((pool_id, quantity, lot.end) for pool_id, quantity in wanted if quantity)
    facts = {
        "lot": lot.id, "shares": [[str(p), q] for p, q in sorted(wanted)],
        "were": sorted([str(row.id), row.quantity] for row, _ in ends),
    }  # fmt: skip
    return await _planned(work, lot, line, since, ends, begins, (SPLIT, lot.lot_key, facts), command)


def _wanted(lot: Lot, shares: Sequence[Share]) -> tuple[tuple[UUID, int], ...]:
    """Give each pool's share. Raises BadInput where they are not all seats of the lot, each once."""
    if lot.quantity is None:
        raise BadInput("lot_key", "an unlimited lot", "one with a number of seats to split")
    if not 1 <= len(shares) <= MOST_PARTS:
        raise BadInput("shares", f"{len(shares)} of them", f"from 1 to {MOST_PARTS}")
    wanted = tuple(
        (each.pool_id, given.whole(each.quantity, f"shares.{index}.quantity", least=0))
        for index, each in enumerate(shares)
    )
    if len({pool_id for pool_id, _ in wanted}) != len(wanted):
        raise BadInput("shares", "a pool twice", "each pool once")
    total = sum(quantity for _, quantity in wanted)
    if total != lot.quantity:
        raise BadInput("shares", f"{total} seats", f"{lot.quantity}, all seats of the lot: none lost and none added")
    return wanted


async def _permit(work: Work, entitlement: Entitlement) -> None:
    work.permit(Action.POOL_ALLOCATE, await whose(work, entitlement), f"entitlement {entitlement.code}")


async def _pools(work: Work, line: MetricLine, pool_ids: Sequence[UUID], name: str) -> None:
    """Let pass open pools of the line within reach."""
    for pool_id in pool_ids:
        pool: Pool = await queries.pool(work, pool_id)
        if pool.line_id != line.id:
            raise BadInput(name, pool.code, "a pool of the same line")
        if pool.closed_at is not None:
            raise WrongState("pool", "CLOSED", "take seats")


def _since(work: Work, lot: Lot, from_day: date | None) -> datetime:
    """Give the start of the day, or this instant."""
    return work.now() if from_day is None else start_of(given.day(from_day, "from_day"), lot.zone)


async def _planned(
    work: Work, lot: Lot, line: MetricLine, since: datetime, ends: tuple[tuple[Allocation, int], ...],
    begins: tuple[tuple[UUID, int, datetime | None], ...], about: tuple[str, UUID, dict[str, Any]],
    command: MoveAllocation | SplitLot,
) -> _Plan:  # fmt: skip
    reason_text = given.optional_text(command.reason_text, "reason_text", most=400)
    check_reason(given.word(command.reason, "reason", ChangeReason), reason_text)
    supply = await supply_of(work, line.id)
    parts = list(supply.given)
    for row, left in ends:
        was = given_by(row)
        parts = [*without(parts, was, row.id)]
        if since > row.start:
            parts.append(replace(was, part=replace(was.part, end=since)))
        if left:
            parts.append(replace(was, part=replace(was.part, quantity=left, start=max(since, row.start))))
    parts += [Given(pool_id, lot.lot_key, Part(quantity, since, end)) for pool_id, quantity, end in begins]
    rooms = await foresee(work, line, supply, replace(supply, given=tuple(parts)))
    verb, subject, facts = about
    day = None if command.from_day is None else since
    preview = seal(work, verb, subject, facts | {"since": day}, rooms)
    return _Plan(lot, line, since, ends, begins, preview, reason_text)


async def _carry_out(work: Work, plan: _Plan, reason: ChangeReason) -> tuple[Allocation, ...]:
    why_text = why(reason.value, plan.reason_text)
    for row, left in plan.ends:
        if plan.since > row.start:
            supersede(work, row, quantity=row.quantity, start=row.start, end=plan.since, reason=reason)
        if left:
            start = max(plan.since, row.start)
            supersede(
                work, row, quantity=left, start=start, end=row.end, reason=reason, reason_text=plan.reason_text
            )  # fmt: skip
        row.superseded_at = row.superseded_at or learned(work, row)
        before, after = {"quantity": row.quantity}, {"quantity": left, "lot_key": row.lot_key, "start": plan.since}
        await work.session.flush()
        await work.record(Change(VERB, "pool", row.pool_id, before=before, after=after, reason=why_text))
    begun = [
        await allot(work, plan.lot, pool_id, quantity, plan.since, end, reason, plan.reason_text)
        for pool_id, quantity, end in plan.begins
    ]
    await settle(work, plan.line, plan.preview.rooms)
    return tuple(begun)
