"""Agreements in the graph: what was signed with whom, and every amendment since."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from api.graphql.catalog import Vendor
from api.graphql.context import Info
from api.graphql.directory import Person, Unit
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved, type_named
from api.graphql.nodes import Node, by, listed_of, person_of
from governance.agreements import queries
from governance.agreements.models import Agreement as AgreementRow
from governance.agreements.models import Amendment as AmendmentRow
from governance.agreements.rules import ChangeReason, Payment, Side
from governance.directory import queries as directory
from governance.kernel.work import Work
from policies.access.parties import Ownership

if TYPE_CHECKING:
    from api.graphql.entitlements import Entitlement

strawberry.enum(Side, description="PROCURED: we are the licensee. PROVIDED: we grant to a unit or customer.")
strawberry.enum(Payment, description="How the payment of an agreement stands.")
strawberry.enum(ChangeReason, description="Why a quantity, a date or a price was changed; OTHER needs a text.")


@strawberry.type(description="A contract as it stands today; changed by amendments only.")
class Agreement(Node):
    row: strawberry.Private[AgreementRow]
    visible = queries.visible_agreements
    key = AgreementRow.id

    @resolved("The contract's number, unique in the tenant.", FieldClass.PUBLIC)
    def number(self) -> str:
        return self.row.number

    @resolved("What it is called.", FieldClass.PUBLIC)
    def title(self) -> str:
        return self.row.title

    @resolved("Which side we are on.", FieldClass.PUBLIC)
    def side(self) -> Side:
        return self.row.side

    @resolved("The region it belongs to.", FieldClass.PUBLIC)
    def region(self) -> str:
        return self.row.region

    @resolved("The currency of its prices (ISO 4217).", FieldClass.PUBLIC)
    def currency(self) -> str:
        return self.row.currency

    @resolved("The time zone in which its days count.", FieldClass.PUBLIC)
    def zone(self) -> str:
        return self.row.zone

    @resolved("The first day of its term.", FieldClass.PUBLIC)
    def first_day(self) -> date:
        return self.row.first_day

    @resolved("The last usable day of its term; null: open-ended.", FieldClass.PUBLIC)
    def last_day(self) -> date | None:
        return self.row.last_day

    @resolved("Whether it renews by itself.", FieldClass.PUBLIC)
    def auto_renews(self) -> bool:
        return self.row.auto_renews

    @resolved("How many days before its end notice must be given; null where none must.", FieldClass.PUBLIC)
    def notice_days(self) -> int | None:
        return self.row.notice_days

    @resolved("By how many percent a renewal may be dearer a seat and year at most; null: no cap.", FieldClass.MONEY)
    def uplift_cap(self) -> str | None:
        return self.row.uplift_cap

    @resolved("How its payment stands.", FieldClass.MONEY)
    def payment(self) -> Payment:
        return self.row.payment

    @resolved("When it was recorded.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("Its version, for expectedVersion; each amendment raises it.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("With whom it was signed.", FieldClass.PUBLIC)
    async def vendor(self, info: Info) -> Vendor | None:
        return await Vendor.get(info, self.row.vendor_id)

    @resolved("The unit that owns it; null where it is outside one's reach.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("Who answers for it.", FieldClass.PUBLIC)
    async def owner(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.owner_id)

    @resolved("Who answers for it in the owner's absence.", FieldClass.PUBLIC)
    async def deputy(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.deputy_id)

    @paged("Its amendments, the first first.", FieldClass.PUBLIC)
    async def amendments(self, info: Info, paging: Paging) -> Connection["Amendment"]:
        order = by(AmendmentRow.number, AmendmentRow.id)
        return await listed_of(info, paging, Amendment, order, column=AmendmentRow.agreement_id, of=self.row.id)

    @paged("What it grants, by code.", FieldClass.PUBLIC)
    async def entitlements(
        self, info: Info, paging: Paging
    ) -> Connection[Annotated["Entitlement", strawberry.lazy("api.graphql.entitlements")]]:
        kind = type_named(info, "Entitlement")
        column = kind.key.class_.agreement_id
        return await listed_of(info, paging, kind, by(kind.key.class_.code, kind.key), column=column, of=self.row.id)

    async def ownership(self, work: Work) -> Ownership:
        row = self.row
        people = (row.owner_id, row.deputy_id)
        return await directory.ownership(work, unit_id=row.unit_id, region=row.region, people=people)


@strawberry.type(description="One change of an agreement: what differed, why, from which day on.")
class Amendment(Node):
    row: strawberry.Private[AmendmentRow]
    visible = queries.visible_amendments
    key = AmendmentRow.id

    @resolved("Its number within the agreement, from 1.", FieldClass.PUBLIC)
    def number(self) -> int:
        return self.row.number

    @resolved("Why the agreement was changed.", FieldClass.PUBLIC)
    def reason(self) -> ChangeReason:
        return self.row.reason

    @resolved("The reason in words; always there where it is OTHER.", FieldClass.PUBLIC)
    def reason_text(self) -> str | None:
        return self.row.reason_text

    @resolved("The day from which it is effective.", FieldClass.PUBLIC)
    def effective_day(self) -> date:
        return self.row.effective_day

    @resolved("What differed, as it was: values by field.", FieldClass.MONEY)
    def before(self) -> JSON:
        return JSON(self.row.before)

    @resolved("What differed, as it became: values by field.", FieldClass.MONEY)
    def after(self) -> JSON:
        return JSON(self.row.after)

    @resolved("When it was recorded.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("The principal who recorded it.", FieldClass.PUBLIC)
    def recorded_by(self) -> str:
        return self.row.recorded_by

    @resolved("The person who recorded it, where it was one within reach.", FieldClass.PUBLIC)
    async def recorder(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.recorded_by)
        return found

    @resolved("The agreement that it changed.", FieldClass.PUBLIC)
    async def agreement(self, info: Info) -> Agreement | None:
        return await Agreement.get(info, self.row.agreement_id)
