"""Who is told when what somebody answered for was handed to them."""

from uuid import UUID

from governance.directory.models import Person
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Work
from governance.notices.service import tell


async def tell_of_received(work: Work, event: OutboxEvent) -> None:
    """Tell who answers now for what another one answered for."""
    giver = await work.session.get_one(Person, (work.tenant_id, event.subject_id))
    facts = {"giver": giver.name, "licenses": event.facts["license"], "agreements": event.facts["agreement"]}
    await tell(work, UUID(event.facts["taker"]), "handed-over", facts, f"handed-over:{event.id}")
