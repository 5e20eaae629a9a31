"""What the clock brings a board: its review of each fiscal quarter, letters before its days, verdicts on its aims."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from governance.alerts.queries import all_tenants, told_under
from governance.directory.models import Tenant
from governance.kernel.due import day_of, days_until, start_of
from governance.kernel.errors import BusinessError
from governance.kernel.work import Office, Work
from governance.notices.service import tell, tell_first
from governance.reviews.errors import PeriodTaken
from governance.reviews.models import ActionItem, Review
from governance.reviews.queries import (
    aims_to_judge,
    boards_of_tenant,
    meetings_to_come,
    open_actions,
    speakers,
    taken,
)
from governance.reviews.quorum import ended_quarter
from governance.reviews.service.actions import judge_aim
from governance.reviews.service.meet import ScheduleMeeting, schedule_meeting
from governance.reviews.service.prepare import PrepareMeeting, prepare_meeting
from governance.runs.principals import system_actor
from policies.access.parties import Actor
from policies.thresholds.threshold import Ladder

MEETS_AFTER_DAYS = 14
MEETING = Ladder((7, 1, 0), (1,), 7)  # days before the board meets; once the day is over nobody is told
ACTION = Ladder((7, 1, 0), (1, 7), 14)  # days around the last one on which an action is in time
AT_ONCE = 200

log = logging.getLogger("lictor.boards")


@dataclass(frozen=True)
class Letter:
    """One letter under one key; where nobody of `people` is left, the IT admins get it where `stands_in`."""

    text: str
    people: tuple[UUID, ...]
    facts: dict[str, Any]
    dedupe: str
    stands_in: bool


async def keep_boards(office: Office) -> None:
    """Prepare reviews, judge aims and write letters, in every tenant; however often this runs, each comes once."""
    async with office.database.system_read() as session:
        tenants = await all_tenants(session)
    for tenant_id in tenants:
        actor = system_actor(tenant_id, "boards")
        await prepare_ended(office, actor)
        await judge_ended(office, actor)
        await remind(office, actor)


async def prepare_ended(office: Office, actor: Actor) -> None:
    """Prepare for each board the review of the fiscal quarter that ended last, once, and set its day to meet.

    A board set up after the quarter's end waits for the next one. Whoever is second finds the period taken.
    """
    async with office.reading(actor) as work:
        waiting = await boards_waiting(work)
    for board_id in waiting:

        async def prepare(work: Work, board_id: UUID = board_id) -> None:
            row = await prepare_meeting(work, PrepareMeeting(board_id))
            tenant = await work.session.get_one(Tenant, work.tenant_id)
            day = day_of(work.now(), tenant.zone) + timedelta(days=MEETS_AFTER_DAYS)
            await schedule_meeting(work, ScheduleMeeting(row.id, day))

        try:
            await office.perform(actor, prepare)
        except PeriodTaken:
            continue
        except BusinessError as error:
            log.warning("The review of board %s was not prepared: %s", board_id, error)


async def boards_waiting(work: Work) -> Sequence[UUID]:
    """Give the boards that existed when the last fiscal quarter ended and have no review of it."""
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    quarter = ended_quarter(work.now(), tenant.zone, tenant.fiscal_year_start)
    over = start_of(quarter.after, tenant.zone)
    there = [row.id for row in await boards_of_tenant(work) if row.created_at < over]
    return [board_id for board_id in there if not await taken(work, board_id, quarter.name)]


async def judge_ended(office: Office, actor: Actor) -> None:
    """Judge each aim whose judge-on day is over, once."""
    async with office.reading(actor) as work:
        waiting = await aims_to_judge(work)
    for action_id in waiting:

        async def judge(work: Work, action_id: UUID = action_id) -> None:
            await judge_aim(work, action_id)

        try:
            await office.perform(actor, judge)
        except BusinessError as error:
            log.warning("The aim of action %s was not judged: %s", action_id, error)


async def remind(office: Office, actor: Actor) -> None:
    """Write to members before their board meets, and to who owns an action around the day it is due."""
    async with office.reading(actor) as work:
        due = await letters_due(work)
    for first in range(0, len(due), AT_ONCE):
        async with office.writing(actor) as work:
            for one in due[first : first + AT_ONCE]:
                if one.stands_in:
                    await tell_first(work, one.people, one.text, one.facts, one.dedupe)
                    continue
                for person_id in one.people:
                    await tell(work, person_id, one.text, one.facts, f"{one.dedupe}:{person_id}")


async def letters_due(work: Work) -> Sequence[Letter]:
    """Give the letters whose day has come and that not everybody named has."""
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    found = [*await _meetings(work, tenant.zone), *await _actions(work, tenant.zone)]
    told = await told_under(work, [key for one in found for key in _keys(one)])
    return [one for one in found if not told.issuperset(_keys(one))]


async def _meetings(work: Work, zone: str) -> Sequence[Letter]:
    letters: list[Letter] = []
    for row, board, day in await meetings_to_come(work, day_of(work.now(), zone)):
        left = days_until(day, work.now(), zone)
        rung = MEETING.rung(left)
        if rung is None or left < 0:
            continue
        there = [s.person_id for s in await speakers(work, board.id) if s.start <= work.now() and _lasts(s.end, work)]
        facts = {"board": board.name, "review": row.title, "day": day.isoformat(), "days": left}
        text = "board-meeting-ahead" if left else "board-meeting-today"
        letters.append(Letter(text, tuple(dict.fromkeys(there)), facts, f"meeting:{row.id}:{day}:{rung}", False))
    return letters


async def _actions(work: Work, zone: str) -> Sequence[Letter]:
    letters = [_action(work, row, review, zone) for row, review in await open_actions(work)]
    return [one for one in letters if one is not None]


def _action(work: Work, row: ActionItem, review: Review, zone: str) -> Letter | None:
    left = days_until(row.due_day, work.now(), zone)
    rung = ACTION.rung(left)
    given = day_of(row.recorded_at, zone)
    if rung is None or _rung_day(row.due_day, rung) < given:
        return None  # a rung from before it was given is no news to anybody
    when = "ahead" if left > 0 else "today" if left == 0 else "over"
    facts = {"what": row.what, "review": review.title, "day": row.due_day.isoformat(), "days": abs(left)}
    return Letter(f"action-due-{when}", (row.owner_now,), facts, f"action:{row.id}:{rung}", True)


def _rung_day(due: date, rung: int) -> date:
    return due - timedelta(days=rung)


def _lasts(end: Any, work: Work) -> bool:
    return end is None or work.now() < end


def _keys(one: Letter) -> list[str]:
    return [f"{one.dedupe}:{person}" for person in one.people]
