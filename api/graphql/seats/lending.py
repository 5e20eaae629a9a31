"""What can be asked of leases and done with them: lists within reach, and the verbs of lending."""

from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.engine import (
    Connection,
    FieldClass,
    Paging,
    Refusal,
    id_of,
    idempotency_key,
    mutation_path,
    outcome,
    paged,
    resolved,
)
from api.graphql.inputs import GIVEN, WHICH, Descending, NodeId, asked, command, told, values
from api.graphql.nodes import by, listed
from api.graphql.seats.leases import AcquiredLease, Lease, LeaseTerms, LeaseWait, LeftQueue, RenewedLease, RenewedLeases
from governance.kernel.work import Work
from governance.seats import lease_queries
from governance.seats.models import Lease as LeaseRow
from governance.seats.models import LeaseWait as LeaseWaitRow
from governance.seats.service import (
    AcquireLease,
    SetLeaseTerms,
    acquire_lease,
    borrow_lease,
    heartbeat_leases,
    release_lease,
    set_lease_terms,
    stop_waiting,
)


@strawberry.input(description="Which leases.")
class LeaseFilter:
    pool: strawberry.ID | None = asked("Only those of this pool.", of="Pool", default=strawberry.UNSET)
    line: strawberry.ID | None = asked("Only those of this line.", of="MetricLine", default=strawberry.UNSET)
    holder: strawberry.ID | None = asked("Only this person's.", of="Person", to="person_id", default=strawberry.UNSET)
    held_now: bool | None = asked("Only those that take seats, or only those that do not.", default=None)


@strawberry.input(description="Seats of a pool for a client.")
class AcquireLeaseInput:
    pool: strawberry.ID = asked("The pool.", of="Pool")
    person: strawberry.ID = asked("For whom.", of="Person")
    client: str = asked("What the client calls itself, the same each time: it has one lease of the pool.")
    quantity: int = asked("How many seats.", default=1)
    group: str | None = asked("The group on whose kept seats it counts.", default=None)
    waits_s: int | None = asked("For how many seconds it would stand in line; null: not at all.", default=None)
    tier: strawberry.ID | None = asked("The least tier that will do.", of="Tier", default=None)
    features: list[strawberry.ID] | None = asked(
        "The features that are needed: of the seat, or of what its holder has already.", of="Feature", to="feature_ids",
        default=None,
    )  # fmt: skip


@strawberry.input(description="One lease that is still used.")
class HeartbeatInput:
    lease: strawberry.ID = asked("The lease.", of="Lease")
    token: int = asked("The token it is held under.")


@strawberry.input(description="Leases that are still used.")
class HeartbeatLeasesInput:
    leases: list[HeartbeatInput] = asked("Up to 500, each once; renew at a third of their term.")


@strawberry.input(description="A lease to give back.")
class ReleaseLeaseInput:
    lease: strawberry.ID = asked("The lease.", of="Lease")
    token: int | None = asked("The token it is held under; null: whoever holds it, which admins may.", default=None)


@strawberry.input(description="A lease to keep without heartbeats.")
class BorrowLeaseInput:
    lease: strawberry.ID = asked("The lease.", of="Lease")
    token: int = asked("The token it is held under.")
    until: date = asked("The last day it is needed, in the tenant's home zone.")


@strawberry.input(description="A client that stands in line no more.")
class LeaveLeaseQueueInput:
    pool: strawberry.ID = asked("The pool.", of="Pool")
    client: str = asked("What the client calls itself.")


@strawberry.input(description="Seats that a pool keeps for a group.")
class ReservedSeatsInput:
    group: str = asked("The group's name.")
    seats: int = asked("How many.")


@strawberry.input(description="All terms on which a pool lends, anew.")
class SetLeaseTermsInput:
    pool: strawberry.ID = asked("The pool, of a CONCURRENT_USER line.", of="Pool")
    term_s: int = asked("How many seconds a lease holds without a heartbeat.", default=600)
    revival_s: int = asked("Within how many seconds after its end it may come back.", default=0)
    linger_s: int = asked("How many seconds a seat stays with its client after it is given back.", default=0)
    borrow_days: int = asked("How many days ahead a lease may be borrowed.", default=0)
    borrowable: int | None = asked("How many seats may be borrowed at once; null: all.", default=None)
    early_return: bool = asked("Whether a borrowed lease may be given back early.", default=True)
    reserved: list[ReservedSeatsInput] | None = asked("Seats kept for groups; null: for none.", default=None)


AcquireOutcome = Annotated[
    AcquiredLease | Refusal, strawberry.union("AcquireOutcome", description="The lease or place in line, or why not.")
]
HeartbeatOutcome = Annotated[
    RenewedLeases | Refusal, strawberry.union("HeartbeatOutcome", description="Each lease renewed or lost, or why not.")
]
LeaseOutcome = Annotated[Lease | Refusal, strawberry.union("LeaseOutcome", description="The lease, or why not.")]
LeftQueueOutcome = Annotated[
    LeftQueue | Refusal, strawberry.union("LeftQueueOutcome", description="Whether it stood in line, or why not.")
]
LeaseTermsOutcome = Annotated[
    LeaseTerms | Refusal, strawberry.union("LeaseTermsOutcome", description="The terms, or why not.")
]


