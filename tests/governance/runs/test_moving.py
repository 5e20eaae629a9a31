"""Long work is done once: taken under a fence, resumed, cancelled, tried again, and ended with what came of it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from governance.audit.models import Entry
from governance.directory.models import Person, RoleGrant
from governance.directory.rules import PersonStatus
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, IdempotencyMismatch, NotFound, Refused, Unavailable, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Change, Office, Work
from governance.runs.claims import claim_run
from governance.runs.desk import RunDesk
from governance.runs.errors import LeaseLost
from governance.runs.movers import end_all
from governance.runs.queries import due_runs, visible_runs
from governance.runs.queries import run as one_run
from governance.runs.rules import LEASE, RUN_ATTEMPTS, RunKind, RunState
from governance.runs.service import RunRequest, cancel_run, request_run
from policies.access.actions import Action
from policies.access.parties import Role
from tests.estate import Estate


async def nothing(_desk: RunDesk) -> dict[str, Any]:
    return {"rows": 0}


async def test_a_run_is_done_once_and_tells_what_came_of_it(runs: Any) -> None:
    run_id = await runs.asked(product="m365")

    async def work(desk: RunDesk) -> dict[str, Any]:
        await desk.progress("read", 0, 10)
        await desk.progress("read", 10, 10)
        return {"product": desk.asked["product"]}

    assert await runs.move(run_id, work)
    assert not await runs.move(run_id, work)
    row = await runs.row(run_id)
    assert (row.state, row.outcome, row.attempts) == (RunState.DONE, {"product": "m365"}, 1)
    assert (row.step, row.rows_done, row.rows_all, row.lease_until) == ("read", 10, 10, None)


async def test_each_end_stands_in_the_trail_and_is_told(office: Office, estate: Estate, runs: Any) -> None:
    run_id = await runs.asked()
    await runs.move(run_id, nothing)
    async with office.database.read(estate.tenant_id) as session:
        acts = (await session.execute(select(Entry.act, Entry.actor).order_by(Entry.recorded_at, Entry.id))).all()
        events = (await session.execute(select(OutboxEvent.name, OutboxEvent.facts))).all()
    principal = f"person:{estate.people['admin']}"
    assert {tuple(act) for act in acts} == {("run:request", principal), ("run:end", principal)}
    assert [tuple(event) for event in events] == [("RunEnded", {"kind": "SCAN", "state": "DONE"})]


async def test_while_one_worker_holds_a_run_no_other_gets_it(office: Office, estate: Estate, runs: Any) -> None:
    run_id = await runs.asked()
    first = await claim_run(office, estate.tenant_id, run_id, "w1")
    assert first is not None
    assert await claim_run(office, estate.tenant_id, run_id, "w2") is None


async def test_a_silent_worker_loses_its_run_and_can_change_nothing_more(
    office: Office, estate: Estate, clock: HandClock, runs: Any
) -> None:
    run_id = await runs.asked()
    first = await claim_run(office, estate.tenant_id, run_id, "w1")
    assert first is not None
    clock.advance(LEASE)
    second = await claim_run(office, estate.tenant_id, run_id, "w2")
    assert second is not None
    assert second.fence == first.fence + 1
    with pytest.raises(LeaseLost):
        await first.check()
    with pytest.raises(LeaseLost):
        await first.progress("late", 1)
    with pytest.raises(LeaseLost):
        async with first.working() as work:
            await work.record(Change("scan:run", "run", run_id))

    async def late(work: Work) -> None:
        await work.record(Change("scan:run", "run", run_id))

    with pytest.raises(LeaseLost):
        await first.perform(late)
    await second.check()
    async with office.database.read(estate.tenant_id) as session:
        assert (await session.execute(select(Entry.id).where(Entry.act == "scan:run"))).all() == []


async def test_progress_renews_the_lease(office: Office, estate: Estate, clock: HandClock, runs: Any) -> None:
    run_id = await runs.asked()
    desk = await claim_run(office, estate.tenant_id, run_id, "w1")
    assert desk is not None
    clock.advance(LEASE - timedelta(seconds=1))
    await desk.progress("second half", 1)
    clock.advance(timedelta(seconds=2))
    assert await claim_run(office, estate.tenant_id, run_id, "w2") is None


async def test_steps_are_written_and_small_advances_are_not(office: Office, estate: Estate, runs: Any) -> None:
    run_id = await runs.asked()
    desk = await claim_run(office, estate.tenant_id, run_id, "w1")
    assert desk is not None
    for done in range(200):
        await desk.progress("read", done, 1000)
    assert (await runs.row(run_id)).rows_done < 199
    await desk.progress("write", 3, 1000)
    row = await runs.row(run_id)
    assert (row.step, row.rows_done) == ("write", 3)


async def test_a_second_worker_goes_on_where_the_first_remembered(
    office: Office, estate: Estate, clock: HandClock, runs: Any
) -> None:
    run_id = await runs.asked()
    first = await claim_run(office, estate.tenant_id, run_id, "w1")
    assert first is not None
    async with first.working() as work:
        await work.record(Change("scan:run", "run", run_id, after={"part": 1}))
        await first.remember({"part": 1})

    async def second_part() -> None:
        async with first.working() as work:
            await work.record(Change("scan:run", "run", run_id, after={"part": 2}))
            await first.remember({"part": 2})
            raise OSError("killed")

    with pytest.raises(OSError, match="killed"):
        await second_part()
    clock.advance(LEASE)
    second = await claim_run(office, estate.tenant_id, run_id, "w2")
    assert second is not None
    assert second.resume_at == {"part": 1}
    async with office.database.read(estate.tenant_id) as session:
        parts = (await session.execute(select(Entry.after).where(Entry.act == "scan:run"))).scalars().all()
    assert parts == [{"part": 1}]


async def test_a_waiting_run_is_cancelled_at_once_a_working_one_at_its_next_look(
    office: Office, estate: Estate, runs: Any
) -> None:
    waiting, working = await runs.asked(), await runs.asked()
    admin = estate.actor("admin")

    async def stop(desk: RunDesk) -> dict[str, Any]:
        await office.perform(admin, lambda work: cancel_run(work, working))
        await desk.check()
        raise AssertionError

    await office.perform(admin, lambda work: cancel_run(work, waiting))
    assert (await runs.row(waiting)).state is RunState.CANCELLED
    assert not await runs.move(waiting, nothing)
    assert await runs.move(working, stop)
    assert (await runs.row(working)).state is RunState.CANCELLED
    with pytest.raises(WrongState):
        await office.perform(admin, lambda work: cancel_run(work, working))


async def test_a_no_ends_a_run_at_once_with_its_reason(runs: Any) -> None:
    run_id = await runs.asked()

    async def refuse(_desk: RunDesk) -> dict[str, Any]:
        raise BadInput("file", "x", "a CSV file")

    await runs.move(run_id, refuse)
    row = await runs.row(run_id)
    assert (row.state, row.error) == (RunState.FAILED, "file: 'x' cannot be used; needs a CSV file.")


@pytest.mark.parametrize("error", [ZeroDivisionError("secret detail"), Unavailable("the mail server")])
async def test_what_may_pass_is_tried_five_times_with_growing_pauses(
    clock: HandClock, runs: Any, error: Exception
) -> None:
    run_id = await runs.asked()

    async def break_down(_desk: RunDesk) -> dict[str, Any]:
        raise error

    pauses = []
    for _ in range(RUN_ATTEMPTS):
        assert await runs.move(run_id, break_down)
        assert not await runs.move(run_id, break_down)
        row = await runs.row(run_id)
        if row.lease_until is not None:
            pauses.append((row.lease_until - clock.now()).total_seconds())
            clock.set(row.lease_until)
    row = await runs.row(run_id)
    assert (row.state, row.attempts, pauses) == (RunState.FAILED, RUN_ATTEMPTS, [1, 2, 4, 8])
    assert row.error is not None
    assert "secret detail" not in row.error
    assert "Tried 5 times" in row.error


async def test_a_run_that_kills_its_workers_ends(office: Office, estate: Estate, clock: HandClock, runs: Any) -> None:
    run_id = await runs.asked()
    for _ in range(RUN_ATTEMPTS):
        assert await claim_run(office, estate.tenant_id, run_id, "dies") is not None
        clock.advance(LEASE)
    assert await runs.move(run_id, nothing)
    row = await runs.row(run_id)
    assert (row.state, row.error) == (RunState.FAILED, "Its worker died 5 times before the end.")


async def test_a_run_acts_under_the_rights_of_the_moment(office: Office, estate: Estate, runs: Any) -> None:
    run_id = await runs.asked()

    async def look(desk: RunDesk) -> dict[str, Any]:
        async with desk.reading() as work:
            before = work.gate.may(work.actor, Action.SCAN_RUN)
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(update(RoleGrant).values(end=office.clock.now()))
        async with desk.working() as work:
            return {"before": before, "after": work.gate.may(work.actor, Action.SCAN_RUN)}

    await runs.move(run_id, look)
    assert (await runs.row(run_id)).outcome == {"before": True, "after": False}


async def test_a_leavers_run_does_not_act(office: Office, estate: Estate, runs: Any) -> None:
    run_id = await runs.asked()
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(update(Person).values(status=PersonStatus.LEFT))

    async def act(desk: RunDesk) -> dict[str, Any]:
        async with desk.working():
            return {}

    await runs.move(run_id, act)
    row = await runs.row(run_id)
    assert row.state is RunState.FAILED
    assert "may no longer act" in (row.error or "")


async def test_a_token_that_was_narrowed_stays_narrowed_in_its_run(office: Office, estate: Estate, runs: Any) -> None:
    admin = estate.actor("admin")
    narrowed = type(admin)(
        admin.tenant_id, admin.principal, admin.person_id, admin.grants, frozenset({Action.REPORT_REQUEST})
    )

    async def ask(work: Work) -> Any:
        return (await runs_request(work)).id

    run_id = await office.perform(narrowed, ask)

    async def act(desk: RunDesk) -> dict[str, Any]:
        async with desk.reading() as work:
            return {a.value: work.gate.may(work.actor, a) for a in (Action.REPORT_REQUEST, Action.SCAN_RUN)}

    await runs.move(run_id, act)
    assert (await runs.row(run_id)).outcome == {"report:request": True, "scan:run": False}


async def runs_request(work: Work) -> Any:
    return await request_run(work, RunRequest(RunKind.SCAN, {}))


async def test_the_same_key_gives_the_same_run_and_another_body_a_mismatch(runs: Any) -> None:
    first = await runs.asked(key="monday", product="a")
    assert await runs.asked(key="monday", product="a") == first
    assert await runs.asked(product="a") != first
    with pytest.raises(IdempotencyMismatch):
        await runs.asked(key="monday", product="b")


async def test_who_asked_sees_and_stops_their_run_and_others_do_not(office: Office, estate: Estate, runs: Any) -> None:
    owner = estate.actor("ada", role=Role.LICENSE_OWNER, unit="sales-emea")
    other = estate.actor("ben", role=Role.LICENSE_OWNER, unit="sales-emea")

    async def ask(work: Work) -> Any:
        return (await runs_request(work)).id

    run_id = await office.perform(owner, ask)
    async with office.reading(other) as work:
        assert (await work.session.execute(visible_runs(work))).all() == []
        with pytest.raises(NotFound):
            await one_run(work, run_id)
    with pytest.raises(NotFound):
        await office.perform(other, lambda work: cancel_run(work, run_id))
    with pytest.raises(Refused):
        await office.perform(estate.actor("auditor"), lambda work: cancel_run(work, run_id))
    assert (await office.perform(owner, lambda work: cancel_run(work, run_id))).state is RunState.CANCELLED


async def test_what_is_due_is_found_across_tenants_oldest_first(office: Office, clock: HandClock, runs: Any) -> None:
    other = type(runs)(office, await Estate.raised(office, "Twin Group"))
    first = await runs.asked()
    clock.advance(timedelta(seconds=1))
    second = await other.asked()
    async with office.database.system_read() as session:
        due = await due_runs(session, clock.now(), most=10)
    assert [run_id for _, run_id in due] == [first, second]


async def test_a_task_that_swallows_its_cancelling_is_told_again() -> None:
    told, released = 0, asyncio.Event()

    async def stubborn() -> None:
        nonlocal told
        while told < 3 and not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                told += 1

    task = asyncio.ensure_future(stubborn())
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(10):
            await end_all([task], patience_s=0.01)
        assert (task.done(), told) == (True, 3)
    finally:
        released.set()
