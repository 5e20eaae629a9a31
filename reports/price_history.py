"""What each purchase cost a seat and year against the one before it and the agreement's cap: as paid, and constant."""

from collections.abc import Iterator

from governance.catalog.band_text import bands_text
from governance.metrics.price_history import PriceHistory, Purchase, price_histories
from policies.access.actions import Action
from policies.access.fields import FieldClass
from reports.ground import Gathered, Ground, LeftOut, Table, gathered, lacking
from reports.shape import Report
from reports.workbook import Column, Kind, Row

KEY = "price_history"
PLAIN = ("license", "line", "order")


async def _report(ground: Ground) -> Gathered:
    if not ground.may(Action.ENTITLEMENT_READ):
        return gathered(lacking(ground, KEY, Action.ENTITLEMENT_READ))
    if not ground.may_read(FieldClass.MONEY):
        return gathered(LeftOut(KEY, ground.words("withheld.money", columns=ground.words(f"sheet.{KEY}"))))
    return gathered(_table(ground, await price_histories(ground.work, ground.when)))


REPORT = Report("price_history", (Action.ENTITLEMENT_READ,), _report)


def _table(ground: Ground, found: tuple[PriceHistory, ...]) -> Table:
    words = ground.words
    rows = tuple(row for each in found for row in _rows(ground, each))
    into = found[0].currency if found else ""
    columns = (
        *(Column(name, words(f"price_history.{name}"), width=24) for name in PLAIN),
        Column("first_day", words("price_history.first_day"), Kind.DATE, 12),
        Column("last_day", words("price_history.last_day"), Kind.DATE, 12),
        Column("seats", words("seat_cost.seats"), Kind.INTEGER, 10),
        Column("basis", words("price_history.basis"), width=14),
        Column("unit_price", words("price_history.unit_price"), Kind.MONEY, 14),
        Column("bands", words("price_history.bands"), width=30),
        Column("currency", words("cost_by_unit.currency"), width=10),
        Column("cost", words("cost_by_unit.cost"), Kind.MONEY, 16),
        Column("seat_year", words("seat_cost.seat_year"), Kind.MONEY, 14),
        Column("before", words("price_history.before"), width=20),
        Column("renews", words("price_history.renews"), width=10),
        Column("change", words("price_history.change"), Kind.PERCENT, 12),
        Column("constant", words("price_history.constant"), Kind.PERCENT, 12),
        Column("cap", words("price_history.cap"), Kind.PERCENT, 12),
        Column("over_cap", words("price_history.over_cap"), width=12),
        Column("rate", words("cost_by_unit.rate", currency=into), width=20),
        Column("rate_day", words("cost_by_unit.rate_day"), Kind.DATE, 12),
        Column("rate_source", words("cost_by_unit.rate_source"), width=14),
        Column(
            "seat_year_in", words("cost_by_unit.in", part=words("seat_cost.seat_year"), currency=into), Kind.MONEY, 16
        ),
    )
    return Table(key=KEY, columns=columns, rows=rows, expected=len(rows), note=words(f"note.{KEY}"))


def _rows(ground: Ground, history: PriceHistory) -> Iterator[Row]:
    named = {each.lot_key: each for each in history.purchases}
    for each in history.purchases:
        before = None if each.before is None else named[each.before]
        yield _row(ground, history, each, before)


def _row(ground: Ground, history: PriceHistory, one: Purchase, before: Purchase | None) -> Row:
    converted = one.converted
    done = None if converted is None else converted.converted
    return {
        "license": history.license.name,
        "line": one.line,
        "order": one.po_number,
        "first_day": one.first_day,
        "last_day": one.last_day,
        "seats": one.quantity,
        "basis": one.basis.value,
        "unit_price": one.unit_price.decimal(),
        "bands": bands_text(one.bands),
        "currency": one.cost.currency,
        "cost": one.cost.decimal(),
        "seat_year": None if one.seat_year is None else one.seat_year.decimal(),
        "before": None if before is None else before.po_number or before.first_day.isoformat(),
        "renews": _yes(ground, one.renews),
        "change": one.change,
        "constant": one.constant,
        "cap": history.cap,
        "over_cap": _yes(ground, one.over_cap),
        "rate": None if converted is None else converted.rate,
        "rate_day": None if converted is None else converted.day,
        "rate_source": None if converted is None else converted.source,
        "seat_year_in": None if done is None else done.decimal(),
    }


def _yes(ground: Ground, said: bool | None) -> str | None:
    return None if said is None else ground.words("price_history.yes" if said else "price_history.no")
