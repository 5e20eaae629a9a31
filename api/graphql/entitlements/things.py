"""Entitlements and their metric lines in the graph, with edges to what they rest on and to what they supply."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from api.graphql.agreements import Agreement
from api.graphql.catalog import Product, Tier
from api.graphql.context import Info
from api.graphql.directory import Person, Unit
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved, type_named
from api.graphql.inputs import HELD_AT, KNOWN_AT
from api.graphql.nodes import Node, by, listed_of, short_list
from governance.directory import queries as directory
from governance.entitlements import queries
from governance.entitlements.models import Entitlement as EntitlementRow
from governance.entitlements.models import MetricLine as LineRow
from governance.entitlements.rules import (
    Covered,
    Expiry,
    LicenseModel,
    Overage,
    OwnDevice,
    RenewalBasis,
    Resets,
    Term,
    VmCores,
)
from governance.kernel.work import Work
from policies.access.parties import Ownership

if TYPE_CHECKING:
    from api.graphql.entitlements.measured import Consumption, LineCounting, LinePosition, LotUse, PeriodUse
    from api.graphql.entitlements.rights import LineRight
    from api.graphql.entitlements.room import Room
    from api.graphql.entitlements.supply import Lot, Pool

SUPPLY = "api.graphql.entitlements.supply"
MEASURED = "api.graphql.entitlements.measured"
strawberry.enum(Covered, description="What becomes of a seat whose holder another right covers: TELL or REFUSE.")
strawberry.enum(Expiry, description="What becomes of holders when all their supply has ended.")
strawberry.enum(LicenseModel, description="How a metric line is counted.")
strawberry.enum(Overage, description="What a full pool does.")
strawberry.enum(
    RenewalBasis, description="From when a renewal holds: seamlessly, from today, or from today where it is late."
)
strawberry.enum(OwnDevice, description="Whether somebody with a seat and their own device take one seat, or two.")
strawberry.enum(Resets, description="When a meter begins anew: with each term of its lots, or with each month.")
strawberry.enum(VmCores, description="Whose cores a virtual machine takes: its own, or those of its host, once.")
strawberry.enum(Term, description="How long a metric line is held.")


@strawberry.type(description="The right to use a product under an agreement.")
class Entitlement(Node):
    row: strawberry.Private[EntitlementRow]
    visible = queries.visible_entitlements
    key = EntitlementRow.id

    @resolved("Its code, unique in the tenant.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("Its name.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("The region it belongs to.", FieldClass.PUBLIC)
    def region(self) -> str:
        return self.row.region

    @resolved("When it was recorded.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("The agreement that grants it; null where that is outside reach.", FieldClass.PUBLIC)
    async def agreement(self, info: Info) -> Agreement | None:
        return await Agreement.get(info, self.row.agreement_id)

    @resolved("The product it is about.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)

    @resolved("The unit that owns it.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("Who answers for it.", FieldClass.PUBLIC)
    async def owner(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.owner_id)

    @resolved("Who answers for it in the owner's absence.", FieldClass.PUBLIC)
    async def deputy(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.deputy_id)

    @resolved("The ways in which it is counted, by code; two or more make it hybrid.", FieldClass.PUBLIC)
    async def lines(self, info: Info) -> list["MetricLine"]:
        return await short_list(info, MetricLine, by(LineRow.code, LineRow.id), column=_OF_LINE, of=self.row.id)

    @paged("What was bought for it, the earliest first.", FieldClass.PUBLIC)
    async def lots(
        self,
        info: Info,
        paging: Paging,
        as_of: Annotated[datetime | None, HELD_AT] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> Connection[Annotated["Lot", strawberry.lazy(SUPPLY)]]:
        kind = type_named(info, "Lot")
        narrowed = kind.dated(as_of, known_at)
        return await listed_of(info, paging, kind, kind.order, column=_OF_LINE, of=self.row.id, narrowed=narrowed)

    @paged("The pools of its lines, by code.", FieldClass.PUBLIC)
    async def pools(self, info: Info, paging: Paging) -> Connection[Annotated["Pool", strawberry.lazy(SUPPLY)]]:
        kind = type_named(info, "Pool")
        return await listed_of(info, paging, kind, kind.order, column=_OF_LINE, of=self.row.id)

    async def ownership(self, work: Work) -> Ownership:
        return await _whose(work, self.row)


_OF_LINE = LineRow.entitlement_id


@strawberry.type(description="One way of counting within an entitlement.")
class MetricLine(Node):
    row: strawberry.Private[LineRow]
    visible = queries.visible_lines
    key = LineRow.id

    @resolved("Its code, unique in the entitlement.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("How it is counted.", FieldClass.PUBLIC)
    def model(self) -> LicenseModel:
        return self.row.model

    @resolved("How long it is held.", FieldClass.PUBLIC)
    def term(self) -> Term:
        return self.row.term

    @resolved("What a full pool of it does.", FieldClass.PUBLIC)
    def overage(self) -> Overage:
        return self.row.overage

    @resolved("Up to how much of its seats it grants, in percent; null where the mode has none.", FieldClass.PUBLIC)
    def overage_percent(self) -> str | None:
        return self.row.overage_percent

    @resolved("What becomes of holders when all its supply has ended.", FieldClass.PUBLIC)
    def expiry(self) -> Expiry:
        return self.row.expiry

    @resolved("For how many days GRACE lets holders keep their seats.", FieldClass.PUBLIC)
    def grace_days(self) -> int:
        return self.row.grace_days

    @resolved("In which order the license's lines take over from one that is full; null: not.", FieldClass.PUBLIC)
    def spill_order(self) -> int | None:
        return self.row.spill_order

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("What it has, and what is taken or consumed of it.", FieldClass.PUBLIC)
    async def position(
        self,
        info: Info,
        as_of: Annotated[datetime | None, HELD_AT] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> Annotated["LinePosition", strawberry.lazy(MEASURED)]:
        kind: type[LinePosition] = type_named(info, "LinePosition")
        return await kind.read(info, self.row, as_of, known_at)

    @resolved("Its lots in force in the order in which they are consumed.", FieldClass.PUBLIC)
    async def lots_used(self, info: Info) -> list[Annotated["LotUse", strawberry.lazy(MEASURED)]]:
        kind: type[LotUse] = type_named(info, "LotUse")
        return await kind.read(info, self.row)

    @resolved("How it counts: in which unit, over which period, devices and cores.", FieldClass.PUBLIC)
    def counting(self, info: Info) -> Annotated["LineCounting", strawberry.lazy(MEASURED)]:
        counting: LineCounting = type_named(info, "LineCounting")(row=self.row)
        return counting

    @resolved("Of a measured line, what each of its last periods consumed, the newest first.", FieldClass.PUBLIC)
    async def periods(
        self,
        info: Info,
        last: Annotated[int, strawberry.argument(description="How many, up to 36.")] = 12,
        as_of: Annotated[datetime | None, HELD_AT] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> list[Annotated["PeriodUse", strawberry.lazy(MEASURED)]]:
        kind: type[PeriodUse] = type_named(info, "PeriodUse")
        return await kind.read(info, self.row, min(max(last, 1), 36), as_of, known_at)

    @paged("What it consumed, as it was recorded, the earliest first.", FieldClass.PUBLIC)
    async def consumption(
        self, info: Info, paging: Paging
    ) -> Connection[Annotated["Consumption", strawberry.lazy(MEASURED)]]:
        kind = type_named(info, "Consumption")
        return await listed_of(info, paging, kind, kind.order, column=kind.by_line, of=self.row.id)

    @resolved("Whether a holder is invited first and has to accept.", FieldClass.PUBLIC)
    def needs_acceptance(self) -> bool:
        return self.row.needs_acceptance

    @resolved("What it grants beside its seats, as known today, ended rights too.", FieldClass.PUBLIC)
    async def rights(
        self, info: Info
    ) -> list[Annotated["LineRight", strawberry.lazy("api.graphql.entitlements.rights")]]:
        kind = type_named(info, "LineRight")
        row = kind.key.class_
        return await short_list(info, kind, by(row.start, row.id), column=row.line_id, of=self.row.id)

    @resolved("Whether somebody whom a suite covers already is given a seat.", FieldClass.PUBLIC)
    def covered(self) -> Covered:
        return self.row.covered

    @resolved("For how many days an invitation keeps its seat.", FieldClass.PUBLIC)
    def invitation_days(self) -> int:
        return self.row.invitation_days

    @resolved("Whether a suspended seat stays taken.", FieldClass.PUBLIC)
    def suspended_occupies(self) -> bool:
        return self.row.suspended_occupies

    @resolved("The tier of the product it grants; null: the product as such.", FieldClass.PUBLIC)
    async def tier(self, info: Info) -> Tier | None:
        return await Tier.get(info, self.row.tier_id)

    @resolved("The entitlement it counts.", FieldClass.PUBLIC)
    async def entitlement(self, info: Info) -> Entitlement | None:
        return await Entitlement.get(info, self.row.entitlement_id)

    @resolved("How many seats the whole line has now, and how many are taken.", FieldClass.PUBLIC)
    async def room(self, info: Info) -> Annotated["Room", strawberry.lazy("api.graphql.entitlements.room")] | None:
        room: Room | None = await type_named(info, "Room").of_line(info, self.row.id)
        return room

    @paged("What was bought for it, the earliest first.", FieldClass.PUBLIC)
    async def lots(
        self,
        info: Info,
        paging: Paging,
        as_of: Annotated[datetime | None, HELD_AT] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> Connection[Annotated["Lot", strawberry.lazy(SUPPLY)]]:
        kind = type_named(info, "Lot")
        narrowed = kind.dated(as_of, known_at)
        return await listed_of(info, paging, kind, kind.order, column=kind.by_line, of=self.row.id, narrowed=narrowed)

    @paged("Its pools, by code.", FieldClass.PUBLIC)
    async def pools(self, info: Info, paging: Paging) -> Connection[Annotated["Pool", strawberry.lazy(SUPPLY)]]:
        kind = type_named(info, "Pool")
        return await listed_of(info, paging, kind, kind.order, column=kind.by_line, of=self.row.id)

    async def ownership(self, work: Work) -> Ownership:
        return await _whose(work, (await queries.line(work, self.row.id))[1])


async def _whose(work: Work, row: EntitlementRow) -> Ownership:
    people = (row.owner_id, row.deputy_id)
    return await directory.ownership(work, unit_id=row.unit_id, region=row.region, people=people)
