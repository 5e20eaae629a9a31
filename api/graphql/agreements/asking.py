"""What can be asked of agreements."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.graphql.agreements.things import Agreement
from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved
from api.graphql.inputs import BY_WHAT, WHICH, Descending, NodeId, asked, hold_readable, values
from api.graphql.nodes import by, containing, listed
from governance.agreements import queries
from governance.agreements.models import Agreement as AgreementRow
from governance.agreements.rules import Payment, Side
from governance.kernel.work import Work


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
