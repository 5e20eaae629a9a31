"""Readings of measured lines at the terminal: one recorded, or the periods of a line told."""

from datetime import date
from typing import Any

from api.cli.exits import Exit
from api.cli.ground import answer, ground, run
from api.cli.instants import instants_of
from api.cli.naming import line_called
from governance.entitlements.models import MetricLine
from governance.entitlements.positions import use_by_period
from governance.entitlements.rules import MEASURED, Period, PeriodUse
from governance.entitlements.service import NewReading, RecordConsumption, record_consumption
from governance.kernel.errors import BadInput
from governance.kernel.work import Work


def record_one(
    line: str, quantity: int, days: tuple[str, str | None], subject: str, source: str, tenant: str | None,
    *, as_json: bool,
) -> None:  # fmt: skip
    """Record a reading, and answer how the period stands that it belongs to."""

    async def command() -> tuple[MetricLine, tuple[tuple[Period, PeriodUse], ...]]:
        first = _day("first-day", days[0])
        last = None if days[1] is None else _day("last-day", days[1])
        async with ground(tenant) as on:
            return await on.office.perform(on.actor, lambda work: _recorded(work, first, last))

    async def _recorded(
        work: Work, first: date, last: date | None
    ) -> tuple[MetricLine, tuple[tuple[Period, PeriodUse], ...]]:
        row = await line_called(work, line)
        reading = NewReading(quantity, first, last, subject)
        await record_consumption(work, RecordConsumption(row.id, source, (reading,)))
        return row, await use_by_period(work, row, work.now(), most=1)

    row, periods = run(command)
    _tell(row, periods, as_json=as_json)


def show_periods(
    line: str, last: int, as_of: str | None, known_at: str | None, tenant: str | None, *, as_json: bool
) -> None:
    """Tell the periods of a line; where the newest went beyond what its mode allows, end with its own code."""

    async def command() -> tuple[MetricLine, tuple[tuple[Period, PeriodUse], ...]]:
        async with ground(tenant) as on, on.office.reading(on.actor, steady=True) as work:
            row = await line_called(work, line)
            if row.model not in MEASURED:
                raise BadInput("line", f"{line}, {row.model.value}", f"a line of {', '.join(sorted(MEASURED))}")
            at, known = await instants_of(work, as_of, known_at)
            return row, await use_by_period(work, row, at or work.now(), known, most=last)

    row, periods = run(command)
    _tell(row, periods, as_json=as_json)
    if periods and periods[0][1].beyond:
        raise SystemExit(int(Exit.REFUSED))


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(name, text[:40], "a day such as 2026-10-01") from None


def _tell(row: MetricLine, periods: tuple[tuple[Period, PeriodUse], ...], *, as_json: bool) -> None:
    told = [_document(period, use) for period, use in periods]
    value = {"line": row.code, "model": row.model.value, "measure": row.measure, "periods": told}
    answer(
        value, as_json=as_json, said="\n".join(_said(row, each) for each in told) or "Nothing was bought for it yet."
    )


def _document(period: Period, use: PeriodUse) -> dict[str, Any]:
    return {
        "first_day": period.first_day, "last_day": period.last_day, "entitled": use.entitled, "taken": use.taken,
        "peak": use.peak, "within": use.within, "burst": use.burst, "beyond": use.beyond,
    }  # fmt: skip


def _said(row: MetricLine, told: dict[str, Any]) -> str:
    unit = f" {row.measure}" if row.measure else ""
    has = "without limit" if told["entitled"] is None else f"of {told['entitled']:,}{unit}"
    if told["taken"] is None:
        return f"{told['first_day']} to {told['last_day']}: nobody recorded anything, {has}"
    more = "".join(f", {told[name]:,} {name}" for name in ("burst", "beyond") if told[name])
    return f"{told['first_day']} to {told['last_day']}: {told['taken']:,}{unit} {has}{more}"
