"""The desk of one request: who asks, what they may, what time it is, and one transaction for all of it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, false, or_, true
from sqlalchemy.ext.asyncio import AsyncSession

from governance.kernel.clock import Clock
from governance.kernel.database import Database
from governance.kernel.errors import BusinessError, Refused, RightsMoved
from governance.kernel.event import OutboxEvent
from governance.kernel.ids import Ids
from policies.access.actions import Action
from policies.access.gate import Gate
from policies.access.parties import Actor, Ownership, Reach
from policies.regions.region import RegionTree

T = TypeVar("T")
KEPT = 4_096  # scopes kept at most: beyond, all are forgotten and made anew


@dataclass(frozen=True)
class Change:
    """One act on one subject, as the trail keeps it. `before` and `after` hold only what differs."""

    act: str
    subject_type: str
    subject_id: UUID
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Placed:
    """Which columns place a row: its unit, its region, and the people who may call it their own."""

    unit: SQLColumnExpression[Any] | None = None
    region: SQLColumnExpression[Any] | None = None
    people: tuple[SQLColumnExpression[Any], ...] = ()


class Trail(Protocol):
    """Writes an entry into the work's own transaction, or raises: no entry, no change."""

    async def write(self, work: "Work", change: Change) -> None: ...

    async def write_all(self, work: "Work", changes: Sequence[Change]) -> None: ...


class Mover(Protocol):
    """Tells the movers of long work what waits: `enqueue` joins the transaction, `wake` follows its commit."""

    async def enqueue(self, session: AsyncSession, task: str, tenant_id: UUID, row_id: UUID) -> None: ...

    def wake(self) -> None: ...


class Rights(Protocol):
    """Knows the rights of today, inside the transaction that acts on them."""

    async def revision(self, session: AsyncSession, tenant_id: UUID) -> int:
        """Give the number of the tenant's rights and let nobody raise it until this transaction ends."""

    async def today(self, session: AsyncSession, actor: Actor, now: datetime) -> Actor:
        """Give the actor as they could come in now. Raises a BusinessError for one who could not."""


class UnitTree(Protocol):
    """Answers from the org tree of today which units lie below given roots."""

    def below(self, tenant_id: UUID, roots: frozenset[UUID]) -> Select[Any]: ...


@dataclass
class Work:
    """The desk. Verbs take it first; it carries everything that is not business."""

    session: AsyncSession
    actor: Actor
    gate: Gate
    clock: Clock
    ids: Ids
    office: "Office"
    request_id: UUID
    after_refusal: list[Callable[["Work"], Awaitable[None]]] = field(default_factory=list)
    raised: int = 0  # how often this very work raised the number of the tenant's rights

    @property
    def tenant_id(self) -> UUID:
        return self.actor.tenant_id

    def now(self) -> datetime:
        return self.clock.now()

    def new_id(self) -> UUID:
        return self.ids.new()

    def permits(self, action: Action, ownership: Ownership) -> bool:
        return self.gate.permits(self.actor, action, ownership)

    def permit(self, action: Action, ownership: Ownership, subject: str = "") -> None:
        """Let pass, or raise Refused. Fetch within reach first: what one may not see is NotFound before Refused."""
        if not self.gate.permits(self.actor, action, ownership):
            raise Refused(action.value, subject)

    def reach(self, action: Action, placed: Placed) -> ColumnElement[bool]:
        """Give the WHERE of every list: the rows to which `permits` would say yes."""
        return self.office.where(self.gate.reach(self.actor, action), placed)

    async def record(self, change: Change) -> None:
        """Write the trail's entry of a change, in the change's own transaction."""
        await self.office.trail.write(self, change)

    async def record_all(self, changes: Sequence[Change]) -> None:
        """Write the trail's entries of many changes, one each, in the changes' own transaction."""
        await self.office.trail.write_all(self, changes)

    async def emit(self, name: str, subject_id: UUID | None, **facts: Any) -> None:
        """Tell an event (past tense) for later verbs to answer; it exists if and only if this transaction commits."""
        now = self.now()
        row = OutboxEvent(
            tenant_id=self.tenant_id, id=self.new_id(), name=name, subject_id=subject_id, facts=facts,
            recorded_at=now, available_at=now, attempts=0,
        )  # fmt: skip
        self.session.add(row)
        await self.office.mover.enqueue(self.session, "react", self.tenant_id, row.id)


