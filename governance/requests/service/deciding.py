"""Decide on a request: approve it, so that its person is next in line for a seat, or refuse it with the reason."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from governance.kernel import given
from governance.kernel.errors import WrongState
from governance.kernel.work import Change, Work
from governance.requests import queries
from governance.requests.errors import OwnRequest
from governance.requests.models import SeatRequest
from governance.requests.rules import HIGHEST, REASON_MOST, RequestState, only_full, only_seated, state_at
from governance.requests.service.serving import serve_line
from governance.seats.errors import SeatRefused
from governance.seats.queries import pool_facts
from governance.seats.service import AssignSeats, SeatDesk, preview_assignment
from policies.access.actions import Action
from policies.access.parties import Actor


@dataclass(frozen=True)
class ApproveRequest:
    """Which request, how urgent (0 usual, 9 first), and the version that was looked at; None: whatever it is now."""

    request_id: UUID
    priority: int = 0
    note: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True)
class RefuseRequest:
    """Which request, and why not: the person who asked reads it."""

    request_id: UUID
    note: str


async def approve_request(
    desk: SeatDesk, actor: Actor, command: ApproveRequest, request_id: UUID | None = None
) -> SeatRequest:
    """Approve: the person gets the next seat of the pool, at once where one is free, and waits in line where not.

    Raises NotFound, Refused, BadInput, OwnRequest, WrongState, SeatRefused (what no free seat would mend; nothing
    is decided then), Conflict, Unavailable.
    """
    priority = given.whole(command.priority, "priority", most=HIGHEST)
    note = given.optional_text(command.note, "note", most=REASON_MOST)
    row = await desk.look(
        actor, partial(_to_decide, request_id=command.request_id, become="approved", locked=False), request_id
    )
    asked = AssignSeats(row.pool_id, (row.person_id,))
    denied = (await preview_assignment(desk, actor, asked, request_id)).denied
    if denied and not only_full(denied[0].reasons) and not only_seated(denied[0].reasons):
        raise SeatRefused(denied[0].reasons)
    line_id = await desk.office.perform(actor, partial(_approved, command, priority, note), request_id)
    await serve_line(desk, actor.tenant_id, line_id)
    return await desk.look(actor, lambda work: queries.seat_request(work, command.request_id), request_id)


async def refuse_request(work: Work, command: RefuseRequest) -> SeatRequest:
    """Refuse a request, undecided or in line. Raises NotFound, Refused, BadInput, OwnRequest, WrongState."""
    row = await _to_decide(work, command.request_id, "refused", also=RequestState.WAITING)
    note = given.text(command.note, "note", most=REASON_MOST)
    before = {"state": row.state}
    row.state, row.note, row.ended_at = RequestState.REFUSED, note, work.now()
    row.decided_by, row.decided_at = work.actor.principal, work.now()
    row.version += 1
    await work.session.flush()
    after = {"state": row.state}
    await work.record(Change("request:refuse", "seat_request", row.id, before=before, after=after, reason=note))
    await work.emit("SeatRequestAnswered", row.id)
    return row


async def _approved(command: ApproveRequest, priority: int, note: str | None, work: Work) -> UUID:
    row = await _to_decide(work, command.request_id, "approved")
    if command.expected_version is not None and row.version != command.expected_version:
        raise WrongState("seat request", f"changed since version {command.expected_version}", "be approved as it was")
    row.state, row.priority, row.note = RequestState.WAITING, priority, note
    row.decided_by, row.decided_at, row.waiting_since = work.actor.principal, work.now(), work.now()
    row.version += 1
    await work.session.flush()
    after = {"state": row.state, "priority": priority}
    before = {"state": RequestState.ASKED}
    await work.record(Change("request:approve", "seat_request", row.id, before=before, after=after, reason=note))
    await work.emit("SeatRequestApproved", row.id)
    return (await pool_facts(work, row.pool_id))[0].line_id


async def _to_decide(
    work: Work, request_id: UUID, become: str, *, also: RequestState = RequestState.ASKED, locked: bool = True
) -> SeatRequest:
    """Give a request that this actor may decide on now, locked where it is to change."""
    row = await queries.seat_request(work, request_id, locked=locked)
    work.permit(Action.SEAT_ASSIGN, await queries.request_ownership(work, row), f"seat request {row.id}")
    if row.requested_by == work.actor.principal:
        raise OwnRequest(row.id, "asked for this seat yourself")
    if row.person_id == work.actor.person_id:
        raise OwnRequest(row.id, "would sit in this seat yourself")
    now = state_at(row.state, row.expires_at, work.now())
    if now not in {RequestState.ASKED, also}:
        raise WrongState("seat request", now, f"be {become}")
    return row
