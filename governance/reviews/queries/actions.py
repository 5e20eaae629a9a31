"""Every SELECT of action items: within reach of reviews or one's own, how each stands, what waits to be judged."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, literal, or_, select

from governance.directory.queries import ownership
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from governance.reviews.models import ActionItem, ActionStep, AimVerdict, Board, Meeting, MeetingDay, Review
from governance.reviews.queries.standing import within_reach
from governance.reviews.rules import ActionState, ReviewState
from policies.access.actions import Action
from policies.access.parties import Ownership
from policies.regions.region import WORLD

ACTION_PLACED = Placed(unit=Review.unit_id, region=literal(WORLD), people=(ActionItem.owner_now,))
REVIEW_OF_ACTION = and_(Review.tenant_id == ActionItem.tenant_id, Review.id == ActionItem.review_id)
CLOSED = (ActionState.DONE, ActionState.DROPPED)


def visible_actions(work: Work, *acts: Action) -> Select[ActionItem]:
    """Give the actions within reach of one of `acts`: of the reviews that one reads, and one's own to act on."""
    ways = [work.reach(action, ACTION_PLACED) for action in acts or (Action.REVIEW_READ, Action.REVIEW_ACT)]
    return select(ActionItem).join(Review, REVIEW_OF_ACTION).where(ActionItem.tenant_id == work.tenant_id, or_(*ways))


async def action_ownership(work: Work, row: ActionItem) -> Ownership:
    """Say whose an action is: its review's unit's, and its owner's."""
    review = await work.session.get_one(Review, (work.tenant_id, row.review_id))
    return await ownership(work, unit_id=review.unit_id, region=WORLD, people=(row.owner_now,))


async def action_item(work: Work, action_id: UUID, *, lock: bool = False) -> ActionItem:
    """Give one action within reach, its review locked for a change of it when asked. Raises NotFound."""
    query = visible_actions(work).where(ActionItem.id == action_id)
    if lock:
        query = query.with_for_update(of=Review, key_share=True)  # what was given is never updated
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("action", str(action_id))
    return row


def visible_action_steps(work: Work, *acts: Action) -> Select[ActionStep]:
    """Give the states of the actions within reach."""
    seen = visible_actions(work, *acts).with_only_columns(ActionItem.id)
    return select(ActionStep).where(ActionStep.tenant_id == work.tenant_id, ActionStep.action_id.in_(seen))


def visible_verdicts(work: Work, *acts: Action) -> Select[AimVerdict]:
    """Give what became of the aims of the actions within reach."""
    seen = visible_actions(work, *acts).with_only_columns(ActionItem.id)
    return select(AimVerdict).where(AimVerdict.tenant_id == work.tenant_id, AimVerdict.action_id.in_(seen))


def visible_meeting_days(work: Work) -> Select[MeetingDay]:
    """Give the days set for the meetings of the reviews within reach."""
    seen = within_reach(work)
    return select(MeetingDay).where(MeetingDay.tenant_id == work.tenant_id, MeetingDay.review_id.in_(seen))


async def actions(work: Work, review_id: UUID) -> Sequence[ActionItem]:
    """Give the actions of a review that the caller already fetched within reach, by the day they are due."""
    query = select(ActionItem).where(ActionItem.tenant_id == work.tenant_id, ActionItem.review_id == review_id)
    return (await work.session.execute(query.order_by(ActionItem.due_day, ActionItem.id))).scalars().all()


async def steps(work: Work, action_id: UUID) -> Sequence[ActionStep]:
    """Give the states of an action that the caller already fetched within reach, the one that stands last."""
    query = select(ActionStep).where(ActionStep.tenant_id == work.tenant_id, ActionStep.action_id == action_id)
    return (await work.session.execute(query.order_by(ActionStep.number))).scalars().all()


async def states(work: Work, action_ids: Collection[UUID], at: datetime | None = None) -> dict[UUID, ActionStep]:
    """Give the step that stands of each of these actions; with `at` the one that stood then."""
    query = select(ActionStep).where(ActionStep.tenant_id == work.tenant_id, ActionStep.action_id.in_(action_ids))
    if at is not None:
        query = query.where(ActionStep.recorded_at <= at)
    return {row.action_id: row for row in (await work.session.execute(query.order_by(ActionStep.number))).scalars()}


async def verdicts(work: Work, action_ids: Collection[UUID]) -> dict[UUID, AimVerdict]:
    """Give what became of the aims of these actions, of those that were judged."""
    query = select(AimVerdict).where(AimVerdict.tenant_id == work.tenant_id, AimVerdict.action_id.in_(action_ids))
    return {row.action_id: row for row in (await work.session.execute(query)).scalars()}


