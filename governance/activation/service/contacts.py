"""Somebody asks for help with a seat, and the case is closed."""

from dataclasses import dataclass
from uuid import UUID

from governance.activation import queries
from governance.activation.models import SupportContact
from governance.activation.rules import CAN_FAIL, Channel, Step
from governance.kernel import given
from governance.kernel.errors import BadInput, Conflict, WrongState
from governance.kernel.work import Change, Work
from governance.seats.queries import assignment, seat_ownership
from policies.access.actions import Action

HERE = "lictor"


@dataclass(frozen=True)
class OpenContact:
    """Help asked for with a seat; `note` in the words of who asks."""

    assignment_id: UUID
    channel: Channel = Channel.PORTAL
    step: Step | None = None
    note: str | None = None


@dataclass(frozen=True)
class CloseContact:
    contact_id: UUID
    expected_version: int


async def open_contact(work: Work, asked: OpenContact) -> SupportContact:
    """Note that a seat's holder needs help. Raises NotFound, Refused, BadInput, WrongState for a seat given back."""
    seat = await assignment(work, asked.assignment_id)
    work.permit(Action.SUPPORT_OPEN, await seat_ownership(work, seat), f"seat {seat.id}")
    if asked.step is not None and asked.step not in CAN_FAIL:
        raise BadInput("step", asked.step.value, f"one of {', '.join(CAN_FAIL)}")
    if seat.released_at is not None:
        raise WrongState("seat", seat.state.value, "be helped with")
    note = given.optional_text(asked.note, "note", most=1000)
    row = SupportContact(
        tenant_id=work.tenant_id, id=(contact_id := work.new_id()), source=HERE, case_id=str(contact_id),
        person_id=seat.person_id, product_id=await queries.product_of_seat(work, seat), assignment_id=seat.id,
        channel=asked.channel, step=asked.step, note=note, opened_at=work.now(), closed_at=None,
        recorded_at=work.now(), version=1,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await work.record(Change(Action.SUPPORT_OPEN.value, "contact", row.id, None, _told(row)))
    await work.emit("HelpAsked", row.id, assignment_id=str(seat.id), person_id=str(seat.person_id))
    return row


async def close_contact(work: Work, asked: CloseContact) -> SupportContact:
    """Close a case. Raises NotFound, Refused, Conflict, WrongState for one that is closed."""
    row = await queries.contact(work, asked.contact_id, lock=True)
    work.permit(Action.SUPPORT_CLOSE, await queries.contact_ownership(work, row.person_id), f"contact {row.id}")
    if row.version != asked.expected_version:
        raise Conflict("contact", str(asked.expected_version), str(row.version))
    if row.closed_at is not None:
        raise WrongState("contact", "closed", "be closed")
    before = _told(row)
    row.closed_at, row.version = work.now(), row.version + 1
    await work.session.flush()
    await work.record(Change(Action.SUPPORT_CLOSE.value, "contact", row.id, before, _told(row)))
    return row


def _told(row: SupportContact) -> dict[str, object]:
    return {
        "assignment_id": row.assignment_id, "channel": row.channel, "step": row.step, "opened_at": row.opened_at,
        "closed_at": row.closed_at,
    }  # fmt: skip
