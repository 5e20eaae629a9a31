"""Metric lines weighed in the graph: what they have, what is taken or consumed of it, and of which lots."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, field, resolved
from api.graphql.entitlements.supply import Lot
from api.graphql.nodes import Node, by
from governance.entitlements import queries
from governance.entitlements.models import Consumption as ConsumptionRow
from governance.entitlements.models import MetricLine as LineRow
from governance.entitlements.positions import lots_used, use_by_period
from governance.entitlements.rules import MEASURED, OwnDevice, Period, Resets, VmCores
from governance.entitlements.rules import LotUse as Use
from governance.entitlements.rules import PeriodUse as Consumed
from governance.seats.over import line_position


@strawberry.type(description="What a metric line has, and what is taken or consumed of it.")
class LinePosition:
    entitled: int | None = field("What it has; null: unlimited.", FieldClass.PUBLIC)
    taken: int | None = field("The seats taken, or what was consumed; null: nobody recorded it.", FieldClass.PUBLIC)
    peak: int | None = field("The most at once of cores and capacity; else what is taken.", FieldClass.PUBLIC)
    balance: int | None = field("What it has less what is taken; signed, null where either is.", FieldClass.PUBLIC)
    over: int | None = field("What is beyond at the peak, owed at a true-up; null: unknown.", FieldClass.PUBLIC)
    percent: str | None = field("How much of it is taken; null of nothing and of unlimited.", FieldClass.PUBLIC)

    @classmethod
    async def read(cls, info: Info, row: LineRow, as_of: datetime | None, known_at: datetime | None) -> "LinePosition":
        async with info.context.reading() as work:
            found = await line_position(work, row, as_of, known_at)
        return cls(
            entitled=found.entitled,
            taken=found.taken,
            peak=found.peak,
            balance=found.balance,
            over=found.over,
            percent=None if found.percent is None else str(found.percent),
        )


@strawberry.type(description="How much of a lot is consumed.")
class LotUse:
    use: strawberry.Private[Use]

    @classmethod
    async def read(cls, info: Info, row: LineRow) -> list["LotUse"]:
        async with info.context.reading() as work:
            uses, _ = await lots_used(work, row, work.now())
        return [cls(use=use) for use in uses]

    @resolved("The lot.", FieldClass.PUBLIC)
    async def lot(self, info: Info) -> Annotated["Lot", strawberry.lazy("api.graphql.entitlements.supply")] | None:
        return await Lot.get(info, self.use.lot_key)

    @resolved("What it has; null: unlimited.", FieldClass.PUBLIC)
    def quantity(self) -> int | None:
        return self.use.quantity

    @resolved("How much of it is consumed.", FieldClass.PUBLIC)
    def used(self) -> int:
        return self.use.used

    @resolved("How much of it is left; null: unlimited.", FieldClass.PUBLIC)
    def left(self) -> int | None:
        return self.use.left


@strawberry.type(description="How a line counts.")
class LineCounting:
    row: strawberry.Private[LineRow]

    @resolved("What a measured line counts, such as GB; null: nobody said.", FieldClass.PUBLIC)
    def measure(self) -> str | None:
        return self.row.measure

    @resolved("When its meter begins anew.", FieldClass.PUBLIC)
    def resets(self) -> Resets:
        return self.row.resets

    @resolved("How a person with a seat and their own device count.", FieldClass.PUBLIC)
    def own_device(self) -> OwnDevice:
        return self.row.own_device

    @resolved("So many cores a host takes at least.", FieldClass.PUBLIC)
    def least_cores(self) -> int:
        return self.row.least_cores

    @resolved("Whose cores a virtual machine takes.", FieldClass.PUBLIC)
    def vm_cores(self) -> VmCores:
        return self.row.vm_cores


@strawberry.type(
    description="What a measured line consumed in one period; within, burst and beyond sum up to its peak."
)
class PeriodUse:
    first_day: date = field("The first day of the period.", FieldClass.PUBLIC)
    last_day: date = field("Its last day, or today.", FieldClass.PUBLIC)
    entitled: int | None = field("What was bought for it; null: unlimited.", FieldClass.PUBLIC)
    taken: int | None = field("What was consumed; null: nobody recorded it.", FieldClass.PUBLIC)
    peak: int | None = field("The most at once of cores and capacity; else what was consumed.", FieldClass.PUBLIC)
    within: int | None = field("Of the peak, what was bought.", FieldClass.PUBLIC)
    burst: int | None = field("Of the peak, what is beyond it, as the line's mode allows.", FieldClass.PUBLIC)
    beyond: int | None = field("Of the peak, what the mode does not allow.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, period: Period, use: Consumed) -> "PeriodUse":
        return cls(
            first_day=period.first_day, last_day=period.last_day, entitled=use.entitled, taken=use.taken,
            peak=use.peak, within=use.within, burst=use.burst, beyond=use.beyond,
        )  # fmt: skip

    @classmethod
    async def read(
        cls, info: Info, row: LineRow, last: int, as_of: datetime | None, known_at: datetime | None
    ) -> list["PeriodUse"]:
        if row.model not in MEASURED:
            return []
        async with info.context.reading() as work:
            found = await use_by_period(work, row, as_of or work.now(), known_at, most=last)
        return [cls.of(period, use) for period, use in found]


@strawberry.type(description="So much of a metric line was consumed on some days, as a source said.")
class Consumption(Node):
    row: strawberry.Private[ConsumptionRow]
    visible = queries.visible_consumption
    key = ConsumptionRow.id
    order = by(ConsumptionRow.first_day, ConsumptionRow.id)
    by_line = ConsumptionRow.line_id

    @resolved("What consumed it: a host, a cluster, a key; empty: all of the line.", FieldClass.PUBLIC)
    def subject(self) -> str:
        return self.row.subject

    @resolved("Who said it.", FieldClass.PUBLIC)
    def source(self) -> str:
        return self.row.source

    @resolved("The units.", FieldClass.PUBLIC)
    def quantity(self) -> int:
        return self.row.quantity

    @resolved("The first of its days.", FieldClass.PUBLIC)
    def first_day(self) -> date:
        return self.row.first_day

    @resolved("The last of its days.", FieldClass.PUBLIC)
    def last_day(self) -> date:
        return self.row.last_day

    @resolved("When it was recorded.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at
