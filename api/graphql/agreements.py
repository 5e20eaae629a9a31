"""Agreements in the graph: what was signed with whom, and every amendment since."""

from collections.abc import Awaitable
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import Select
from strawberry.scalars import JSON

from api.graphql.catalog import Vendor
from api.graphql.context import Info
from api.graphql.directory import Person, Unit
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved, type_named
from api.graphql.inputs import (
    BY_WHAT,
    GIVEN,
    WHICH,
    Descending,
    NodeId,
    asked,
    changed,
    command,
    hold_readable,
    values,
)
from api.graphql.nodes import Node, by, containing, listed, listed_of, person_of
from governance.agreements import queries
from governance.agreements.models import Agreement as AgreementRow
from governance.agreements.models import Amendment as AmendmentRow
from governance.agreements.rules import ChangeReason, Payment, Side
from governance.agreements.service import AmendAgreement, NewAgreement, amend_agreement, sign_agreement
from governance.kernel.work import Work

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


@strawberry.enum(description="Orders of agreements.")
class AgreementOrder(StrEnum):
    FIRST_DAY = "first_day"
    NUMBER = "number"
    TITLE = "title"


@strawberry.input(description="Which agreements.")
class AgreementFilter:
    search: str | None = asked("Part of the number or the title.", default=None)
    vendor: strawberry.ID | None = asked("Only those with this vendor.", of="Vendor", default=strawberry.UNSET)
    unit: strawberry.ID | None = asked("Only those that this very unit owns.", of="Unit", default=strawberry.UNSET)
    owner: strawberry.ID | None = asked("Only those this person answers for.", of="Person", default=strawberry.UNSET)
    side: Side | None = asked("Only those of this side.", default=None)
    payment: Payment | None = asked("Only those whose payment stands so.", default=None)
    ends_from: date | None = asked("Only those whose last usable day is this day or later.", default=None)
    ends_until: date | None = asked("Only those whose last usable day is this day or earlier.", default=None)


_ORDERS: dict[AgreementOrder, Any] = {
    AgreementOrder.FIRST_DAY: AgreementRow.first_day,
    AgreementOrder.NUMBER: AgreementRow.number,
    AgreementOrder.TITLE: AgreementRow.title,
}


@strawberry.type(description="What can be asked of agreements.")
class AgreementQueries:
    @paged("The agreements within reach.", FieldClass.PUBLIC)
    async def agreements(
        self,
        info: Info,
        paging: Paging,
        filter: Annotated[AgreementFilter | None, WHICH] = None,
        order: Annotated[AgreementOrder, BY_WHAT] = AgreementOrder.NUMBER,
        descending: Descending = False,
    ) -> Connection[Agreement]:
        asked_for = filter or AgreementFilter()
        hold_readable(info, FieldClass.MONEY, "filter.payment", asked_for.payment)
        wanted = values(info, asked_for)

        def narrowed(work: Work) -> Select[AgreementRow]:
            query = queries.visible_agreements(work)
            query = query.where(containing(asked_for.search, AgreementRow.number, AgreementRow.title))
            for name in ("vendor_id", "unit_id", "owner_id", "side", "payment"):
                if wanted.get(name) is not None:
                    query = query.where(getattr(AgreementRow, name) == wanted[name])
            if asked_for.ends_from is not None:
                query = query.where(AgreementRow.last_day >= asked_for.ends_from)
            if asked_for.ends_until is not None:
                query = query.where(AgreementRow.last_day <= asked_for.ends_until)
            return query

        orders = by(_ORDERS[order], AgreementRow.id, descending=descending)
        return await listed(info, paging, Agreement, orders, narrowed=narrowed)

    @resolved("One agreement; null where there is none within reach.", FieldClass.PUBLIC)
    async def agreement(self, info: Info, id: NodeId) -> Agreement | None:
        return await Agreement.by_id(info, id)


