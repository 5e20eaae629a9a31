"""Prices in the graph: bands, what a quantity costs part by part, and what the next band would cost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, field, resolved
from api.graphql.inputs import asked, values
from api.graphql.nodes import Money, Node
from governance.catalog import queries
from governance.catalog.bands import (
    CostBasis,
    Priced,
    cheaper_more,
    next_band,
    price_for,
    spans,
)
from governance.catalog.bands import Part as PartOf
from governance.catalog.bands import Step as StepOf
from governance.catalog.models import ListPrice as ListPriceRow
from governance.kernel import given
from governance.kernel.money import parse_money

strawberry.enum(
    CostBasis,
    description="What a unit price is the price of: a seat a term, a pack, the whole lot; on VOLUME of every seat by "
    "the band that the quantity reaches, on GRADUATED of each seat by its own band.",
)
SEATS = Annotated[int | None, strawberry.argument(description="How many seats; the lot's own when left out.")]
OF_SEATS = Annotated[int, strawberry.argument(description="How many seats.")]


@strawberry.input(description="From which unit on a unit costs how much.")
class PriceBandInput:
    first: int = asked("The first unit of the band; the first band begins at 1.")
    unit_price: str = asked("The price of one unit in it, a decimal number such as 57.00.", cls=FieldClass.MONEY)
    last: int | None = asked("The last unit, to be held against the next band; null: not said.", default=None)


@strawberry.type(description="From which unit to which a unit costs how much.")
class PriceBand:
    first: int = field("Its first unit.", FieldClass.PUBLIC)
    last: int | None = field("Its last unit; null: no end.", FieldClass.PUBLIC)
    unit_price: Money = field("The price of one unit in it.", FieldClass.MONEY)

    @classmethod
    def all_of(cls, price: Priced, currency: str) -> list["PriceBand"]:
        return [cls(first=each.first or 1, last=each.last, unit_price=Money.of(each.unit_price, currency))
                for each in spans(price)]  # fmt: skip


@strawberry.type(description="One part of what a quantity costs: so many units at one price.")
class PricePart:
    units: int = field("How many units: seats, packs, or one whole.", FieldClass.PUBLIC)
    first: int | None = field("The first unit of its band; null where there are no bands.", FieldClass.PUBLIC)
    last: int | None = field("The last unit of its band; null: no end, or no bands.", FieldClass.PUBLIC)
    unit_price: Money = field("The price of one unit.", FieldClass.MONEY)
    amount: Money = field("Units times price.", FieldClass.MONEY)

    @classmethod
    def of(cls, part: PartOf, currency: str) -> "PricePart":
        price, amount = Money.of(part.unit_price, currency), Money.of(part.amount, currency)
        return cls(units=part.units, first=part.first, last=part.last, unit_price=price, amount=amount)


@strawberry.type(description="What a larger quantity would cost.")
class PriceStep:
    more: int = field("How many seats more it is.", FieldClass.PUBLIC)
    quantity: int = field("How many seats it is in all.", FieldClass.PUBLIC)
    unit_price: Money = field("The price of a seat in the band reached.", FieldClass.MONEY)
    total: Money = field("What all of them cost.", FieldClass.MONEY)
    extra: Money = field("What that is more than now; negative: it costs less.", FieldClass.MONEY)

    @classmethod
    def of(cls, step: StepOf | None, currency: str) -> "PriceStep | None":
        if step is None:
            return None
        unit_price, total, extra = (Money.of(each, currency) for each in (step.unit_price, step.total, step.extra))
        return cls(more=step.more, quantity=step.quantity, unit_price=unit_price, total=total, extra=extra)


@strawberry.type(description="What a quantity costs, with its working: the parts sum to the total.")
class PriceWorking:
    price: strawberry.Private[Priced]
    currency: strawberry.Private[str]
    units: strawberry.Private[int | None]

    @resolved("The seats it is told of; null: unlimited.", FieldClass.PUBLIC)
    def quantity(self) -> int | None:
        return self.units

    @resolved("What they cost.", FieldClass.MONEY)
    def total(self) -> Money:
        return Money.of(price_for(self.price, self.units).total, self.currency)

    @resolved("The parts, the lowest band first.", FieldClass.MONEY)
    def parts(self) -> list[PricePart]:
        return [PricePart.of(part, self.currency) for part in price_for(self.price, self.units).parts]

    @resolved("What it takes to reach the next band, or to fill a broken pack; null: no more do.", FieldClass.MONEY)
    def next_band(self) -> PriceStep | None:
        return PriceStep.of(next_band(self.price, self.units), self.currency)

    @resolved("The larger quantity that costs least, where it costs less than this; null: none does.", FieldClass.MONEY)
    def cheaper_more(self) -> PriceStep | None:
        return PriceStep.of(cheaper_more(self.price, self.units), self.currency)


def working(price: Priced, currency: str, quantity: int | None) -> PriceWorking | None:
    """Tell what a quantity costs; null where it is unlimited and the price is one of seats. Raises BadInput."""
    units = None if quantity is None else given.whole(quantity, "quantity")
    if units is None and price.cost_basis is not CostBasis.FLAT:
        return None
    return PriceWorking(price=price, currency=currency, units=units)


@strawberry.type(description="What a vendor asks by its list for one seat of a tier and month, in one currency.")
class ListPrice(Node):
    row: strawberry.Private[ListPriceRow]
    visible = queries.visible_prices
    key = ListPriceRow.id

    @resolved("The price of one seat and month; with bands that of the first.", FieldClass.MONEY)
    def price(self) -> Money:
        return Money.of(self.row.micros, self.row.currency)

    @resolved("Whether it is one price for all seats, or goes by bands.", FieldClass.PUBLIC)
    def basis(self) -> CostBasis:
        return self.row.basis

    @resolved("Its bands, the lowest first; none where it has none.", FieldClass.MONEY)
    def bands(self) -> list[PriceBand]:
        return PriceBand.all_of(self.row.price, self.row.currency)

    @resolved("What so many seats cost a month by the list, with the working.", FieldClass.MONEY)
    def price_for(self, quantity: OF_SEATS) -> PriceWorking | None:
        return working(self.row.price, self.row.currency, quantity)

    @resolved("Since when the price is known.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at


def bands_given(info: Info, bands: Sequence[PriceBandInput] | None, path: str = "bands") -> list[dict[str, Any]]:
    """Give the bands of an input as the verbs take them. Raises BadInput, Refused."""
    found = []
    for index, band in enumerate(bands or ()):
        where = f"{path}.{index}."
        said = values(info, band, path=where)
        found.append(said | {"unit_price": parse_money(said["unit_price"], "", field=f"{where}unit_price").micros})
    return found


def unit_price_given(said: str | None, bands: Sequence[dict[str, Any]], field: str = "unit_price") -> int:
    """Give the price of one unit in micro-units: as said, else that of the first band. Raises BadInput."""
    if said is None and bands:
        return int(bands[0]["unit_price"])
    return parse_money(said or "", "", field=field).micros
