"""Propose to take a seat back, and keep it after all: use or a word cancels, and the seat is left alone for a while."""

from uuid import UUID

from sqlalchemy import select

from governance.kernel.work import Work
from governance.seats import queries
from governance.seats.errors import RecentlyKept
from governance.seats.models import Assignment, AssignmentStep
from governance.seats.rules import KEPT_FOR, RECLAIM_SLA, ReleaseReason, SeatEvent, SeatState
from governance.seats.service.desk import SeatDesk
from governance.seats.service.moving import Moving, move
from policies.access.actions import Action
from policies.access.parties import Actor


async def propose_reclaim(
    desk: SeatDesk, actor: Actor, assignment_id: UUID, note: str | None = None, request_id: UUID | None = None
) -> Assignment:
    """Propose to reclaim a seat; silence for 14 days releases it.

    Raises NotFound, Refused, BadInput, WrongState, RecentlyKept (within 30 days), Conflict, Unavailable.
    """
    await desk.look(actor, lambda work: _cooled_down(work, assignment_id), request_id)
    due_at = desk.office.clock.now() + RECLAIM_SLA
    moving = Moving(
        SeatEvent.PROPOSE_RECLAIM, (Action.SEAT_RECLAIM,), Action.SEAT_RECLAIM.value, note=note, due_at=due_at
    )
    return (await move(desk, actor, (assignment_id,), moving, request_id))[0]


async def keep_seat(
    desk: SeatDesk, actor: Actor, assignment_id: UUID, note: str | None = None, request_id: UUID | None = None
) -> Assignment:
    """Keep a seat that was proposed for reclaim: said by who may reclaim, or by its own holder.

    Raises NotFound, Refused, BadInput, WrongState, Conflict, Unavailable.
    """
    moving = Moving(SeatEvent.KEEP, (Action.SEAT_RECLAIM, Action.SEAT_ACCEPT), "seat:keep", note=note)
    return (await move(desk, actor, (assignment_id,), moving, request_id))[0]


async def forego_seat(desk: SeatDesk, actor: Actor, assignment_id: UUID, request_id: UUID | None = None) -> Assignment:
    """Give up a seat that is proposed for reclaim; one that was answered for meanwhile stays as it is.

    Raises NotFound, Refused, WrongState, Conflict, Unavailable.
    """
    moving = Moving(
        SeatEvent.RELEASE, (Action.SEAT_RELEASE,), Action.SEAT_RELEASE.value, ReleaseReason.DECLINED,
        only_from=SeatState.RECLAIM_PENDING,
    )  # fmt: skip
    return (await move(desk, actor, (assignment_id,), moving, request_id))[0]


async def _cooled_down(work: Work, assignment_id: UUID) -> None:
    """Raises RecentlyKept where a proposal was answered by use or a word less than 30 days ago."""
    await queries.assignment(work, assignment_id)
    steps = await work.session.execute(
        select(AssignmentStep.event, AssignmentStep.state, AssignmentStep.recorded_at)
        .where(AssignmentStep.tenant_id == work.tenant_id, AssignmentStep.assignment_id == assignment_id)
        .order_by(AssignmentStep.recorded_at.desc(), AssignmentStep.id.desc())
        .limit(2)
    )
    rows = steps.all()
    if len(rows) == 2 and rows[1].state is SeatState.RECLAIM_PENDING and rows[0].event in {"KEEP", "USE"}:
        until = rows[0].recorded_at + KEPT_FOR
        if work.now() < until:
            raise RecentlyKept(str(assignment_id), until)
