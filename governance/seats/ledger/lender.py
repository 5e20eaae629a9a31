"""How the ledger lends: what is asked of leases goes through their rules, and what the rules made of it is written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from governance.directory.rules import PersonStatus
from governance.kernel.errors import BusinessError, Code, Conflict, IdempotencyMismatch, NotFound, Reason
from governance.kernel.ids import Ids
from governance.seats.errors import LeaseLost
from governance.seats.leases.engine import advance, step
from governance.seats.leases.lease import (
    Acquire,
    Befell,
    Borrow,
    GiveBack,
    Happened,
    Heartbeat,
    Lease,
    LeaseState,
    Said,
    StopWaiting,
    Tick,
    WaitEnd,
)  # fmt: skip
from governance.seats.leases.lease import Answer as LeaseAnswer
from governance.seats.leases.room import LeasePool
from governance.seats.ledger.book import Book, PoolLine, RoomLine
from governance.seats.ledger.lease_story import LeaseStory
from governance.seats.ledger.lending import LeaseLine, Lending, WaitLine
from governance.seats.ledger.port import Answer, Claim, Lend, Outcome

Rooms = Callable[[PoolLine], tuple[tuple[str, RoomLine], tuple[str, RoomLine]]]
REPEATED = {Acquire: Said.GRANTED, GiveBack: Said.RETURNED, Borrow: Said.BORROWED}
"""What a claim that is asked again is told of the lease it changed."""
FULL = "Wait in the queue, give a seat back, or allocate more."


@dataclass
class Lender:
    """Answers claims about leases of one batch, on the open page alone. Pure."""

    book: Book
    ids: Ids
    rooms: Rooms
    right_moved: Callable[[Claim], Conflict | None]
    keep_denial: Callable[[Claim, UUID, UUID, tuple[Reason, ...]], None]

    def __post_init__(self) -> None:
        self.story = LeaseStory(self.book, self.ids)

    def lapse(self, until: datetime) -> None:
        """Let time do what it has done by then, instant by instant, before anybody is answered."""
        for key, lending in sorted(self.book.lendings.items()):
            pool = self.book.pools[key]
            while lending.room.due_at is not None and lending.room.due_at <= until:
                at, before = lending.room.due_at, self._view(lending, pool)
                after, happened = advance(before, at)
                self._write(None, lending, pool, before, after, at, happened)

    def serve(self, at: datetime) -> None:
        """Let those who wait have what came free elsewhere on their line."""
        freed, self.book.freed = self.book.freed, set()
        for key, lending in sorted(self.book.lendings.items()):
            if lending.room.waiting and (key[0], lending.room.line_id) in freed:
                pool = self.book.pools[key]
                before = self._view(lending, pool)
                done = step(before, Tick(), at)
                self._write(None, lending, pool, before, done.pool, at, done.happened)

    def answer(self, claim: Claim, ask: Lend) -> Answer:
        told = self.book.renewed.get(claim.id)
        if told is None or not isinstance(ask.ask, Heartbeat):
            return self._asked(claim, ask)
        left = tuple(beat for beat, one in zip(ask.ask.beats, told, strict=True) if one is None)
        rest = self._asked(claim, replace(ask, ask=Heartbeat(left))) if left else Answer(Outcome.DONE)
        if rest.outcome is not Outcome.DONE:
            return rest
        others = iter(rest.lent)
        return replace(rest, lent=tuple(one or next(others) for one in told))

    def _asked(self, claim: Claim, ask: Lend) -> Answer:
        key = claim.tenant_id, ask.pool_id
        pool, lending = self.book.pools.get(key), self.book.lendings.get(key)
        if pool is None or lending is None or pool.line_id != ask.line_id:
            return Answer(Outcome.CONFLICT, error=NotFound("pool", str(ask.pool_id)))
        if (said := self._said_before(claim, ask, lending)) is not None:
            return said
        if (stale := self._stale(claim, ask)) is not None:
            return Answer(Outcome.CONFLICT, error=stale)
        if isinstance(ask.ask, Acquire) and (barred := tuple(self._barred(claim, ask, pool))):
            return self._denied(claim, ask, barred)
        before = self._view(lending, pool)
        done = step(before, ask.ask, self.book.now)
        told = tuple(self._named(each, pool, ask) for each in done.answers)
        self._write(claim, lending, pool, before, done.pool, self.book.now, done.happened)
        return self._told(claim, ask, told)

    def _told(self, claim: Claim, ask: Lend, told: tuple[LeaseAnswer, ...]) -> Answer:
        if isinstance(ask.ask, Heartbeat | Tick | StopWaiting):
            return Answer(Outcome.DONE, lent=told)
        (one,) = told
        if one.said is Said.REFUSED and one.reason is not None:
            return self._denied(claim, ask, (one.reason,))
        if one.said is Said.LOST and one.reason is not None and isinstance(ask.ask, GiveBack | Borrow):
            lost = LeaseLost(str(ask.ask.lease_id), one.reason.has, one.reason.needs)
            return Answer(Outcome.FAILED, error=lost, lent=told)
        return Answer(Outcome.DONE, lent=told)

    def _denied(self, claim: Claim, ask: Lend, reasons: tuple[Reason, ...]) -> Answer:
        if isinstance(ask.ask, Acquire) and ask.person_id is not None:
            self.keep_denial(claim, ask.pool_id, ask.person_id, reasons)
        return Answer(Outcome.DENIED, reasons=reasons)

    def _said_before(self, claim: Claim, ask: Lend, lending: Lending) -> Answer | None:
        """Answer a claim that is asked again as the first time, by its key or its own id."""
        said = REPEATED.get(type(ask.ask))
        line = None if said is None else lending.by_claim(claim.id, claim.key)
        if said is None or line is None:
            return None
        if line.claim_id != claim.id and line.claim_hash != claim.hash:
            return Answer(Outcome.FAILED, error=IdempotencyMismatch(claim.key or ""))
        return Answer(Outcome.DONE, replayed=True, lent=(LeaseAnswer(said, line.lease),))

    def _stale(self, claim: Claim, ask: Lend) -> BusinessError | None:
        if (moved := self.right_moved(claim)) is not None:
            return moved
        if ask.person_id is not None and (claim.tenant_id, ask.person_id) not in self.book.persons:
            return Conflict("person", str(ask.person_id), "being changed")
        return None

    def _barred(self, claim: Claim, ask: Lend, pool: PoolLine) -> Iterator[Reason]:
        assert ask.person_id is not None
        person = self.book.persons[claim.tenant_id, ask.person_id]
        if person.status is not PersonStatus.ACTIVE:
            subject = f"person {ask.person_id}"
            yield Reason(Code.HOLDER_NOT_ACTIVE, subject, person.status.value, "ACTIVE", "directory")
        if pool.closed_at is not None:
            yield Reason(Code.NOT_IN_FORCE, f"pool {pool.name}", "closed", "an open pool", "pool")

    def _view(self, lending: Lending, pool: PoolLine) -> LeasePool:
        """Give the pool with as many seats as are there now: what others of the pool and line hold is not."""
        rooms, held = [room for _, room in self.rooms(pool)], sum(lending.room.held.values())
        there = [(room.occupied - held, *self.book.seats_of(room)) for room in rooms]
        if any(most == 0 for _, _, most in there):
            return lending.pool(pool.overage, 0)
        left = [most - others for others, _, most in there if most is not None]
        own = [owned - others for others, owned, _ in there if owned is not None]
        ever = min((most for _, _, most in there if most is not None), default=None)
        return lending.pool(pool.overage, min(left) or -1 if left else None, min(own) if own else None, ever)

    def _named(self, told: LeaseAnswer, pool: PoolLine, ask: Lend) -> LeaseAnswer:
        """Say of a reason which pool, or line, it is about, and how full that is."""
        reason = told.reason
        if reason is None or reason.subject != "pool":
            return told
        many = ask.ask.quantity if isinstance(ask.ask, Acquire) else 1
        for name, room in self.rooms(pool):
            if room.ceiling == 0 and reason.code is Code.NOT_IN_FORCE:
                said = Reason(reason.code, name, reason.has, reason.needs, reason.source, reason.remedy)
                return LeaseAnswer(told.said, told.lease, told.place, said)
            if room.ceiling and reason.code is Code.LIMIT_REACHED and room.occupied + many > room.ceiling:
                has, needs = f"{room.occupied} of {room.ceiling} taken", f"{many} free"
                said = Reason(reason.code, name, has, needs, "room", FULL)
                return LeaseAnswer(told.said, told.lease, told.place, said)
        said = Reason(reason.code, f"pool {pool.name}", reason.has, reason.needs, reason.source, reason.remedy)
        return LeaseAnswer(told.said, told.lease, told.place, said)

    def _write(
        self, claim: Claim | None, lending: Lending, pool: PoolLine, before: LeasePool, after: LeasePool, at: datetime,
        happened: tuple[Happened, ...],
    ) -> None:  # fmt: skip
        """Write down what the rules made of a pool: leases, who waits, and the counters of pool and line."""
        by_time = {each.lease_id: each.what for each in happened}
        if before.waiting != after.waiting:
            self._write_waits(claim, lending, pool, after, at, by_time)
        for lease_id, lease in after.leases.items():
            if before.leases.get(lease_id) is not lease:
                had = before.leases.get(lease_id)
                self._write_lease(None if lease_id in by_time else claim, lending, pool, had, lease, at)
        for lease_id in before.leases.keys() - after.leases.keys():
            line = lending.leases[_known(lease_id)]
            was, what = line.state, by_time.get(lease_id)
            ended = was is LeaseState.EXPIRED or what is Befell.EXPIRED
            line.end(LeaseState.EXPIRED if ended else LeaseState.RETURNED, at)
            line.claim_id = claim.id if claim is not None and what is None else line.claim_id
            self._changed(line)
            self.story.ended(None if what else claim, line, was, at)
        if before is not after:
            self._count(lending, pool, after.occupied - before.occupied)
            lending.keep(after)

    def _write_lease(
        self, claim: Claim | None, lending: Lending, pool: PoolLine, was: Lease | None, lease: Lease, at: datetime
    ) -> None:
        line = lending.leases.get(_known(lease.id))
        if line is None:
            line = self._new(claim, lending, pool, lease, at)
            self.book.writes.leases.append(line)
            self.story.granted(claim, line)
            return
        was = was or line.lease
        line.follow(lease, at)
        if claim is not None:
            line.heard_at = self.book.now
            if lease.token != was.token or lease.state is not was.state or lease.borrowed != was.borrowed:
                line.claim_id = claim.id
                line.claim_key, line.claim_hash = claim.key or line.claim_key, claim.hash or line.claim_hash
        self._changed(line)
        self.story.changed(claim, line, was, at)

    def _new(self, claim: Claim | None, lending: Lending, pool: PoolLine, lease: Lease, at: datetime) -> LeaseLine:
        lease_id = _known(lease.id)
        waited = lending.gone.get(lease_id)
        person_id = waited.person_id if waited else _asker(claim)
        line = LeaseLine(
            pool.tenant_id, lease_id, pool.line_id, pool.id, person_id, lease.client, lease.quantity, lease.group,
            lease.token, lease.state, lease.borrowed, lease.overage, at, at, lease.expires_at, None, lease.due_at, None,
            None, lease_id, claim.key if claim else None, claim.hash if claim else None,
        )  # fmt: skip
        lending.leases[line.id] = line
        return line

    def _write_waits(
        self, claim: Claim | None, lending: Lending, pool: PoolLine, after: LeasePool, at: datetime,
        by_time: dict[object, Befell],
    ) -> None:  # fmt: skip
        standing = {each.lease_id: each for each in after.waiting}
        for line in [each for each in lending.waits.values() if each.id not in standing]:
            vain = by_time.get(line.id) is Befell.WAITED_IN_VAIN
            line.ended_at = at
            line.ended = WaitEnd.IN_VAIN if vain else WaitEnd.GRANTED if line.id in after.leases else WaitEnd.LEFT
            self.book.writes.waited[line.tenant_id, line.id] = line
            lending.gone[line.id] = lending.waits.pop(line.id)
            self.story.waited(None if line.id in by_time else claim, line)
        for lease_id, waiter in standing.items():
            if lease_id not in lending.waits:
                place = max((each.place for each in lending.waits.values()), default=0) + 1
                line = WaitLine(
                    pool.tenant_id, UUID(str(lease_id)), pool.id, _asker(claim), waiter.client, waiter.quantity,
                    waiter.group, place, waiter.since, waiter.until,
                )  # fmt: skip
                lending.waits[line.id] = line
                self.book.writes.waits.append(line)
                self.story.stood(claim, line)

    def _changed(self, line: LeaseLine) -> None:
        self.book.writes.lent[line.tenant_id, line.id] = line

    def _count(self, lending: Lending, pool: PoolLine, seats: int) -> None:
        key = lending.room.tenant_id, lending.room.id
        (self.book.writes.new_lease_rooms if lending.is_new else self.book.writes.lease_rooms)[key] = lending.room
        if seats < 0:
            self.book.freed.add((pool.tenant_id, pool.line_id))
        for _, room in self.rooms(pool) if seats else ():
            room.take(seats, self.book.now, stops=pool.stops)
            self.book.writes.rooms[room.tenant_id, room.id] = room


def _known(lease_id: object) -> UUID:
    """Give the id of a lease, which the rules take for anything hashable."""
    assert isinstance(lease_id, UUID)
    return lease_id


def _asker(claim: Claim | None) -> UUID:
    """Give the person for whom a claim asks for seats."""
    assert claim is not None
    assert isinstance(claim.ask, Lend)
    assert claim.ask.person_id is not None
    return claim.ask.person_id
