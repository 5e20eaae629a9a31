"""Leases in both databases against their pure rules: whatever is asked, in whatever company, the answers are the same."""

import asyncio
import os
import uuid
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from governance.audit.models import Entry
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Room
from governance.entitlements.rules import Overage
from governance.kernel.clock import HandClock
from governance.kernel.errors import Code
from governance.kernel.work import Office
from governance.seats.leases.engine import step
from governance.seats.leases.lease import (
    Acquire,
    Ask,
    Beat,
    Borrow,
    GiveBack,
    Heartbeat,
    LeaseState,
    Said,
    StopWaiting,
    Tick,
    WaitEnd,
)  # fmt: skip
from governance.seats.leases.room import LeasePool
from governance.seats.leases.terms import LeaseTerms, Limit
from governance.seats.ledger.port import Answer, Claim, Lend, Outcome
from governance.seats.models import Denial, Lease, LeaseRoom, LeaseWait
from governance.seats.models import LeaseTerms as TermsRow
from tests.estate import Estate, License
from tests.governance.seats.ground import claim, grant, occupied, rows, running
from tests.governance.seats.test_leases import Doing, doings

MINUTE = timedelta(minutes=1)
PEOPLE = ("ada", "ben", "cleo", "auditor")
TERMS: dict[str, Any] = {
    "term_s": 600, "revival_s": 120, "linger_s": 0, "borrow_days": 2, "borrowable": 2, "early_return": True,
    "reserved": {"lab": 1},
}  # fmt: skip


async def pool_of(estate: Estate, seats: int | None = 2, overage: Overage = Overage.BLOCK, **terms: Any) -> License:
    license_ = await estate.license(
        uuid.uuid4().hex, quantity=seats, pools={"main": seats}, overage=overage, last_day=None
    )
    if terms:
        await estate.add(TermsRow(tenant_id=estate.tenant_id, id=license_.pools["main"], **{**TERMS, **terms}))
    return license_


def lend(estate: Estate, license_: License, ask: Ask, person: str = "ada", **values: Any) -> Claim:
    who = estate.people[person] if isinstance(ask, Acquire) else None
    asked = Lend(license_.pools["main"], license_.line_id, ask, who)
    return claim(estate, asked, **{"act": "lease:acquire", **values})


def acquire(estate: Estate, license_: License, client: str, person: str = "ada", **how: Any) -> Claim:
    claim_id = uuid.uuid4()
    values = {name: how.pop(name) for name in ("key", "hash") if name in how}
    return lend(estate, license_, Acquire(client, claim_id, **how), person, id=claim_id, **values)


def lease(answer: Answer) -> Any:
    assert answer.outcome is Outcome.DONE, answer
    return answer.lent[0].lease