@dataclass
class Office:
    """Opens desks. One per process; tests build their own with another gate, clock or trail."""

    database: Database
    gates: Callable[[UUID], Awaitable[Gate]]
    clock: Clock
    ids: Ids
    trail: Trail
    mover: Mover
    units: UnitTree
    rights: Rights
    regions: RegionTree
    secret: bytes
    judged_by: dict[UUID, tuple[int, Gate]] = field(default_factory=dict, init=False, repr=False)
    scopes: dict[tuple[Reach, Placed], ColumnElement[bool]] = field(default_factory=dict, init=False, repr=False)

    def where(self, reach: Reach, placed: Placed) -> ColumnElement[bool]:
        """Give the WHERE of a reach; made once for all lists that place their rows alike."""
        if (known := self.scopes.get((reach, placed))) is None:
            if len(self.scopes) >= KEPT:
                self.scopes.clear()
            known = self.scopes[reach, placed] = self._where(reach, placed)
        return known

    def _where(self, reach: Reach, placed: Placed) -> ColumnElement[bool]:
        if reach.everything:
            return true()
        ways: list[ColumnElement[bool]] = []
        if reach.units and placed.unit is not None and reach.tenant_id is not None:
            ways.append(placed.unit.in_(self.units.below(reach.tenant_id, reach.units)))
        if reach.regions and placed.region is not None:
            ways.append(placed.region.in_(sorted(self.regions.below(reach.regions))))
        if reach.own is not None:
            ways.extend(column == reach.own for column in placed.people)
        return or_(*ways) if ways else false()

    async def gate_for(self, actor: Actor) -> Gate:
        """Give the gate that judges an actor: never older than the number under which their grants were read."""
        standing = actor.standing
        if standing is None:
            return await self.gates(actor.tenant_id)
        known = self.judged_by.get(actor.tenant_id)
        if known is None or known[0] != standing.revision:
            known = self.judged_by[actor.tenant_id] = (standing.revision, await self.gates(actor.tenant_id))
        return known[1]

    @asynccontextmanager
    async def reading(
        self, actor: Actor, request_id: UUID | None = None, *, steady: bool = False
    ) -> AsyncIterator[Work]:
        """Open a desk whose session only reads. Loaders open one each; sibling fields never share.

        `steady`: all its reads see one moment, as a report needs it.
        """
        gate = await self.gate_for(actor)
        async with self.database.read(actor.tenant_id, steady=steady) as session:
            yield Work(session, actor, gate, self.clock, self.ids, self, request_id or self.ids.new())

    @asynccontextmanager
    async def writing(self, actor: Actor, request_id: UUID | None = None) -> AsyncIterator[Work]:
        """Open a desk whose transaction commits at the end, or not at all.

        Raises RightsMoved when the actor's rights were changed meanwhile, SignInAgain when they may no longer come in.
        """
        gate = await self.gate_for(actor)
        async with self.database.write(actor.tenant_id) as session:
            work = Work(session, actor, gate, self.clock, self.ids, self, request_id or self.ids.new())
            yield work
            await session.flush()
            await self._hold(work)
        self.mover.wake()

    async def perform(self, actor: Actor, verb: Callable[[Work], Awaitable[T]], request_id: UUID | None = None) -> T:
        """Run one verb in one transaction. A refusal undoes the verb, keeps its denial and its entry, and is raised.

        Where the actor's rights moved meanwhile, the verb runs once more under those of now.

        Raises what the verb raises, RightsMoved, SignInAgain.
        """
        try:
            return await self._perform(actor, verb, request_id)
        except RightsMoved:
            return await self._perform(await self.refreshed(actor), verb, request_id)

    async def refreshed(self, actor: Actor) -> Actor:
        """Give the actor with the rights of now. Raises SignInAgain for one who could no longer come in."""
        if actor.standing is None:
            return actor
        async with self.database.read(actor.tenant_id) as session:
            return await self.rights.today(session, actor, self.clock.now())

    async def _hold(self, work: Work) -> None:
        """Compare, as the transaction's last statement, the rights it was decided under with those of now.

        From here to the commit nobody can change them, so whoever revokes is answered after this commit, or before
        this look.
        """
        standing = work.actor.standing
        if standing is None:
            return
        now = await self.rights.revision(work.session, work.tenant_id)
        if now == standing.revision + work.raised:
            return
        fresh = await self.rights.today(work.session, work.actor, work.now())
        gate = await self.gates(work.tenant_id)
        if fresh != replace(work.actor, authenticated_at=fresh.authenticated_at) or gate.revision != work.gate.revision:
            raise RightsMoved(standing.revision, now)

    async def _perform(self, actor: Actor, verb: Callable[[Work], Awaitable[T]], request_id: UUID | None) -> T:
        refusal: BusinessError | None = None
        async with self.writing(actor, request_id) as work:
            try:
                async with work.session.begin_nested():
                    result = await verb(work)
                    await work.session.flush()
            except BusinessError as error:
                refusal = error
                for keep in work.after_refusal:
                    await keep(work)
                if isinstance(error, Refused):
                    await work.record(refused(error, work.actor))
        if refusal is not None:
            raise refusal
        return result


def refused(error: Refused, actor: Actor) -> Change:
    """Describe for the trail that a right was asked for and not given."""
    about = actor.person_id or actor.tenant_id
    return Change("access:refused", "principal", about, after={"action": error.action, "subject": error.subject})
