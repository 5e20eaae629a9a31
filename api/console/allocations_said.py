"""What pools are given: each allocation with its lot and its days, and the way to change it."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_

from api.console import formats
from api.console.context import Context
from api.console.controls import Column
from api.console.parts import Footer, Panel, Part, Table
from api.console.values import Level, Link, Status
from governance.entitlements.models import Allocation, Lot, MetricLine, Pool
from governance.entitlements.queries import LOT_OF_ALLOCATION, known, visible_allocations
from governance.kernel.due import day_of, holds_at

SHOWN: Final = 100
INSTANT: Final = timedelta(microseconds=1)


async def allocations_part(ctx: Context, license_id: UUID) -> tuple[Part, ...]:
    """The allocations of a license's pools that hold or will hold, as known at the page's instant; none: no part."""
    known_at, at = ctx.known_at or ctx.as_of, ctx.as_of or ctx.now
    async with ctx.work() as work:
        query: Any = (
            visible_allocations(work, known_at=known_at)
            .join(Lot, LOT_OF_ALLOCATION)
            .where(
                MetricLine.entitlement_id == license_id, known(Lot, known_at),
                or_(Allocation.end.is_(None), Allocation.end > at),
            )
            .order_by(Pool.name, Allocation.start, Allocation.id)
            .with_only_columns(Allocation, Pool.name, Lot)
            .limit(SHOWN)
        )  # fmt: skip
        rows = [_row(ctx, license_id, *each) for each in (await work.session.execute(query)).all()]
    table = Table(
        ctx.text("supply.allocations"),
        (
            Column("pool", "license.pool", strong=True),
            Column("lot", "supply.lot", leaves=3, quiet=True),
            Column("quantity", "license.quantity", kind="number"),
            Column("first_day", "license.first_day", kind="date", leaves=2),
            Column("last_day", "license.last_usable", leaves=1),
            Column("state", "table.status", kind="status", leaves=4),
            Column("act", "seat.act", kind="link"),
            Column("move", "transfer.short", kind="link", leaves=3),
        ),
        rows, footer=Footer((), ctx.text("license.lots_note")), bare=True,
    )  # fmt: skip
    return (Panel(ctx.text("supply.allocations"), (table,)),) if rows else ()


def _row(ctx: Context, license_id: UUID, row: Allocation, pool: str, lot: Lot) -> dict[str, Any]:
    holds = holds_at(row.start, row.end, ctx.as_of or ctx.now)
    last = formats.day(ctx.locale, day_of(row.end - INSTANT, lot.zone)) if row.end else ctx.text("license.open_ended")
    act = Link(ctx.text("supply.change_act"), f"/licenses/{license_id}/allocations/{row.id}/change")
    move = Link(ctx.text("transfer.move_act"), f"/licenses/{license_id}/allocations/{row.id}/move")
    acts = ctx.may("pool:allocate") and not ctx.past
    return {
        "pool": pool, "lot": lot.po_number or ctx.text("license.no_order"),
        "quantity": ctx.text("seats.no_limit") if row.quantity is None else formats.number(ctx.locale, row.quantity),
        "first_day": day_of(row.start, lot.zone),
        "last_day": last,
        "state": Status(
            Level.OK if holds else Level.UNKNOWN, ctx.text("license.in_force" if holds else "license.coming")
        ),
        "act": act if acts else None,
        "move": move if acts and row.quantity else None,
    }  # fmt: skip