async def test_a_lease_takes_its_seats_until_its_instant_and_leaves_its_entries(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await pool_of(estate, 2)
    async with running(office) as ledger:
        ada = lease(await ledger.submit(acquire(estate, license_, "ada@h", quantity=2)))
        no = await ledger.submit(acquire(estate, license_, "ben@h", "ben"))
        assert (no.outcome, no.reasons[0].code, no.reasons[0].has) == (
            Outcome.DENIED, Code.LIMIT_REACHED, "2 of 2 taken",
        )  # fmt: skip
        assert await occupied(office, estate, license_.pools["main"]) == 2
        assert await occupied(office, estate, license_.line_id) == 2
        clock.advance(10 * MINUTE)
        assert lease(await ledger.submit(acquire(estate, license_, "ben@h", "ben"))).token == 2
    assert await occupied(office, estate, license_.line_id) == 1
    (ended,) = await rows(office, estate, Lease, Lease.id == ada.id)
    assert (ended.state, ended.ended_at, ended.freed_at) == (LeaseState.EXPIRED, ada.expires_at, ada.expires_at)
    (denial,) = await rows(office, estate, Denial)
    assert (denial.code, denial.person_id) == ("LIMIT_REACHED", estate.people["ben"])
    entries = await rows(office, estate, Entry, Entry.subject_type == "lease")
    assert sorted((e.act, e.actor.partition(":")[0]) for e in entries) == [
        ("lease:acquire", "person"), ("lease:acquire", "person"), ("lease:expire", "system"),
    ]  # fmt: skip


async def test_one_call_renews_many_and_says_which_are_lost(office: Office, estate: Estate, clock: HandClock) -> None:
    license_ = await pool_of(estate, None)
    async with running(office) as ledger:
        claims = [acquire(estate, license_, f"c{n}") for n in range(500)]
        held = [lease(each) for each in await ledger.submit_all(claims)]
        clock.advance(5 * MINUTE)
        beats = tuple(Beat(each.id, each.token) for each in held[:499])
        answer = await ledger.submit(lend(estate, license_, Heartbeat((*beats, Beat(held[499].id, -1)))))
        assert [each.said for each in answer.lent] == [Said.RENEWED] * 499 + [Said.LOST]
        asked = [Heartbeat((Beat(held[0].id, token), beats[1])) for token in (held[0].token, 7, held[0].token)]
        said = await asyncio.gather(*(ledger.submit(lend(estate, license_, each)) for each in asked))
        assert [each.lent[0].said for each in said] == [Said.RENEWED, Said.LOST, Said.RENEWED]
        assert (said[1].lent[0].reason.needs, said[1].lent[1].said) == ("token 1", Said.RENEWED)
        clock.advance(6 * MINUTE)
        await ledger.submit(lend(estate, license_, Tick()))
    assert await occupied(office, estate, license_.line_id) == 499
    (room,) = await rows(office, estate, LeaseRoom)
    assert (room.held, room.fence, room.waiting) == ({"": 499}, 500, 0)


async def test_the_same_key_gives_the_same_lease_and_another_body_is_told(office: Office, estate: Estate) -> None:
    license_ = await pool_of(estate, 2)
    async with running(office) as ledger:
        first = await ledger.submit(acquire(estate, license_, "ada@h", key="k", hash="a"))
        again = await ledger.submit(acquire(estate, license_, "ada@h", key="k", hash="a"))
        other = await ledger.submit(acquire(estate, license_, "ada@h", key="k", hash="b"))
        assert (lease(again), again.replayed) == (lease(first), True)
        assert (other.outcome, other.error.code) == (Outcome.FAILED, Code.IDEMPOTENCY_MISMATCH)
        reconnected = lease(await ledger.submit(acquire(estate, license_, "ada@h")))
        assert (reconnected.id, reconnected.token) == (lease(first).id, 2)
        lost = await ledger.submit(lend(estate, license_, GiveBack(lease(first).id, 1)))
        assert (lost.outcome, lost.error.code) == (Outcome.FAILED, Code.LEASE_LOST)
        given_back = lend(estate, license_, GiveBack(lease(first).id, 2))
        assert [(await ledger.submit(given_back)).lent[0].said for _ in range(2)] == [Said.RETURNED] * 2
    assert await occupied(office, estate, license_.line_id) == 0


async def test_who_waits_is_served_when_a_seat_comes_free_in_order(office: Office, estate: Estate) -> None:
    license_ = await pool_of(estate, 1)
    async with running(office) as ledger:
        ada = lease(await ledger.submit(acquire(estate, license_, "ada@h")))
        waits = [acquire(estate, license_, who, who, waits=60 * MINUTE) for who in ("ben", "cleo")]
        places = [(await ledger.submit(each)).lent[0].place for each in waits]
        assert places == [1, 2]
        await ledger.submit(lend(estate, license_, GiveBack(ada.id, ada.token)))
        served = await rows(office, estate, Lease, Lease.ended_at.is_(None))
        assert [(each.client, each.person_id, each.id) for each in served] == [
            ("ben", estate.people["ben"], waits[0].id),
        ]  # fmt: skip
        assert (await ledger.submit(lend(estate, license_, StopWaiting("cleo")))).lent[0].said is Said.LEFT_THE_QUEUE
    told = {each.client: each.ended for each in await rows(office, estate, LeaseWait)}
    assert told == {"ben": WaitEnd.GRANTED, "cleo": WaitEnd.LEFT}


async def test_seats_and_leases_of_a_line_share_its_room(office: Office, estate: Estate, clock: HandClock) -> None:
    license_ = await pool_of(estate, 2)
    async with running(office) as ledger:
        assert (await ledger.submit(grant(estate, license_, estate.people["ada"]))).outcome is Outcome.DONE
        lease(await ledger.submit(acquire(estate, license_, "ben@h", "ben")))
        assert (await ledger.submit(acquire(estate, license_, "cleo@h", "cleo"))).outcome is Outcome.DENIED
        assert (await ledger.submit(grant(estate, license_, estate.people["cleo"]))).outcome is Outcome.DENIED
        clock.advance(10 * MINUTE)
        assert (await ledger.submit(grant(estate, license_, estate.people["cleo"]))).outcome is Outcome.DONE
    assert await occupied(office, estate, license_.line_id) == 2


async def test_nobody_barred_acquires_and_a_pool_without_supply_lends_nothing(office: Office, estate: Estate) -> None:
    license_, none = await pool_of(estate, 2), await pool_of(estate, 0)
    async with running(office) as ledger:
        no = await ledger.submit(acquire(estate, none, "ada@h"))
        assert (no.outcome, no.reasons[0].code) == (Outcome.DENIED, Code.NOT_IN_FORCE)
        estate.people["gone"] = await estate.person("gone", status=PersonStatus.LEFT)
        gone = await ledger.submit(acquire(estate, license_, "gone@h", "gone"))
        assert (gone.outcome, gone.reasons[0].code) == (Outcome.DENIED, Code.HOLDER_NOT_ACTIVE)


worlds = st.tuples(
    st.integers(0, 4) | st.none(), st.sampled_from(Overage), st.sampled_from([0, 120, 300]), st.sampled_from([0, 120, 300]),
    st.sampled_from([0, 2]), st.sampled_from([None, 1]), st.booleans(), st.sampled_from([{}, {"lab": 1}, {"lab": 2}]),
)  # fmt: skip
rounds = st.lists(st.lists(doings, min_size=1, max_size=4), min_size=1, max_size=7)


class Mirror:
    """A pool by the rules alone, beside the one in the database: each thing asked goes to both."""

    def __init__(self, estate: Estate, license_: License, terms: LeaseTerms, clock: HandClock) -> None:
        self.estate, self.license, self.clock = estate, license_, clock
        self.pool = LeasePool(terms)
        self.given: list[Any] = []

    def ask(self, doing: Doing) -> tuple[Claim, Any]:
        claim_id, now = uuid.uuid4(), self.clock.now()
        ask = self._ask_of(doing, claim_id)
        done = step(self.pool, ask, now)
        self.pool = done.pool
        self.given += [each.lease for each in done.answers if each.said in GIVEN]
        person = PEOPLE["abcd".index(doing.client)]
        return lend(self.estate, self.license, ask, person, id=claim_id), done.answers

    def _ask_of(self, doing: Doing, claim_id: UUID) -> Ask:
        given = self.given[doing.nth % len(self.given)] if self.given else None
        held = given if doing.stale or given is None else self.pool.leases.get(given.id, given)
        match doing.what:
            case "wait":
                return Acquire(doing.client, claim_id, doing.quantity, doing.group, 12 * MINUTE)
            case "beat" if held is not None:
                return Heartbeat((Beat(held.id, held.token),))
            case "back" if held is not None:
                return GiveBack(held.id, held.token)
            case "borrow" if held is not None:
                return Borrow(held.id, held.token, self.clock.now() + timedelta(days=doing.quantity))
            case "stop":
                return StopWaiting(doing.client)
            case "tick":
                return Tick()
        return Acquire(doing.client, claim_id, doing.quantity, doing.group)


GIVEN = {Said.GRANTED, Said.REVIVED, Said.RECONNECTED}


def same(answer: Answer, told: tuple[Any, ...]) -> None:
    """Hold that the ledger said what the rules say; a refusal is told by its reason, a loss by its error."""
    (one,) = told
    if one.said is Said.REFUSED:
        assert (answer.outcome, answer.reasons[0].code) == (Outcome.DENIED, one.reason.code), (answer, one)
    elif answer.outcome is Outcome.FAILED:
        assert (one.said, answer.error.code) == (Said.LOST, one.reason.code), (answer, one)
    else:
        found = answer.lent[0]
        assert (found.said, found.lease, found.place) == (one.said, one.lease, one.place), (found, one)


async def _hold(office: Office, estate: Estate, clock: HandClock, world: Any, asked: list[list[Doing]]) -> None:
    seats, overage, revival, linger, days, borrowable, early, reserved = world
    given = {"revival_s": revival, "linger_s": linger, "borrow_days": days, "borrowable": borrowable,
             "early_return": early, "reserved": reserved}  # fmt: skip
    license_ = await pool_of(estate, seats, overage, **given)
    terms = LeaseTerms(
        10 * MINUTE, timedelta(seconds=revival), timedelta(seconds=linger), days, borrowable, early, overage, reserved,
        (Limit(None, seats),),
    )  # fmt: skip
    mirror = Mirror(estate, license_, terms, clock)
    async with running(office) as ledger:
        for round_ in asked:
            clock.advance(round_[0].minutes * MINUTE)
            pairs = [mirror.ask(doing) for doing in round_]
            answers = await asyncio.gather(*(ledger.submit(each) for each, _ in pairs))
            for answer, (_, told) in zip(answers, pairs, strict=True):
                same(answer, told)
            await _same_rows(office, estate, license_, mirror)


async def _same_rows(office: Office, estate: Estate, license_: License, mirror: Mirror) -> None:
    """Hold that rows say what the rules' pool says, and that each counter is the sum of its rows."""
    pool = mirror.pool
    async with office.database.read(estate.tenant_id) as session:
        of_pool = Lease.pool_id == license_.pools["main"]
        found = (await session.execute(select(Lease).where(of_pool, Lease.ended_at.is_(None)))).scalars().all()
        waits = select(LeaseWait).where(LeaseWait.pool_id == license_.pools["main"], LeaseWait.ended_at.is_(None))
        line = (await session.execute(waits.order_by(LeaseWait.place))).scalars().all()
        room = await session.get(LeaseRoom, (estate.tenant_id, license_.pools["main"]))
        taken = [(await session.get_one(Room, (estate.tenant_id, each))).occupied
                 for each in (license_.pools["main"], license_.line_id)]  # fmt: skip
    names = ("client", "quantity", "token", "state", "borrowed", "overage", "expires_at", "kept_until")
    assert {each.id: [getattr(each, name) for name in names] for each in found} == {
        key: [getattr(each, name) for name in names] for key, each in pool.leases.items()
    }
    assert [each.client for each in line] == [each.client for each in pool.waiting]
    assert taken == [pool.occupied] * 2 == [sum(each.quantity for each in found if each.freed_at is None)] * 2
    if room is not None:
        assert ({k or None: v for k, v in room.held.items()}, room.borrowed, room.fence) == (
            dict(pool.held), pool.borrowed, pool.fence,
        )  # fmt: skip
        dues = [each.due_at for each in found if each.due_at is not None]
        assert not dues or (room.due_at is not None and room.due_at <= min(dues))


SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(world=worlds, asked=rounds)
@settings(
    max_examples=25, deadline=None, suppress_health_check=SUPPRESSED, phases=[Phase.explicit, Phase.generate],
    derandomize=True,
)  # fmt: skip
async def test_the_ledger_answers_as_the_rules_do(
    office: Office, estate: Estate, clock: HandClock, world: Any, asked: list[list[Doing]]
) -> None:
    await _hold(office, estate, clock, world, asked)


@pytest.mark.exam
@given(world=worlds, asked=rounds)
@settings(
    max_examples=int(os.environ.get("LICTOR_EXAMPLES", "1000")), deadline=None, suppress_health_check=SUPPRESSED,
    print_blob=True,
)  # fmt: skip
async def test_the_ledger_and_the_rules_at_full_budget(
    office: Office, estate: Estate, clock: HandClock, world: Any, asked: list[list[Doing]]
) -> None:
    await _hold(office, estate, clock, world, asked)
