"""Seats of a lot are given to a pool, and given otherwise from a day on; what held before stays readable."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from governance.agreements.rules import ChangeReason, check_reason
from governance.entitlements import queries
from governance.entitlements.models import Allocation, Lot, MetricLine
from governance.entitlements.rules import Given
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
from governance.kernel.due import day_of, end_after, start_of
from governance.kernel.errors import BadInput, Conflict, WrongState
from governance.kernel.work import Change, Work
from policies.access.actions import Action


@dataclass(frozen=True)
class NewAllocation:
    """Seats of a lot for a pool (None: unlimited); without days, for as long as the lot holds. Days in its zone."""

    lot_key: UUID
    pool_id: UUID
    quantity: int | None
    first_day: date | None = None
    last_day: date | None = None
    reason: ChangeReason = ChangeReason.NEW
    reason_text: str | None = None


@dataclass(frozen=True)
class ChangeAllocation:
    """Another quantity from `from_day` on (a day in the lot's zone); without a day from its start on, as a correction.

    `allocation_id` is the version that was read; `token` is that of the preview.
    """

    allocation_id: UUID
    quantity: int | None
    reason: ChangeReason
    from_day: date | None = None
    reason_text: str | None = None
    token: str | None = None


VERB = "pool:allocate"


@dataclass(frozen=True)
class _Plan:
    line: MetricLine
    allocation: Allocation
    since: datetime
    preview: Preview
    reason_text: str | None


async def allocate(work: Work, new: NewAllocation, *, settles: bool = True) -> Allocation:
    """Give seats of a lot to a pool of the same line. Raises NotFound, Refused, BadInput, WrongState (closed).

    Where `settles` is False the caller settles the line in the same transaction.
    More than the lot has may be given: the pools keep their ceilings, and a grant needs room in the line as well.
    """
    lot = await queries.lot(work, new.lot_key)
    pool = await queries.pool(work, new.pool_id)
    line, entitlement = await queries.line(work, lot.line_id, locked=True)
    work.permit(Action.POOL_ALLOCATE, await whose(work, entitlement), f"entitlement {entitlement.code}")
    if pool.line_id != lot.line_id:
        raise BadInput("pool_id", pool.code, "a pool of the same line as the lot")
    if pool.closed_at is not None:
        raise WrongState("pool", "CLOSED", "take seats")
    reason_text = given.optional_text(new.reason_text, "reason_text", most=400)
    check_reason(given.word(new.reason, "reason", ChangeReason), reason_text)
    quantity = _quantity(lot, new.quantity, least=1)
    start, end = _span(lot, new.first_day, new.last_day)
    row = await allot(work, lot, pool.id, quantity, start, end, new.reason, reason_text)
    if settles:
        await settle(work, line)
    return row


async def preview_change_allocation(work: Work, command: ChangeAllocation) -> Preview:
    """Show what another quantity would do to the pool. Raises NotFound, Refused, Conflict, BadInput."""
    return (await _plan(work, command, locked=False)).preview


async def change_allocation(work: Work, command: ChangeAllocation) -> Allocation:
    """Give a pool another quantity; nobody is revoked where that is less than what is taken.

    Raises NotFound, Refused, Conflict where it was changed meanwhile, BadInput, PreviewNeeded, PreviewStale.
    """
    plan = await _plan(work, command, locked=True)
    need_preview(work, plan.preview, command.token)
    old = plan.allocation
    if plan.since > old.start:
        supersede(work, old, quantity=old.quantity, start=old.start, end=plan.since, reason=command.reason)
    row = supersede(
        work, old, quantity=command.quantity, start=plan.since, end=old.end, reason=command.reason,
        reason_text=plan.reason_text,
    )  # fmt: skip
    await work.session.flush()
    before: dict[str, Any] = {"quantity": old.quantity}
    after = {"quantity": row.quantity, "lot_key": row.lot_key, "start": row.start}
    why_text = why(command.reason.value, plan.reason_text)
    await work.record(Change(VERB, "pool", row.pool_id, before=before, after=after, reason=why_text))
    await settle(work, plan.line, plan.preview.rooms)
    return row


async def allot(
    work: Work,
    lot: Lot,
    pool_id: UUID,
    quantity: int | None,
    start: datetime,
    end: datetime | None,
    reason: ChangeReason,
    reason_text: str | None,
) -> Allocation:
    """Write one allocation and its entry in the trail; rooms are settled by the verb."""
    row = Allocation(
        tenant_id=work.tenant_id,
        id=work.new_id(),
        lot_key=lot.lot_key,
        pool_id=pool_id,
        quantity=quantity,
        start=start,
        end=end,
        reason=reason,
        reason_text=reason_text,
        recorded_at=work.now(),
        recorded_by=work.actor.principal,
    )
    work.session.add(row)
    await work.session.flush()
    after = {"quantity": quantity, "lot_key": lot.lot_key, "start": start, "end": end}
    why_text = why(reason.value, reason_text)
    await work.record(Change(VERB, "pool", pool_id, after=after, reason=why_text))
    return row


def supersede(
    work: Work,
    old: Allocation,
    *,
    quantity: int | None,
    start: datetime,
    end: datetime | None,
    reason: ChangeReason,
    reason_text: str | None = None,
) -> Allocation:
    """Write an allocation in place of `old`, which stays readable as it was known."""
    at = old.superseded_at or learned(work, old)
    row = Allocation(
        tenant_id=work.tenant_id,
        id=work.new_id(),
        lot_key=old.lot_key,
        pool_id=old.pool_id,
        quantity=quantity,
        start=start,
        end=end,
        reason=reason,
        reason_text=reason_text,
        recorded_at=at,
        recorded_by=work.actor.principal,
    )
    old.superseded_at = at
    work.session.add(row)
    return row


async def _plan(work: Work, command: ChangeAllocation, *, locked: bool) -> _Plan:
    row = await queries.allocation(work, command.allocation_id)
    line, entitlement = await queries.line_of_pool(work, row.pool_id, locked=locked)
    work.permit(Action.POOL_ALLOCATE, await whose(work, entitlement), f"entitlement {entitlement.code}")
    await work.session.refresh(row)
    if row.superseded_at is not None:
        raise Conflict("This allocation", str(row.id), "superseded")
    lot = await queries.lot_by_key(work, row.lot_key)
    reason_text = given.optional_text(command.reason_text, "reason_text", most=400)
    check_reason(given.word(command.reason, "reason", ChangeReason), reason_text)
    quantity = _quantity(lot, command.quantity, least=0)
    since = row.start
    if command.from_day is not None:
        since = max(row.start, start_of(given.day(command.from_day, "from_day"), lot.zone))
        if row.end is not None and since >= row.end:
            last = day_of(row.end, lot.zone)
            raise BadInput("from_day", command.from_day.isoformat(), f"a day before {last.isoformat()}, when it ends")
    supply = await supply_of(work, line.id)
    old = given_by(row)
    changed = [replace(old, part=replace(old.part, quantity=quantity, start=since))]
    if since > row.start:
        changed.append(replace(old, part=replace(old.part, end=since)))
    rooms = await foresee(work, line, supply, replace(supply, given=(*without(supply.given, old, row.id), *changed)))
    changes = {"quantity": quantity, "since": since}
    return _Plan(line, row, since, seal(work, VERB, row.id, changes, rooms), reason_text)


def without(parts: Sequence[Given], old: Given, allocation_id: UUID) -> tuple[Given, ...]:
    """Leave out one part, the first that equals `old`. Raises Conflict where it was superseded since it was read."""
    if old not in parts:
        raise Conflict("This allocation", str(allocation_id), "superseded")
    at = parts.index(old)
    return (*parts[:at], *parts[at + 1 :])


def _quantity(lot: Lot, quantity: int | None, *, least: int) -> int | None:
    if quantity is None:
        if lot.quantity is not None:
            raise BadInput("quantity", "unlimited", "a number, because the lot has one")
        return None
    return given.whole(quantity, "quantity", least=least)


def _span(lot: Lot, first_day: date | None, last_day: date | None) -> tuple[datetime, datetime | None]:
    """Give the instants of an allocation within its lot. Raises BadInput for days outside of it."""
    first = lot.first_day if first_day is None else given.day(first_day, "first_day")
    last = lot.last_day if last_day is None else given.day(last_day, "last_day")
    if first < lot.first_day:
        raise BadInput("first_day", first.isoformat(), f"{lot.first_day.isoformat()}, the lot's first day, or later")
    if lot.last_day is not None and last is not None and last > lot.last_day:
        raise BadInput("last_day", last.isoformat(), f"{lot.last_day.isoformat()}, the lot's last day, or earlier")
    given.days_in_order(first, last)
    return start_of(first, lot.zone), end_after(last, lot.zone)
