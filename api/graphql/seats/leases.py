"""Leases in the graph: which clients hold seats and until when, who stands in line, and the verbs of lending."""

from datetime import datetime

import strawberry

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import FieldClass, Reason, encode_node_id, field, resolved
from api.graphql.entitlements import MetricLine, Pool
from api.graphql.nodes import Node
from api.graphql.seats.things import reason_of
from governance.kernel.work import Work
from governance.seats import lease_queries
from governance.seats.leases.lease import LeaseState, Said, WaitEnd
from governance.seats.models import Lease as LeaseRow
from governance.seats.models import LeaseTerms as LeaseTermsRow
from governance.seats.models import LeaseWait as LeaseWaitRow
from governance.seats.service import Leased, Renewed
from policies.access.parties import Ownership

strawberry.enum(LeaseState, description="The state of a lease; HELD and LINGERING take seats.")
strawberry.enum(WaitEnd, description="How standing in line ended.")
strawberry.enum(Said, name="LeaseAnswer", description="What became of a lease that was asked for.")


@strawberry.type(description="A client's lease of seats of a pool, from its grant to its end.")
class Lease(Node):
    row: strawberry.Private[LeaseRow]
    visible = lease_queries.visible_leases
    key = LeaseRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await lease_queries.lease_ownership(work, self.row)

    @resolved("How it stands now, swept or not.", FieldClass.PUBLIC)
    def state(self, info: Info) -> LeaseState:
        return lease_queries.state_at(self.row, info.context.office.clock.now())

    @resolved("What the client calls itself: one lease a pool, however often it reconnects.", FieldClass.PERSONAL)
    def client(self) -> str | None:
        return self.row.client

    @resolved("How many seats it takes.", FieldClass.PUBLIC)
    def quantity(self) -> int:
        return self.row.quantity

    @resolved("The group on whose kept seats it counts; null for none.", FieldClass.PUBLIC)
    def group(self) -> str | None:
        return self.row.group_name

    @resolved("Its fencing token: it rises with each grant; only the highest may go on.", FieldClass.PUBLIC)
    def token(self) -> int:
        return self.row.token

    @resolved("Whether it is borrowed, and needs no heartbeat until it ends.", FieldClass.PUBLIC)
    def borrowed(self) -> bool:
        return self.row.borrowed

    @resolved("Whether it was granted beyond what the pool had, by its overage mode.", FieldClass.PUBLIC)
    def overage(self) -> bool:
        return self.row.overage

    @resolved("When it was granted.", FieldClass.PUBLIC)
    def granted_at(self) -> datetime:
        return self.row.granted_at

    @resolved("When its client was heard last.", FieldClass.USAGE)
    def heard_at(self) -> datetime | None:
        return self.row.heard_at

    @resolved("When it ends unless it is renewed.", FieldClass.PUBLIC)
    def expires_at(self) -> datetime | None:
        return self.row.expires_at

    @resolved("Since when it takes no seat.", FieldClass.PUBLIC)
    def freed_at(self) -> datetime | None:
        return self.row.freed_at

    @resolved("Since when it is over for good.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at

    @resolved("For whom; null outside one's reach.", FieldClass.PUBLIC)
    async def holder(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("The pool it is taken from.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.row.pool_id)

    @resolved("The metric line it counts on.", FieldClass.PUBLIC)
    async def line(self, info: Info) -> MetricLine | None:
        return await MetricLine.get(info, self.row.line_id)


@strawberry.type(description="A client that stands, or stood, in line for seats of a pool.")
class LeaseWait(Node):
    row: strawberry.Private[LeaseWaitRow]
    visible = lease_queries.visible_lease_waits
    key = LeaseWaitRow.id

    @resolved("What the client calls itself.", FieldClass.PERSONAL)
    def client(self) -> str | None:
        return self.row.client

    @resolved("How many seats it wants.", FieldClass.PUBLIC)
    def quantity(self) -> int:
        return self.row.quantity

    @resolved("Since when it stands in line.", FieldClass.PUBLIC)
    def since(self) -> datetime:
        return self.row.since

    @resolved("Until when it would wait.", FieldClass.PUBLIC)
    def until(self) -> datetime:
        return self.row.until

    @resolved("How its waiting ended; null while it waits.", FieldClass.PUBLIC)
    def ended(self) -> WaitEnd | None:
        return self.row.ended

    @resolved("For whom; null outside one's reach.", FieldClass.PUBLIC)
    async def holder(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("In which pool.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.row.pool_id)


@strawberry.type(description="Seats that a pool keeps for a group.")
class ReservedSeats:
    group: str = field("The group's name.", FieldClass.PUBLIC)
    seats: int = field("How many.", FieldClass.PUBLIC)


@strawberry.type(description="On what terms a pool lends its seats.")
class LeaseTerms:
    pool: strawberry.ID = field("The pool's id.", FieldClass.PUBLIC)
    term_s: int | None = field("How many seconds a lease holds without a heartbeat.", FieldClass.PUBLIC)
    revival_s: int = field("Within how many seconds after its end it may come back.", FieldClass.PUBLIC)
    linger_s: int = field("How many seconds a seat stays with its client after it is given back.", FieldClass.PUBLIC)
    borrow_days: int = field("How many days ahead a lease may be borrowed; 0: not at all.", FieldClass.PUBLIC)
    borrowable: int | None = field("How many seats may be borrowed at once; null: all.", FieldClass.PUBLIC)
    early_return: bool = field("Whether a borrowed lease may be given back early.", FieldClass.PUBLIC)
    reserved: list[ReservedSeats] = field("Seats kept for groups.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, row: LeaseTermsRow) -> "LeaseTerms":
        return cls(
            pool=encode_node_id("Pool", row.id), term_s=row.term_s, revival_s=row.revival_s, linger_s=row.linger_s,
            borrow_days=row.borrow_days, borrowable=row.borrowable, early_return=row.early_return,
            reserved=[ReservedSeats(group=group, seats=seats) for group, seats in sorted(row.reserved.items())],
        )  # fmt: skip


@strawberry.type(description="What a client that asked for seats has now.")
class AcquiredLease:
    answer: Said = field("What became of it.", FieldClass.PUBLIC)
    place: int | None = field("Its place in line, from 1; null where it does not wait.", FieldClass.PUBLIC)
    lease_id: strawberry.ID | None = field("The lease; null while it waits.", FieldClass.PUBLIC)

    @resolved("The lease itself; null while it waits.", FieldClass.PUBLIC)
    async def lease(self, info: Info) -> Lease | None:
        return None if self.lease_id is None else await Lease.by_id(info, self.lease_id)

    @classmethod
    def of(cls, found: Leased) -> "AcquiredLease":
        lease_id = None if found.lease is None else encode_node_id("Lease", found.lease.id)
        return cls(answer=found.said, place=found.place, lease_id=lease_id)


@strawberry.type(description="One lease of a heartbeat.")
class RenewedLease:
    lease_id: strawberry.ID = field("Which lease.", FieldClass.PUBLIC)
    answer: Said = field("RENEWED, REVIVED under a new token, or LOST.", FieldClass.PUBLIC)
    token: int | None = field("The token it holds under; null for a lost one.", FieldClass.PUBLIC)
    expires_at: datetime | None = field("Until when it holds; null for a lost one.", FieldClass.PUBLIC)
    reason: Reason | None = field("Why it is lost.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, one: Renewed) -> "RenewedLease":
        answer, lease = one.answer, one.answer.lease if one.answer.said is not Said.LOST else None
        return cls(
            lease_id=encode_node_id("Lease", one.lease_id), answer=answer.said,
            token=None if lease is None else lease.token, expires_at=None if lease is None else lease.expires_at,
            reason=None if answer.reason is None else reason_of(answer.reason),
        )  # fmt: skip


@strawberry.type(description="What became of each lease of a heartbeat, in the order asked.")
class RenewedLeases:
    leases: list[RenewedLease] = field("One for each lease.", FieldClass.PUBLIC)


@strawberry.type(description="Whether a client stood in line, and does no more.")
class LeftQueue:
    stood: bool = field("Whether it stood in line until now.", FieldClass.PUBLIC)
