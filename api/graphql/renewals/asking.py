"""What can be asked of renewals."""

from datetime import date
from typing import Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved
from api.graphql.inputs import WHICH, Descending, NodeId, asked, values
from api.graphql.nodes import by, listed
from api.graphql.renewals.things import Renewal
from governance.agreements.models import Agreement as AgreementRow
from governance.agreements.rules import Side
from governance.entitlements.models import Entitlement as EntitlementRow
from governance.entitlements.models import Lot as LotRow
from governance.kernel.work import Work
from governance.renewals import queries


@strawberry.input(description="Which renewals.")
class RenewalFilter:
    side: Side | None = asked("Only those of this side.", default=None)
    agreement: strawberry.ID | None = asked("Only those of this agreement.", of="Agreement", default=strawberry.UNSET)
    unit: strawberry.ID | None = asked("Only licenses that this very unit owns.", of="Unit", default=strawberry.UNSET)
    owner: strawberry.ID | None = asked("Only licenses of this owner.", of="Person", default=strawberry.UNSET)
    ends_from: date | None = asked("Only those whose last usable day is this day or later.", default=None)
    ends_until: date | None = asked("Only those whose last usable day is this day or earlier.", default=None)


@strawberry.type(description="What can be asked of renewals.")
class RenewalQueries:
    @paged("The lots within reach that end, by their last usable day.", FieldClass.PUBLIC)
    async def renewals(
        self,
        info: Info,
        paging: Paging,
        filter: Annotated[RenewalFilter | None, WHICH] = None,
        descending: Descending = False,
    ) -> Connection[Renewal]:
        wanted = values(info, filter or RenewalFilter())

        def narrowed(work: Work) -> Select[LotRow]:
            query = queries.visible_renewals(work, side=wanted.get("side"))
            if wanted.get("agreement_id"):
                query = query.where(AgreementRow.id == wanted["agreement_id"])
            if wanted.get("unit_id"):
                query = query.where(EntitlementRow.unit_id == wanted["unit_id"])
            if wanted.get("owner_id"):
                query = query.where(EntitlementRow.owner_id == wanted["owner_id"])
            if wanted.get("ends_from"):
                query = query.where(LotRow.last_day >= wanted["ends_from"])
            if wanted.get("ends_until"):
                query = query.where(LotRow.last_day <= wanted["ends_until"])
            return query

        return await listed(
            info, paging, Renewal, by(LotRow.last_day, LotRow.lot_key, descending=descending), narrowed=narrowed
        )

    @resolved("One renewal; null where there is none within reach.", FieldClass.PUBLIC)
    async def renewal(self, info: Info, id: NodeId) -> Renewal | None:
        return await Renewal.by_id(info, id)
