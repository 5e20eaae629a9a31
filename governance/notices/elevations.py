"""Who is told of a role for some hours: those who may decide, then the one who asked."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from governance.directory.elevated import elevation_ownership
from governance.directory.models import Elevation, Person
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Work
from governance.notices.nearest import nearest
from governance.notices.service import tell
from governance.rulebook.access import grants_permitting, permitting
from policies.access.actions import Action

FORM = "%Y-%m-%d %H:%M"


async def tell_of_wish(work: Work, event: OutboxEvent) -> None:
    """Tell the nearest of those who may give that role there, except who asked, and nobody else."""
    row = await work.session.get_one(Elevation, (work.tenant_id, event.subject_id))
    if row.approved is not None or row.ended_at is not None:
        return
    person = await work.session.get_one(Person, (work.tenant_id, row.person_id))
    facts = {
        "holder": person.name, "role": row.role.value.replace("_", " "), "hours": row.hours, "reason": row.reason,
        "until": f"{row.expires_at:{FORM}} UTC",
    }  # fmt: skip
    for decider in await _deciders(work, row):
        await tell(work, decider, "elevation-asked", facts, f"elevation:{row.id}:{decider}")


async def tell_of_decision(work: Work, event: OutboxEvent) -> None:
    """Tell who asked what was decided, with until when or why not."""
    row = await work.session.get_one(Elevation, (work.tenant_id, event.subject_id))
    text = "elevation-approved" if row.approved else "elevation-refused"
    until = "" if row.grant_end is None else f"{row.grant_end:{FORM}} UTC"
    facts = {"role": row.role.value.replace("_", " "), "note": row.note or "", "until": until}
    await tell(work, row.person_id, text, facts, f"elevation:{row.id}:answer")


async def tell_of_end(work: Work, event: OutboxEvent) -> None:
    """Tell who held the role that somebody ended it early, and why."""
    row = await work.session.get_one(Elevation, (work.tenant_id, event.subject_id))
    facts = {"role": row.role.value.replace("_", " "), "reason": event.facts["reason"]}
    await tell(work, row.person_id, "elevation-ended", facts, f"elevation:{row.id}:end")


async def _deciders(work: Work, row: Elevation) -> Sequence[UUID]:
    whose = replace(await elevation_ownership(work, row), people=frozenset())
    found = await permitting(work, Action.ACCESS_GRANT, whose)
    grants = (await work.session.execute(grants_permitting(work, found, whose))).scalars().all()
    return await nearest(work, grants, row.unit_id, skip={row.person_id})
