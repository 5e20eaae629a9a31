"""What a seat costs a day, month, year and term by license and lot, and what unused seats cost, each kind apart."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from governance.kernel.money import Money
from governance.metrics.formulas.seat_period import Periods
from governance.metrics.seat_cost import SeatCostQuery, SeatCosts, seat_costs
from governance.metrics.seat_cost_rules import CostBy, CostOf, SeatCost
from policies.access.actions import Action
from policies.access.fields import FieldClass
from reports.charts import Tally
from reports.ground import Gathered, Ground, LeftOut, Table, gathered, lacking
from reports.shape import Report
from reports.workbook import ChartKind, Column, Kind, Measure, Row, Value

KEY, LOTS, UNITS = "seat_cost", "seat_cost_lots", "seat_cost_units"
PERIODS = ("day", "month", "year", "term")
IDLE = ("unassigned", "never_used", "dormant")


async def _report(ground: Ground) -> Gathered:
    if not ground.may(Action.POSITION_READ):
        return gathered(*(lacking(ground, key, Action.POSITION_READ) for key in (KEY, LOTS, UNITS)))
    if not ground.may_read(FieldClass.MONEY):
        reason = ground.words("withheld.money", columns=ground.words(f"sheet.{KEY}"))
        return gathered(*(LeftOut(key, reason) for key in (KEY, LOTS, UNITS)))
    found = {by: await seat_costs(ground.work, SeatCostQuery(ground.when.as_of, ground.when.known_at, by))
             for by in (CostBy.LICENSE, CostBy.LOT, CostBy.UNIT)}  # fmt: skip
    by_license, lots = found[CostBy.LICENSE], found[CostBy.LOT]
    return gathered(
        _table(ground, KEY, by_license, IDLE), _table(ground, LOTS, lots, ()),
        _table(ground, UNITS, found[CostBy.UNIT], ("unassigned",)), reconciled=_said(ground, by_license, lots),
    )  # fmt: skip


REPORT = Report("seat_cost", (Action.POSITION_READ,), _report, many=True)


def _table(ground: Ground, key: str, found: SeatCosts, idle: tuple[str, ...]) -> Table:
    words, into = ground.words, found.rates.currency
    rows = tuple(_rows(ground, found, idle))
    columns = (
        Column("name", words(f"seat_cost.{found.by.value.lower()}"), width=28),
        *((Column("of", words("seat_cost.of"), width=28),) if found.by is not CostBy.UNIT else ()),
        Column("currency", words("cost_by_unit.currency"), width=10),
        Column("seats", words("seat_cost.seats"), Kind.INTEGER, 10),
        Column("total_term", words("seat_cost.total_term"), Kind.MONEY, 16),
        Column("unlimited", words("seat_cost.unlimited"), Kind.MONEY, 16),
        Column("total_year", words("seat_cost.total_year"), Kind.MONEY, 16),
        *(Column(f"seat_{each}", words(f"seat_cost.seat_{each}"), Kind.MONEY, 14) for each in PERIODS),
        *(column for each in idle for column in _idle_columns(ground, each)),
        *((Column("withheld", words("seat_cost.withheld"), width=24),) if "dormant" in idle else ()),
        Column("rate", words("cost_by_unit.rate", currency=into), width=20),
        Column("rate_day", words("cost_by_unit.rate_day"), Kind.DATE, 12),
        Column("rate_source", words("cost_by_unit.rate_source"), width=14),
        *(Column(f"{each}_in", words("cost_by_unit.in", part=words(f"seat_cost.{each}"), currency=into), Kind.MONEY, 16)
          for each in ("seat_year", "total_year", *(f"{name}_year" for name in idle))),
    )  # fmt: skip
    whole = all(row["total_year_in"] is not None for row in rows)
    return Table(
        key=key, columns=columns, rows=rows, expected=len(rows),
        totals=("seats", *(("total_year_in",) if whole and rows else ())),
        charts=_chart(ground, found, rows, idle) if whole and "dormant" in idle else (),
        note=words(f"note.{key}"),
    )  # fmt: skip


def _idle_columns(ground: Ground, name: str) -> tuple[Column, Column]:
    return (
        Column(name, ground.words(f"seat_cost.{name}"), Kind.INTEGER, 10),
        Column(f"{name}_year", ground.words(f"seat_cost.{name}_year"), Kind.MONEY, 16),
    )


def _rows(ground: Ground, found: SeatCosts, idle: tuple[str, ...]) -> Iterator[Row]:
    for row in found.rows:
        for at, cost in enumerate(row.costs):
            yield _row(ground, found, row, cost, idle, counts=at == 0)


def _row(ground: Ground, found: SeatCosts, row: SeatCost, cost: CostOf, idle: tuple[str, ...], *, counts: bool) -> Row:
    """Give one group in one currency; counts of seats stand in its first row only, so that they can be summed."""
    rate = found.rates.known.get(cost.currency)
    told: dict[str, Periods | None] = {name: getattr(cost, name) for name in idle}
    withheld = row.withheld or row.dormant_withheld
    values: dict[str, Value] = {
        "name": row.name, "currency": cost.currency, "seats": cost.seats,
        "total_term": _amount(cost.total.term), "unlimited": _amount(cost.unlimited),
        "total_year": _amount(cost.total.year),
        **{f"seat_{each}": _amount(getattr(cost.per_seat, each, None)) for each in PERIODS},
        **{name: getattr(row, name) if counts else None for name in idle},
        **{f"{name}_year": _amount(None if each is None else each.year) for name, each in told.items()},
        "rate": None if rate is None else f"{rate.rate:f}", "rate_day": None if rate is None else rate.day,
        "rate_source": None if rate is None else rate.source,
        "seat_year_in": _into(found, cost.currency, getattr(cost.per_seat, "year", None)),
        "total_year_in": _into(found, cost.currency, cost.total.year or 0),
        **{
            f"{name}_year_in": _into(found, cost.currency, None if each is None else each.year)
            for name, each in told.items()
        },
    }  # fmt: skip
    if found.by is not CostBy.UNIT:
        values["of"] = row.of
    if "dormant" in idle:
        values["withheld"] = None if withheld is None else ground.words(f"seat_cost.why_{withheld.value.lower()}")
    return values


def _amount(micros: int | None) -> Decimal | None:
    return None if micros is None else Money(micros, "").decimal()


def _into(found: SeatCosts, currency: str, micros: int | None) -> Decimal | None:
    """Give an amount in the reporting currency; nothing where no rate is known, never 0 for want of one."""
    done = None if micros is None else found.converted(micros, currency).converted
    return None if done is None else done.decimal()


def _chart(ground: Ground, found: SeatCosts, rows: Iterable[Row], idle: tuple[str, ...]) -> tuple[Tally, ...]:
    if not tuple(rows):
        return ()
    words = ground.words
    series = tuple(Measure(words(f"seat_cost.{name}_year"), _reader(f"{name}_year_in")) for name in idle)
    title = words("seat_cost.chart", currency=found.rates.currency)
    return (Tally(title, "name", series, ChartKind.STACKED, most=20, rest=words("note.rest"), kind_of_sums=Kind.MONEY),)


def _reader(key: str) -> Callable[[Row], Value]:
    return lambda row: row[key]


def _said(ground: Ground, by_license: SeatCosts, lots: SeatCosts) -> str:
    """Say on the cover whether the licenses come to what their lots cost."""
    told, due = (_sums(each.rows) for each in (by_license, lots))
    key = "seat_cost_yes" if told == due else "seat_cost_no"
    return ground.words(f"reconciled.{key}", told=_listed(told), due=_listed(due), lots=len(lots.rows))


def _listed(sums: list[tuple[str, int]]) -> str:
    return ", ".join(f"{Money(micros, '').decimal():f} {currency}" for currency, micros in sums) or "0"


def _sums(rows: Iterable[SeatCost]) -> list[tuple[str, int]]:
    sums: dict[str, int] = {}
    for row in rows:
        for cost in row.costs:
            sums[cost.currency] = sums.get(cost.currency, 0) + cost.total.term + cost.unlimited
    return sorted(sums.items())
