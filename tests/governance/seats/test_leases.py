"""Leases by their rules alone: whatever clients do and however time jumps, nobody is lent a seat that is not there."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.entitlements.rules import Overage
from governance.kernel.errors import Code
from governance.seats.leases.engine import Step, advance, step
from governance.seats.leases.lease import (
    Acquire,
    Answer,
    Ask,
    Beat,
    Befell,
    Borrow,
    GiveBack,
    Heartbeat,
    Lease,
    LeaseState,
    Said,
    StopWaiting,
    Tick,
)  # fmt: skip
from governance.seats.leases.room import LeasePool
from governance.seats.leases.terms import LeaseTerms, Limit

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Desk:
    """A pool, a clock and the next lease id; what is asked moves all three."""

    def __init__(self, seats: int | None = 1, **terms: Any) -> None:
        limits = terms.pop("limits", (Limit(None, seats),))
        self.pool = LeasePool(LeaseTerms(limits=limits, **terms))
        self.now, self.ids, self.happened = NOW, 0, []

    def ask(self, ask: Ask, after: timedelta = timedelta(0)) -> Answer:
        self.now += after
        done = step(self.pool, ask, self.now)
        self.pool = done.pool
        self.happened += done.happened
        return done.answer

    def get(self, client: str, after: timedelta = timedelta(0), **how: Any) -> Answer:
        self.ids += 1
        return self.ask(Acquire(client, self.ids, **how), after)

    def beat(self, lease: Lease, after: timedelta = timedelta(0)) -> Answer:
        return self.ask(Heartbeat((Beat(lease.id, lease.token),)), after)

    def back(self, lease: Lease, after: timedelta = timedelta(0)) -> Answer:
        return self.ask(GiveBack(lease.id, lease.token), after)


def lease(answer: Answer) -> Lease:
    assert answer.lease is not None, answer
    return answer.lease


def test_a_lease_ends_at_its_instant_and_its_seat_is_free_before_anybody_is_refused() -> None:
    desk = Desk(1)
    ada = lease(desk.get("ada"))
    assert ada.expires_at == NOW + 10 * MINUTE
    refused = desk.get("ben", 10 * MINUTE - timedelta(microseconds=1))
    assert (refused.said, refused.reason.code, refused.reason.has) == (
        Said.REFUSED, Code.LIMIT_REACHED, "1 of 1 taken, 0 free",
    )  # fmt: skip
    assert desk.get("ben", timedelta(microseconds=1)).said is Said.GRANTED
    assert desk.beat(ada).said is Said.LOST
    assert [(each.what, each.at) for each in desk.happened] == [(Befell.EXPIRED, NOW + 10 * MINUTE)]


def test_a_client_has_one_lease_however_often_it_reconnects_and_the_process_before_is_fenced_off() -> None:
    desk = Desk(2)
    first = lease(desk.get("ada"))
    again = desk.get("ada", MINUTE)
    assert (again.said, lease(again).id, lease(again).token) == (Said.RECONNECTED, first.id, first.token + 1)
    assert desk.pool.occupied == 1
    lost = desk.beat(first)
    assert (lost.said, lost.reason.code, lost.reason.needs) == (Said.LOST, Code.LEASE_LOST, "token 2")
    assert desk.back(first).said is Said.LOST
    assert desk.beat(lease(again)).said is Said.RENEWED
    assert desk.back(lease(again)).said is Said.RETURNED
    assert (desk.pool.occupied, lease(desk.get("ada")).token) == (0, 3)


def test_a_lease_comes_back_under_its_id_within_the_window_while_its_seat_is_free() -> None:
    desk = Desk(1, revival=5 * MINUTE)
    ada = lease(desk.get("ada"))
    back = desk.beat(ada, 14 * MINUTE)
    assert (back.said, lease(back).id, lease(back).token) == (Said.REVIVED, ada.id, 2)
    ben = desk.get("ben", 11 * MINUTE)
    assert ben.said is Said.GRANTED
    gone = desk.beat(lease(back))
    assert (gone.said, gone.reason.code) == (Said.LOST, Code.LIMIT_REACHED)
    desk.back(lease(ben))
    assert desk.beat(lease(back), 4 * MINUTE).said is Said.LOST
    assert lease(desk.get("ada")).id != ada.id


def test_a_seat_lingers_with_its_client_and_only_with_it() -> None:
    desk = Desk(1, linger=2 * MINUTE)
    ada = lease(desk.get("ada"))
    assert lease(desk.back(ada)).state is LeaseState.LINGERING
    assert desk.get("ben", MINUTE).said is Said.REFUSED
    again = desk.get("ada")
    assert (again.said, lease(again).id) == (Said.RECONNECTED, ada.id)
    desk.back(lease(again))
    assert desk.get("ben", 2 * MINUTE).said is Said.GRANTED


def test_a_borrowed_seat_needs_no_heartbeat_until_its_day_and_may_come_back_early() -> None:
    desk = Desk(3, borrow_days=7, borrowable=2)
    ada, ben = lease(desk.get("ada", quantity=2)), lease(desk.get("ben"))
    until = NOW + timedelta(days=7)
    assert desk.ask(Borrow(ada.id, ada.token, until + MINUTE)).reason.code is Code.BAD_INPUT
    assert lease(desk.ask(Borrow(ada.id, ada.token, until))).expires_at == until
    none_left = desk.ask(Borrow(ben.id, ben.token, until))
    assert (none_left.reason.code, none_left.reason.has) == (Code.LIMIT_REACHED, "2 of 2 borrowed")
    assert desk.get("cleo", timedelta(days=6), quantity=2).said is Said.REFUSED
    assert desk.beat(ada).said is Said.RENEWED
    assert (desk.back(ada).said, desk.pool.borrowed) == (Said.RETURNED, 0)
    assert desk.get("cleo", quantity=2).said is Said.GRANTED
    strict = Desk(1, borrow_days=7, early_return=False)
    held = lease(strict.get("ada"))
    strict.ask(Borrow(held.id, held.token, until))
    assert strict.back(held).said is Said.REFUSED
    assert strict.ask(Tick(), timedelta(days=7)).said is Said.DONE
    assert strict.pool.occupied == 0


def test_who_waits_is_served_in_order_at_the_instant_a_seat_comes_free() -> None:
    desk = Desk(1)
    ada = lease(desk.get("ada"))
    assert [desk.get(who, waits=60 * MINUTE).place for who in ("ben", "cleo")] == [1, 2]
    assert desk.get("ben", waits=MINUTE).place == 1
    desk.back(ada, MINUTE)
    assert [each.client for each in desk.happened] == ["ben"]
    passed_by = desk.get("dora")
    assert (passed_by.said, passed_by.reason.has) == (Said.REFUSED, "1 of 1 taken, 0 free, 1 waiting before")
    desk.ask(Tick(), 10 * MINUTE)
    at = NOW + 11 * MINUTE
    assert [(e.what, e.client, e.at) for e in desk.happened[1:]] == [
        (Befell.EXPIRED, "ben", at), (Befell.GRANTED, "cleo", at),
    ]  # fmt: skip
    assert lease(desk.get("cleo")).granted_at == at


def test_who_waits_leaves_or_has_waited_long_enough() -> None:
    desk = Desk(1)
    desk.get("ada")
    desk.get("ben", waits=MINUTE)
    desk.get("cleo", waits=5 * MINUTE)
    assert desk.ask(StopWaiting("cleo")).said is Said.LEFT_THE_QUEUE
    desk.ask(Tick(), MINUTE)
    assert (desk.pool.waiting, [each.what for each in desk.happened]) == ((), [Befell.WAITED_IN_VAIN])
    assert desk.get("dora", quantity=2, waits=MINUTE).said is Said.REFUSED


def test_who_asks_for_many_is_not_passed_by_those_who_ask_for_few() -> None:
    desk = Desk(3)
    ada = lease(desk.get("ada", quantity=2))
    assert desk.get("ben", quantity=3, waits=60 * MINUTE).said is Said.WAITING
    assert desk.get("cleo", waits=60 * MINUTE).place == 2
    desk.back(ada)
    assert (desk.pool.occupied, [each.client for each in desk.pool.waiting]) == (3, ["cleo"])


def test_seats_kept_for_a_group_go_to_it_alone_past_those_who_wait_for_others() -> None:
    desk = Desk(3, reserved={"lab": 2})
    assert desk.get("ada").said is Said.GRANTED
    assert desk.get("ben", waits=60 * MINUTE).said is Said.WAITING
    assert desk.get("lia", group="lab").said is Said.GRANTED
    assert desk.get("leo", group="lab").said is Said.GRANTED
    full = desk.get("lou", group="lab")
    assert (full.said, full.reason.has) == (Said.REFUSED, "3 of 3 taken, 0 free for lab, 1 waiting before")


def test_a_limit_that_shrinks_revokes_nobody_and_one_that_grows_serves_who_waits() -> None:
    desk = Desk(limits=(Limit(None, 2), Limit(NOW + MINUTE, 1), Limit(NOW + 5 * MINUTE, 3)), term=None)
    desk.get("ada")
    desk.get("ben")
    assert desk.get("cleo", 2 * MINUTE, waits=60 * MINUTE).said is Said.WAITING
    assert desk.pool.occupied == 2
    desk.ask(Tick(), 60 * MINUTE)
    assert [(e.client, e.at) for e in desk.happened] == [("cleo", NOW + 5 * MINUTE)]


def test_a_client_that_wants_more_gets_it_only_where_there_is_room_and_keeps_what_it_has() -> None:
    desk = Desk(3)
    ada = lease(desk.get("ada"))
    desk.get("ben")
    more = desk.get("ada", quantity=3)
    assert (more.said, lease(more).quantity, desk.pool.occupied) == (Said.REFUSED, 1, 2)
    assert lease(desk.get("ada", quantity=2)).quantity == 2
    assert lease(desk.get("ada")).id == ada.id
    assert desk.pool.occupied == 2


def test_a_pool_that_flags_goes_over_and_says_so_and_one_without_supply_lends_nothing() -> None:
    desk = Desk(1, overage=Overage.ALLOW_AND_FLAG)
    assert [lease(desk.get(who)).overage for who in ("ada", "ben")] == [False, True]
    assert Desk(0, overage=Overage.ALLOW_AND_FLAG).get("ada").reason.code is Code.NOT_IN_FORCE
    assert Desk(None).get("ada", quantity=1_000_000).said is Said.GRANTED


CLIENTS = ("a", "b", "c", "d")
GROUPS = (None, "lab")


@dataclass(frozen=True)
class Doing:
    """One thing a client does: what, how much, on the n-th lease ever given, with its token or the one before."""

    what: str
    client: str
    group: str | None
    quantity: int
    nth: int
    stale: bool
    minutes: int


doings = st.builds(
    Doing,
    st.sampled_from(["get", "get", "get", "wait", "wait", "beat", "beat", "back", "borrow", "stop", "tick"]),
    st.sampled_from(CLIENTS), st.sampled_from(GROUPS), st.integers(1, 3), st.integers(0, 5), st.booleans(),
    st.sampled_from([0, 0, 1, 3, 9, 10, 11, 60, 1_440]),
)  # fmt: skip
minutes = st.sampled_from([0, 2, 5])
worlds = st.builds(
    LeaseTerms,
    term=st.sampled_from([10 * MINUTE, None]), revival=minutes.map(lambda m: m * MINUTE),
    linger=minutes.map(lambda m: m * MINUTE), borrow_days=st.sampled_from([0, 2]),
    borrowable=st.sampled_from([None, 1]), early_return=st.booleans(), overage=st.sampled_from(Overage),
    reserved=st.sampled_from([{}, {"lab": 1}, {"lab": 2}]),
    limits=st.tuples(st.integers(0, 4), st.integers(0, 4) | st.none()).map(
        lambda n: (Limit(None, n[0]), Limit(NOW + 15 * MINUTE, n[1]))
    ),
)  # fmt: skip


class Watched(Desk):
    """A desk that counts everything anew after each thing done, and lets time pass instant by instant as well."""

    def __init__(self, terms: LeaseTerms) -> None:
        super().__init__()
        self.pool = LeasePool(terms)
        self.given: list[Lease] = []
        self.tokens: list[int] = []
        self.seen: Counter[tuple[Any, ...]] = Counter()

    def do(self, doing: Doing) -> None:
        self.now += doing.minutes * MINUTE
        crept = self._creep()
        ask = self._ask_of(doing)
        done = step(self.pool, ask, self.now)
        assert step(crept, ask, self.now) == replace(done, happened=step(crept, ask, self.now).happened)
        self._check(self.pool, done, ask)
        self.pool = done.pool
        self.given += [a.lease for a in done.answers if a.said in GIVEN and a.lease is not None]

    def _creep(self) -> LeasePool:
        """Let time pass from one instant to the next, looking at the pool at each: a sweep every moment."""
        pool = self.pool
        while pool.due_at is not None and pool.due_at <= self.now:
            at = pool.due_at
            before, (pool, happened) = pool, advance(pool, pool.due_at)
            assert all(each.at == at for each in happened)
            self._grants(pool, [e.lease_id for e in happened if e.what is Befell.GRANTED], at)
            assert before.fence <= pool.fence
            self.seen.update((e.what, e.at, e.lease_id) for e in happened)
            self._rows(pool, at)
        return pool

    def _ask_of(self, doing: Doing) -> Ask:
        self.ids += 1
        given = self.given[doing.nth % len(self.given)] if self.given else None
        held = next((each for each in self.pool.leases.values() if given and each.id == given.id), given)
        if held is not None and doing.stale:
            held = given
        match doing.what:
            case "wait":
                return Acquire(doing.client, self.ids, doing.quantity, doing.group, 12 * MINUTE)
            case "beat" if held is not None:
                return Heartbeat((Beat(held.id, held.token),))
            case "back" if held is not None:
                return GiveBack(held.id, held.token)
            case "borrow" if held is not None:
                return Borrow(held.id, held.token, self.now + timedelta(days=doing.quantity))
            case "stop":
                return StopWaiting(doing.client)
            case "tick":
                return Tick()
        return Acquire(doing.client, self.ids, doing.quantity, doing.group)

    def _check(self, before: LeasePool, done: Step, ask: Ask) -> None:
        lazily, told = advance(before, self.now)
        assert all(self.seen[e.what, e.at, e.lease_id] == 1 for e in told)
        now_given = [a.lease.id for a in done.answers if a.said in {Said.GRANTED, Said.REVIVED} and a.lease]
        served = [e.lease_id for e in done.happened[len(told) :] if e.what is Befell.GRANTED]
        self._grants(done.pool, [*now_given, *served], self.now)
        self._rows(done.pool, self.now)
        (answer,) = done.answers
        if isinstance(ask, Acquire) and answer.said is Said.REFUSED and ask.client not in lazily.clients:
            assert (
                before.terms.limit(self.now) == 0
                or naive_room(lazily, ask.group, self.now) < ask.quantity
                or (lazily.waiting)
            )
        if isinstance(ask, Acquire) and answer.said is Said.GRANTED and before.terms.overage is Overage.BLOCK:
            assert ask.group not in {each.group for each in lazily.waiting}
        if isinstance(ask, GiveBack | Borrow):
            now_held = lazily.leases.get(ask.lease_id)
            live = now_held is not None and now_held.state is LeaseState.HELD and now_held.token == ask.token
            assert (answer.said is Said.LOST) is not live
        if isinstance(ask, Heartbeat):
            (beat,) = ask.beats
            known = lazily.leases.get(beat.lease_id)
            assert answer.said is Said.LOST or (known is not None and known.token == beat.token)

    def _grants(self, pool: LeasePool, ids: Sequence[Any], at: datetime) -> None:
        """No seat is lent that is not there, nor one that is kept for others; tokens only rise."""
        for lease_id in ids:
            given = pool.leases[lease_id]
            self.tokens.append(given.token)
            limit = pool.terms.limit(at)
            assert limit != 0
            if limit is not None and pool.terms.overage is Overage.BLOCK:
                assert sum(each.quantity for each in pool.leases.values() if each.occupies) <= limit
                others = sum(each.quantity for each in pool.leases.values() if each.occupies and each.group is None)
                if given.group is None:
                    assert others <= max(0, limit - pool.terms.reserved.get("lab", 0))
                assert not given.overage
        assert sorted(set(self.tokens)) == self.tokens

    def _rows(self, pool: LeasePool, at: datetime) -> None:
        rows = list(pool.leases.values())
        counted: Counter[str | None] = Counter()
        for each in rows:
            counted[each.group] += each.quantity if each.occupies else 0
        assert dict(pool.held) == {group: seats for group, seats in counted.items() if seats}
        assert pool.borrowed == sum(each.quantity for each in rows if each.borrowed)
        assert {each.client: each.id for each in rows} == dict(pool.clients)
        assert len({each.client for each in rows}) == len(rows)
        assert not {each.client for each in pool.waiting} & set(pool.clients)
        assert all(each.token <= pool.fence for each in rows)
        assert all(each.due_at is None or (each.due_at > at and pool.due_at <= each.due_at) for each in rows)
        if pool.waiting and pool.terms.overage is Overage.BLOCK:
            first = pool.waiting[0]
            assert naive_room(pool, first.group, at) < first.quantity


GIVEN = {Said.GRANTED, Said.REVIVED, Said.RECONNECTED}


def naive_room(pool: LeasePool, group: str | None, at: datetime) -> int:
    """Count room seat by seat: free seats are handed out to the groups they are kept for, what remains is anybody's."""
    limit = pool.terms.limit(at)
    if limit is None:
        return 1_000_000
    held = [each.group for each in pool.leases.values() if each.occupies for _ in range(each.quantity)]
    free = max(0, limit - len(held))
    for kept_for, kept in pool.terms.reserved.items():
        unused = max(0, kept - held.count(kept_for))
        if kept_for != group:
            free = max(0, free - unused)
    return free


def _live(terms: LeaseTerms, asked: list[Doing]) -> None:
    desk = Watched(terms)
    for doing in asked:
        desk.do(doing)


@given(worlds, st.lists(doings, min_size=1, max_size=30))
@settings(max_examples=500, deadline=None, derandomize=True)
def test_whatever_clients_do_no_seat_is_lent_twice_and_none_is_lost(terms: LeaseTerms, asked: list[Doing]) -> None:
    _live(terms, asked)


@pytest.mark.exam
@given(worlds, st.lists(doings, min_size=1, max_size=60))
@settings(max_examples=int(os.environ.get("LICTOR_EXAMPLES", "10000")), deadline=None, print_blob=True)
def test_leases_at_full_budget(terms: LeaseTerms, asked: list[Doing]) -> None:
    _live(terms, asked)
