"""What purchases of a license cost a seat and year in the graph: as paid, and at constant currency, with the rate."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from api.graphql.catalog.priced import PriceBand
from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, encode_node_id, field, id_of, outcome, resolved
from api.graphql.inputs import AS_OF, KNOWN_AT, NodeId
from api.graphql.metrics.converted import ConvertedCost, money_or_none
from api.graphql.metrics.frame import MetricDefinition
from api.graphql.nodes import Money
from governance.catalog.bands import CostBasis, Price
from governance.metrics.answers import moments
from governance.metrics.price_history import PriceHistory as HistoryAnswer
from governance.metrics.price_history import Purchase as PurchaseAnswer
from governance.metrics.price_history import price_history


@strawberry.type(description="One purchase of a license, beside the one before it.")
class Purchase:
    told: strawberry.Private[PurchaseAnswer]

    @resolved("The lot, through its corrections, as renewals are named.", FieldClass.PUBLIC)
    def lot(self) -> strawberry.ID:
        return encode_node_id("Renewal", self.told.lot_key)

    @resolved("The line's code.", FieldClass.PUBLIC)
    def line(self) -> str:
        return self.told.line

    @resolved("The purchase order.", FieldClass.PUBLIC)
    def po_number(self) -> str | None:
        return self.told.po_number

    @resolved("How many seats; null: no limit.", FieldClass.PUBLIC)
    def quantity(self) -> int | None:
        return self.told.quantity

    @resolved("Its first usable day.", FieldClass.PUBLIC)
    def first_day(self) -> date:
        return self.told.first_day

    @resolved("Its last usable day; null: no end.", FieldClass.PUBLIC)
    def last_day(self) -> date | None:
        return self.told.last_day

    @resolved("What the price is the price of.", FieldClass.PUBLIC)
    def cost_basis(self) -> CostBasis:
        return self.told.basis

    @resolved("The price of one unit as agreed; with bands that of the first.", FieldClass.MONEY)
    def unit_price(self) -> Money | None:
        return money_or_none(self.told.unit_price)

    @resolved("Its bands, the lowest first; none where its price has none.", FieldClass.MONEY)
    def bands(self) -> list[PriceBand]:
        told = self.told
        price = Price(told.basis, told.unit_price.micros, told.pack_size, told.bands)
        return PriceBand.all_of(price, told.unit_price.currency)

    @resolved("What all of it cost.", FieldClass.MONEY)
    def cost(self) -> Money | None:
        return Money.of(self.told.cost.micros, self.told.cost.currency)

    @resolved("What a seat of it costs a year of 365 days; null: no end, or no number of seats.", FieldClass.MONEY)
    def seat_year(self) -> Money | None:
        return money_or_none(self.told.seat_year)

    @resolved("That in the tenant's currency, with its rate; null where there is none.", FieldClass.MONEY)
    def converted(self) -> ConvertedCost | None:
        return None if self.told.converted is None else ConvertedCost(told=self.told.converted)

    @resolved("The purchase it is compared with: what it renews, else the one before on its line.", FieldClass.PUBLIC)
    def before(self) -> strawberry.ID | None:
        return None if self.told.before is None else encode_node_id("Renewal", self.told.before)

    @resolved("Whether that is the one it renews.", FieldClass.PUBLIC)
    def renews(self) -> bool:
        return self.told.renews

    @resolved("Whether a renewal is dearer than the agreement's cap; null: no cap, no renewal, or no change to tell.",
              FieldClass.MONEY)  # fmt: skip
    def over_cap(self) -> bool | None:
        return self.told.over_cap

    @resolved("Change a seat and year in percent as paid, one decimal; null across currencies.", FieldClass.MONEY)
    def change_percent(self) -> str | None:
        return None if self.told.change is None else str(self.told.change)

    @resolved("The same at constant currency: both at the rates of the day asked for.", FieldClass.MONEY)
    def constant_change_percent(self) -> str | None:
        return None if self.told.constant is None else str(self.told.constant)


@strawberry.type(description="What the purchases of a license cost a seat and year.")
class PriceHistory:
    currency: str = field("The tenant's currency (ISO 4217).", FieldClass.PUBLIC)
    asked_day: date = field("The day whose rates make currencies constant.", FieldClass.PUBLIC)
    uplift_cap: str | None = field(
        "By how many percent a renewal may be dearer a seat and year at most, as then known; null: no cap.",
        FieldClass.MONEY,
    )
    definition: MetricDefinition = field("What it means.", FieldClass.PUBLIC)
    purchases: list[Purchase] = field("The purchases by line and first day.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: HistoryAnswer) -> "PriceHistory":
        rows = [Purchase(told=each) for each in told.purchases]
        cap = None if told.cap is None else f"{told.cap:f}"
        definition = MetricDefinition.of(told.definition)
        return cls(currency=told.currency, asked_day=told.asked, uplift_cap=cap, definition=definition, purchases=rows)


@strawberry.type(description="What can be asked of prices over time.")
class PriceHistoryQueries:
    @resolved("What each purchase of a license cost a seat and year; null outside one's reach.", FieldClass.PUBLIC)
    async def price_history(
        self,
        info: Info,
        license: NodeId,
        as_of: Annotated[datetime | None, AS_OF] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> PriceHistory | None:
        license_id = id_of("Entitlement", license)
        async with info.context.reading() as work:
            found = await outcome(price_history(work, license_id, moments(work, as_of, known_at)))
        return None if isinstance(found, Refusal) else PriceHistory.of(found)
