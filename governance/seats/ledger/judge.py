"""How the ledger decides: claim after claim, on the open page alone, the same on every database. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from governance.directory.rules import PersonStatus
from governance.kernel.errors import BusinessError, Code, Conflict, IdempotencyMismatch, NotFound, Reason
from governance.kernel.ids import Ids
from governance.seats.errors import InvitationExpired
from governance.seats.ledger.book import Book, PoolLine, RoomLine, SeatLine
from governance.seats.ledger.denying import keep_denial
from governance.seats.ledger.lender import Lender
from governance.seats.ledger.moves import Moved, moved
from governance.seats.ledger.port import Answer, Claim, Deny, Grant, Lend, Move, Outcome
from governance.seats.ledger.story import Story
from governance.seats.ledger.undo import copy_of, put_back
from governance.seats.rules import ReleaseReason, SeatEvent, SeatState, no_room, occupies

SWEEP = "system:ledger"


@dataclass
class Judge:
    """Decides the claims of one batch in their order and collects what is to be written."""

    book: Book
    ids: Ids

    def __post_init__(self) -> None:
        self.story = Story(self.book, self.ids)
        self.lender = Lender(self.book, self.ids, self.rooms, self.right_moved, self._keep_denial)

    def settle(self, claims: Sequence[Claim], *, atomic: bool) -> tuple[Answer, ...]:
        """Answer the claims of one call; atomic: all done, or none and only the denials kept."""
        if not atomic:
            return tuple(self._answer(claim) for claim in claims)
        held = copy_of(self.book)
        answers = tuple(self._answer(claim) for claim in claims)
        if all(answer.outcome is Outcome.DONE for answer in answers):
            return answers
        put_back(self.book, held)
        self.story = Story(self.book, self.ids)
        for claim, answer in zip(claims, answers, strict=True):
            if answer.outcome is Outcome.DENIED and isinstance(claim.ask, Grant | Lend) and claim.ask.person_id:
                self._keep_denial(claim, claim.ask.pool_id, claim.ask.person_id, answer.reasons)
            elif answer.outcome is Outcome.DENIED and isinstance(claim.ask, Deny):
                self._deny(claim, claim.ask)
        return tuple(Answer(Outcome.UNDONE) if a.outcome is Outcome.DONE else a for a in answers)

    def lapse(self, seat: SeatLine) -> None:
        """End an invitation that ran out, as of the instant it did."""
        ended = seat.invitation_expires_at
        ask = Move(seat.id, seat.line_id, seat.pool_id, SeatEvent.EXPIRE, ReleaseReason.INVITE_EXPIRED, ended)
        claim = Claim(self.ids.new(), seat.tenant_id, SWEEP, "seat:expire", self.ids.new(), ask)
        was = seat.state
        change = moved(seat, ask, self.book.now)
        assert isinstance(change, Moved)
        # The room was taken until now, whatever the invitation's clock says: give it back once.
        self.rooms_take(seat, -1, stops=True)
        self._apply(claim, seat, was, change)

    def _answer(self, claim: Claim) -> Answer:
        match claim.ask:
            case Grant():
                return self._grant(claim, claim.ask)
            case Move():
                return self._move(claim, claim.ask)
            case Deny():
                return self._deny(claim, claim.ask)
            case Lend():
                return self.lender.answer(claim, claim.ask)

    def _grant(self, claim: Claim, ask: Grant) -> Answer:
        if (said := self._said_before(claim)) is not None:
            return said
        if (stale := self._stale(claim, ask)) is not None:
            return Answer(Outcome.CONFLICT, error=stale)
        pool = self.book.pools[claim.tenant_id, ask.pool_id]
        reasons = tuple(self._reasons(claim, ask, pool))
        if reasons:
            self._keep_denial(claim, ask.pool_id, ask.person_id, reasons)
            return Answer(Outcome.DENIED, reasons=reasons)
        seat = self.seat_of(claim, ask, pool)
        self.book.writes.seats.append(seat)
        self.book.learn(seat)
        self.story.begun(claim, seat)
        return Answer(Outcome.DONE, seat.id, seat.state, seat.overage)

    def _said_before(self, claim: Claim) -> Answer | None:
        """Answer a repeated claim as the first time, by its key or, after a lost connection, by its own id."""
        seat = self.book.seats.get((claim.tenant_id, claim.id))
        if seat is None and claim.key is not None:
            seat = self.book.keys.get((claim.tenant_id, claim.key))
        if seat is None:
            return None
        if seat.id != claim.id and seat.claim_hash != claim.hash:
            return Answer(Outcome.FAILED, error=IdempotencyMismatch(claim.key or ""))
        return Answer(Outcome.DONE, seat.id, seat.began_as, seat.overage, replayed=True)

    def _stale(self, claim: Claim, ask: Grant) -> BusinessError | None:
        if (moved_right := self.right_moved(claim)) is not None:
            return moved_right
        pool = self.book.pools.get((claim.tenant_id, ask.pool_id))
        if pool is None or pool.line_id != ask.line_id:
            return NotFound("pool", str(ask.pool_id))
        if ask.pool_version is not None and pool.version != ask.pool_version:
            return Conflict("pool", str(ask.pool_version), str(pool.version))
        person = self.book.persons.get((claim.tenant_id, ask.person_id))
        if person is None:
            return Conflict("person", str(ask.person_id), "being changed")
        if ask.person_version is not None and person.version != ask.person_version:
            return Conflict("person", str(ask.person_version), str(person.version))
        return None

    def right_moved(self, claim: Claim) -> Conflict | None:
        revision = self.book.revisions.get(claim.tenant_id, 0)
        if claim.principal.startswith("system:") or revision == claim.revision:
            return None
        return Conflict("policy", str(claim.revision), str(revision))

    def _reasons(self, claim: Claim, ask: Grant, pool: PoolLine) -> Iterator[Reason]:
        person = self.book.persons[claim.tenant_id, ask.person_id]
        subject = f"person {ask.person_id}"
        if person.status is not PersonStatus.ACTIVE:
            yield Reason(Code.HOLDER_NOT_ACTIVE, subject, person.status.value, "ACTIVE", "directory")
        if pool.closed_at is not None:
            yield Reason(Code.NOT_IN_FORCE, f"pool {pool.name}", "closed", "an open pool", "pool")
        open_seat = self.book.latest.get((claim.tenant_id, ask.line_id, ask.person_id))
        if open_seat is not None and open_seat.released_at is None:
            remedy = "Release that seat first, or leave it as it is."
            yield Reason(
                Code.ALREADY_SEATED, subject, f"seat {open_seat.id}", "no open seat on this line", "assignments", remedy
            )
        yield from self._no_room(pool)

    def _no_room(self, pool: PoolLine) -> Iterator[Reason]:
        for name, room in self.rooms(pool):
            if pool.stops and room.full:
                yield no_room(name, room.ceiling or 0, room.occupied, of=room.supply, percent=room.percent)
            elif room.ceiling == 0:
                yield Reason(
                    Code.NOT_IN_FORCE, name, "no supply today", "a lot in force today", "lots", "Renew the lot."
                )

    def rooms(self, pool: PoolLine) -> tuple[tuple[str, RoomLine], tuple[str, RoomLine]]:
        return (
            (f"pool {pool.name}", self.book.rooms[pool.tenant_id, pool.id]),
            (f"line {pool.line_code}", self.book.rooms[pool.tenant_id, pool.line_id]),
        )

    def seat_of(self, claim: Claim, ask: Grant, pool: PoolLine) -> SeatLine:
        """Give the claim its seat, and take the room for it."""
        now = self.book.now
        prior = self.book.latest.get((claim.tenant_id, ask.line_id, ask.person_id))
        overage = any(room.used_up for _, room in self.rooms(pool))
        expires = now + timedelta(days=pool.invitation_days) if ask.invite else None
        seat = SeatLine(
            tenant_id=claim.tenant_id, id=claim.id, line_id=ask.line_id, pool_id=ask.pool_id, person_id=ask.person_id,
            prior_id=prior.id if prior else None, state=SeatState.INVITED if ask.invite else SeatState.ASSIGNED,
            overage=overage, started_at=now, invitation_expires_at=expires, accepted_at=None, first_use_at=None,
            first_use_recorded_at=None, last_use_at=None, released_at=None, released_recorded_at=None,
            release_reason=None, reclaim_due_at=None, recorded_at=now, claim_key=claim.key, claim_hash=claim.hash,
            version=1,
        )  # fmt: skip
        self.rooms_take(seat, 1, stops=pool.stops)
        if expires is not None:
            for _, room in self.rooms(pool):
                room.lapses_at = expires if room.lapses_at is None else min(room.lapses_at, expires)
        return seat

    def rooms_take(self, seat: SeatLine, seats: int, *, stops: bool) -> None:
        if seats < 0:
            self.book.freed.add((seat.tenant_id, seat.line_id))
        for room_id in (seat.line_id, seat.pool_id):
            room = self.book.rooms[seat.tenant_id, room_id]
            room.take(seats, self.book.now, stops=stops)
            self.book.writes.rooms[room.tenant_id, room.id] = room

    def _move(self, claim: Claim, ask: Move) -> Answer:
        seat = self.book.seats.get((claim.tenant_id, ask.assignment_id))
        if seat is None:
            return Answer(Outcome.FAILED, error=NotFound("assignment", str(ask.assignment_id)))
        if (claim.tenant_id, claim.id) in self.book.stepped:
            return Answer(Outcome.DONE, seat.id, seat.state, seat.overage, replayed=True)
        if (moved_right := self.right_moved(claim)) is not None:
            return Answer(Outcome.CONFLICT, error=moved_right)
        if seat.release_reason is ReleaseReason.INVITE_EXPIRED and ask.event is SeatEvent.ACCEPT:
            assert seat.released_at is not None
            return Answer(Outcome.FAILED, error=InvitationExpired(str(seat.id), seat.released_at))
        change = moved(seat, ask, self.book.now)
        if not isinstance(change, Moved):
            return Answer(Outcome.FAILED, seat.id, seat.state, error=change)
        if (reasons := self._take_or_give(seat, change.state)) != ():
            self._keep_denial(claim, seat.pool_id, seat.person_id, reasons)
            return Answer(Outcome.DENIED, seat.id, seat.state, reasons=reasons)
        self._apply(claim, seat, seat.state, change)
        return Answer(Outcome.DONE, seat.id, seat.state, seat.overage)

    def _take_or_give(self, seat: SeatLine, after: SeatState) -> tuple[Reason, ...]:
        """Move the rooms' counters by what the new state takes more or less; resuming can find no room."""
        pool = self.book.pools[seat.tenant_id, seat.pool_id]
        difference = self._takes(seat, after, pool) - self._takes(seat, seat.state, pool)
        if difference > 0 and (reasons := tuple(self._no_room(pool))):
            return reasons
        if difference:
            self.rooms_take(seat, difference, stops=pool.stops)
        return ()

    def _takes(self, seat: SeatLine, state: SeatState, pool: PoolLine) -> int:
        expires = seat.invitation_expires_at
        return occupies(
            state, at=self.book.now, invitation_expires_at=expires, suspended_occupies=pool.suspended_occupies
        )

    def _apply(self, claim: Claim, seat: SeatLine, was: SeatState, change: Moved) -> None:
        for name, value in change.values.items():
            setattr(seat, name, value)
        seat.version += 1
        self.book.writes.moved[seat.tenant_id, seat.id] = seat
        if change.told:
            self.story.moved(claim, seat, was, change)

    def _deny(self, claim: Claim, ask: Deny) -> Answer:
        self._keep_denial(claim, ask.pool_id, ask.person_id, ask.reasons)
        return Answer(Outcome.DENIED, reasons=ask.reasons)

    def _keep_denial(self, claim: Claim, pool_id: UUID, person_id: UUID, reasons: tuple[Reason, ...]) -> None:
        keep_denial(self.book, self.ids, self.story, claim, pool_id, person_id, reasons)
