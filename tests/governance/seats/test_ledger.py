"""The ledger's contract, on both databases: no seat too many, none too few, one answer each, told in full."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import func, select, update

from governance.audit.models import Entry
from governance.directory.models import Person
from governance.entitlements.models import Room
from governance.entitlements.rules import Overage
from governance.kernel.errors import Code, Unavailable
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.seats.ledger.book import RoomLine
from governance.seats.ledger.desk import GroupCommit
from governance.seats.ledger.port import Deny, Move, Outcome
from governance.seats.ledger.postgresql import PostgresqlStore
from governance.seats.ledger.sqlite import SqliteStore
from governance.seats.models import Assignment, AssignmentStep, Denial
from governance.seats.rules import SeatEvent, SeatState, no_room
from tests.estate import Estate
from tests.governance.seats.ground import claim, grant, occupied, rows, running


async def test_a_rush_fills_every_seat_and_not_one_more(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=5)
    people = [await estate.person(f"p{n}") for n in range(9)]
    async with running(office) as ledger:
        answers = await asyncio.gather(*(ledger.submit(grant(estate, license_, person)) for person in people))
    assert Counter(answer.outcome for answer in answers) == {Outcome.DONE: 5, Outcome.DENIED: 4}
    async with office.database.read(estate.tenant_id) as session:
        rooms = (await session.execute(select(Room.occupied, Room.ceiling, Room.over_since))).all()
        assert [tuple(room) for room in rooms] == [(5, 5, None), (5, 5, None)]
        counts = [
            (await session.execute(select(func.count()).select_from(model))).scalar_one()
            for model in (Assignment, AssignmentStep, Denial, Entry, OutboxEvent)
        ]
    assert counts == [5, 5, 4, 9, 9]


async def test_who_came_first_is_served_first_whatever_the_batches(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=4)
    people = [await estate.person(f"p{n}") for n in range(8)]
    async with running(office, at_most=3) as ledger:
        answers = await asyncio.gather(*(ledger.submit(grant(estate, license_, person)) for person in people))
    assert [answer.outcome for answer in answers] == [Outcome.DONE] * 4 + [Outcome.DENIED] * 4


async def test_one_batch_serves_several_tenants_and_mixes_none(office: Office, estate: Estate) -> None:
    twin = await Estate.raised(office, "Twin")
    ours, theirs = await estate.license(quantity=1), await twin.license(quantity=1)
    async with running(office) as ledger:
        answers = await asyncio.gather(
            ledger.submit(grant(estate, ours, estate.people["ada"])),
            ledger.submit(grant(twin, theirs, twin.people["ada"])),
            ledger.submit(grant(twin, ours, twin.people["ben"])),
            ledger.submit(grant(estate, ours, twin.people["ben"])),
        )
    assert [a.outcome for a in answers[:2]] == [Outcome.DONE] * 2
    assert [type(a.error).__name__ for a in answers[2:]] == ["NotFound", "Conflict"]
    for tenant in (estate, twin):
        assert len(await rows(office, tenant, Assignment, Assignment.tenant_id == tenant.tenant_id)) == 1


async def test_a_person_whom_somebody_is_changing_is_asked_again_and_nobody_waits(
    office: Office, estate: Estate
) -> None:
    if office.database.kind == "sqlite":
        pytest.skip("one writer at a time: nobody changes a person while the ledger writes")
    license_ = await estate.license()
    async with running(office) as ledger, office.database.write(estate.tenant_id) as session:
        await session.execute(update(Person).where(Person.id == estate.people["ada"]).values(version=7))
        answers = await asyncio.gather(
            *(ledger.submit(grant(estate, license_, estate.people[who])) for who in ("ada", "ben"))
        )
    assert [a.outcome for a in answers] == [Outcome.CONFLICT, Outcome.DONE]


async def test_a_call_that_waited_too_long_is_unavailable_and_nothing_of_it_happens(
    office: Office, estate: Estate
) -> None:
    license_ = await estate.license()
    held, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(select(Room).where(Room.id == license_.line_id).with_for_update(key_share=True))
            held.set()
            await go.wait()

    async with running(office, patience_s=0.05, at_most=1) as ledger:
        holding = asyncio.create_task(hold())
        await held.wait()
        first = asyncio.create_task(ledger.submit(grant(estate, license_, estate.people["ada"])))
        second = asyncio.create_task(ledger.submit(grant(estate, license_, estate.people["ben"])))
        with pytest.raises(Unavailable):
            await second
        go.set()
        await holding
        assert (await first).outcome is Outcome.DONE
    assert [s.person_id for s in await rows(office, estate, Assignment)] == [estate.people["ada"]]
    with pytest.raises(Unavailable):
        await ledger.submit(grant(estate, license_, estate.people["ben"]))


class Broken:
    """A store that breaks once at a named step, before or after doing it."""

    def __init__(self, inner: Any, step: str, error: Exception, *, after: bool, once: list[int]) -> None:
        self._inner, self._step, self._error, self._after, self._once = inner, step, error, after, once

    def __getattr__(self, name: str) -> Any:
        act: Callable[..., Any] = getattr(self._inner, name)
        if name != self._step or not self._once:
            return act

        def breaking(*values: Any) -> Any:
            self._once.pop()
            if self._after:
                act(*values)
            raise self._error

        return breaking


@asynccontextmanager
async def broken(office: Office, step: str, error: Exception, *, after: bool, times: int = 1) -> Any:
    once = [1] * times

    class BrokenLedger(GroupCommit):
        def _connect(self) -> Any:
            sqlite = office.database.kind == "sqlite"
            inner = SqliteStore(office.database.path) if sqlite else PostgresqlStore(office.database.url)
            return Broken(inner, step, error, after=after, once=once)

    ledger = BrokenLedger(office.database, office.clock, office.ids)
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.stop()


@pytest.mark.parametrize("after", [False, True])
async def test_a_connection_lost_around_the_commit_changes_nothing_twice_and_loses_no_answer(
    office: Office, estate: Estate, after: bool
) -> None:
    license_ = await estate.license(quantity=2)
    async with running(office) as ledger:
        cleo = grant(estate, license_, estate.people["cleo"])
        await ledger.submit(cleo)
    release = Move(cleo.id, license_.line_id, license_.pools["main"], SeatEvent.SUSPEND)
    async with broken(office, "commit", OSError("gone"), after=after) as ledger:
        answers = await asyncio.gather(
            ledger.submit(grant(estate, license_, estate.people["ada"], key="k", hash="h")),
            ledger.submit(claim(estate, release)),
            ledger.submit(grant(estate, license_, estate.people["ben"])),
        )
    assert [a.outcome for a in answers] == [Outcome.DONE, Outcome.DONE, Outcome.DENIED]
    assert answers[1].state is SeatState.SUSPENDED
    assert await occupied(office, estate, license_.line_id) == 2
    assert len(await rows(office, estate, AssignmentStep)) == 3


async def test_a_ledger_that_cannot_write_says_so_and_changes_nothing(office: Office, estate: Estate) -> None:
    license_ = await estate.license()
    async with broken(office, "write", OSError("disk full"), after=True, times=9) as ledger:
        with pytest.raises(Unavailable):
            await ledger.submit(grant(estate, license_, estate.people["ada"]))
    for model in (Assignment, Entry, OutboxEvent):
        assert await rows(office, estate, model) == []
    assert await occupied(office, estate, license_.line_id) == 0


async def test_a_bug_in_one_claim_fails_nobody_else(office: Office, estate: Estate) -> None:
    license_ = await estate.license()
    async with running(office) as ledger:
        bad = claim(estate, Deny(license_.pools["main"], license_.line_id, uuid.uuid4(), (no_room("pool", 0, 0),)))
        answers = await asyncio.gather(
            ledger.submit(grant(estate, license_, estate.people["ada"])),
            ledger.submit(bad),
            ledger.submit(grant(estate, license_, estate.people["ben"])),
            return_exceptions=True,
        )
    assert [getattr(a, "outcome", None) for a in answers] == [Outcome.DONE, None, Outcome.DONE]
    assert isinstance(answers[1], Exception)


async def test_the_same_key_at_once_is_one_seat(office: Office, estate: Estate) -> None:
    license_ = await estate.license()
    async with running(office) as one, running(office) as other:
        answers = await asyncio.gather(
            *(
                ledger.submit(grant(estate, license_, estate.people["ada"], key="k", hash="h"))
                for ledger in (one, other, one, other)
            )
        )
    assert len({a.assignment_id for a in answers}) == 1
    assert sorted(a.replayed for a in answers) == [False, True, True, True]


async def test_the_database_itself_refuses_a_counter_beyond_the_ceiling(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=1)
    with pytest.raises(Exception, match="not_oversold"):
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(update(Room).where(Room.id == license_.line_id).values(occupied=2))


class Boundless(RoomLine):
    """A planted bug: a room that believes it is never full."""

    full = False


class BoundlessLedger(GroupCommit):
    def _connect(self) -> Any:
        store = super()._connect()

        class Hopeful:
            def __getattr__(self, name: str) -> Any:
                return getattr(store, name)

            def read(self, *asked: Any) -> Any:
                book = store.read(*asked)
                for key, room in book.rooms.items():
                    book.rooms[key] = Boundless(*(getattr(room, each.name) for each in fields(RoomLine)))
                return book

        return Hopeful()


async def test_a_judge_that_counts_wrong_is_stopped_by_the_database(office: Office, estate: Estate) -> None:
    blocked = await estate.license("blocked", quantity=1)
    up_to = await estate.license("up-to", quantity=2, overage=Overage.ALLOW_TO_PERCENT, overage_percent="150")
    people = [await estate.person(f"p{n}") for n in range(4)]
    for license_, fits in ((blocked, 1), (up_to, 3)):
        ledger = BoundlessLedger(office.database, office.clock, office.ids)
        await ledger.start()
        for person in people[:fits]:
            assert (await ledger.submit(grant(estate, license_, person))).outcome is Outcome.DONE
        with pytest.raises(Exception, match="not_oversold"):
            await ledger.submit(grant(estate, license_, people[-1]))
        await ledger.stop()
        assert await occupied(office, estate, license_.line_id) == fits


async def test_a_line_is_granted_up_to_its_percentage_and_says_so(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=3, overage=Overage.ALLOW_TO_PERCENT, overage_percent="133.4")
    people = [await estate.person(f"p{n}") for n in range(5)]
    async with running(office) as ledger:
        answers = [await ledger.submit(grant(estate, license_, person)) for person in people]
        assert [(a.outcome, a.overage) for a in answers[:4]] == [(Outcome.DONE, n == 3) for n in range(4)]
        assert [r.has for r in answers[4].reasons] == ["4 of 4 taken (133.4 % of 3)"] * 2
        (line,) = await rows(office, estate, Room, Room.id == license_.line_id)
        assert (line.over_since, line.flagged_since) == (None, office.clock.now())
        first = answers[0].assignment_id
        assert first is not None
        await ledger.submit(claim(estate, Move(first, license_.line_id, license_.pools["main"], SeatEvent.RELEASE)))
    (line,) = await rows(office, estate, Room, Room.id == license_.line_id)
    assert (line.occupied, line.over_since, line.flagged_since) == (3, None, None)


async def test_a_full_pool_says_which_room_is_full(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=1, pools={"main": 0, "other": 1})
    async with running(office) as ledger:
        answer = await ledger.submit(grant(estate, license_, estate.people["ada"]))
    assert [(r.code, r.subject, r.has) for r in answer.reasons] == [(Code.LIMIT_REACHED, "pool main", "0 of 0 taken")]
