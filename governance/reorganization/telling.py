"""Who is told when what somebody answered for was handed to them, and when a plan's day has come."""

from uuid import UUID

from governance.directory.models import OrgUnit, Person
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Work
from governance.notices.service import tell, tell_first
from governance.reorganization.models import PlannedReorganization


async def tell_of_received(work: Work, event: OutboxEvent) -> None:
    """Tell who answers now for what another one answered for."""
    giver = await work.session.get_one(Person, (work.tenant_id, event.subject_id))
    tasks = event.facts["action"] + event.facts["step"]
    facts = {"giver": giver.name, "licenses": event.facts["license"], "agreements": event.facts["agreement"],
             "tasks": tasks}  # fmt: skip
    await tell(work, UUID(event.facts["taker"]), "handed-over", facts, f"handed-over:{event.id}")


async def tell_of_plan(work: Work, event: OutboxEvent) -> None:
    """Tell who planned a reorganization that it was carried out, or stopped and why; of who left, the IT admins."""
    row = await work.session.get_one(PlannedReorganization, (work.tenant_id, event.subject_id))
    unit = await work.session.get_one(OrgUnit, (work.tenant_id, row.unit_id))
    kind, _, name = row.principal.partition(":")
    text = "plan-stopped" if event.name == "ReorganizationStopped" else "plan-carried-out"
    facts = {"unit": unit.name, "day": f"{row.due_at:%Y-%m-%d %H:%M} UTC", "why": row.why or ""}
    await tell_first(work, [UUID(name) if kind == "person" else None], text, facts, f"planned:{row.id}")