@strawberry.type(description="What can be asked of leases.")
class LeaseQueries:
    @paged("The leases within reach, ended ones too, the newest first; a holder sees their own.", FieldClass.PUBLIC)
    async def leases(
        self, info: Info, paging: Paging, filter: Annotated[LeaseFilter | None, WHICH] = None,
        descending: Descending = True,
    ) -> Connection[Lease]:  # fmt: skip
        wanted = values(info, filter or LeaseFilter())

        def narrowed(work: Work) -> Select[LeaseRow]:
            query = lease_queries.visible_leases(work)
            for name in ("pool_id", "line_id", "person_id"):
                if wanted.get(name) is not None:
                    query = query.where(getattr(LeaseRow, name) == wanted[name])
            if wanted.get("held_now") is not None:
                held = lease_queries.lent_at(work.now())
                query = query.where(held if wanted["held_now"] else ~held)
            return query

        orders = by(LeaseRow.granted_at, LeaseRow.id, descending=descending)
        return await listed(info, paging, Lease, orders, narrowed=narrowed)

    @resolved("One lease; null where there is none within reach.", FieldClass.PUBLIC)
    async def lease(self, info: Info, id: NodeId) -> Lease | None:
        return await Lease.by_id(info, id)

    @paged("Who stands, or stood, in line within reach, the newest first.", FieldClass.PUBLIC)
    async def lease_waits(self, info: Info, paging: Paging) -> Connection[LeaseWait]:
        return await listed(info, paging, LeaseWait, by(LeaseWaitRow.since, LeaseWaitRow.id, descending=True))


@strawberry.type(description="What can be done with leases.")
class LeaseMutations:
    @resolved("Lend a client seats of a pool, or give it the lease it has under a new token.", FieldClass.PUBLIC)
    async def acquire_lease(self, info: Info, input: Annotated[AcquireLeaseInput, GIVEN]) -> AcquireOutcome:
        async def done() -> AcquiredLease:
            key, context = idempotency_key(info.context), info.context
            scoped = None if key is None else f"{key}:{mutation_path(info)}"
            asked_for = command(info, AcquireLease, input, key=scoped)
            return AcquiredLease.of(await acquire_lease(context.desk, context.actor, asked_for, context.request_id))

        return told(await outcome(done()))

    @resolved("Renew up to 500 leases in one call; each is answered by itself.", FieldClass.PUBLIC)
    async def heartbeat_leases(self, info: Info, input: Annotated[HeartbeatLeasesInput, GIVEN]) -> HeartbeatOutcome:
        async def done() -> RenewedLeases:
            context = info.context
            beats = [(id_of("Lease", each.lease), each.token) for each in input.leases]
            found = await heartbeat_leases(context.desk, context.actor, beats, context.request_id)
            return RenewedLeases(leases=[RenewedLease.of(each) for each in found])

        return told(await outcome(done()))

    @resolved("Give a lease back.", FieldClass.PUBLIC)
    async def release_lease(self, info: Info, input: Annotated[ReleaseLeaseInput, GIVEN]) -> LeaseOutcome:
        async def done() -> Lease:
            context = info.context
            return Lease.of(
                await release_lease(context.desk, context.actor, **values(info, input), request_id=context.request_id)
            )

        return told(await outcome(done()))

    @resolved("Keep a lease without heartbeats until a day is over, where the pool's terms allow.", FieldClass.PUBLIC)
    async def borrow_lease(self, info: Info, input: Annotated[BorrowLeaseInput, GIVEN]) -> LeaseOutcome:
        async def done() -> Lease:
            context = info.context
            return Lease.of(
                await borrow_lease(context.desk, context.actor, **values(info, input), request_id=context.request_id)
            )

        return told(await outcome(done()))

    @resolved("Stand in line no more.", FieldClass.PUBLIC)
    async def leave_lease_queue(self, info: Info, input: Annotated[LeaveLeaseQueueInput, GIVEN]) -> LeftQueueOutcome:
        async def done() -> LeftQueue:
            context = info.context
            given: dict[str, Any] = values(info, input)
            return LeftQueue(stood=await stop_waiting(context.desk, context.actor, **given))

        return told(await outcome(done()))

    @resolved("Set on what terms a pool lends; leases that stand go on.", FieldClass.PUBLIC)
    async def set_lease_terms(self, info: Info, input: Annotated[SetLeaseTermsInput, GIVEN]) -> LeaseTermsOutcome:
        async def done() -> LeaseTerms:
            reserved = {each.group: each.seats for each in input.reserved or ()}
            given = command(info, SetLeaseTerms, input, reserved=reserved)
            context = info.context
            row = await context.office.perform(context.actor, lambda work: set_lease_terms(work, given))
            return LeaseTerms.of(row)

        return told(await outcome(done()))
