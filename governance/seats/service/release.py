"""Give seats back, with the reason; all of the call or none, and shown first where somebody wants to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.kernel.errors import BadInput, WrongState
from governance.kernel.preview import check_preview, preview_token
from governance.kernel.work import Work
from governance.seats.errors import TooManySeats
from governance.seats.models import Assignment
from governance.seats.rules import ReleaseReason, SeatEvent, next_state
from governance.seats.service.assign import AT_MOST
from governance.seats.service.desk import SeatDesk
from governance.seats.service.moving import Moving, move, permitted
from governance.seats.service.taking import check_taking, within_cap
from governance.seats.stacks import SeatLoss, losses_with
from policies.access.actions import Action
from policies.access.parties import Actor

VERB = "seats.release"
BY_HAND = (ReleaseReason.ADMIN, ReleaseReason.IDLE, ReleaseReason.DOWNGRADE, ReleaseReason.USER_LEFT)
"""Why somebody may release a seat; every other reason names what led to it, and is not said by hand."""


@dataclass(frozen=True)
class ReleaseSeats:
    """Which seats, and why. With a preview's `token` the seats must still be as they were shown."""

    assignment_ids: tuple[UUID, ...]
    reason: ReleaseReason = ReleaseReason.ADMIN
    note: str | None = None
    token: str | None = None


@dataclass(frozen=True)
class ReleasePreview:
    """The seats that would be released, as they stand, and the token to do exactly that within 15 minutes.

    `losses`: what their holders lose besides: add-ons that stand on nothing then, parts of a suite covered no more.
    """

    seats: tuple[Assignment, ...]
    token: str
    losses: tuple[SeatLoss, ...] = ()


async def release_seats(
    desk: SeatDesk, actor: Actor, command: ReleaseSeats, request_id: UUID | None = None
) -> tuple[Assignment, ...]:
    """Release the seats at this instant; a person seated again later gets a new episode.

    Raises NotFound, Refused, BadInput, TooManySeats, PreviewStale, WrongState (released already), RevocationCapped,
    RevocationRests, Conflict, Unavailable.
    """
    moving = _moving(command)
    if command.token is not None:
        seats, losses = await desk.look(actor, lambda work: _look(work, command, moving), request_id)
        check_preview(
            desk.office.secret, command.token, tenant=str(actor.tenant_id), verb=VERB,
            diff=_diff(seats, losses, command), now=desk.office.clock.now(),
        )  # fmt: skip
    seats, _ = await desk.look(actor, lambda work: permitted(work, command.assignment_ids, moving), request_id)
    async with within_cap(desk, actor, seats, request_id):
        return await move(desk, actor, command.assignment_ids, moving, request_id)


async def preview_release(
    desk: SeatDesk, actor: Actor, command: ReleaseSeats, request_id: UUID | None = None
) -> ReleasePreview:
    """Show what `release_seats` would do and give its token; nothing is written. Raises what it would raise."""
    moving = _moving(command)
    seats, losses = await desk.look(actor, lambda work: _look(work, command, moving), request_id)
    for seat in seats:
        if isinstance(no := next_state(seat.state, SeatEvent.RELEASE), WrongState):
            raise no
    await desk.look(actor, lambda work: check_taking(work, seats), request_id)
    token = preview_token(
        desk.office.secret, tenant=str(actor.tenant_id), verb=VERB, diff=_diff(seats, losses, command),
        now=desk.office.clock.now(),
    )  # fmt: skip
    return ReleasePreview(seats, token, losses)


async def _look(
    work: Work, command: ReleaseSeats, moving: Moving
) -> tuple[tuple[Assignment, ...], tuple[SeatLoss, ...]]:
    seats, _ = await permitted(work, command.assignment_ids, moving)
    return seats, await losses_with(work, seats)


def _moving(command: ReleaseSeats) -> Moving:
    ids = command.assignment_ids
    if not ids or len(set(ids)) != len(ids):
        raise BadInput("assignmentIds", "empty or repeated", "at least one seat, each once")
    if len(ids) > AT_MOST:
        raise TooManySeats(len(ids), AT_MOST)
    if command.reason not in BY_HAND:
        raise BadInput("reason", command.reason.value, f"one of {', '.join(BY_HAND)}; the others follow by themselves")
    return Moving(
        SeatEvent.RELEASE, (Action.SEAT_RELEASE,), Action.SEAT_RELEASE.value, command.reason, command.note,
        only_as_seen=command.token is not None,
    )  # fmt: skip


def _diff(seats: Sequence[Assignment], losses: Sequence[SeatLoss], command: ReleaseSeats) -> dict[str, Any]:
    shown = [[str(seat.id), seat.state.value] for seat in sorted(seats, key=lambda seat: seat.id)]
    lost = [each.told() for each in losses]
    return {"seats": shown, "reason": command.reason.value, "lost": lost}
