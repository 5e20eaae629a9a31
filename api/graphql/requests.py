"""Requests for seats in the graph: who asked for what, its one answer, who waits in which place, and the verbs."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, encode_node_id, field, outcome, paged, resolved
from api.graphql.entitlements import Pool
from api.graphql.inputs import GIVEN, WHICH, NodeId, asked, changed, command, told, values
from api.graphql.nodes import Node, by, listed, person_of
from api.graphql.seats import Seat
from governance.kernel.work import Work
from governance.requests import queries
from governance.requests.models import SeatRequest as RequestRow
from governance.requests.queries import Askable
from governance.requests.rules import RequestOrigin, RequestState, state_at
from governance.requests.service import (
    ApproveRequest,
    RefuseRequest,
    RequestSeat,
    approve_request,
    may_ask_for,
    refuse_request,
    request_seat,
    withdraw_request,
)
from policies.access.parties import Ownership

strawberry.enum(RequestState, description="How a request for a seat stands; WAITING is approved and in line.")
strawberry.enum(RequestOrigin, description="Where a request comes from: asked for, or of somebody who came back.")


@strawberry.type(description="A wish for a seat of a pool, from its asking to its one answer.")
class SeatRequest(Node):
    row: strawberry.Private[RequestRow]
    visible = queries.visible_requests
    key = RequestRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await queries.request_ownership(work, self.row)

    @resolved("How it stands now, swept or not.", FieldClass.PUBLIC)
    def state(self, info: Info) -> RequestState:
        return state_at(self.row.state, self.row.expires_at, info.context.office.clock.now())

    @resolved("Where it comes from.", FieldClass.PUBLIC)
    def origin(self) -> RequestOrigin:
        return self.row.origin

    @resolved("Why the seat is needed, in the words of who asked.", FieldClass.PERSONAL)
    def reason(self) -> str | None:
        return self.row.reason

    @resolved("The principal who asked.", FieldClass.PUBLIC)
    def requested_by(self) -> str:
        return self.row.requested_by

    @resolved("When it was asked for.", FieldClass.PUBLIC)
    def asked_at(self) -> datetime:
        return self.row.asked_at

    @resolved("When it is over unless somebody decides.", FieldClass.PUBLIC)
    def expires_at(self) -> datetime:
        return self.row.expires_at

    @resolved("How urgent, from 0 (usual) to 9: the higher is served first.", FieldClass.PUBLIC)
    def priority(self) -> int:
        return self.row.priority

    @resolved("The place in the line of its pool, from 1; null where it does not wait.", FieldClass.PUBLIC)
    async def place(self, info: Info) -> int | None:
        async with info.context.reading() as work:
            return await queries.place_of(work, self.row)

    @resolved("Since when it is in line.", FieldClass.PUBLIC)
    def waiting_since(self) -> datetime | None:
        return self.row.waiting_since

    @resolved("The principal who decided.", FieldClass.PUBLIC)
    def decided_by(self) -> str | None:
        return self.row.decided_by

    @resolved("When it was decided.", FieldClass.PUBLIC)
    def decided_at(self) -> datetime | None:
        return self.row.decided_at

    @resolved("What the decision says, or why it ended in a no.", FieldClass.PERSONAL)
    def note(self) -> str | None:
        return self.row.note

    @resolved("When it had its answer.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at

    @resolved("The version to send along with a decision.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("For whom; null outside one's reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("The person who decided, where it was one within reach.", FieldClass.PUBLIC)
    async def decider(self, info: Info) -> Person | None:
        found: Person | None = None if self.row.decided_by is None else await person_of(info, self.row.decided_by)
        return found

    @resolved("Of which pool; null outside one's reach.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.row.pool_id)

    @resolved("The seat it became.", FieldClass.PUBLIC)
    async def seat(self, info: Info) -> Seat | None:
        return await Seat.get(info, self.row.assignment_id)


@strawberry.type(description="A pool that one may ask for a seat of.")
class AskablePool:
    pool: strawberry.ID = field("The pool's id.", FieldClass.PUBLIC)
    name: str = field("What the pool is called.", FieldClass.PUBLIC)
    license: str = field("Of which license.", FieldClass.PUBLIC)
    product: str = field("Of which product.", FieldClass.PUBLIC)
    product_id: strawberry.ID = field("The product's id.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, one: Askable) -> "AskablePool":
        pool, product = encode_node_id("Pool", one.pool_id), encode_node_id("Product", one.product_id)
        return cls(pool=pool, name=one.pool, license=one.license, product=one.product, product_id=product)


@strawberry.input(description="Which requests.")
class SeatRequestFilter:
    state: RequestState | None = asked("Only those that stand like this, swept or not.", default=None)
    pool: strawberry.ID | None = asked("Only those for this pool.", of="Pool", default=None)
    person: strawberry.ID | None = asked("Only those for this person.", of="Person", default=None)


@strawberry.input(description="A seat that is asked for.")
class RequestSeatInput:
    reason: str = asked("Why it is needed; whoever decides reads it.")
    pool: strawberry.ID | None = asked("The pool; null where a product is named.", of="Pool", default=None)
    product: strawberry.ID | None = asked("The product; the first fitting pool is taken.", of="Product", default=None)
    person: strawberry.ID | None = asked("For whom; null for oneself.", of="Person", default=None)


@strawberry.input(description="A request to approve.")
class ApproveSeatRequestInput:
    request: strawberry.ID = asked("The request.", of="SeatRequest")
    priority: int = asked("How urgent, from 0 (usual) to 9: the higher is served first.", default=0)
    note: str | None = asked("What to remember of the decision.", default=None)
    expected_version: int | None = asked("The version that was read; null: whatever it is now.", default=None)


@strawberry.input(description="A request to refuse.")
class RefuseSeatRequestInput:
    request: strawberry.ID = asked("The request.", of="SeatRequest")
    note: str = asked("Why not; who asked reads it.")


@strawberry.input(description="A request to take back.")
class WithdrawSeatRequestInput:
    request: strawberry.ID = asked("The request.", of="SeatRequest")


SeatRequestOutcome = Annotated[
    SeatRequest | Refusal, strawberry.union("SeatRequestOutcome", description="The request, or why not.")
]


@strawberry.type(description="What can be asked of requests for seats.")
class RequestQueries:
    @paged("The requests within reach, the newest first; a holder sees their own.", FieldClass.PUBLIC)
    async def seat_requests(
        self, info: Info, paging: Paging, filter: Annotated[SeatRequestFilter | None, WHICH] = None
    ) -> Connection[SeatRequest]:
        wanted = values(info, filter or SeatRequestFilter())

        def narrowed(work: Work) -> Select[RequestRow]:
            query = queries.visible_requests(work)
            for name in ("pool_id", "person_id"):
                if wanted[name] is not None:
                    query = query.where(getattr(RequestRow, name) == wanted[name])
            return query if wanted["state"] is None else query.where(queries.stands(work, wanted["state"]))

        order = by(RequestRow.asked_at, RequestRow.id, descending=True)
        return await listed(info, paging, SeatRequest, order, narrowed=narrowed)

    @resolved("One request; null where there is none within reach.", FieldClass.PUBLIC)
    async def seat_request(self, info: Info, id: NodeId) -> SeatRequest | None:
        return await SeatRequest.by_id(info, id)

    @resolved("The pools that one may ask for a seat of, by license.", FieldClass.PUBLIC)
    async def askable_pools(self, info: Info) -> list[AskablePool]:
        if info.context.actor.person_id is None:
            return []
        async with info.context.reading() as work:
            return [AskablePool.of(each) for each in await may_ask_for(work)]


@strawberry.type(description="What can be done about requests for seats.")
class RequestMutations:
    @resolved("Ask for a seat; whoever looks after the license is told.", FieldClass.PUBLIC)
    async def request_seat(self, info: Info, input: Annotated[RequestSeatInput, GIVEN]) -> SeatRequestOutcome:
        def verb(work: Work) -> Awaitable[RequestRow]:
            return request_seat(work, command(info, RequestSeat, input))

        return await changed(info, SeatRequest, input, verb)

    @resolved("Approve a request: its person gets the next free seat, and waits in line until then.", FieldClass.PUBLIC)
    async def approve_seat_request(
        self, info: Info, input: Annotated[ApproveSeatRequestInput, GIVEN]
    ) -> SeatRequestOutcome:
        async def done() -> SeatRequest:
            context, given = info.context, command(info, ApproveRequest, input)
            return SeatRequest.of(await approve_request(context.desk, context.actor, given, context.request_id))

        return told(await outcome(done()))

    @resolved("Refuse a request, with the reason.", FieldClass.PUBLIC)
    async def refuse_seat_request(
        self, info: Info, input: Annotated[RefuseSeatRequestInput, GIVEN]
    ) -> SeatRequestOutcome:
        def verb(work: Work) -> Awaitable[RequestRow]:
            return refuse_request(work, command(info, RefuseRequest, input))

        return await changed(info, SeatRequest, input, verb)

    @resolved("Take one's own request back.", FieldClass.PUBLIC)
    async def withdraw_seat_request(
        self, info: Info, input: Annotated[WithdrawSeatRequestInput, GIVEN]
    ) -> SeatRequestOutcome:
        def verb(work: Work) -> Awaitable[RequestRow]:
            return withdraw_request(work, **values(info, input))

        return await changed(info, SeatRequest, input, verb)
