"""Supply in the graph: dated lots, pools, what of a lot is given to a pool, and the room each of them has now."""

from datetime import date, datetime
from typing import Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.catalog.priced import SEATS, PriceBand, PriceWorking, working
from api.graphql.context import Info, Visible
from api.graphql.directory import Person, Unit
from api.graphql.engine import Connection, FieldClass, Paging, encode_node_id, paged, resolved
from api.graphql.entitlements.room import Room
from api.graphql.entitlements.things import MetricLine
from api.graphql.inputs import HELD_AT, KNOWN_AT
from api.graphql.nodes import Money, Node, by, listed_of, person_of
from governance.agreements.rules import ChangeReason
from governance.directory import queries as directory
from governance.entitlements import queries
from governance.entitlements.models import Allocation as AllocationRow
from governance.entitlements.models import Lot as LotRow
from governance.entitlements.models import Pool as PoolRow
from governance.entitlements.rules import CostBasis, lot_cost
from governance.kernel.work import Work
from policies.access.parties import Ownership


@strawberry.type(description="A dated purchase; a correction supersedes it under the same id.")
class Lot(Node):
    row: strawberry.Private[LotRow]
    visible = queries.visible_lots
    key = LotRow.lot_key
    order = by(LotRow.start, LotRow.id)
    by_line = LotRow.line_id

    @staticmethod
    def dated(as_of: datetime | None, known_at: datetime | None) -> Visible:
        """Give the lots that held at an instant, as they were known at another."""

        def visible(work: Work) -> Select[LotRow]:
            query = queries.visible_lots(work, known_at=known_at)
            return query if as_of is None else query.where(queries.in_force(LotRow, as_of))

        return visible

    @resolved("This version of the lot, for expected: a correction makes another.", FieldClass.PUBLIC)
    def version(self) -> strawberry.ID:
        return encode_node_id("LotVersion", self.row.id)

    @resolved("The seats; null: unlimited.", FieldClass.PUBLIC)
    def quantity(self) -> int | None:
        return self.row.quantity

    @resolved("The first usable day.", FieldClass.PUBLIC)
    def first_day(self) -> date:
        return self.row.first_day

    @resolved("The last usable day; null: without end.", FieldClass.PUBLIC)
    def last_day(self) -> date | None:
        return self.row.last_day

    @resolved("The time zone in which its days count.", FieldClass.PUBLIC)
    def zone(self) -> str:
        return self.row.zone

    @resolved("The instant from which it holds.", FieldClass.PUBLIC)
    def start(self) -> datetime:
        return self.row.start

    @resolved("The instant at which it no longer holds; null: without end.", FieldClass.PUBLIC)
    def end(self) -> datetime | None:
        return self.row.end

    @resolved("The regions in which it may be used.", FieldClass.PUBLIC)
    def included(self) -> list[str]:
        return list(self.row.included)

    @resolved("The regions within these in which it may not.", FieldClass.PUBLIC)
    def excluded(self) -> list[str]:
        return list(self.row.excluded)

    @resolved("The price of one unit, on its cost basis; with bands that of the first.", FieldClass.MONEY)
    def unit_price(self) -> Money:
        return Money.of(self.row.unit_price, self.row.currency)

    @resolved("The price of the whole lot.", FieldClass.MONEY)
    def total(self) -> Money:
        return Money.of(lot_cost(self.row), self.row.currency)

    @resolved("What the unit price is the price of.", FieldClass.PUBLIC)
    def cost_basis(self) -> CostBasis:
        return self.row.cost_basis

    @resolved("Its bands, the lowest first; none where its price has none.", FieldClass.MONEY)
    def bands(self) -> list[PriceBand]:
        return PriceBand.all_of(self.row, self.row.currency)

    @resolved("What so many seats of it would cost, with the working; null where it is unlimited.", FieldClass.MONEY)
    def price_for(self, quantity: SEATS = None) -> PriceWorking | None:
        return working(self.row, self.row.currency, self.row.quantity if quantity is None else quantity)

    @resolved("How many seats a pack has.", FieldClass.PUBLIC)
    def pack_size(self) -> int:
        return self.row.pack_size

    @resolved("Lots of a lower one are consumed first.", FieldClass.PUBLIC)
    def priority(self) -> int:
        return self.row.priority

    @resolved("The number of its purchase order.", FieldClass.PUBLIC)
    def po_number(self) -> str | None:
        return self.row.po_number

    @resolved("Why this version was recorded.", FieldClass.PUBLIC)
    def reason(self) -> ChangeReason:
        return self.row.reason

    @resolved("The reason in words.", FieldClass.PUBLIC)
    def reason_text(self) -> str | None:
        return self.row.reason_text

    @resolved("When this version was recorded.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("The principal who recorded it.", FieldClass.PUBLIC)
    def recorded_by(self) -> str:
        return self.row.recorded_by

    @resolved("The person who recorded it, where it was one within reach.", FieldClass.PUBLIC)
    async def recorder(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.recorded_by)
        return found

    @resolved("When another version took its place; null: it is the one that counts.", FieldClass.PUBLIC)
    def superseded_at(self) -> datetime | None:
        return self.row.superseded_at

    @resolved("The lot it renews, as known today.", FieldClass.PUBLIC)
    async def renewal_of(self, info: Info) -> "Lot | None":
        return await Lot.get(info, self.row.renewal_of)

    @resolved("The metric line it supplies.", FieldClass.PUBLIC)
    async def line(self, info: Info) -> MetricLine | None:
        return await MetricLine.get(info, self.row.line_id)

    @paged("What of it is given to pools within reach, the earliest first.", FieldClass.PUBLIC)
    async def allocations(
        self,
        info: Info,
        paging: Paging,
        as_of: Annotated[datetime | None, HELD_AT] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> Connection["Allocation"]:
        column, narrowed = AllocationRow.lot_key, Allocation.dated(as_of, known_at)
        return await listed_of(
            info, paging, Allocation, Allocation.order, column=column, of=self.row.lot_key, narrowed=narrowed
        )

    async def ownership(self, work: Work) -> Ownership:
        _, entitlement = await queries.line(work, self.row.line_id)
        people = (entitlement.owner_id, entitlement.deputy_id)
        return await directory.ownership(work, unit_id=entitlement.unit_id, region=entitlement.region, people=people)


@strawberry.type(description="Seats of a line set aside for a unit and a region.")
class Pool(Node):
    row: strawberry.Private[PoolRow]
    visible = queries.visible_pools
    key = PoolRow.id
    order = by(PoolRow.code, PoolRow.id)
    by_line = PoolRow.line_id

    @resolved("Its code, unique in the line.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("Its name.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("The region it is for.", FieldClass.PUBLIC)
    def region(self) -> str:
        return self.row.region

    @resolved("When it was opened.", FieldClass.PUBLIC)
    def opened_at(self) -> datetime:
        return self.row.opened_at

    @resolved("When it was closed.", FieldClass.PUBLIC)
    def closed_at(self) -> datetime | None:
        return self.row.closed_at

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("The unit it is for.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("The line whose seats it holds; null where that is outside reach.", FieldClass.PUBLIC)
    async def line(self, info: Info) -> MetricLine | None:
        return await MetricLine.get(info, self.row.line_id)

    @resolved("How many seats it has now, and how many are taken.", FieldClass.PUBLIC)
    async def room(self, info: Info) -> Room | None:
        return await Room.of_pool(info, self.row.id)

    @paged("What it was given, the earliest first.", FieldClass.PUBLIC)
    async def allocations(
        self,
        info: Info,
        paging: Paging,
        as_of: Annotated[datetime | None, HELD_AT] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> Connection["Allocation"]:
        column, narrowed = AllocationRow.pool_id, Allocation.dated(as_of, known_at)
        return await listed_of(
            info, paging, Allocation, Allocation.order, column=column, of=self.row.id, narrowed=narrowed
        )

    async def ownership(self, work: Work) -> Ownership:
        row = self.row
        _, entitlement = await queries.line_of_pool(work, row.id)
        people = (entitlement.owner_id, entitlement.deputy_id)
        return await directory.ownership(work, unit_id=row.unit_id, region=row.region, people=people)


def _every_version(work: Work) -> Select[AllocationRow]:
    return queries.visible_allocations(work, all_versions=True)


@strawberry.type(description="Seats of a lot given to a pool, from when until when; a change supersedes it.")
class Allocation(Node):
    row: strawberry.Private[AllocationRow]
    visible = _every_version
    key = AllocationRow.id
    order = by(AllocationRow.start, AllocationRow.id)

    @staticmethod
    def dated(as_of: datetime | None, known_at: datetime | None) -> Visible:
        """Give the allocations that held at an instant, as they were known at another."""

        def visible(work: Work) -> Select[AllocationRow]:
            query = queries.visible_allocations(work, known_at=known_at)
            return query if as_of is None else query.where(queries.in_force(AllocationRow, as_of))

        return visible

    @resolved("The seats; null: unlimited.", FieldClass.PUBLIC)
    def quantity(self) -> int | None:
        return self.row.quantity

    @resolved("Since when the pool has them.", FieldClass.PUBLIC)
    def start(self) -> datetime:
        return self.row.start

    @resolved("Until when; null: without end.", FieldClass.PUBLIC)
    def end(self) -> datetime | None:
        return self.row.end

    @resolved("Why this version was recorded.", FieldClass.PUBLIC)
    def reason(self) -> ChangeReason:
        return self.row.reason

    @resolved("The reason in words.", FieldClass.PUBLIC)
    def reason_text(self) -> str | None:
        return self.row.reason_text

    @resolved("When this version was recorded.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("The principal who recorded it.", FieldClass.PUBLIC)
    def recorded_by(self) -> str:
        return self.row.recorded_by

    @resolved("When another version took its place; null: it is the one that counts.", FieldClass.PUBLIC)
    def superseded_at(self) -> datetime | None:
        return self.row.superseded_at

    @resolved("The pool that has the seats.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.row.pool_id)

    @resolved("The lot they are of, as known today; null where that is outside reach.", FieldClass.PUBLIC)
    async def lot(self, info: Info) -> Lot | None:
        return await Lot.get(info, self.row.lot_key)
