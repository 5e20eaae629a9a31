"""Events come in: usage keeps each once; steps, errors and contacts among them become part of somebody's journey."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.activation import queries
from governance.activation.models import JourneyEvent, ProductJourney, SupportContact
from governance.activation.rules import (
    CAN_FAIL,
    CLOSED,
    ERROR,
    OPENED,
    STEP,
    TOLD_BY_EVENTS,
    Mark,
    Step,
    channel_of,
    readers,
    step_of,
)
from governance.directory.models import Tenant
from governance.kernel.database.insert import insert_new
from governance.kernel.work import Office, Work
from governance.runs.principals import system_actor
from governance.seats.models import Assignment
from governance.usage.service import IngestAnswer, Kept, ingest, rematch

AT_ONCE = 500
MOST_PAGES = 20


async def take_events(work: Work, events: Sequence[Any]) -> IngestAnswer:
    """Keep the events of one call; those of journeys are added to them in the same transaction.

    Late and out of order is as good as in order. Raises Refused, TooManyEvents.
    """
    declared = await queries.standing_journeys(work)
    value_types = {row.value_type: None for row in declared if row.value_type is not None}
    answer = await ingest(work, events, readers(value_types))
    await _add(work, answer.kept, declared)
    return answer


async def rematch_all(office: Office) -> None:
    """Match what waits for its person or product, in every tenant, a page a transaction."""
    async with office.database.system_read() as session:
        tenants = (await session.execute(select(Tenant.id).order_by(Tenant.id))).scalars().all()
    for tenant_id in tenants:
        for _ in range(MOST_PAGES):
            async with office.writing(system_actor(tenant_id, "matching")) as work:
                found = await rematch(work, AT_ONCE)
                await _add(work, found, await queries.standing_journeys(work))
            if len(found) < AT_ONCE:
                break


async def _add(work: Work, kept: Sequence[Kept], declared: Sequence[ProductJourney]) -> None:
    whole = [one for one in kept if one.person_id is not None and one.product_id is not None]
    moments = {row.product_id: row for row in declared}
    rows = [row for one in whole for row in _marks(work, one, moments)]
    await insert_new(work.session, JourneyEvent, rows)
    await _hear_contacts(work, [one for one in whole if one.use.type in {OPENED, CLOSED}])


def _marks(work: Work, one: Kept, moments: Mapping[UUID, ProductJourney]) -> list[dict[str, Any]]:
    """Give what an event says of steps: what it tells, and the value moment where the product declares it so."""
    use, found = one.use, list[tuple[Step, Mark, str | None]]()
    if use.type == STEP:
        found.append((step_of(use.data, STEP, TOLD_BY_EVENTS), Mark.REACHED, None))
    elif use.type == ERROR:
        found.append((step_of(use.data, ERROR, CAN_FAIL), Mark.FAILED, use.data["code"].strip()))
    declared = moments.get(one.product_id) if one.product_id is not None else None
    if declared is not None and declared.value_type == use.type:
        feature = use.data.get("feature")
        if declared.value_feature in (None, feature):
            found.append((Step.VALUE, Mark.REACHED, None))
    return [
        {
            "tenant_id": work.tenant_id, "id": work.new_id(), "event_id": one.id, "source": use.source,
            "person_id": one.person_id, "product_id": one.product_id, "step": step, "mark": mark, "code": code,
            "occurred_at": use.occurred_at, "recorded_at": work.now(),
        }
        for step, mark, code in found
    ]  # fmt: skip


async def _hear_contacts(work: Work, told: Sequence[Kept]) -> None:
    """Bring each case to what was told of it, whichever of its events came first."""
    if not told:
        return
    pairs = {(one.person_id, one.product_id) for one in told if one.person_id and one.product_id}
    seats = await queries.seats_then(work, pairs)
    cases: dict[tuple[str, str], list[Kept]] = {}
    for one in told:
        cases.setdefault((one.use.source, one.use.data["case"].strip()), []).append(one)
    rows = [_contact(work, key, of_case, seats) for key, of_case in sorted(cases.items())]
    await insert_new(work.session, SupportContact, rows)
    for key, row in (await queries.contacts_by_case(work, cases)).items():
        for one in cases.get(key, ()):
            at = one.use.occurred_at
            if one.use.type == CLOSED:
                row.closed_at = at if row.closed_at is None else max(row.closed_at, at)
            row.opened_at = min(row.opened_at, at)
    await work.session.flush()


def _contact(
    work: Work,
    key: tuple[str, str],
    told: Sequence[Kept],
    seats: Mapping[tuple[UUID, UUID], list[Assignment]],
) -> dict[str, Any]:
    first = min(told, key=lambda one: one.use.occurred_at)
    assert first.person_id is not None
    assert first.product_id is not None
    data, at = first.use.data, first.use.occurred_at
    seat = seat_at(seats.get((first.person_id, first.product_id), ()), at)
    return {
        "tenant_id": work.tenant_id, "id": work.new_id(), "source": key[0], "case_id": key[1],
        "person_id": first.person_id, "product_id": first.product_id, "assignment_id": seat.id if seat else None,
        "channel": channel_of(data), "step": step_of(data, OPENED, CAN_FAIL) if data.get("step") else None,
        "note": None, "opened_at": at, "closed_at": None, "recorded_at": work.now(), "version": 1,
    }  # fmt: skip


def seat_at(seats: Sequence[Assignment], at: datetime) -> Assignment | None:
    """Give the newest seat that was somebody's at that instant."""
    held = (seat for seat in seats if seat.started_at <= at and (seat.released_at is None or seat.released_at > at))
    return next(held, None)
