"""One batch from first lock to commit: read, lapse what has lapsed, decide, write; answers exist only after it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from governance.entitlements.rules import most_of
from governance.kernel.ids import Ids
from governance.seats.ledger.book import Book, Key, RoomLine, Wanted
from governance.seats.ledger.judge import Judge
from governance.seats.ledger.lending import LendWanted
from governance.seats.ledger.port import Answer, Call
from governance.seats.ledger.renewing import renew_at_once
from governance.seats.ledger.seating import MANY, Crowd, seat_at_once
from governance.seats.ledger.store import Store
from governance.seats.rules import SeatState


def settle(
    store: Store, calls: Sequence[Call], ids: Ids, now: datetime | None, *, again: bool = False, many: int = MANY
) -> list[tuple[Answer, ...]]:
    """Settle the calls in one transaction and give their answers; whatever fails leaves nothing behind.

    `now` None: the database's clock. `again`: the batch may have been committed before the connection broke, so
    steps that are there already are answered, not repeated. From `many` on, those of a call are seated at once.
    """
    store.begin()
    try:
        crowds = [None if again else Crowd.of(call, calls, many) for call in calls]
        claims = [claim for call, crowd in zip(calls, crowds, strict=True) if crowd is None for claim in call.claims]
        wanted = Wanted.of(claims, again=again)
        for crowd in filter(None, crowds):
            wanted.add_place(crowd.claims[0])
        book = store.read(wanted, now)
        if again:
            book.stepped = store.steps_known([(claim.tenant_id, claim.id) for claim in claims])
        judge = Judge(book, ids)
        stale = None if any(call.atomic for call in calls) else judge.right_moved
        renew_at_once(store, book, wanted, claims, stale)
        _open_leases(store, book, wanted)
        _pass_time(store, judge)
        answers = [_answers(store, judge, call, crowd) for call, crowd in zip(calls, crowds, strict=True)]
        store.write(book.writes)
        store.commit()
    except BaseException:
        store.rollback()
        raise
    return answers


def _answers(store: Store, judge: Judge, call: Call, crowd: Crowd | None) -> tuple[Answer, ...]:
    """Answer a call: whom of a crowd nothing stands against all at once, everybody else claim by claim.

    What a call gives back goes to those who wait before the next one is answered, whatever comes in one batch.
    """
    said = {} if crowd is None else seat_at_once(store, judge, crowd, atomic=call.atomic)
    if left := [claim for claim in call.claims if claim.id not in said]:
        if crowd is not None:
            store.look(judge.book, Wanted.of(left, again=False))
        said |= zip((claim.id for claim in left), judge.settle(left, atomic=call.atomic), strict=True)
    if judge.book.freed:
        judge.lender.serve(judge.book.now)
    return tuple(said[claim.id] for claim in call.claims)


def _open_leases(store: Store, book: Book, wanted: Wanted) -> None:
    """Bring into sight the leases that are asked for, and those of the lines' pools that time has changed."""
    due = {key for key, room in book.lease_rooms.items() if room.waiting or _past(room.due_at, book.now)}
    unread = sorted(due - set(book.pools))
    for pool in store.pools(unread) if unread else ():
        book.pools[pool.tenant_id, pool.id] = pool
    for tenant_id, pool_id in unread:
        for room in store.rooms(tenant_id, [pool_id]):
            book.rooms[room.tenant_id, room.id] = room
    if keys := {key: wanted.lent.get(key, LendWanted()) for key in sorted(due | set(wanted.lent)) if key in book.pools}:
        book.lendings = store.lendings(keys, book)


