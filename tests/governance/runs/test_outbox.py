"""What happened is answered once, in one transaction with its answer; failures wait longer each time, then stop."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.kernel.clock import HandClock
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Change, Office, Work
from governance.runs.duties import Duties, Errand
from governance.runs.outbox import dispatch_event
from governance.runs.queries import due_events
from governance.runs.rules import EVENT_ATTEMPTS
from policies.access.parties import Actor
from tests.estate import Estate


@pytest.fixture
async def told(office: Office, estate: Estate) -> UUID:
    """Give the id of an event that waits: SeatAssigned."""

    async def tell(work: Work) -> None:
        await work.emit("SeatAssigned", estate.people["ada"], pool="main")

    await office.perform(estate.actor("admin"), tell)
    async with office.database.read(estate.tenant_id) as session:
        return (await session.execute(select(OutboxEvent.id))).scalar_one()


async def note(work: Work, event: OutboxEvent) -> None:
    await work.record(Change("alert:raise", "event", event.id, after=event.facts))


async def entries(office: Office, estate: Estate) -> list[tuple[str, str]]:
    async with office.database.read(estate.tenant_id) as session:
        rows = await session.execute(select(Entry.act, Entry.actor))
        return [(act, actor) for act, actor in rows]


async def event(office: Office, estate: Estate, event_id: UUID) -> OutboxEvent:
    async with office.database.read(estate.tenant_id) as session:
        row = await session.get(OutboxEvent, (estate.tenant_id, event_id))
    assert row is not None
    return row


async def test_an_event_is_answered_once(office: Office, estate: Estate, told: UUID) -> None:
    duties = Duties(reactions={"SeatAssigned": (note,)})
    assert await dispatch_event(office, estate.tenant_id, told, duties)
    assert not await dispatch_event(office, estate.tenant_id, told, duties)
    assert await entries(office, estate) == [("alert:raise", "system:reactions")]


async def test_an_event_that_nobody_answers_is_done(office: Office, estate: Estate, told: UUID) -> None:
    assert await dispatch_event(office, estate.tenant_id, told, Duties())
    assert (await event(office, estate, told)).done_at is not None


async def test_of_an_answer_that_fails_nothing_stays_but_the_error(
    office: Office, estate: Estate, clock: HandClock, told: UUID
) -> None:
    async def breaks(work: Work, row: OutboxEvent) -> None:
        raise ZeroDivisionError("secret detail")

    broken, whole = Duties(reactions={"SeatAssigned": (note, breaks)}), Duties(reactions={"SeatAssigned": (note,)})
    await dispatch_event(office, estate.tenant_id, told, broken)
    row = await event(office, estate, told)
    assert await entries(office, estate) == []
    assert (row.attempts, row.available_at) == (1, clock.now() + timedelta(seconds=1))
    assert "Correlation id" in (row.last_error or "")
    assert "secret detail" not in (row.last_error or "")
    assert not await dispatch_event(office, estate.tenant_id, told, whole)
    clock.advance(timedelta(seconds=1))
    assert await dispatch_event(office, estate.tenant_id, told, whole)
    assert len(await entries(office, estate)) == 1


async def test_after_ten_failures_an_event_is_dead_and_stays_to_be_seen(
    office: Office, estate: Estate, clock: HandClock, told: UUID
) -> None:
    async def breaks(work: Work, row: OutboxEvent) -> None:
        raise OSError

    duties = Duties(reactions={"SeatAssigned": (breaks,)})
    for _ in range(EVENT_ATTEMPTS):
        assert await dispatch_event(office, estate.tenant_id, told, duties)
        clock.advance(timedelta(minutes=10))
    assert not await dispatch_event(office, estate.tenant_id, told, duties)
    async with office.database.system_read() as session:
        assert await due_events(session, clock.now(), most=10) == []
    row = await event(office, estate, told)
    assert (row.attempts, row.done_at) == (EVENT_ATTEMPTS, None)


async def test_an_errand_runs_outside_the_transaction_and_before_it(office: Office, estate: Estate, told: UUID) -> None:
    async def errand(house: Office, actor: Actor, row: OutboxEvent) -> None:
        await house.perform(actor, lambda work: work.record(Change("seat:release", "event", row.id)))

    duties = Duties(reactions={"SeatAssigned": (note, Errand(errand))})
    assert await dispatch_event(office, estate.tenant_id, told, duties)
    assert not await dispatch_event(office, estate.tenant_id, told, duties)
    assert sorted(act for act, _ in await entries(office, estate)) == ["alert:raise", "seat:release"]


async def test_an_errand_that_fails_is_sent_again(office: Office, estate: Estate, clock: HandClock, told: UUID) -> None:
    sent: list[UUID] = []

    async def errand(house: Office, actor: Actor, row: OutboxEvent) -> None:
        sent.append(row.id)
        if len(sent) == 1:
            raise OSError

    duties: Any = Duties(reactions={"SeatAssigned": (Errand(errand),)})
    await dispatch_event(office, estate.tenant_id, told, duties)
    assert (await event(office, estate, told)).done_at is None
    clock.advance(timedelta(seconds=1))
    await dispatch_event(office, estate.tenant_id, told, duties)
    assert len(sent) == 2
    assert (await event(office, estate, told)).done_at is not None
