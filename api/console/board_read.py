"""A board as its page reads it: who speaks for which department then, what a quorum lacks, its meetings and actions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from api.console.context import Context
from api.console.standing import names_of, units_of
from governance.directory.models import Tenant
from governance.kernel.due import day_of
from governance.kernel.work import Work
from governance.metrics.periods import Period, fiscal_quarter
from governance.reviews.models import ActionItem, ActionStep, Board, BoardMember, Meeting, MeetingDay, Review
from governance.reviews.queries import (
    actions_of_board,
    board,
    speakers,
    states,
    visible_boards,
    visible_meeting_days,
    visible_reviews,
)
from governance.reviews.quorum import Mark, Missing, Rule, Speaker, missing

MEETING_OF_REVIEW = and_(Meeting.tenant_id == Review.tenant_id, Meeting.review_id == Review.id)


@dataclass(frozen=True, slots=True)
class Held:
    """One review of a board: its period, and the day it meets where one is set."""

    review: Review
    period: str
    day: MeetingDay | None


@dataclass(frozen=True, slots=True)
class BoardRead:
    """A board within reach with all that its page shows, as of the page's instant."""

    row: Board
    unit: str
    members: tuple[BoardMember, ...]
    names: dict[UUID, str]
    meetings: tuple[Held, ...]
    actions: tuple[tuple[ActionItem, ActionStep], ...]
    ended: Period
    running: Period

    def sitting(self, at: datetime) -> tuple[BoardMember, ...]:
        """The memberships in force at an instant."""
        return tuple(each for each in self.members if each.start <= at and (each.end is None or at < each.end))

    @property
    def due(self) -> Period | None:
        """The quarter that ended last, where nobody prepared it yet."""
        return None if any(each.period == self.ended.name for each in self.meetings) else self.ended


def lacks_of(row: Board, sitting: Sequence[BoardMember]) -> Missing:
    """What a quorum would lack if everybody who sits on the board signed."""
    voices = tuple(
        Speaker(each.id, each.person_id, each.department, each.seat, each.start, each.end) for each in sitting
    )
    marks = tuple(Mark(each.id, each.person_id, each.department, each.start) for each in voices)
    return missing(Rule(row.quorum, row.chair_needed, tuple(row.departments_needed)), voices, marks)


async def read_board(ctx: Context, board_id: UUID) -> BoardRead:
    """Read a board as of the page's instant. Raises NotFound outside reach."""
    at = ctx.as_of or ctx.now
    async with ctx.work() as work:
        row = await board(work, board_id)
        members = tuple(known_members(ctx, await speakers(work, row.id)))
        given = list(await actions_of_board(work, row.id, at))
        stand = await states(work, [each.id for each in given])
        names = await names_of(work, [*(each.person_id for each in members), *(each.owner_now for each in given)])
        unit = (await units_of(work, [row.unit_id])).get(row.unit_id, "")
        tenant = await work.session.get_one(Tenant, work.tenant_id)
        meetings = await _meetings(work, row.id, at)
    day = day_of(at, tenant.zone)
    ended, running = (fiscal_quarter(day, tenant.fiscal_year_start, back) for back in (1, 0))
    return BoardRead(
        row, unit, members, names, meetings, tuple((each, stand[each.id]) for each in given), ended, running
    )  # fmt: skip


def known_members(ctx: Context, rows: Sequence[BoardMember]) -> list[BoardMember]:
    """The memberships that were recorded by the instant the page is known at."""
    return [row for row in rows if ctx.known_at is None or row.recorded_at <= ctx.known_at]


async def _meetings(work: Work, board_id: UUID, at: datetime) -> tuple[Held, ...]:
    """The reviews of a board that were prepared by then, the newest first."""
    query: Any = (
        visible_reviews(work)
        .join(Meeting, MEETING_OF_REVIEW)
        .where(Meeting.board_id == board_id, Review.prepared_at <= at)
        .order_by(Review.prepared_at.desc(), Review.id.desc())
        .add_columns(Meeting.period)
    )
    found = [(row[0], row[1]) for row in await work.session.execute(query)]
    days = await meeting_days(work, [each.id for each, _ in found])
    return tuple(Held(each, period, days.get(each.id)) for each, period in found)


async def meeting_days(work: Work, review_ids: Sequence[UUID]) -> dict[UUID, MeetingDay]:
    """The day that stands for each of these reviews, of those that have one."""
    query = visible_meeting_days(work).where(MeetingDay.review_id.in_(review_ids))
    rows = (await work.session.execute(query.order_by(MeetingDay.recorded_at, MeetingDay.id))).scalars()
    return {row.review_id: row for row in rows}


async def boards_of(work: Work, review_ids: Sequence[UUID]) -> dict[UUID, tuple[Board, str]]:
    """The board and the period of each of these reviews, of those that are a board's."""
    seen = visible_boards(work).with_only_columns(Board.id)
    query = (
        select(Meeting.review_id, Board, Meeting.period)
        .join(Board, and_(Board.tenant_id == Meeting.tenant_id, Board.id == Meeting.board_id))
        .where(Meeting.tenant_id == work.tenant_id, Meeting.review_id.in_(review_ids), Board.id.in_(seen))
    )
    return {row[0]: (row[1], row[2]) for row in await work.session.execute(query)}
