"""What makes the rules look again: somebody joined or left a group, moved, came back; a rule or a supply changed."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from governance.assignment_rules import queries
from governance.assignment_rules.service.laying import NAME
from governance.assignment_rules.service.reconciling import reconcile
from governance.directory.queries import tenants
from governance.directory.service import operator
from governance.kernel.errors import NotFound
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office, Work
from governance.runs.duties import Errand
from governance.seats.ledger.port import Ledger
from governance.seats.service import SeatDesk
from policies.access.parties import Actor


def rule_errand(ledger: Ledger) -> Errand:
    """Follow a rule that was applied or ended."""

    async def follow(office: Office, actor: Actor, event: OutboxEvent) -> None:
        await reconcile(SeatDesk(office, ledger), actor.tenant_id, (UUID(event.facts["product_id"]),))

    return Errand(follow)


def group_errand(ledger: Ledger) -> Errand:
    """Follow who joined or left a group that rules name."""

    async def follow(office: Office, actor: Actor, event: OutboxEvent) -> None:
        group_id = _subject(event)
        async with office.reading(operator(actor.tenant_id, NAME)) as work:
            products = await queries.products_naming(work, group_id=group_id)
        await reconcile(SeatDesk(office, ledger), actor.tenant_id, products)

    return Errand(follow)


def person_errand(ledger: Ledger) -> Errand:
    """Follow one person who moved, left or came back."""

    async def follow(office: Office, actor: Actor, event: OutboxEvent) -> None:
        await reconcile(SeatDesk(office, ledger), actor.tenant_id, person_id=_subject(event))

    return Errand(follow)


def tree_errand(ledger: Ledger) -> Errand:
    """Follow a unit that hangs elsewhere now, with everybody in it."""

    async def follow(office: Office, actor: Actor, event: OutboxEvent) -> None:
        await reconcile(SeatDesk(office, ledger), actor.tenant_id)

    return Errand(follow)


def supply_errand(ledger: Ledger) -> Errand:
    """Try those again who were not served by a line whose supply changed."""

    async def follow(office: Office, actor: Actor, event: OutboxEvent) -> None:
        async def again(work: Work) -> UUID | None:
            product_id = await queries.product_of_line(work, _subject(event))
            return product_id if product_id and await queries.try_again_now(work, product_id) else None

        product_id = await office.perform(operator(actor.tenant_id, NAME), again)
        if product_id is not None:
            await reconcile(SeatDesk(office, ledger), actor.tenant_id, (product_id,))

    return Errand(follow)


def sweep_verb(ledger: Ledger) -> Callable[[Office], Awaitable[None]]:
    """Find who came under a rule or fell out of one without an event, and whose time to settle has passed."""

    async def sweep(office: Office) -> None:
        async with office.database.system_read() as session:
            there = [each.id for each in await tenants(session) if each.suspended_at is None]
        for tenant_id in there:
            await reconcile(SeatDesk(office, ledger), tenant_id)

    return sweep


def _subject(event: OutboxEvent) -> UUID:
    if event.subject_id is None:
        raise NotFound("subject of the event", event.name)
    return event.subject_id
