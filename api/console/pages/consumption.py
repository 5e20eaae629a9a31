"""What the measured lines of a license consumed, period by period, and the form in which a reading is recorded."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.declare import (
    Action,
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Empty,
    Field,
    FormPage,
    Ids,
    Opened,
    Option,
    Outcome,
    Panel,
    Part,
    Query,
    Table,
)
from api.console.desk import desk_of, provenance_of
from api.console.license_read import license_id_of, license_of
from api.console.measured_said import period_status, units
from api.console.supply_fields import opened
from governance.entitlements.models import Consumption, Entitlement, MetricLine
from governance.entitlements.positions import use_by_period
from governance.entitlements.queries import entitlement, visible_consumption, visible_lines
from governance.entitlements.rules import MEASURED, Period, PeriodUse
from governance.entitlements.service import NewReading, RecordConsumption, record_consumption
from governance.kernel.work import Work

PERIODS: Final = 12
READINGS: Final = 25
MOST: Final = 2**53


async def measured_lines(work: Work, license_id: UUID) -> tuple[MetricLine, ...]:
    """The lines of a license that count units, by code."""
    query = visible_lines(work).where(MetricLine.entitlement_id == license_id, MetricLine.model.in_(MEASURED))
    return tuple((await work.session.execute(query.order_by(MetricLine.code))).scalars())


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """Of each measured line its periods, the newest first, and the newest readings."""
    license_id = license_id_of(ids["id"])
    async with ctx.work() as work:
        row: Entitlement = await entitlement(work, license_id)
        lines = await measured_lines(work, license_id)
        told = {
            line.id: await use_by_period(work, line, ctx.as_of or ctx.now, ctx.known_at, most=PERIODS) for line in lines
        }
        readings = await _newest(ctx, work, [line.id for line in lines])
    here = f"/licenses/{row.id}"
    parts: list[Part] = [_periods(ctx, line, told[line.id]) for line in lines]
    named = {line.id: line for line in lines}
    parts.append(_readings(ctx, readings, named))
    record = Action("consumption.record", f"{here}/consumption/new", "plus", primary=True, action="entitlement:correct")
    return Detail(
        ctx.text("consumption.title"),
        ((ctx.text("licenses.title"), "/licenses"), (row.name, here)),
        parts=tuple(parts),
        actions=(record,) if lines else (),
        provenance=await provenance_of(ctx, "position"),
    )


async def _newest(ctx: Context, work: Work, line_ids: list[UUID]) -> list[Consumption]:
    query = visible_consumption(work, known_at=ctx.known_at or ctx.as_of).where(Consumption.line_id.in_(line_ids))
    newest = query.order_by(Consumption.first_day.desc(), Consumption.id.desc()).limit(READINGS)
    return list((await work.session.execute(newest)).scalars())


def _periods(ctx: Context, line: MetricLine, told: tuple[tuple[Period, PeriodUse], ...]) -> Part:
    full = ctx.text(f"license.overage_{line.overage.value.lower()}")
    sub = f"{ctx.text(f'licenses.model_{line.model.value.lower()}')} · {full}"
    if line.overage_percent is not None:
        sub = f"{sub} ({line.overage_percent} %)"

    def amount(value: int | None, missing: str) -> str:
        return ctx.text(missing) if value is None else units(ctx, value, line.measure)

    columns = (
        Column("period", "consumption.period", strong=True, value=lambda row: _days(ctx, row[0])),
        Column("entitled", "consumption.entitled", leaves=2,
               value=lambda row: amount(row[1].entitled, "seats.no_limit")),
        Column("taken", "consumption.taken", value=lambda row: amount(row[1].taken, "lines.unknown"),
               sub=lambda row: "" if row[1].percent is None else ctx.text("lines.percent", percent=row[1].percent)),
        Column("burst", "consumption.burst", kind="number", value=lambda row: row[1].burst, leaves=3),
        Column("beyond", "consumption.beyond", kind="number", value=lambda row: row[1].beyond, leaves=1),
        Column("state", "table.status", kind="status", value=lambda row: period_status(ctx, row[1])),
    )  # fmt: skip
    empty = Empty(ctx.text("consumption.no_lot"), ctx.text("license.buy_first"), "receipt")
    table = Table(line.code, columns, told, bare=True, empty=empty)
    return Panel(line.code, (table,), sub=sub)


def _days(ctx: Context, period: Period) -> str:
    return f"{formats.day(ctx.locale, period.first_day)} – {formats.day(ctx.locale, period.last_day)}"


def _readings(ctx: Context, rows: list[Consumption], lines: Mapping[UUID, MetricLine]) -> Part:
    columns = (
        Column("line", "lines.code", strong=True, value=lambda row: lines[row.line_id].code),
        Column("subject", "consumption.subject", leaves=2,
               value=lambda row: row.subject or ctx.text("consumption.whole")),
        Column("quantity", "consumption.units", value=lambda row: units(ctx, row.quantity, lines[row.line_id].measure)),
        Column("days", "consumption.days", value=lambda row: _days(ctx, Period(row.first_day, row.last_day))),
        Column("source", "consumption.source", leaves=1, quiet=True),
    )  # fmt: skip
    empty = Empty(ctx.text("lines.not_recorded"), ctx.text("consumption.none_text"), "receipt")
    title = ctx.text("consumption.readings", n=READINGS)
    return Panel(title, (Table(title, columns, rows, bare=True, empty=empty),))


async def line_options(ctx: Context) -> tuple[Option, ...]:
    """The measured lines of the license."""
    async with ctx.work() as work:
        lines = await measured_lines(work, license_of(ctx))
    return tuple(
        Option(str(line.id), text=f"{line.code}{f' ({line.measure})' if line.measure else ''}") for line in lines
    )


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A reading of the first measured line, of today."""
    options = await line_options(ctx)
    today = ctx.now.astimezone(ctx.zone).date().isoformat()
    initial = {"line": options[0].value if options else "", "first_day": today, "source": "console"}
    form = await opened(ctx, ids, "consumption.record", initial)
    return Opened(form.title, form.initial, form.sub, form.crumbs, cancel=f"/licenses/{ids['id']}/consumption")


async def record(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Record the reading."""
    reading = NewReading(values["quantity"], values["first_day"], values["last_day"], values["subject"] or "")
    command = RecordConsumption(UUID(values["line"]), values["source"], (reading,))
    await desk_of(ctx).perform(lambda work: record_consumption(work, command))
    return Done(f"/licenses/{ids['id']}/consumption", ctx.text("consumption.recorded"))


VIEW: Final = DetailPage(
    name="consumption", path="/licenses/{id}/consumption", gather=show, action="entitlement:read", nav="licenses"
)
RECORD: Final = FormPage(
    name="consumption-new", path="/licenses/{id}/consumption/new", opens=opens, submit=record,
    button="consumption.record", action="entitlement:correct", nav="licenses",
    fields=(
        Field("line", "lines.code", "select", options=line_options),
        Field("quantity", "consumption.units", "number", minimum=0, maximum=MOST, help="consumption.units_help"),
        Field("first_day", "consumption.first_day", "date"),
        Field("last_day", "consumption.last_day", "date", required=False, help="consumption.last_day_help"),
        Field("subject", "consumption.subject", required=False, longest=200, help="consumption.subject_help"),
        Field("source", "consumption.source", longest=80, help="consumption.source_help"),
    ),
)  # fmt: skip
PAGES: Final = (VIEW, RECORD)
