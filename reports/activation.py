"""How people came from a seat to its use: the funnel by product, unit and region, errors, the wait for first use."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Select

from governance.catalog.models import Product
from governance.catalog.queries import visible_products
from governance.metrics.first_use import FirstUse, FirstUseQuery, times_to_first_use
from governance.metrics.formulas.kaplan_meier import Quantile
from governance.metrics.funnel import Funnel, FunnelBy, FunnelQuery, Funnels, StepTold, read_funnels
from policies.access.actions import Action
from reports.ground import Gathered, Ground, LeftOut, Table, gathered, lacking
from reports.shape import Report
from reports.workbook import ChartKind, Column, Kind, Measure, Row, Tally, Value

FUNNEL, GROUPS, ERRORS, WAITS = "activation_funnel", "activation_groups", "activation_errors", "activation_waits"
MOST_PRODUCTS = 200
COUNTS = ("eligible", "reached", "not_yet", "lost")
QUARTILES = ("lower_quartile", "median", "upper_quartile")
Told = tuple[str, Funnel, FirstUse]


async def gather(ground: Ground) -> tuple[Table | LeftOut, ...]:
    """Gather all products together, then each by name: what is too small to be shown says so in its row.

    All of it is told from one reading of the funnels and one of the waits, however many products there are.
    """
    if not ground.may(Action.METRIC_READ):
        return tuple(lacking(ground, key, Action.METRIC_READ) for key in (FUNNEL, GROUPS, ERRORS, WAITS))
    asked = (ground.when.as_of, ground.when.known_at)
    funnels = await read_funnels(ground.work, FunnelQuery(*asked))
    waits = await times_to_first_use(ground.work, FirstUseQuery(*asked))
    told: list[Told] = [(ground.words("activation.all"), funnels.of(None), waits[None])]
    if ground.may(Action.CATALOG_READ):
        products = (await ground.work.session.execute(_seated(ground, funnels.products))).scalars().all()
        told += [(product.name, funnels.of(product.id), waits[product.id]) for product in products]
    return _funnel(ground, told), await _groups(ground, funnels, told), _errors(ground, told), _waits(ground, told)


async def _report(ground: Ground) -> Gathered:
    return gathered(*await gather(ground))


REPORT = Report("activation", (Action.METRIC_READ,), _report, many=True)


def _seated(ground: Ground, products: Collection[UUID]) -> Select[Product]:
    """Give the products that anybody has a seat of: a vendor's whole catalog has no seats to follow."""
    query = visible_products(ground.work).where(Product.id.in_(products))
    return query.order_by(Product.name, Product.id).limit(MOST_PRODUCTS)


def _funnel(ground: Ground, told: Sequence[Told]) -> Table:
    words = ground.words
    rows: list[Row] = [
        {
            "product": name,
            "step": words(f"activation.step_{each.step.value.lower()}"),
            "state": words(f"activation.{_state(each)}"),
            **{count: getattr(each, count) for count in COUNTS},
            "share": _percent(each.share.value if each.share else None),
            "low": _percent(each.share.lower if each.share else None),
            "high": _percent(each.share.upper if each.share else None),
            "wait": _number(each.wait, "time"),
        }
        for name, funnel, _ in told
        for each in funnel.steps
    ]
    together = told[0][0]
    return Table(
        key=FUNNEL,
        columns=(
            Column("product", words("activation.product"), width=26),
            Column("step", words("activation.step"), width=18),
            Column("state", words("activation.state"), width=16),
            *(Column(count, words(f"activation.{count}"), Kind.INTEGER, 12) for count in COUNTS),
            *(Column(name, words(f"activation.{name}"), Kind.PERCENT, 10) for name in ("share", "low", "high")),
            Column("wait", words("activation.wait"), Kind.DECIMAL, 12),
        ),
        rows=tuple(rows),
        expected=len(rows),
        charts=(_chart(ground, together, told[0][1]),) if told[0][1].steps else (),
        note=words("note.activation", k=told[0][1].k, hidden=sum(each.suppressed for _, each, _ in told)),
    )


