"""Lots are bought, and corrected by superseding: what was known before stays readable as it was known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from governance.agreements.rules import ChangeReason, check_reason
from governance.audit.entries import difference
from governance.catalog.bands import bands_after
from governance.entitlements import queries
from governance.entitlements.models import Allocation, Lot, MetricLine
from governance.entitlements.own_rules import renewal_basis_of
from governance.entitlements.rules import CostBasis, Part, RenewalBasis, gap_days, renewed_from
from governance.entitlements.service.allocations import allot, supersede
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
from governance.entitlements.service.lot_values import CORRECTABLE, check_whole, checked, instants
from governance.entitlements.service.regions import opened
from governance.kernel import given
from governance.kernel.due import day_of
from governance.kernel.errors import BadInput, Conflict
from governance.kernel.work import Change, Work
from policies.access.actions import Action


@dataclass(frozen=True)
class NewLot:
    """A dated purchase: `quantity` in seats (None: unlimited), usable to the end of `last_day` in `zone`.

    `unit_price` in micro-units of `currency` on `cost_basis`; `bands` (pairs of first unit and price) where that is
    VOLUME or GRADUATED, `unit_price` being that of the first; `units_before` were bought before and count in them: the
    bands that are left after those are kept. A renewal names the lot it follows by `renewal_of` and,
    with `carries_allocations`, gives the same pools the same seats from its own first day on; `renewal_basis` gives
    that day where none is said. Lots of a lower `priority` are consumed first.
    """

    line_id: UUID
    quantity: int | None
    first_day: date | None
    last_day: date | None
    zone: str
    currency: str
    unit_price: int
    included: tuple[str, ...] = ("001",)
    excluded: tuple[str, ...] = ()
    cost_basis: CostBasis = CostBasis.PER_SEAT
    pack_size: int = 1
    po_number: str | None = None
    renewal_of: UUID | None = None
    reason: ChangeReason = ChangeReason.NEW
    reason_text: str | None = None
    carries_allocations: bool = False
    priority: int = 0
    renewal_basis: RenewalBasis | None = None
    bands: Sequence[Any] = ()
    units_before: int = 0


@dataclass(frozen=True)
class CorrectLot:
    """`expected` is the id of the version that was read. `changes` by field name: quantity, first_day, last_day, zone,
    included, excluded, currency, unit_price, cost_basis, pack_size, bands, po_number, priority. `token`: the preview's.
    """

    lot_key: UUID
    expected: UUID
    changes: Mapping[str, Any]
    reason: ChangeReason
    reason_text: str | None = None
    token: str | None = None


VERB = Action.LOT_CORRECT.value


@dataclass(frozen=True)
class _Plan:
    line: MetricLine
    lot: Lot
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    following: tuple[Allocation, ...]
    preview: Preview
    reason_text: str | None


async def buy_lot(work: Work, new: NewLot, *, settles: bool = True) -> Lot:
    """Add a purchase to a line; where not `settles` the caller settles it, once for many, in the same transaction.

    Raises NotFound, BadInput, Refused.
    """
    line, entitlement = await queries.line(work, new.line_id, locked=True)
    work.permit(Action.LOT_CREATE, await whose(work, entitlement), f"entitlement {entitlement.code}")
    reason_text = given.optional_text(new.reason_text, "reason_text", most=400)
    check_reason(given.word(new.reason, "reason", ChangeReason), reason_text)
    prior = await _prior(work, line, new)
    said = {name: getattr(new, name) for name in CORRECTABLE} | {"first_day": await _first_day(work, line, new, prior)}
    values = checked(work, await opened(work, said, said["first_day"]), path="")
    check_whole(line, values, path="")
    now, key, counted = work.now(), work.new_id(), _counted(values, new.units_before)
    lot = Lot(
        tenant_id=work.tenant_id,
        id=key,
        lot_key=key,
        line_id=line.id,
        renewal_of=new.renewal_of,
        reason=new.reason,
        reason_text=reason_text,
        recorded_at=now,
        recorded_by=work.actor.principal,
        **values,
        **instants(values),
    )
    work.session.add(lot)
    await work.session.flush()
    after = {"line_id": line.id, "renewal_of": new.renewal_of, **values, **counted}
    if prior is not None:
        after["gap_days"] = gap_days(prior.last_day, lot.first_day)
    because = why(lot.reason.value, reason_text)
    await work.record(Change(Action.LOT_CREATE.value, "lot", lot.lot_key, after=after, reason=because))
    if prior is not None and new.carries_allocations:
        await _carry(work, line, prior, lot)
    if settles:
        await settle(work, line)
    await work.emit("LotBought", lot.lot_key, line_id=str(line.id))
    return lot


async def preview_correct_lot(work: Work, command: CorrectLot) -> Preview:
    """Show what a correction would do to the line's rooms. Raises NotFound, Refused, Conflict, BadInput."""
    return (await _plan(work, command, locked=False)).preview


