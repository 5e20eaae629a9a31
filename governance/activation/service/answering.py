"""What follows for journeys: a question after first use, and whoever looks after a license told of a call for help."""

from uuid import UUID

from governance.activation.models import SupportContact
from governance.activation.service.surveying import ask_survey
from governance.directory.models import Person
from governance.entitlements.queries import line_of_pool
from governance.kernel.errors import NotFound
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Work
from governance.notices.service import tell, tell_first
from governance.seats.models import Assignment


async def ask_after_first_use(work: Work, event: OutboxEvent) -> None:
    """Ask who used a seat for the first time how easy it was, once per product, where the tenant wants to know."""
    asked = await ask_survey(work, subject_of(event))
    if asked is not None:
        seat = await work.session.get_one(Assignment, (work.tenant_id, asked.assignment_id))
        _, license_ = await line_of_pool(work, seat.pool_id)
        facts = {"license": license_.name, "subject_id": str(asked.id)}
        await tell(work, asked.person_id, "survey-asked", facts, f"survey:{asked.id}")


async def tell_of_help(work: Work, event: OutboxEvent) -> None:
    """Tell who looks after a license that a holder asks for help, unless the case is closed already."""
    row = await work.session.get(SupportContact, (work.tenant_id, subject_of(event)))
    if row is None or row.assignment_id is None or row.closed_at is not None:
        return
    seat = await work.session.get_one(Assignment, (work.tenant_id, row.assignment_id))
    holder = await work.session.get_one(Person, (work.tenant_id, row.person_id))
    _, license_ = await line_of_pool(work, seat.pool_id)
    facts = {"license": license_.name, "holder": holder.name, "since": f"{row.opened_at:%Y-%m-%d %H:%M} UTC"}
    await tell_first(work, (license_.owner_id, license_.deputy_id), "help-asked", facts, f"help:{row.id}")


def subject_of(event: OutboxEvent) -> UUID:
    """Give what an event is about. Raises NotFound for one that is about nothing."""
    if event.subject_id is None:
        raise NotFound("subject of the event", event.name)
    return event.subject_id