async def _groups(ground: Ground, funnels: Funnels, told: Sequence[Told]) -> Table:
    """Tell each product by region and by unit, over all cohorts."""
    words = ground.words
    products = [(name, funnel.product_id) for name, funnel, _ in told if not funnel.suppressed]
    rows: list[Row] = [
        {
            "product": name, "by": words(f"activation.by_{by.value.lower()}"), "group": group.name,
            "step": words(f"activation.step_{each.step.value.lower()}"),
            "state": words(f"activation.{_state(each)}"), "eligible": each.eligible, "reached": each.reached,
            "share": _percent(each.share.value if each.share else None), "wait": _number(each.wait, "time"),
        }
        for name, product_id in products if product_id is not None
        for by in (FunnelBy.REGION, FunnelBy.UNIT)
        for group in await funnels.apart(product_id, by)
        for each in group.steps if each.observed
    ]  # fmt: skip
    return Table(
        key=GROUPS,
        columns=(
            Column("product", words("activation.product"), width=26),
            Column("by", words("activation.by"), width=12),
            Column("group", words("activation.group"), width=26),
            Column("step", words("activation.step"), width=18),
            Column("state", words("activation.state"), width=16),
            *(Column(count, words(f"activation.{count}"), Kind.INTEGER, 12) for count in ("eligible", "reached")),
            Column("share", words("activation.share"), Kind.PERCENT, 10),
            Column("wait", words("activation.wait"), Kind.DECIMAL, 12),
        ),
        rows=tuple(rows),
        expected=len(rows),
        note=words("note.activation_groups", k=told[0][1].k),
    )


def _chart(ground: Ground, together: str, funnel: Funnel) -> Tally:
    """Draw the steps of all products together: reached, may still, lost."""
    words = ground.words

    def of(count: str) -> Measure:
        def value(row: Row) -> Value:
            return (row[count] or 0) if row["product"] == together else 0

        return Measure(words(f"activation.{count}"), value)

    return Tally(
        words("activation.chart", seats=funnel.seats), "step", (of("reached"), of("not_yet"), of("lost")),
        ChartKind.STACKED, ordered=True,
    )  # fmt: skip


def _state(each: StepTold) -> str:
    if not each.observed:
        return "unobserved"
    return "small" if each.suppressed else "told"


def _errors(ground: Ground, told: Sequence[Told]) -> Table:
    words = ground.words
    rows: list[Row] = [
        {
            "product": name, "step": words(f"activation.step_{each.step.value.lower()}"), "code": error.code,
            "seats": error.seats, "overcome": error.overcome, "stuck": error.stuck,
        }
        for name, funnel, _ in told
        for each in funnel.steps
        for error in each.errors
    ]  # fmt: skip
    return Table(
        key=ERRORS,
        columns=(
            Column("product", words("activation.product"), width=26),
            Column("step", words("activation.step"), width=18),
            Column("code", words("activation.code"), width=24),
            *(Column(name, words(f"activation.{name}"), Kind.INTEGER, 12) for name in ("seats", "overcome", "stuck")),
        ),
        rows=tuple(rows),
        expected=len(rows),
        note=words("note.activation_errors", k=told[0][1].k),
    )


def _waits(ground: Ground, told: Sequence[Told]) -> Table:
    words = ground.words
    rows = tuple(_wait(name, first, funnel) for name, funnel, first in told)
    return Table(
        key=WAITS,
        columns=(
            Column("product", words("activation.product"), width=26),
            *(Column(name, words(f"activation.{name}"), Kind.INTEGER, 12) for name in ("n", "events", "censored")),
            *(Column(name, words(f"activation.{name}"), Kind.DECIMAL, 12) for name in _days()),
            Column("unassisted", words("activation.unassisted"), Kind.PERCENT, 14),
            Column("contacts", words("activation.contacts"), Kind.INTEGER, 12),
            Column("asked", words("activation.asked"), Kind.INTEGER, 12),
            Column("answered", words("activation.answered"), Kind.INTEGER, 12),
        ),
        rows=rows,
        expected=len(rows),
        note=words("note.activation_waits"),
    )


def _days() -> Iterable[str]:
    return (*QUARTILES, "median_low", "median_high")


def _wait(name: str, first: FirstUse, funnel: Funnel) -> Row:
    median: Quantile | None = first.median
    return {
        "product": name,
        "n": first.n,
        "events": first.events,
        "censored": first.censored,
        **{quartile: _number(getattr(first, quartile), "time") for quartile in QUARTILES},
        "median_low": _number(median, "lower"),
        "median_high": _number(median, "upper"),
        "unassisted": _percent(funnel.unassisted.value if funnel.unassisted else None),
        "contacts": funnel.contacts,
        "asked": funnel.survey.asked if funnel.survey else None,
        "answered": funnel.survey.answered if funnel.survey else None,
    }


def _number(found: Quantile | None, what: str) -> Decimal | None:
    value = None if found is None else getattr(found, what)
    return None if value is None else Decimal(str(round(value, 4)))


def _percent(share: float | None) -> Decimal | None:
    return None if share is None else Decimal(str(round(100 * share, 4)))
