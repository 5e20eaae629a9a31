"""What was purchased, allocated, occupied and used, per product, tier, license, unit and region, with its balance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from governance.entitlements.models import Entitlement
from governance.metrics.cost import Rates
from governance.metrics.gather import WINDOW
from governance.metrics.position import Dimension, Position, PositionQuery, PositionRow, position
from policies.access.actions import Action
from policies.access.fields import FieldClass
from reports.cells import as_number
from reports.ground import Gathered, Ground, LeftOut, Table, gathered, lacking
from reports.shape import Report
from reports.workbook import ChartKind, Column, Kind, Measure, Row, Tally, Value

KEY = "position"
BY = (Dimension.PRODUCT, Dimension.TIER, Dimension.LICENSE, Dimension.UNIT, Dimension.REGION)
SEATS = (
    "purchased", "entitled", "allocated", "occupied", "covered", "needed", "active", "observed", "overage", "balance",
    "matched",
)  # fmt: skip


@dataclass(frozen=True)
class PositionSheet:
    """The sheet, and the occupied seats of each license by its code, to be compared with the seats themselves."""

    table: Table
    occupied: dict[str, int]


async def position_sheet(ground: Ground) -> PositionSheet:
    """Gather the position at its finest readable grain; licenses of one name stay apart by their codes."""
    found = await position(ground.work, PositionQuery(ground.when.as_of, ground.when.known_at, BY))
    codes = await _codes(ground)
    money = ground.may_read(FieldClass.MONEY)
    currencies = sorted({cost.currency for row in found.rows for cost in row.measures.cost}) if money else []
    rows = tuple(_row(row, codes, currencies) | _converted(found, row, currencies) for row in found.rows)
    occupied: dict[str, int] = {}
    for row in found.rows:
        code = codes[row.group[2].id or ""]
        occupied[code] = occupied.get(code, 0) + row.measures.occupied
    words = ground.words
    table = Table(
        key=KEY,
        columns=(*_columns(ground, currencies), *_rate_columns(ground, found.rates, currencies)),
        rows=rows,
        expected=len(rows),
        totals=(*_totals(rows, currencies), *_converted_totals(found.rates, currencies)),
        charts=(_chart(ground, rows),) if rows else (),
        note=words("note.position", days=WINDOW.days),
        withheld=() if money else (words("withheld.money", columns=words("position.cost", currency="…")),),
    )
    return PositionSheet(table, occupied)


async def gather(ground: Ground) -> Table | LeftOut:
    if not ground.may(Action.POSITION_READ):
        return lacking(ground, KEY, Action.POSITION_READ)
    return (await position_sheet(ground)).table


async def _report(ground: Ground) -> Gathered:
    return gathered(await gather(ground))


REPORT = Report("position", (Action.POSITION_READ,), _report)


async def _codes(ground: Ground) -> dict[str, str]:
    """Give the code of every license of the tenant; only those in reach are looked up in it."""
    query = select(Entitlement.id, Entitlement.code).where(Entitlement.tenant_id == ground.work.tenant_id)
    return {str(license_id): code for license_id, code in await ground.work.session.execute(query)}


def _chart(ground: Ground, rows: Iterable[Row]) -> Tally:
    """Draw what of each license is taken, free and over; an unlimited one has nothing that could be free."""
    words = ground.words
    licenses = len({row["license"] for row in rows})

    def taken(row: Row) -> Decimal:
        return as_number(row["occupied"]) - as_number(row["overage"])

    def free(row: Row) -> Decimal:
        return max(as_number(row["balance"]), Decimal(0))

    return Tally(
        lambda sums: words("position.chart", taken=sums[0], free=sums[1], over=sums[2], licenses=licenses),
        "license",
        (
            Measure(words("position.taken"), taken),
            Measure(words("position.free"), free),
            Measure(words("position.overage"), lambda row: row["overage"]),
        ),
        ChartKind.STACKED,
        rest=words("note.rest"),
    )


def _columns(ground: Ground, currencies: Iterable[str]) -> tuple[Column, ...]:
    words = ground.words
    names = ("product", "tier", "license_code", "license", "unit", "region")
    return (
        *(Column(name, words(f"position.{name}"), width=22) for name in names),
        Column("limit", words("position.limit"), Kind.STATUS, 12),
        *(Column(name, words(f"position.{name}"), Kind.INTEGER, 12) for name in SEATS),
        Column("percent", words("position.percent"), Kind.PERCENT, 10),
        Column("covered_by", words("position.covered_by"), width=40),
        *(Column(f"cost_{c}", words("position.cost", currency=c), Kind.MONEY, 16) for c in currencies),
    )


def _row(row: PositionRow, codes: dict[str, str], currencies: Iterable[str]) -> dict[str, Value]:
    product, tier, license_, unit, region = row.group
    measures = row.measures
    costs: dict[str, Decimal] = {cost.currency: cost.decimal() for cost in measures.cost}
    return {
        "product": product.name,
        "tier": tier.name,
        "license_code": codes[license_.id or ""],
        "license": license_.name,
        "unit": unit.name,
        "region": region.name,
        "limit": "UNLIMITED" if measures.purchased is None else "LIMITED",
        "purchased": measures.purchased,
        "entitled": measures.entitled,
        "allocated": measures.allocated,
        "occupied": measures.occupied,
        "covered": measures.covered,
        "needed": measures.needed,
        "active": measures.active,
        "observed": measures.observed,
        "overage": measures.overage,
        "balance": measures.balance,
        "matched": measures.matched,
        "percent": measures.percent,
        "covered_by": "; ".join(f"{each.spoken}: {each.seats}" for each in measures.covered_by),
        **{f"cost_{currency}": costs.get(currency) for currency in currencies},
    }


def _rate_columns(ground: Ground, rates: Rates, currencies: Sequence[str]) -> tuple[Column, ...]:
    """Give of each other currency its rate, whose day that is, and what it comes to; then all of it together."""
    words, into = ground.words, rates.currency
    foreign = [currency for currency in currencies if currency != into]
    if not foreign:
        return ()
    return (
        *(
            column
            for c in foreign
            for column in (
                Column(f"rate_{c}", words("position.rate", currency=c, into=into), width=20),
                Column(f"rate_day_{c}", words("position.rate_day", currency=c), Kind.DATE, 12),
                Column(f"converted_{c}", words("position.converted", currency=c, into=into), Kind.MONEY, 16),
            )
        ),
        Column("cost_reporting", words("position.cost_reporting", currency=into), Kind.MONEY, 16),
    )


def _converted(found: Position, row: PositionRow, currencies: Sequence[str]) -> dict[str, Value]:
    """Give a row's amounts in the reporting currency; without a rate there is no amount, and no sum of all."""
    foreign = [currency for currency in currencies if currency != found.rates.currency]
    if not foreign:
        return {}
    cost = found.in_reporting(row.measures)
    told: dict[str, Value] = {"cost_reporting": None if cost.total is None else cost.total.decimal()}
    parts = {part.amount.currency: part for part in cost.parts}
    for currency in foreign:
        rate, part = found.rates.known.get(currency), parts.get(currency)
        told[f"rate_{currency}"] = None if rate is None else f"{rate.rate:f}"
        told[f"rate_day_{currency}"] = None if rate is None else rate.day
        told[f"converted_{currency}"] = part.converted.decimal() if part and part.converted else None
    return told


def _converted_totals(rates: Rates, currencies: Sequence[str]) -> tuple[str, ...]:
    """Name what sums up truly: a currency without a rate has no sum, nor has the whole."""
    foreign = [currency for currency in currencies if currency != rates.currency]
    done = [f"converted_{currency}" for currency in foreign if currency in rates.known]
    return (*done, "cost_reporting") if foreign and len(done) == len(foreign) else tuple(done)


def _totals(rows: tuple[Row, ...], currencies: Iterable[str]) -> tuple[str, ...]:
    """Name what sums up truly: seats that are unlimited in some row have no total, nor has the overage of parts."""
    limited = [
        name for name in ("purchased", "allocated", "balance", "matched") if all(row[name] is not None for row in rows)
    ]
    return (*limited, "occupied", "covered", "needed", "active", *(f"cost_{currency}" for currency in currencies))
