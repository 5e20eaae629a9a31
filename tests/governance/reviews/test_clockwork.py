"""What the clock brings a board: each quarter's review once whoever looks, letters once per rung, verdicts."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.kernel.clock import HandClock
from governance.kernel.due import start_of
from governance.kernel.work import Office
from governance.notices.models import Notice
from governance.reviews import queries
from governance.reviews.models import AimVerdict, Meeting, Review
from governance.reviews.noise import Verdict
from governance.reviews.rules import ActionState, Seat
from governance.reviews.service import (
    CloseAction,
    EndMember,
    PrepareMeeting,
    ScheduleMeeting,
    close_action,
    end_member,
    prepare_meeting,
    schedule_meeting,
)
from governance.reviews.service.clockwork import MEETS_AFTER_DAYS, keep_boards
from tests.estate import Estate
from tests.governance.reviews.test_actions import AIM, given
from tests.governance.reviews.test_board import board, sits
from tests.governance.reviews.test_items import seated
from tests.governance.reviews.test_review import act

ZONE = "Europe/Zurich"
SPRING, SUMMER = date(2026, 4, 1), date(2026, 7, 1)


def to(clock: HandClock, day: date, hours: int = 8) -> None:
    """Move to a day of the tenant's zone."""
    clock.advance(start_of(day, ZONE) + timedelta(hours=hours) - clock.now())


async def meetings(estate: Estate) -> list[tuple[UUID, str]]:
    async with estate.office.reading(estate.actor("auditor")) as work:
        rows = (await work.session.execute(select(Meeting).order_by(Meeting.recorded_at, Meeting.id))).scalars()
        return [(row.board_id, row.period) for row in rows]


async def letters(estate: Estate, like: str) -> list[tuple[str, str, object]]:
    """Give the letters of texts that begin so: text, who, days."""
    async with estate.office.database.read(estate.tenant_id) as session:
        query = select(Notice, Person.external_id).join(Person, Person.id == Notice.person_id)
        rows = (await session.execute(query.where(Notice.text_key.startswith(like)).order_by(Notice.id))).all()
        return [(row[0].text_key, row[1], row[0].facts.get("days", row[0].facts["day"])) for row in rows]


