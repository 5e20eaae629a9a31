"""Every SELECT of journeys: who asked for help, what happened to a seat, what is asked and what codes mean."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Select, and_, select

from governance.activation.models import ErrorText, JourneyEvent, ProductJourney, SupportContact, Survey
from governance.directory.models import Person
from governance.directory.queries import ownership
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT
from policies.access.actions import Action
from policies.access.parties import Ownership

PERSON_OF_CONTACT = and_(Person.tenant_id == SupportContact.tenant_id, Person.id == SupportContact.person_id)
CONTACT_PLACED = Placed(unit=Person.unit_id, region=Person.country, people=(SupportContact.person_id,))


def visible_contacts(work: Work, action: Action = Action.SUPPORT_READ) -> Select[SupportContact]:
    """Give the contacts of people within reach, and one's own."""
    return (
        select(SupportContact)
        .join(Person, PERSON_OF_CONTACT)
        .where(SupportContact.tenant_id == work.tenant_id, work.reach(action, CONTACT_PLACED))
    )


async def contact(work: Work, contact_id: UUID, *, lock: bool = False) -> SupportContact:
    """Give one contact within reach. Raises NotFound."""
    query = visible_contacts(work).where(SupportContact.id == contact_id)
    if lock:
        query = query.with_for_update(of=SupportContact, key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("contact", str(contact_id))
    return row


async def contact_ownership(work: Work, person_id: UUID) -> Ownership:
    """Say whose a contact is: of the unit and country of who asked, and theirs."""
    person = await work.session.get_one(Person, (work.tenant_id, person_id))
    return await ownership(work, unit_id=person.unit_id, region=person.country, people=(person_id,))


async def contacts_by_case(work: Work, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], SupportContact]:
    """Give the contacts of these cases by source and case, locked."""
    query = (
        select(SupportContact)
        .where(
            SupportContact.tenant_id == work.tenant_id,
            SupportContact.source.in_(sorted({source for source, _ in keys})),
            SupportContact.case_id.in_(sorted({case for _, case in keys})),
        )
        .order_by(SupportContact.id)
        .with_for_update(key_share=True)
    )
    rows = (await work.session.execute(query)).scalars()
    return {(row.source, row.case_id): row for row in rows}


async def standing_journeys(work: Work) -> Sequence[ProductJourney]:
    """Give what is declared of the tenant's products today."""
    query = select(ProductJourney).where(
        ProductJourney.tenant_id == work.tenant_id, ProductJourney.superseded_at.is_(None)
    )
    return (await work.session.execute(query)).scalars().all()


async def product_of_seat(work: Work, seat: Assignment) -> UUID:
    """Name the product that a seat is of."""
    query = (
        select(Entitlement.product_id)
        .join(MetricLine, ENTITLEMENT_OF_LINE)
        .where(MetricLine.tenant_id == work.tenant_id, MetricLine.id == seat.line_id)
    )
    return (await work.session.execute(query)).scalar_one()


async def seats_then(work: Work, pairs: Collection[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], list[Assignment]]:
    """Give the seats of these people and products, the newest first."""
    query = (
        select(Assignment, Entitlement.product_id)
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(
            Assignment.tenant_id == work.tenant_id,
            Assignment.person_id.in_(sorted({person for person, _ in pairs})),
            Entitlement.product_id.in_(sorted({product for _, product in pairs})),
        )
        .order_by(Assignment.started_at.desc(), Assignment.id)
    )
    found: dict[tuple[UUID, UUID], list[Assignment]] = {}
    for seat, product_id in await work.session.execute(query):
        found.setdefault((seat.person_id, product_id), []).append(seat)
    return found


async def events_of_seat(work: Work, seat: Assignment) -> Sequence[JourneyEvent]:
    """Give what sources told of a seat, in order: of its holder and product, while it was theirs."""
    query = (
        select(JourneyEvent)
        .where(
            JourneyEvent.tenant_id == work.tenant_id,
            JourneyEvent.person_id == seat.person_id,
            JourneyEvent.product_id == await product_of_seat(work, seat),
            JourneyEvent.occurred_at >= seat.started_at,
        )
        .order_by(JourneyEvent.occurred_at, JourneyEvent.id)
    )
    if seat.released_at is not None:
        query = query.where(JourneyEvent.occurred_at < seat.released_at)
    return (await work.session.execute(query)).scalars().all()


async def contacts_of_seat(work: Work, seat: Assignment) -> Sequence[SupportContact]:
    """Give the contacts linked to a seat, in order."""
    query = visible_contacts(work).where(SupportContact.assignment_id == seat.id)
    ordered = query.order_by(SupportContact.opened_at, SupportContact.id)
    return (await work.session.execute(ordered)).scalars().all()


def visible_error_texts(work: Work) -> Select[ErrorText]:
    """Give what error codes mean, to whoever reads the catalog or answers for their own seats."""
    query = select(ErrorText).where(ErrorText.tenant_id == work.tenant_id)
    allowed = work.gate.may(work.actor, Action.CATALOG_READ) or work.gate.may(work.actor, Action.SURVEY_ANSWER)
    return query if allowed else query.where(ErrorText.id.is_(None))


def own_surveys(work: Work) -> Select[Survey]:
    """Give the questions put to the reader."""
    return select(Survey).where(Survey.tenant_id == work.tenant_id, Survey.person_id == work.actor.person_id)


def visible_product_journeys(work: Work) -> Select[ProductJourney]:
    """Give what was ever declared of products, to whoever reads the catalog."""
    query = select(ProductJourney).where(ProductJourney.tenant_id == work.tenant_id)
    allowed = work.gate.may(work.actor, Action.CATALOG_READ)
    return query if allowed else query.where(ProductJourney.id.is_(None))


async def own_survey(work: Work, survey_id: UUID) -> Survey:
    """Give one question that was put to the reader. Raises NotFound."""
    row = (await work.session.execute(own_surveys(work).where(Survey.id == survey_id))).scalar_one_or_none()
    if row is None:
        raise NotFound("survey", str(survey_id))
    return row


def own_contacts(work: Work) -> Select[SupportContact]:
    """Give the reader's own calls for help."""
    return visible_contacts(work).where(SupportContact.person_id == work.actor.person_id)


async def texts_of(work: Work, product_ids: Collection[UUID]) -> dict[tuple[UUID, str], ErrorText]:
    """Give what the error codes of these products mean, by product and code."""
    query = visible_error_texts(work).where(ErrorText.product_id.in_(sorted(set(product_ids))))
    rows = (await work.session.execute(query)).scalars() if product_ids else ()
    return {(row.product_id, row.code): row for row in rows}
