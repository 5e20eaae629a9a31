"""How a license is counted: each metric line with what it has, what is taken or consumed, and what follows when."""

from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.context import Context
from api.console.controls import Column
from api.console.parts import Panel, Part, Table
from api.console.values import Level, Link, Status
from governance.entitlements.models import MetricLine
from governance.entitlements.queries import visible_lines
from governance.entitlements.rules import LinePosition, Overage
from governance.seats.over import line_position

SHOWN: Final = 20


async def lines_part(ctx: Context, license_id: UUID) -> tuple[Part, ...]:
    """The metric lines of a license in the order in which they take over; none within reach: no part."""
    rows = []
    async with ctx.work() as work:
        query = visible_lines(work).where(MetricLine.entitlement_id == license_id)
        order = (MetricLine.spill_order.is_(None), MetricLine.spill_order, MetricLine.code)
        lines = (await work.session.execute(query.order_by(*order).limit(SHOWN))).scalars().all()
        for line in lines:
            found = await line_position(work, line, ctx.as_of, ctx.known_at)
            rows.append(_row(ctx, line, found))
    may = ctx.may("entitlement:correct") and not ctx.past
    columns = (
        Column("code", "lines.code", strong=True, sub=lambda row: row["model"]),
        Column("has", "lines.has", kind="number", sub=lambda row: row["full"]),
        Column("taken", "lines.taken", kind="number", sub=lambda row: row["percent"]),
        Column("ended", "granting.expiry", leaves=1),
        Column("state", "table.status", kind="status"),
        *((Column("change", "lines.change", kind="link", leaves=2),) if may else ()),
    )
    table = Table(ctx.text("lines.title"), columns, rows, bare=True)
    return (Panel(ctx.text("lines.title"), (table,)),) if rows else ()


def _row(ctx: Context, line: MetricLine, found: LinePosition) -> dict[str, Any]:
    full = ctx.text(f"license.overage_{line.overage.value.lower()}")
    if line.overage is Overage.ALLOW_TO_PERCENT:
        full = ctx.text("lines.to_percent", percent=line.overage_percent)
    ended = ctx.text(f"granting.expiry_{line.expiry.value.lower()}")
    return {
        "code": line.code,
        "model": ctx.text(f"licenses.model_{line.model.value.lower()}"),
        "has": ctx.text("seats.no_limit") if found.entitled is None else formats.number(ctx.locale, found.entitled),
        "taken": ctx.text("lines.unknown") if found.taken is None else formats.number(ctx.locale, found.taken),
        "percent": "" if found.percent is None else ctx.text("lines.percent", percent=str(found.percent)),
        "full": full,
        "ended": ended + (f" ({line.grace_days})" if line.grace_days else ""),
        "state": _status(ctx, found),
        "change": Link(ctx.text("lines.change"), f"/licenses/{line.entitlement_id}/lines/{line.id}/change"),
    }


def _status(ctx: Context, found: LinePosition) -> Status:
    if found.over is None:
        return Status(Level.UNKNOWN, ctx.text("lines.not_recorded"))
    if found.over:
        return Status(Level.CRITICAL, ctx.text("lines.over", count=found.over))
    return Status(Level.OK, ctx.text("lines.within"))