async def test_each_board_gets_each_quarters_review_once_whoever_looks_at_once(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    of = await board(estate)
    to(clock, SPRING, 1)
    await asyncio.gather(*(keep_boards(office) for _ in range(3)))
    await keep_boards(office)
    assert await meetings(estate) == [(of.id, "FY2026-Q1")]
    to(clock, SUMMER - timedelta(days=1), 23)
    await keep_boards(office)
    assert len(await meetings(estate)) == 1
    to(clock, SUMMER, 0)
    await keep_boards(office)
    assert await meetings(estate) == [(of.id, "FY2026-Q1"), (of.id, "FY2026-Q2")]
    async with office.reading(estate.actor("auditor")) as work:
        rows = (await work.session.execute(select(Review).order_by(Review.prepared_at))).scalars().all()
        days = [await queries.meeting_day(work, row.id) for row in rows]
    assert {row.prepared_by for row in rows} == {"system:boards"}
    assert [day.day for day in days if day] == [each + timedelta(days=MEETS_AFTER_DAYS) for each in (SPRING, SUMMER)]


async def test_what_somebody_prepared_is_not_prepared_again(office: Office, estate: Estate, clock: HandClock) -> None:
    of = await board(estate)
    to(clock, SPRING)
    await act(estate, "admin", prepare_meeting, PrepareMeeting(of.id))
    await keep_boards(office)
    assert await meetings(estate) == [(of.id, "FY2026-Q1")]


async def test_a_board_set_up_after_a_quarter_ended_waits_for_the_next(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    to(clock, SPRING, 1)
    of = await board(estate)
    await keep_boards(office)
    assert await meetings(estate) == []
    to(clock, SUMMER)
    await keep_boards(office)
    assert await meetings(estate) == [(of.id, "FY2026-Q2")]


async def test_members_are_written_to_before_their_board_meets_once_a_rung(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    of, review = await seated(estate)
    left = await sits(estate, of, "ada", "IT", Seat.DEPUTY)
    await act(estate, "admin", schedule_meeting, ScheduleMeeting(review.id, date(2026, 3, 20)))
    await act(estate, "admin", schedule_meeting, ScheduleMeeting(review.id, date(2026, 3, 16)))
    clock.advance(timedelta(seconds=1))
    await act(estate, "admin", end_member, EndMember(left.id))
    for day in range(3, 19):
        to(clock, date(2026, 3, day))
        await keep_boards(office)
        await keep_boards(office)
    told = await letters(estate, "board-meeting")
    assert sorted(told, key=str) == sorted(
        [(text, who, days) for who in ("board-finance", "board-sales") for text, days in (
            ("board-meeting-ahead", 7), ("board-meeting-ahead", 1), ("board-meeting-today", 0),
        )],
        key=str,
    )  # fmt: skip


async def test_an_owner_is_written_to_around_the_last_day_until_it_is_closed(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    _, review = await seated(estate)
    action = await given(estate, review)
    late = await given(estate, review, due_day=date(2026, 3, 5))
    await act(estate, "ben", close_action, CloseAction(late.id, ActionState.DONE))
    for day in range(3, 29):
        to(clock, date(2026, 3, day))
        await keep_boards(office)
    assert await letters(estate, "action-due") == [
        ("action-due-ahead", "ben", 7), ("action-due-ahead", "ben", 1), ("action-due-today", "ben", 0),
        ("action-due-over", "ben", 1), ("action-due-over", "ben", 7),
    ]  # fmt: skip
    await act(estate, "ben", close_action, CloseAction(action.id, ActionState.DONE))
    to(clock, date(2026, 4, 15))
    await keep_boards(office)
    assert len(await letters(estate, "action-due")) == 5


async def test_what_is_given_close_to_its_day_is_not_told_of_rungs_from_before(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    _, review = await seated(estate)
    await given(estate, review, due_day=date(2026, 3, 6))
    await keep_boards(office)
    assert await letters(estate, "action-due") == []


async def test_an_open_action_of_a_leaver_comes_to_the_it_admins(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    _, review = await seated(estate)
    await given(estate, review)
    async with office.database.write(estate.tenant_id) as session:
        (await session.get_one(Person, (estate.tenant_id, estate.people["ben"]))).status = PersonStatus.LEFT
    to(clock, date(2026, 3, 19))
    await keep_boards(office)
    assert await letters(estate, "action-due") == [("action-due-ahead", "admin", 1)]


async def test_aims_are_judged_by_the_clock_once_and_come_on_the_next_agenda(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    of, review = await seated(estate)
    action = await given(estate, review, AIM)
    to(clock, AIM.judge_day, 23)
    await keep_boards(office)
    assert await _verdicts(estate) == []
    to(clock, AIM.judge_day + timedelta(days=1), 0)
    await keep_boards(office)
    to(clock, AIM.judge_day + timedelta(days=9))
    await keep_boards(office)
    (verdict,) = await _verdicts(estate)
    assert (verdict.action_id, verdict.verdict) == (action.id, Verdict.NOT_MET)
    async with office.reading(estate.actor("auditor")) as work:
        latest = await queries.frozen_before(work, of.id)
    assert latest is not None
    told = {item["key"]: item for item in latest.content["agenda"]}
    assert told[f"aim:{action.id}"]["verdict"] == "NOT_MET"
    assert told[f"action:{action.id}"]["overdue"] is True


async def test_an_aim_comes_on_one_agenda_and_an_open_action_on_every(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    of, review = await seated(estate)
    action = await given(estate, review, AIM)
    for day in (SPRING, SUMMER):
        to(clock, day)
        await keep_boards(office)
    assert await _keys(estate, of.id, f"aim:{action.id}") == [False, True, False]
    assert await _keys(estate, of.id, f"action:{action.id}") == [False, True, True]


async def _keys(estate: Estate, board_id: UUID, key: str) -> list[bool]:
    async with estate.office.reading(estate.actor("auditor")) as work:
        query = select(Meeting.review_id).where(Meeting.board_id == board_id).order_by(Meeting.recorded_at)
        found = [await queries.snapshot(work, each) for each in (await work.session.execute(query)).scalars()]
    return [any(item["key"] == key for item in each.content["agenda"]) for each in found]


async def _verdicts(estate: Estate) -> list[AimVerdict]:
    async with estate.office.database.read(estate.tenant_id) as session:
        return list((await session.execute(select(AimVerdict))).scalars())
