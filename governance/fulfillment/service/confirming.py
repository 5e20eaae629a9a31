"""Say how an order went: a connector or a person confirms it, and one that failed is tried again."""

from dataclasses import dataclass
from uuid import UUID

from governance.fulfillment import queries
from governance.fulfillment.models import WorkOrder
from governance.fulfillment.rules import Fulfilled, Mode
from governance.fulfillment.service.ordering import end
from governance.kernel import given
from governance.kernel.errors import BadInput, WrongState
from governance.kernel.work import Change, Work
from policies.access.actions import Action

ENDS = frozenset({Fulfilled.DONE, Fulfilled.FAILED})


@dataclass(frozen=True)
class ConfirmOrder:
    """`outcome`: DONE or FAILED; `vendor_ref`: what the vendor calls it; `error`: why it failed, needed then."""

    order_id: UUID
    outcome: Fulfilled
    vendor_ref: str | None = None
    error: str | None = None


async def confirm_order(work: Work, command: ConfirmOrder) -> WorkOrder:
    """Note how an order went at the vendor. Said twice alike, it is one confirmation; a failure may still be done.

    Raises NotFound, Refused, BadInput, WrongState (it ended otherwise).
    """
    row = await queries.work_order(work, command.order_id, locked=True)
    work.permit(Action.SEAT_FULFILL, await queries.order_ownership(work, row), f"work order {row.id}")
    outcome = given.word(command.outcome, "outcome", Fulfilled)
    vendor_ref = given.optional_text(command.vendor_ref, "vendor_ref", most=200)
    error = given.optional_text(command.error, "error", most=400)
    if outcome not in ENDS:
        raise BadInput("outcome", outcome, "DONE or FAILED")
    if (outcome is Fulfilled.FAILED) != (error is not None):
        raise BadInput("error", error or "nothing", "why it failed; nothing where it is done")
    if row.state is outcome and row.last_error == error and (vendor_ref is None or row.vendor_ref == vendor_ref):
        return row
    if row.state is not Fulfilled.PENDING and not (row.state is Fulfilled.FAILED and outcome is Fulfilled.DONE):
        raise WrongState("work order", row.state, f"become {outcome}")
    await end(work, row, outcome, error=error, vendor_ref=vendor_ref)
    return row


async def retry_order(work: Work, order_id: UUID) -> WorkOrder:
    """Let an order that failed wait anew, in the pool's mode of its making, with the same delivery id.

    Raises NotFound, Refused, WrongState (it did not fail).
    """
    row = await queries.work_order(work, order_id, locked=True)
    work.permit(Action.SEAT_FULFILL, await queries.order_ownership(work, row), f"work order {row.id}")
    if row.state is not Fulfilled.FAILED:
        raise WrongState("work order", row.state, "be tried again")
    row.state, row.attempts, row.ended_at, row.ended_by = Fulfilled.PENDING, 0, None, None
    row.due_at = work.now() if row.mode is Mode.WEBHOOK else None
    row.version += 1
    await work.session.flush()
    change = Change("order:retry", "work_order", row.id, before={"state": Fulfilled.FAILED}, after={"state": row.state})
    await work.record(change)
    return row
