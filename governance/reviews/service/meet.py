"""Meeting: a review's board learns on which day it meets."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from governance.directory.models import Tenant
from governance.kernel import given
from governance.kernel.due import day_of
from governance.kernel.errors import BadInput, WrongState
from governance.kernel.work import Change, Work
from governance.reviews.models import MeetingDay
from governance.reviews.queries import meeting, meeting_day, review, review_ownership
from governance.reviews.rules import ReviewState
from policies.access.actions import Action


@dataclass(frozen=True)
class ScheduleMeeting:
    """`day`: in the tenant's zone, today or later."""

    review_id: UUID
    day: date


async def schedule_meeting(work: Work, command: ScheduleMeeting) -> MeetingDay:
    """Say on which day a board meets over its review; a later word stands, an earlier one is kept.

    Raises NotFound, Refused, WrongState (no board's review, or signed), BadInput (day).
    """
    row = await review(work, command.review_id, lock=True)
    work.permit(Action.REVIEW_PREPARE, await review_ownership(work, row), f"review {row.title}")
    if await meeting(work, row.id) is None:
        raise WrongState("review", "no board's", "be met over")
    if row.state is ReviewState.SIGNED:
        raise WrongState("review", row.state.value, "be met over")
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    day, today = given.day(command.day, "day"), day_of(work.now(), tenant.zone)
    if day < today:
        raise BadInput("day", day.isoformat(), f"{today.isoformat()} or later")
    before = await meeting_day(work, row.id)
    set_ = MeetingDay(
        tenant_id=work.tenant_id, id=work.new_id(), review_id=row.id, day=day, recorded_by=work.actor.principal,
        recorded_at=work.now(),
    )  # fmt: skip
    work.session.add(set_)
    was = None if before is None else {"day": before.day}
    await work.record(Change("review:schedule", "review", row.id, was, {"day": day}))
    await work.emit("MeetingScheduled", row.id)
    return set_
