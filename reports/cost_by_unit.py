"""What each unit's seats cost by month, product and vendor, and how much of it was for seats nobody used."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from governance.kernel.money import Money
from governance.metrics.cost_by_unit import CostByUnit, CostQuery, CostRow, Reconciled, Split, cost_by_unit
from governance.metrics.cost_rollup import UnitCost, by_unit
from policies.access.actions import Action
from policies.access.fields import FieldClass
from reports.ground import Gathered, Ground, LeftOut, Table, gathered, lacking
from reports.shape import Report
from reports.workbook import ChartKind, Column, Kind, Measure, Row, Tally, Value

KEY = "cost_by_unit"
UNITS = "cost_units"
PARTS = ("occupied", "unused", "unallocated", "unlimited")


async def gather(ground: Ground) -> tuple[Table | LeftOut, Table | LeftOut, str | None]:
    """Gather the rows, their roll-up and what their sums are set against; of money all or nothing."""
    if not ground.may(Action.POSITION_READ):
        return lacking(ground, KEY, Action.POSITION_READ), lacking(ground, UNITS, Action.POSITION_READ), None
    if not ground.may_read(FieldClass.MONEY):
        reason = ground.words("withheld.money", columns=ground.words(f"sheet.{KEY}"))
        return LeftOut(KEY, reason), LeftOut(UNITS, reason), None
    found = await cost_by_unit(ground.work, CostQuery(ground.when.as_of, ground.when.known_at))
    units = await by_unit(ground.work, found.rows)
    return _rows_table(ground, found), _units_table(ground, found, units), _said(ground, found.reconciled)


async def _report(ground: Ground) -> Gathered:
    rows, units, reconciled = await gather(ground)
    return gathered(units, rows, reconciled=reconciled)


REPORT = Report("cost_by_unit", (Action.POSITION_READ,), _report, many=True)


def _rows_table(ground: Ground, found: CostByUnit) -> Table:
    words, into = ground.words, found.currency
    rows = tuple(_row(row) for row in found.rows)
    columns = (
        *(Column(name, words(f"cost_by_unit.{name}"), width=20) for name in ("period", "unit", "vendor", "product")),
        Column("currency", words("cost_by_unit.currency"), width=10),
        *(Column(name, words(f"cost_by_unit.{name}"), Kind.MONEY, 16) for name in (*PARTS, "cost")),
        Column("rate", words("cost_by_unit.rate", currency=into), width=20),
        Column("rate_day", words("cost_by_unit.rate_day"), Kind.DATE, 12),
        Column("rate_source", words("cost_by_unit.rate_source"), width=14),
        *(Column(f"{name}_in", words("cost_by_unit.in", part=words(f"cost_by_unit.{name}"), currency=into),
                 Kind.MONEY, 16) for name in (*PARTS, "cost")),
    )  # fmt: skip
    return Table(
        key=KEY, columns=columns, rows=rows, expected=len(rows),
        totals=() if found.missing else tuple(f"{name}_in" for name in (*PARTS, "cost")),
        charts=_charts(ground, found, rows),
        note=words("note.cost_by_unit", missing=", ".join(found.missing) or words("note.none")),
    )  # fmt: skip


def _row(row: CostRow) -> Row:
    rate = row.rates.known.get(row.currency)
    return {
        "period": row.period.name,
        "unit": row.unit,
        "vendor": row.vendor,
        "product": row.product,
        "currency": row.currency,
        **_amounts(row.cost, ""),
        "rate": None if rate is None else f"{rate.rate:f}",
        "rate_day": None if rate is None else rate.day,
        "rate_source": None if rate is None else rate.source,
        **_amounts(row.converted, "_in"),
    }


def _amounts(split: Split | None, tail: str) -> dict[str, Value]:
    """Give the four parts and their sum as amounts; nothing of what no rate is known for."""
    if split is None:
        return dict.fromkeys(f"{name}{tail}" for name in (*PARTS, "cost"))
    parts: dict[str, Value] = {f"{name}{tail}": _decimal(getattr(split, name)) for name in PARTS}
    return parts | {f"cost{tail}": _decimal(split.total)}


def _decimal(micros: int) -> Decimal:
    return Money(micros, "").decimal()


def _charts(ground: Ground, found: CostByUnit, rows: Sequence[Row]) -> tuple[Tally, ...]:
    """Draw unit by unit, then period by period, in the reporting currency: only where every amount has a rate."""
    if not rows or found.missing:
        return ()
    words = ground.words
    series = tuple(Measure(words(f"cost_by_unit.{name}"), _reader(f"{name}_in")) for name in PARTS)
    by = (("unit", False), ("period", True))
    return tuple(
        Tally(
            words(f"cost_by_unit.chart_{name}", currency=found.currency), name, series, ChartKind.STACKED,
            ordered=ordered, most=36 if ordered else 20, rest=words("note.rest"), kind_of_sums=Kind.MONEY,
        )
        for name, ordered in by
    )  # fmt: skip


def _reader(key: str) -> Callable[[Row], Value]:
    return lambda row: row[key]


def _units_table(ground: Ground, found: CostByUnit, units: Iterable[UnitCost]) -> Table:
    words, into = ground.words, found.currency
    rows = tuple(_unit_row(each) for each in units)
    return Table(
        key=UNITS,
        columns=(
            Column("unit", words("cost_by_unit.unit"), width=26),
            Column("level", words("cost_by_unit.level"), Kind.INTEGER, 8),
            Column("own", words("cost_by_unit.own", currency=into), Kind.MONEY, 16),
            *(Column(name, words("cost_by_unit.in", part=words(f"cost_by_unit.{name}"), currency=into),
                     Kind.MONEY, 16) for name in (*PARTS, "cost")),
            Column("idle", words("cost_by_unit.idle"), Kind.PERCENT, 10),
        ),
        rows=rows,
        expected=len(rows),
        totals=() if found.missing or not rows else ("own",),
        note=words("note.cost_units"),
    )  # fmt: skip


def _unit_row(each: UnitCost) -> Row:
    return {
        "unit": each.unit,
        "level": each.depth,
        "own": None if each.own is None else _decimal(each.own.total),
        **_amounts(each.whole, ""),
        "idle": None if each.whole is None else each.whole.idle,
    }


def _said(ground: Ground, found: Reconciled) -> str:
    """Say on the cover whether the rows sum to what the lots cost."""
    key = "cost_yes" if found.agrees else "cost_no"
    told, due = (", ".join(f"{each.decimal():f} {each.currency}" for each in sums) for sums in (found.told, found.due))
    return ground.words(f"reconciled.{key}", told=told or "0", due=due or "0", lots=found.lots, partly=found.partly)
