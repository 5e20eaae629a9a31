"""What can be done to agreements: they are signed, and changed by amendments only."""

from collections.abc import Awaitable
from datetime import date
from typing import Annotated

import strawberry

from api.graphql.agreements.things import Agreement, Amendment
from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.inputs import GIVEN, asked, changed, command, values
from governance.agreements.models import Agreement as AgreementRow
from governance.agreements.models import Amendment as AmendmentRow
from governance.agreements.rules import ChangeReason, Payment, Side
from governance.agreements.service import AmendAgreement, NewAgreement, amend_agreement, sign_agreement
from governance.kernel.work import Work


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
    uplift_cap: str | None = asked(
        "By how many percent a renewal may be dearer a seat and year at most, a decimal number; null: no cap.",
        cls=FieldClass.MONEY, default=None,
    )  # fmt: skip


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
    uplift_cap: str | None = asked(
        "By how many percent a renewal may be dearer at most; null: no cap.", cls=FieldClass.MONEY,
        default=strawberry.UNSET,
    )  # fmt: skip


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
