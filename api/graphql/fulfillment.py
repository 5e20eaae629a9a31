"""Fulfillment in the graph: how a pool's seats come to stand at the vendor, and the orders a connector confirms."""

from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import (
    Connection,
    FieldClass,
    Paging,
    Refusal,
    encode_node_id,
    field,
    id_of,
    outcome,
    paged,
    resolved,
)
from api.graphql.entitlements import Pool
from api.graphql.inputs import GIVEN, WHICH, NodeId, asked, changed, command, told, values
from api.graphql.nodes import Node, by, listed
from api.graphql.seats import Seat
from governance.entitlements.models import Pool as PoolRow
from governance.entitlements.queries import visible_pools
from governance.fulfillment import queries
from governance.fulfillment.models import WorkOrder as OrderRow
from governance.fulfillment.rules import Fulfilled, Mode, OrderAct
from governance.fulfillment.service import (
    ConfirmOrder,
    FulfillmentSet,
    SetFulfillment,
    confirm_order,
    retry_order,
    set_fulfillment,
)
from governance.kernel.work import Work
from policies.access.parties import Ownership

strawberry.enum(Mode, name="FulfillmentMode", description="How a pool's seats come to stand at the vendor.")
strawberry.enum(OrderAct, name="WorkOrderAct", description="What is to be done at the vendor.")
strawberry.enum(Fulfilled, name="Fulfillment", description="How far something is at the vendor.")