async def correct_lot(work: Work, command: CorrectLot) -> Lot:
    """Supersede a lot by what is right; allocations that span all of it follow its days, others keep theirs.

    Raises NotFound, Refused, Conflict where another correction came first, BadInput, PreviewNeeded, PreviewStale.
    """
    plan = await _plan(work, command, locked=True)
    need_preview(work, plan.preview, command.token)
    old, at = plan.lot, learned(work, plan.lot)
    kept = {name: getattr(old, name) for name in CORRECTABLE} | dict(plan.after)
    lot = Lot(
        tenant_id=work.tenant_id,
        id=work.new_id(),
        lot_key=old.lot_key,
        line_id=old.line_id,
        renewal_of=old.renewal_of,
        reason=command.reason,
        reason_text=plan.reason_text,
        recorded_at=at,
        recorded_by=work.actor.principal,
        **kept,
        **instants(kept),
    )
    old.superseded_at = at
    work.session.add(lot)
    for row in plan.following:
        supersede(work, row, quantity=row.quantity, start=lot.start, end=lot.end, reason=command.reason)
    await work.session.flush()
    why_text = why(lot.reason.value, plan.reason_text)
    await work.record(Change(VERB, "lot", lot.lot_key, before=plan.before, after=plan.after, reason=why_text))
    await settle(work, plan.line, plan.preview.rooms)
    await work.emit("LotCorrected", lot.lot_key, line_id=str(lot.line_id), fields=sorted(plan.after))
    return lot


async def _plan(work: Work, command: CorrectLot, *, locked: bool) -> _Plan:
    line_id = (await queries.lot(work, command.lot_key)).line_id
    line, entitlement = await queries.line(work, line_id, locked=locked)
    work.permit(Action.LOT_CORRECT, await whose(work, entitlement), f"entitlement {entitlement.code}")
    lot = await queries.lot(work, command.lot_key)
    if lot.id != command.expected:
        raise Conflict("This lot", str(command.expected), str(lot.id))
    reason_text = given.optional_text(command.reason_text, "reason_text", most=400)
    check_reason(given.word(command.reason, "reason", ChangeReason), reason_text)
    given.known_fields(command.changes, CORRECTABLE)
    day = command.changes.get("first_day") or lot.first_day
    changes = await opened(work, dict(command.changes), day, path="changes.")
    before, after = difference(lot, checked(work, changes, path="changes."))
    if not after:
        raise BadInput("changes", "what is already so", "at least one value that differs")
    values = {name: getattr(lot, name) for name in CORRECTABLE} | after
    check_whole(line, values, path="changes.")
    days = instants(values)
    following = tuple(
        row
        for row in await queries.allocations_of(work, line.id)
        if row.lot_key == lot.lot_key
        and (row.start, row.end) == (lot.start, lot.end)
        and (row.start, row.end) != (days["start"], days["end"])
    )
    supply = await supply_of(work, line.id)
    moved = {given_by(row): replace(given_by(row), part=Part(row.quantity, **days)) for row in following}
    corrected = replace(
        supply,
        lots={**supply.lots, lot.lot_key: Part(values["quantity"], **days)},
        given=tuple(moved.get(part, part) for part in supply.given),
    )
    rooms = await foresee(work, line, supply, corrected)
    return _Plan(line, lot, before, after, following, seal(work, VERB, lot.id, after, rooms), reason_text)


def _counted(values: dict[str, Any], units: int) -> dict[str, int]:
    """Let the bands go on counting after units that were bought before; gives what the trail is told of it.

    Raises BadInput where there are no bands.
    """
    before = given.whole(units, "units_before")
    if before and not values["bands"]:
        raise BadInput("units_before", str(before), "0, because the price has no bands")
    if before:
        values["bands"] = bands_after(values["bands"], before)
        values["unit_price"] = values["bands"][0][1]
    return {"units_before": before} if before else {}


async def _prior(work: Work, line: MetricLine, new: NewLot) -> Lot | None:
    """Give the lot that is renewed. Raises BadInput where it is none of this line."""
    if new.renewal_of is None:
        if new.carries_allocations:
            raise BadInput("carries_allocations", "true", "renewal_of, the lot whose allocations are carried on")
        return None
    for lot in await queries.lots_of(work, line.id):
        if lot.lot_key == new.renewal_of:
            return lot
    raise BadInput("renewal_of", str(new.renewal_of), "a lot of the same line")


async def _first_day(work: Work, line: MetricLine, new: NewLot, prior: Lot | None) -> date | None:
    """Give the first day as said, or by the basis of the renewal, which may be the license's own.

    Raises BadInput where both or neither say it.
    """
    said = new.renewal_basis
    if said is None and new.first_day is None and prior is not None:
        said = await renewal_basis_of(work, line.entitlement_id)
    if said is None:
        return new.first_day
    basis = given.word(said, "renewal_basis", RenewalBasis)
    if prior is None:
        raise BadInput("renewal_basis", basis.value, "renewal_of, the lot that is renewed")
    if new.first_day is not None:
        raise BadInput("first_day", new.first_day.isoformat(), "no day, because renewal_basis gives it")
    return renewed_from(basis, prior.last_day, day_of(work.now(), prior.zone))


async def _carry(work: Work, line: MetricLine, prior: Lot, lot: Lot) -> None:
    """Give the pools that hold seats of `prior` to its end the same seats of the lot that renews it."""
    open_pools = {pool.id for pool in await queries.pools_of(work, line.id) if pool.closed_at is None}
    for row in await queries.allocations_of(work, line.id):
        if row.lot_key == prior.lot_key and row.pool_id in open_pools and row.end == prior.end:
            quantity = lot.quantity if row.quantity is None else row.quantity
            await allot(work, lot, row.pool_id, quantity, lot.start, lot.end, ChangeReason.RENEWAL, None)