def _pass_time(store: Store, judge: Judge) -> None:
    """Let happen what is due by now. Where somebody waits, each thing at its own instant and in order.

    Else who waits would be given at one instant what came free at a later one, or refused what was there for what
    was changed since. What came free out of sight of the ledger, or by a change of supply, is given now.
    """
    book, resupplied = judge.book, set[Key]()
    while any(lending.room.waiting for lending in book.lendings.values()):
        dues = [at for room in book.rooms.values() for at in (room.lapses_at, room.changes_at)]
        dues += [lending.room.due_at for lending in book.lendings.values()]
        at = min((each for each in dues if each is not None), default=book.now)
        if at >= book.now:
            break
        _look_back(store, judge, at)
        resupplied |= _happen(store, judge, at)
    for key in book.then:
        room = book.rooms[key]
        room.resupply(room.owned, book.now)  # who was given what is no longer there is over from now on
    book.then.clear()
    book.freed.update((tenant_id, lending.room.line_id) for (tenant_id, _), lending in book.lendings.items())
    resupplied |= _happen(store, judge, book.now)
    for tenant_id, line_id in sorted(resupplied):
        judge.story.resupplied(tenant_id, line_id)


def _look_back(store: Store, judge: Judge, at: datetime) -> None:
    """Let who waits find the seats that were in force at an instant gone by, whoever changed the supply since.

    Only on lines where something is due then: on others nobody is served.
    """
    book = judge.book
    due = {
        (room.tenant_id, _line_of(book, room)) for room in book.rooms.values()
        if _past(room.lapses_at, at) or _past(room.changes_at, at)
    }  # fmt: skip
    due |= {(key[0], each.room.line_id) for key, each in book.lendings.items() if _past(each.room.due_at, at)}
    for key, lending in book.lendings.items():
        if lending.room.waiting and (key[0], lending.room.line_id) in due:
            for _, room in judge.rooms(book.pools[key]):
                supply, _ = store.supply(room, at, then=True)
                book.then[room.tenant_id, room.id] = supply, most_of(supply, room.percent)


def _happen(store: Store, judge: Judge, at: datetime) -> set[Key]:
    """Let happen what is due at an instant; gives the lines that got another supply."""
    _lapse(store, judge, at)
    resupplied = _resupply(store, judge.book, at)
    judge.lender.lapse(at)
    judge.lender.serve(at)
    return resupplied


def _lapse(store: Store, judge: Judge, at: datetime) -> None:
    """End invitations that ran out, before anybody is refused for them."""
    book = judge.book
    due = {(line.tenant_id, _line_of(book, line)) for line in book.rooms.values() if _past(line.lapses_at, at)}
    for tenant_id, line_id in sorted(due):
        seats = [book.learn(seat) for seat in store.expired(tenant_id, line_id, at)]
        unread = {seat.pool_id for seat in seats if (tenant_id, seat.pool_id) not in book.rooms}
        for room in store.rooms(tenant_id, sorted(unread)):
            book.rooms[tenant_id, room.id] = room
        for seat in seats:
            if seat.state is SeatState.INVITED:  # an earlier instant of this very batch may have ended it
                judge.lapse(seat)
        for pool_id in {seat.pool_id for seat in seats} | {line_id}:
            _renew_lapse(store, book, book.rooms[tenant_id, pool_id], at)
    for room in book.rooms.values():
        if _past(room.lapses_at, at):
            _renew_lapse(store, book, room, at)


def _resupply(store: Store, book: Book, at: datetime) -> set[Key]:
    """Bring rooms up to date whose supply has changed with time; gives their lines."""
    changed = [room for room in book.rooms.values() if _past(room.changes_at, at)]
    for room in changed:
        supply, room.changes_at = store.supply(room, at)
        room.resupply(supply, at)
        book.writes.rooms[room.tenant_id, room.id] = room
    lines = {(room.tenant_id, _line_of(book, room)) for room in changed}
    book.freed |= lines
    return lines


def _past(instant: datetime | None, at: datetime) -> bool:
    return instant is not None and instant <= at


def _line_of(book: Book, room: RoomLine) -> UUID:
    pool = book.pools.get((room.tenant_id, room.id))
    return pool.line_id if pool is not None else room.id


def _renew_lapse(store: Store, book: Book, room: RoomLine, at: datetime) -> None:
    room.lapses_at = store.next_lapse(room, at)
    book.writes.rooms[room.tenant_id, room.id] = room