@strawberry.type(description="Something to be done at the vendor: a seat to grant or revoke there.")
class WorkOrder(Node):
    row: strawberry.Private[OrderRow]
    visible = queries.visible_work_orders
    key = OrderRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await queries.order_ownership(work, self.row)

    @resolved("What is to be done there.", FieldClass.PUBLIC)
    def act(self) -> OrderAct:
        return self.row.act

    @resolved("By whom: a call, a connector, or a person who says how it went.", FieldClass.PUBLIC)
    def mode(self) -> Mode:
        return self.row.mode

    @resolved("How far it is.", FieldClass.PUBLIC)
    def state(self) -> Fulfilled:
        return self.row.state

    @resolved("The id of its delivery, the same at every try.", FieldClass.PUBLIC)
    def delivery(self) -> str:
        return f"msg_{self.row.id.hex}"

    @resolved("How often it was called.", FieldClass.PUBLIC)
    def attempts(self) -> int:
        return self.row.attempts

    @resolved("Since when it is asked for.", FieldClass.PUBLIC)
    def asked_at(self) -> datetime:
        return self.row.asked_at

    @resolved("When the next call goes out; null where nobody calls.", FieldClass.PUBLIC)
    def due_at(self) -> datetime | None:
        return self.row.due_at

    @resolved("Since when it is over; null while it is PENDING.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at

    @resolved("What the vendor calls it.", FieldClass.PUBLIC)
    def vendor_ref(self) -> str | None:
        return self.row.vendor_ref

    @resolved("The last answer that was no good.", FieldClass.PUBLIC)
    def error(self) -> str | None:
        return self.row.last_error

    @resolved("The account there; null where the person says it.", FieldClass.PERSONAL)
    def account(self) -> str | None:
        return self.row.account

    @resolved("Whom it is about; null for an account of nobody, and outside one's reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("The pool the seat is of.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.row.pool_id)

    @resolved("The seat here; null where nobody was assigned one.", FieldClass.PUBLIC)
    async def seat(self, info: Info) -> Seat | None:
        return await Seat.get(info, self.row.assignment_id)


@strawberry.type(description="How a pool's seats come to stand at the vendor.")
class PoolFulfillment:
    pool: strawberry.ID = field("The pool's id.", FieldClass.PUBLIC)
    mode: Mode = field("The mode; RECORD where none was set.", FieldClass.PUBLIC)
    url: str | None = field("Whom a WEBHOOK pool calls.", FieldClass.PUBLIC)
    version: int = field("Its version; 0 where none was set.", FieldClass.PUBLIC)
    secret: str | None = field("The key that signs calls, told once: when it was made.", FieldClass.SECRET)

    @classmethod
    def of(cls, found: FulfillmentSet) -> "PoolFulfillment":
        row = found.row
        return cls(
            pool=encode_node_id("Pool", row.id), mode=row.mode, url=row.url, version=row.version, secret=found.secret
        )


@strawberry.input(description="Which work orders.")
class WorkOrderFilter:
    states: list[Fulfilled] | None = asked("Only those in one of these states.", default=None)
    pool: strawberry.ID | None = asked("Only those of this pool.", of="Pool", default=strawberry.UNSET)


@strawberry.input(description="How a pool's seats shall come to stand at the vendor.")
class SetFulfillmentInput:
    pool: strawberry.ID = asked("The pool.", of="Pool")
    mode: Mode = asked("The mode.")
    url: str | None = asked("Whom to call: https, and needed for WEBHOOK alone.", default=None)
    fresh_secret: bool = asked("Whether to sign with a new key from now on.", default=False)
    expected_version: int | None = asked("The version it must still have; null: any.", default=None)


@strawberry.input(description="How an order went at the vendor.")
class ConfirmWorkOrderInput:
    order: strawberry.ID = asked("The order.", of="WorkOrder")
    outcome: Fulfilled = asked("DONE or FAILED.")
    vendor_ref: str | None = asked("What the vendor calls it.", default=None)
    error: str | None = asked("Why it failed; needed then.", default=None)


@strawberry.input(description="An order that failed.")
class RetryWorkOrderInput:
    order: strawberry.ID = asked("The order.", of="WorkOrder")


FulfillmentOutcome = Annotated[
    PoolFulfillment | Refusal, strawberry.union("FulfillmentOutcome", description="How it is set now, or why not.")
]
WorkOrderOutcome = Annotated[
    WorkOrder | Refusal, strawberry.union("WorkOrderOutcome", description="The order as it is now, or why not.")
]


@strawberry.type(description="What can be asked of fulfillment.")
class FulfillmentQueries:
    @paged("What is to be done at vendors within reach, the newest first; ended orders too.", FieldClass.PUBLIC)
    async def work_orders(
        self, info: Info, paging: Paging, filter: Annotated[WorkOrderFilter | None, WHICH] = None
    ) -> Connection[WorkOrder]:
        wanted = values(info, filter or WorkOrderFilter())

        def narrowed(work: Work) -> Select[OrderRow]:
            query = queries.visible_work_orders(work)
            if wanted.get("states"):
                query = query.where(OrderRow.state.in_(wanted["states"]))
            if wanted.get("pool_id") is not None:
                query = query.where(OrderRow.pool_id == wanted["pool_id"])
            return query

        orders = by(OrderRow.asked_at, OrderRow.id, descending=True)
        return await listed(info, paging, WorkOrder, orders, narrowed=narrowed)

    @resolved("One work order; null where there is none within reach.", FieldClass.PUBLIC)
    async def work_order(self, info: Info, id: NodeId) -> WorkOrder | None:
        return await WorkOrder.by_id(info, id)

    @resolved("How a pool's seats come to stand at the vendor; null outside one's reach.", FieldClass.PUBLIC)
    async def pool_fulfillment(self, info: Info, pool: NodeId) -> PoolFulfillment | None:
        pool_id = id_of("Pool", pool)
        async with info.context.reading() as work:
            query = visible_pools(work).where(PoolRow.id == pool_id)
            found = (await work.session.execute(query)).scalar_one_or_none()
            row = None if found is None else await queries.fulfillment_of(work, pool_id)
        if found is None:
            return None
        if row is None:
            return PoolFulfillment(pool=pool, mode=Mode.RECORD, url=None, version=0, secret=None)
        return PoolFulfillment.of(FulfillmentSet(row, None))


@strawberry.type(description="What can be done about fulfillment.")
class FulfillmentMutations:
    @resolved("Set how a pool's seats come to stand at the vendor; a new key is told once.", FieldClass.PUBLIC)
    async def set_pool_fulfillment(
        self, info: Info, input: Annotated[SetFulfillmentInput, GIVEN]
    ) -> FulfillmentOutcome:
        async def done() -> PoolFulfillment:
            given, context = command(info, SetFulfillment, input), info.context
            return PoolFulfillment.of(
                await context.office.perform(
                    context.actor, lambda work: set_fulfillment(work, given), context.request_id
                )
            )

        return told(await outcome(done()))

    @resolved("Say how an order went; said twice alike, it is one confirmation.", FieldClass.PUBLIC)
    async def confirm_work_order(self, info: Info, input: Annotated[ConfirmWorkOrderInput, GIVEN]) -> WorkOrderOutcome:
        return await changed(
            info, WorkOrder, input, lambda work: confirm_order(work, command(info, ConfirmOrder, input))
        )

    @resolved("Let an order that failed wait anew, under the same delivery id.", FieldClass.PUBLIC)
    async def retry_work_order(self, info: Info, input: Annotated[RetryWorkOrderInput, GIVEN]) -> WorkOrderOutcome:
        return await changed(info, WorkOrder, input, lambda work: retry_order(work, **values(info, input)))
