"""What pools are looked at again after an event: those of a seat, a line, a license, or all of the tenant's."""

from uuid import UUID

from governance.alerts.queries import pools_of_lines, pools_to_look_at
from governance.alerts.service import evaluate_pool_use
from governance.kernel.errors import NotFound
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Work
from governance.rulebook.rules import PolicyKind
from governance.templates.queries import pools_of_license


async def look_at_pool(work: Work, event: OutboxEvent) -> None:
    """Measure the pool of a seat that was taken or given back."""
    await evaluate_pool_use(work, [UUID(event.facts["pool_id"])])


async def look_at_line(work: Work, event: OutboxEvent) -> None:
    """Measure the pools of a line whose supply changed."""
    await evaluate_pool_use(work, await pools_of_lines(work, [_subject(event)]))


async def look_at_license(work: Work, event: OutboxEvent) -> None:
    """Measure the pools of a license for which lines were drawn anew."""
    await evaluate_pool_use(work, await pools_of_license(work, _subject(event)))


async def look_at_all_pools(work: Work, event: OutboxEvent) -> None:
    """Measure every pool against lines that were drawn anew."""
    if event.facts["kind"] == PolicyKind.THRESHOLDS:
        await evaluate_pool_use(work, await pools_to_look_at(work))


def _subject(event: OutboxEvent) -> UUID:
    if event.subject_id is None:
        raise NotFound("subject of the event", event.name)
    return event.subject_id
