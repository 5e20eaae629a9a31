"""What fulfillment answers when seats move here, and whom it tells of what failed there."""

from uuid import UUID

from governance.fulfillment.queries import told_of
from governance.fulfillment.service.ordering import grant_there, revoke_there
from governance.kernel.errors import NotFound
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Work
from governance.notices.service import tell_first


async def fulfill(work: Work, event: OutboxEvent) -> None:
    """Order a seat that was assigned, or accepted, at the vendor, by the mode of its pool."""
    await grant_there(work, subject_of(event))


async def take_back(work: Work, event: OutboxEvent) -> None:
    """Order the end of a seat that was given back at the vendor, where it was ordered there."""
    await revoke_there(work, subject_of(event))


async def tell_of_failed_order(work: Work, event: OutboxEvent) -> None:
    """Tell who looks after a license that a seat could not be granted or revoked at the vendor."""
    told = await told_of(work, subject_of(event))
    holder = told.person.name if told.person else told.order.account or ""
    facts = {
        "license": told.license.name, "holder": holder, "act": told.order.act.value.lower(),
        "error": told.order.last_error or "",
    }  # fmt: skip
    people = (told.license.owner_id, told.license.deputy_id)
    await tell_first(work, people, "order-failed", facts, f"order:{told.order.id}:{event.id}")


def subject_of(event: OutboxEvent) -> UUID:
    """Give what an event is about. Raises NotFound where it is about nothing."""
    if event.subject_id is None:
        raise NotFound("subject of the event", event.name)
    return event.subject_id