def closed_by(at: datetime) -> ColumnElement[bool]:
    """Say which actions were done or dropped by then."""
    return exists().where(
        ActionStep.tenant_id == ActionItem.tenant_id, ActionStep.action_id == ActionItem.id,
        ActionStep.state.in_(CLOSED), ActionStep.recorded_at <= at,
    )  # fmt: skip


async def actions_of_board(work: Work, board_id: UUID, at: datetime) -> Sequence[ActionItem]:
    """Give the actions that a board gave in any of its reviews by then, by the day they are due."""
    query = (
        select(ActionItem)
        .join(Meeting, and_(Meeting.tenant_id == ActionItem.tenant_id, Meeting.id == ActionItem.review_id))
        .where(ActionItem.tenant_id == work.tenant_id, Meeting.board_id == board_id, ActionItem.recorded_at <= at)
        .order_by(ActionItem.due_day, ActionItem.id)
    )
    return (await work.session.execute(query)).scalars().all()


async def open_actions_of_board(work: Work, board_id: UUID, at: datetime) -> Sequence[ActionItem]:
    """Give those of them that were neither done nor dropped by then."""
    given = {row.id: row for row in await actions_of_board(work, board_id, at)}
    query = select(ActionItem.id).where(
        ActionItem.tenant_id == work.tenant_id, ActionItem.id.in_(given), ~closed_by(at)
    )
    still = set((await work.session.execute(query)).scalars())
    return [row for row in given.values() if row.id in still]


async def open_actions(work: Work) -> Sequence[tuple[ActionItem, Review]]:
    """Give every open action of the tenant with its review, for what the clock brings about."""
    query: Any = (
        select(ActionItem, Review)
        .join(Review, REVIEW_OF_ACTION)
        .where(ActionItem.tenant_id == work.tenant_id, ~closed_by(work.now()))
        .order_by(ActionItem.due_day, ActionItem.id)
    )
    return [(row[0], row[1]) for row in (await work.session.execute(query)).all()]


async def aims_to_judge(work: Work) -> Sequence[UUID]:
    """Give the actions of the tenant whose judge-on day is over and whose aim nobody judged."""
    judged = exists().where(AimVerdict.tenant_id == ActionItem.tenant_id, AimVerdict.action_id == ActionItem.id)
    query = select(ActionItem.id).where(
        ActionItem.tenant_id == work.tenant_id, ActionItem.judge_at.is_not(None), ActionItem.judge_at <= work.now(),
        ~judged,
    )  # fmt: skip
    return (await work.session.execute(query.order_by(ActionItem.judge_at, ActionItem.id))).scalars().all()


async def meeting_day(work: Work, review_id: UUID, at: datetime | None = None) -> MeetingDay | None:
    """Give the day that stands for the meeting of such a review, or that stood then; None where none is set."""
    query = select(MeetingDay).where(MeetingDay.tenant_id == work.tenant_id, MeetingDay.review_id == review_id)
    if at is not None:
        query = query.where(MeetingDay.recorded_at <= at)
    order = (MeetingDay.recorded_at.desc(), MeetingDay.id.desc())
    return (await work.session.execute(query.order_by(*order).limit(1))).scalar_one_or_none()


async def boards_of_tenant(work: Work) -> Sequence[Board]:
    """Give every board of the tenant, for what the clock brings about."""
    query = select(Board).where(Board.tenant_id == work.tenant_id).order_by(Board.created_at, Board.id)
    return (await work.session.execute(query)).scalars().all()


async def meetings_to_come(work: Work, today: date) -> Sequence[tuple[Review, Board, date]]:
    """Give the unsigned reviews of the tenant whose board meets today or later, with the day that stands."""
    query: Any = (
        select(Review, Board, MeetingDay.day)
        .join(Meeting, and_(Meeting.tenant_id == Review.tenant_id, Meeting.review_id == Review.id))
        .join(Board, and_(Board.tenant_id == Meeting.tenant_id, Board.id == Meeting.board_id))
        .join(MeetingDay, and_(MeetingDay.tenant_id == Review.tenant_id, MeetingDay.review_id == Review.id))
        .where(Review.tenant_id == work.tenant_id, Review.state != ReviewState.SIGNED)
        .order_by(Review.id, MeetingDay.recorded_at, MeetingDay.id)
    )
    standing = {row[0].id: (row[0], row[1], row[2]) for row in (await work.session.execute(query)).all()}
    return [each for each in standing.values() if each[2] >= today]
