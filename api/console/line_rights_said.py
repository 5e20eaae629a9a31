"""What the lines of a license grant beside their seats: older releases, second devices, on which days and words."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from api.console.context import Context
from api.console.controls import Column
from api.console.parts import Empty, Footer, Panel, Part, Table
from api.console.values import Level, Link, Status
from governance.entitlements.models import LineRight, MetricLine
from governance.entitlements.queries import visible_lines
from governance.entitlements.rights import visible_line_rights
from governance.kernel.due import holds_at

SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class RightRow:
    """A right in words; `end` is where it is ended, None for whoever may not or where it has an end."""

    line: str
    kind: str
    reach: str
    first_day: date
    last_day: date | None
    clause: str
    status: Status
    end: Link | None


async def rights_part(ctx: Context, license_id: UUID) -> tuple[Part, ...]:
    """The rights beside the seats of a license, those in force first; no part of a license without lines."""
    async with ctx.work() as work:
        of_license = visible_lines(work).where(MetricLine.entitlement_id == license_id)
        lines = {row.id: row.code for row in (await work.session.execute(of_license)).scalars()}
        query = visible_line_rights(work).where(LineRight.line_id.in_(lines))
        query = query.order_by(LineRight.end.is_not(None), LineRight.start.desc(), LineRight.id).limit(SHOWN)
        rows = (await work.session.execute(query)).scalars().all()
    if not lines:
        return ()
    may = ctx.may("entitlement:correct") and not ctx.past
    here, title = f"/licenses/{license_id}/rights", ctx.text("line_rights.title")
    columns = (
        Column("kind", "line_rights.kind", strong=True, sub=lambda row: row.reach),
        Column("line", "lines.code", leaves=3),
        Column("first_day", "license.first_day", kind="date", leaves=2),
        Column("last_day", "license.last_usable", kind="date", sub=lambda row: row.clause),
        Column("status", "table.status", kind="status"),
        *((Column("end", "line_rights.end", kind="link"),) if may else ()),
    )
    table = Table(
        title, columns, [_row(ctx, row, lines, here) for row in rows], bare=True, ident="line-rights",
        empty=Empty(ctx.text("line_rights.none"), ctx.text("line_rights.none_text"), "license"),
    )  # fmt: skip
    footer = Footer((Link(ctx.text("line_rights.grant"), f"{here}/new"),)) if may else None
    return (Panel(title, (table,), sub=ctx.text("line_rights.text"), footer=footer),)


def _row(ctx: Context, row: LineRight, lines: dict[UUID, str], here: str) -> RightRow:
    now = ctx.as_of or ctx.now
    in_force = holds_at(row.start, row.end, now)
    word = "license.in_force" if in_force else "license.coming" if row.start > now else "license.ended"
    reach = "" if row.kind.value != "DOWNGRADE" else ctx.text("line_rights.any")
    if row.levels is not None:
        reach = ctx.text("line_rights.levels", count=row.levels)
    return RightRow(
        lines[row.line_id], ctx.text(f"line_rights.kind_{row.kind.value.lower()}"), reach, row.first_day, row.last_day,
        row.clause, Status(Level.OK if in_force else Level.UNKNOWN, ctx.text(word)),
        Link(ctx.text("line_rights.end"), f"{here}/{row.id}/end") if row.last_day is None else None,
    )  # fmt: skip
