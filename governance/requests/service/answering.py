"""What follows for requests: who is told of what, whose line is served when a seat comes free, who lines up again."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from governance.directory.models import Person
from governance.directory.queries import tenants
from governance.directory.rules import PersonStatus
from governance.directory.service import operator
from governance.entitlements.models import Pool
from governance.entitlements.queries import line_of_pool
from governance.kernel.errors import NotFound
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office, Work
from governance.notices.service import tell, tell_first
from governance.requests.models import SeatRequest
from governance.requests.queries import place_of
from governance.requests.rules import RequestState
from governance.requests.service.ending import expire_requests, person_gone
from governance.requests.service.returning import line_up_returned
from governance.requests.service.serving import serve_all, serve_line
from governance.runs.duties import Errand
from governance.seats.ledger.port import Ledger
from governance.seats.service import SeatDesk
from policies.access.parties import Actor


async def tell_of_request(work: Work, event: OutboxEvent) -> None:
    """Tell who decides on a license that somebody asks for a seat; who asked is not told, nor who would sit in it."""
    row = await _request(work, event)
    if row.state is not RequestState.ASKED:
        return
    _, license_ = await line_of_pool(work, row.pool_id)
    person = await work.session.get_one(Person, (work.tenant_id, row.person_id))
    own = {f"person:{each}": each for each in (license_.owner_id, license_.deputy_id) if each != row.person_id}
    deciders = [each for principal, each in own.items() if principal != row.requested_by]
    until = f"{row.expires_at:%Y-%m-%d %H:%M} UTC"
    facts = {"license": license_.name, "holder": person.name, "reason": row.reason, "until": until}
    await tell_first(work, deciders, "seat-requested", facts, f"request:{row.id}", license_.unit_id)


async def tell_of_place(work: Work, event: OutboxEvent) -> None:
    """Tell somebody who waits in line that they do, and where; a seat that was free has answered them already."""
    row = await _request(work, event)
    place = await place_of(work, row)
    if place is not None:
        _, license_ = await line_of_pool(work, row.pool_id)
        await tell(
            work, row.person_id, "seat-request-waiting", {"license": license_.name, "place": place},
            f"request:{row.id}:waiting",
        )  # fmt: skip


async def tell_of_answer(work: Work, event: OutboxEvent) -> None:
    """Tell the person of a request its one answer: a seat, a no with its reason, or that nobody decided."""
    row = await _request(work, event)
    _, license_ = await line_of_pool(work, row.pool_id)
    text = f"seat-request-{row.state.value.lower()}"
    facts = {"license": license_.name, "note": row.note or "", "asked": f"{row.asked_at:%Y-%m-%d}"}
    await tell(work, row.person_id, text, facts, f"request:{row.id}:answer")


async def drop_requests(work: Work, event: OutboxEvent) -> None:
    """End what a leaver had asked for, unless they are back."""
    person = await work.session.get_one(Person, (work.tenant_id, _subject(event)))
    if person.status is PersonStatus.LEFT:
        await person_gone(work, person.id)


def sweep_verb(ledger: Ledger) -> Callable[[Office], Awaitable[None]]:
    """End what nobody decided on in time, and serve whom an event has not reached, of every tenant at work."""

    async def sweep(office: Office) -> None:
        async with office.database.system_read() as session:
            there = [each.id for each in await tenants(session) if each.suspended_at is None]
        for tenant_id in there:
            await office.perform(operator(tenant_id, "requests"), expire_requests)
            await serve_all(SeatDesk(office, ledger), tenant_id)

    return sweep


def returned_errand(ledger: Ledger) -> Errand:
    """Line up who came back."""

    async def line_up(office: Office, actor: Actor, event: OutboxEvent) -> None:
        await line_up_returned(SeatDesk(office, ledger), actor.tenant_id, _subject(event))

    return Errand(line_up)


def line_errand(ledger: Ledger) -> Errand:
    """Serve who waits in line where a seat came free (the event names its pool) or a line's supply changed."""

    async def serve(office: Office, actor: Actor, event: OutboxEvent) -> None:
        line_id = _subject(event)
        if pool_id := event.facts.get("pool_id"):
            async with office.reading(actor) as work:
                line_id = (await work.session.get_one(Pool, (work.tenant_id, UUID(pool_id)))).line_id
        await serve_line(SeatDesk(office, ledger), actor.tenant_id, line_id)

    return Errand(serve)


async def _request(work: Work, event: OutboxEvent) -> SeatRequest:
    row = await work.session.get(SeatRequest, (work.tenant_id, _subject(event)))
    if row is None:
        raise NotFound("seat request", str(event.subject_id))
    return row


def _subject(event: OutboxEvent) -> UUID:
    if event.subject_id is None:
        raise NotFound("subject of the event", event.name)
    return event.subject_id
