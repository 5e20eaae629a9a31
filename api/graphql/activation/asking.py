"""What can be asked of journeys: who is stuck, who asked for help, what codes mean, what is asked of oneself."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.activation.things import ActivationSurvey, ErrorText, ProductJourney, StuckSeat, SupportContact
from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, paged
from api.graphql.inputs import WHICH, asked, values
from api.graphql.nodes import by, listed
from governance.activation import journeys, queries
from governance.activation.models import ErrorText as ErrorTextRow
from governance.activation.models import JourneyEvent as EventRow
from governance.activation.models import ProductJourney as ProductJourneyRow
from governance.activation.models import SupportContact as ContactRow
from governance.activation.models import Survey as SurveyRow
from governance.kernel.work import Work


@strawberry.input(description="Which contacts.")
class SupportContactFilter:
    open: bool | None = asked("Only those that are open, or only those that are closed.", default=None)
    product: strawberry.ID | None = asked("Only of this product.", of="Product", default=None)


@strawberry.input(description="Which error texts.")
class ErrorTextFilter:
    product: strawberry.ID | None = asked("Only of this product.", of="Product", default=None)


@strawberry.type(description="What can be asked of journeys.")
class ActivationQueries:
    @paged("The contacts within reach, the latest first.", FieldClass.PUBLIC)
    async def support_contacts(
        self, info: Info, paging: Paging, filter: Annotated[SupportContactFilter | None, WHICH] = None
    ) -> Connection[SupportContact]:
        wanted = values(info, filter or SupportContactFilter())

        def narrowed(work: Work) -> Select[ContactRow]:
            query = journeys.told_contacts(work)
            if wanted["open"] is not None:
                query = query.where(ContactRow.closed_at.is_(None) == wanted["open"])
            return query if wanted["product_id"] is None else query.where(ContactRow.product_id == wanted["product_id"])

        order = by(ContactRow.opened_at, ContactRow.id, descending=True)
        return await listed(info, paging, SupportContact, order, narrowed=narrowed)

    @paged("The seats that an error keeps from the next step, the latest first.", FieldClass.USAGE)
    async def stuck_seats(self, info: Info, paging: Paging) -> Connection[StuckSeat]:
        return await listed(info, paging, StuckSeat, by(EventRow.occurred_at, EventRow.id, descending=True))

    @paged("What error codes mean, by code.", FieldClass.PUBLIC)
    async def error_texts(
        self, info: Info, paging: Paging, filter: Annotated[ErrorTextFilter | None, WHICH] = None
    ) -> Connection[ErrorText]:
        wanted = values(info, filter or ErrorTextFilter())

        def narrowed(work: Work) -> Select[ErrorTextRow]:
            query, product_id = queries.visible_error_texts(work), wanted["product_id"]
            return query if product_id is None else query.where(ErrorTextRow.product_id == product_id)

        return await listed(info, paging, ErrorText, by(ErrorTextRow.code, ErrorTextRow.id), narrowed=narrowed)

    @paged("What counts as value of each product now, the latest first.", FieldClass.PUBLIC)
    async def product_journeys(self, info: Info, paging: Paging) -> Connection[ProductJourney]:
        def standing(work: Work) -> Select[ProductJourneyRow]:
            return queries.visible_product_journeys(work).where(ProductJourneyRow.superseded_at.is_(None))

        order = by(ProductJourneyRow.recorded_at, ProductJourneyRow.id, descending=True)
        return await listed(info, paging, ProductJourney, order, narrowed=standing)

    @paged("The questions put to oneself, the latest first.", FieldClass.PUBLIC)
    async def activation_surveys(self, info: Info, paging: Paging) -> Connection[ActivationSurvey]:
        order = by(SurveyRow.asked_at, SurveyRow.id, descending=True)
        return await listed(info, paging, ActivationSurvey, order)
