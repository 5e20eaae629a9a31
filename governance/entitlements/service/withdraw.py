"""What an import brought by mistake is taken back: purchases superseded, pools closed, lines and licenses withdrawn.

These are the parts of one undo; its verb (governance/imports) has permitted it, shown it and holds the lines locked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool
from governance.entitlements.rules import Supply
from governance.entitlements.service.effects import RoomEffect, foresee, learned, settle, supply_of
from governance.kernel.work import Change, Work
from policies.access.actions import Action

ACT = Action.IMPORT_UNDO.value


@dataclass(frozen=True)
class Withdrawal:
    """What of one line goes: purchases, what was given of them to pools, the pools that were opened for it."""

    line: MetricLine
    lots: Sequence[Lot]
    allocations: Sequence[Allocation]
    pools: Sequence[Pool] = ()


async def foresee_withdrawal(
    work: Work, line: MetricLine, lot_keys: Collection[UUID], allocations: Collection[Allocation]
) -> tuple[RoomEffect, ...]:
    """Say what becomes of the line's rooms without these purchases and allocations."""
    supply = await supply_of(work, line.id)
    gone = {(row.pool_id, row.lot_key, row.start) for row in allocations}
    left = Supply(
        {key: part for key, part in supply.lots.items() if key not in lot_keys},
        tuple(
            each
            for each in supply.given
            if each.lot_key not in lot_keys and (each.pool_id, each.lot_key, each.part.start) not in gone
        ),
    )
    return await foresee(work, line, supply, left)


async def withdraw_supply(work: Work, what: Withdrawal) -> None:
    """Supersede purchases and allocations without a successor: as known before, they are still there."""
    changes = []
    for allocation in what.allocations:
        allocation.superseded_at = learned(work, allocation)
        given = {"quantity": allocation.quantity, "lot_key": allocation.lot_key}
        changes.append(Change(ACT, "pool", allocation.pool_id, before=given))
    for lot in what.lots:
        lot.superseded_at = learned(work, lot)
        before: dict[str, Any] = {"quantity": lot.quantity, "po_number": lot.po_number, "first_day": lot.first_day}
        changes.append(Change(ACT, "lot", lot.lot_key, before=before))
    for pool in what.pools:
        pool.closed_at, pool.version = work.now(), pool.version + 1
        changes.append(Change(ACT, "pool", pool.id, after={"closed_at": pool.closed_at}))
    await work.session.flush()
    await work.record_all(changes)
    await settle(work, what.line)


async def withdraw_license(work: Work, license_: Entitlement | None, lines: Sequence[MetricLine]) -> None:
    """Withdraw lines that count nothing any more, and their license where it goes as well."""
    changes = []
    for row, kind in (*((line, "metric_line") for line in lines), (license_, "entitlement")):
        if row is not None:
            row.withdrawn_at, row.version = work.now(), row.version + 1
            changes.append(Change(ACT, kind, row.id, after={"withdrawn_at": row.withdrawn_at}))
    await work.session.flush()
    await work.record_all(changes)