@strawberry.input(description="A signed agreement to keep.")
class SignAgreementInput:
    number: str = asked("The contract's number, unique in the tenant.")
    title: str = asked("What it is called.")
    vendor: strawberry.ID = asked("With whom it was signed.", of="Vendor")
    unit: strawberry.ID = asked("The unit that owns it.", of="Unit")
    currency: str = asked("The currency of its prices (ISO 4217).")
    zone: str = asked("The IANA time zone in which its days count.")
    first_day: date = asked("The first day of its term.")
    last_day: date | None = asked("The last usable day of its term; null: open-ended.", default=None)
    side: Side = asked("Which side we are on.", default=Side.PROCURED)
    owner: strawberry.ID | None = asked("Who answers for it.", of="Person", default=None)
    deputy: strawberry.ID | None = asked("Who does in the owner's absence.", of="Person", default=None)
    region: str = asked("The region it belongs to; 001 is the world.", default="001")
    auto_renews: bool = asked("Whether it renews by itself.", default=False)
    notice_days: int | None = asked("How many days before its end notice must be given.", default=None)
    payment: Payment = asked("How its payment stands.", cls=FieldClass.MONEY, default=Payment.DUE)


@strawberry.input(description="What an amendment changes; what is left out stays.")
class AgreementChanges:
    title: str | None = asked("What it is called.", default=strawberry.UNSET)
    vendor: strawberry.ID | None = asked("With whom it was signed.", of="Vendor", default=strawberry.UNSET)
    unit: strawberry.ID | None = asked("The unit that owns it.", of="Unit", default=strawberry.UNSET)
    owner: strawberry.ID | None = asked("Who answers for it; null: nobody.", of="Person", default=strawberry.UNSET)
    deputy: strawberry.ID | None = asked("Their deputy; null: nobody.", of="Person", default=strawberry.UNSET)
    region: str | None = asked("The region it belongs to.", default=strawberry.UNSET)
    currency: str | None = asked("The currency of its prices (ISO 4217).", default=strawberry.UNSET)
    zone: str | None = asked("The time zone in which its days count.", default=strawberry.UNSET)
    first_day: date | None = asked("The first day of its term.", default=strawberry.UNSET)
    last_day: date | None = asked("The last usable day; null: open-ended.", default=strawberry.UNSET)
    auto_renews: bool | None = asked("Whether it renews by itself.", default=strawberry.UNSET)
    notice_days: int | None = asked("Days of notice; null: none must be given.", default=strawberry.UNSET)
    payment: Payment | None = asked("How payment stands.", cls=FieldClass.MONEY, default=strawberry.UNSET)


@strawberry.input(description="A change of an agreement, with its reason.")
class AmendAgreementInput:
    agreement: strawberry.ID = asked("The agreement.", of="Agreement")
    expected_version: int = asked("The version that was read; another one now is a CONFLICT.")
    changes: AgreementChanges = asked("What changes.")
    reason: ChangeReason = asked("Why.")
    effective_day: date = asked("The day from which it is effective.")
    reason_text: str | None = asked("The reason in words; needed where it is OTHER.", default=None)


AgreementOutcome = Annotated[
    Agreement | Refusal, strawberry.union("AgreementOutcome", description="An agreement, or why not.")
]
AmendmentOutcome = Annotated[
    Amendment | Refusal, strawberry.union("AmendmentOutcome", description="An amendment, or why not.")
]


@strawberry.type(description="What can be done to agreements.")
class AgreementMutations:
    @resolved("Keep a signed agreement.", FieldClass.PUBLIC)
    async def sign_agreement(self, info: Info, input: Annotated[SignAgreementInput, GIVEN]) -> AgreementOutcome:
        def verb(work: Work) -> Awaitable[AgreementRow]:
            return sign_agreement(work, command(info, NewAgreement, input))

        return await changed(info, Agreement, input, verb)

    @resolved("Change an agreement by an amendment.", FieldClass.PUBLIC)
    async def amend_agreement(self, info: Info, input: Annotated[AmendAgreementInput, GIVEN]) -> AmendmentOutcome:
        def verb(work: Work) -> Awaitable[AmendmentRow]:
            changes = values(info, input.changes, path="changes.")
            return amend_agreement(work, command(info, AmendAgreement, input, changes=changes))

        return await changed(info, Amendment, input, verb)
