"""Actions: the board gives somebody something to do by a day, and may aim at a figure that is judged later."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm.attributes import set_committed_value

from governance.directory.models import Tenant
from governance.directory.queries import person as person_in_reach
from governance.kernel import given
from governance.kernel.due import day_of, end_after
from governance.kernel.errors import BadInput, WrongState
from governance.kernel.work import Change, Work
from governance.reviews.models import ActionItem, ActionStep, AimVerdict, Review
from governance.reviews.noise import verdict
from governance.reviews.queries import action_item, action_ownership, item, review, review_ownership, steps, verdicts
from governance.reviews.rules import ActionState, Direction, ReviewState
from governance.reviews.service.aims import Aim, checked_target, gathered
from policies.access.actions import Action

WHAT_MOST = 500


@dataclass(frozen=True)
class AssignAction:
    """`due_day`: the last day on which it is in time, in the tenant's zone. `item_key`: the item it follows from."""

    review_id: UUID
    what: str
    owner_id: UUID
    due_day: date
    item_key: str | None = None
    aim: Aim | None = None


@dataclass(frozen=True)
class CloseAction:
    """DONE, or DROPPED with the reason."""

    action_id: UUID
    state: ActionState
    reason: str | None = None


async def assign_action(work: Work, command: AssignAction) -> ActionItem:
    """Give somebody something to do. The figure of an aim is gathered at once, to be compared with later.

    Raises NotFound, Refused, WrongState (signed), BadInput (what, due day, aim).
    """
    row = await review(work, command.review_id, lock=True)
    work.permit(Action.REVIEW_DECIDE, await review_ownership(work, row), f"review {row.title}")
    if row.state is ReviewState.SIGNED:
        raise WrongState("review", row.state.value, "be given actions")
    what = given.text(command.what, "what", most=WHAT_MOST)
    owner = await person_in_reach(work, command.owner_id, Action.REVIEW_DECIDE)
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    today = day_of(work.now(), tenant.zone)
    due_day = given.day(command.due_day, "dueDay")
    if due_day < today:
        raise BadInput("dueDay", due_day.isoformat(), f"{today.isoformat()} or later")
    key = None if command.item_key is None else (await item(work, row.id, command.item_key)).key
    action = ActionItem(
        tenant_id=work.tenant_id, id=work.new_id(), review_id=row.id, item_key=key, what=what, owner_id=owner.id,
        due_day=due_day, due_at=_over(due_day, tenant.zone), recorded_by=work.actor.principal,
        recorded_at=work.now(), **await _aim(work, row, command.aim, tenant.zone, today),
    )  # fmt: skip
    work.session.add(action)
    await work.session.flush()
    set_committed_value(action, "owner_now", owner.id)
    work.session.add(_step(work, action.id, 1, ActionState.OPEN, None))
    after = {"action": action.id, "item": key, "what": what, "owner_id": owner.id, "due_day": due_day,
             "aim": action.aim_measure, "target": action.aim_target}  # fmt: skip
    await work.record(Change("review:assign-action", "review", row.id, after=after))
    await work.emit("ActionAssigned", action.id)
    return action


async def close_action(work: Work, command: CloseAction) -> ActionItem:
    """Say that an action is done, or dropped and why: its owner may, and the board.

    Raises NotFound, Refused, WrongState (closed already), BadInput (state, reason).
    """
    row = await action_item(work, command.action_id, lock=True)
    work.permit(Action.REVIEW_ACT, await action_ownership(work, row), f"action {row.what[:80]}")
    state = given.word(command.state, "state", ActionState)
    if state is ActionState.OPEN:
        raise BadInput("state", state.value, "DONE or DROPPED")
    reason = given.optional_text(command.reason, "reason", most=WHAT_MOST)
    if state is ActionState.DROPPED and reason is None:
        raise BadInput("reason", "nothing", "why it is dropped")
    stands = (await steps(work, row.id))[-1]
    if stands.state is not ActionState.OPEN:
        raise WrongState("action", stands.state.value, f"become {state.value}")
    work.session.add(_step(work, row.id, stands.number + 1, state, reason))
    await work.record(
        Change(Action.REVIEW_ACT.value, "action_item", row.id, {"state": stands.state}, {"state": state}, reason)
    )
    await work.emit("ActionClosed", row.id)
    return row


async def judge_aim(work: Work, action_id: UUID) -> AimVerdict | None:
    """Say what became of an action's aim, once its judge-on day is over; None where that was said before.

    The figure is that of the end of the judge-on day, as known now. Raises NotFound, Refused, WrongState (too early,
    or without an aim).
    """
    row = await action_item(work, action_id, lock=True)
    work.permit(Action.REVIEW_PREPARE, await action_ownership(work, row), f"action {row.what[:80]}")
    if row.judge_at is None or row.aim_measure is None or row.aim_target is None:
        raise WrongState("action", "without an aim", "be judged")
    if work.now() < row.judge_at:
        raise WrongState("aim", f"to be judged after {row.judge_day}", "be judged")
    if await verdicts(work, [row.id]):
        return None
    owned = await work.session.get_one(Review, (work.tenant_id, row.review_id))
    now = await _figure_then(work, owned.unit_id, row.aim_measure, row.aim_subject or "", row.judge_at)
    said = verdict(row.aim_then, now, row.aim_target, upward=row.aim_direction is Direction.UP)
    found = AimVerdict(
        tenant_id=work.tenant_id, id=row.id, action_id=row.id, now=now, verdict=said, recorded_at=work.now()
    )  # fmt: skip
    work.session.add(found)
    await work.record(Change("review:judge-aim", "action_item", row.id, after={"verdict": said, "now": now}))
    await work.emit("AimJudged", row.id)
    return found


async def _figure_then(work: Work, unit_id: UUID, measure: str, subject: str, at: datetime) -> dict[str, Any] | None:
    """Give the figure; None where its subject is not there any more, which a verdict cannot be drawn from."""
    try:
        return await gathered(work, unit_id, measure, subject, at)
    except BadInput:
        return None


async def _aim(work: Work, row: Review, aim: Aim | None, zone: str, today: date) -> dict[str, Any]:
    if aim is None:
        return {}
    judge_day = given.day(aim.judge_day, "aim.judgeDay")
    if judge_day <= today:
        raise BadInput("aim.judgeDay", judge_day.isoformat(), f"a day after {today.isoformat()}")
    return {
        "aim_measure": aim.measure, "aim_subject": aim.subject,
        "aim_direction": given.word(aim.direction, "aim.direction", Direction),
        "aim_target": checked_target(aim.target), "judge_day": judge_day, "judge_at": _over(judge_day, zone),
        "aim_then": await gathered(work, row.unit_id, aim.measure, aim.subject, None),
    }  # fmt: skip


def _over(day: date, zone: str) -> datetime:
    end = end_after(day, zone)
    assert end is not None
    return end


def _step(work: Work, action_id: UUID, number: int, state: ActionState, reason: str | None) -> ActionStep:
    return ActionStep(
        tenant_id=work.tenant_id, id=work.new_id(), action_id=action_id, number=number, state=state, reason=reason,
        recorded_by=work.actor.principal, recorded_at=work.now(),
    )  # fmt: skip
