"""Which right would this person consume, and why: every candidate with every reason, as of any instant."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.catalog import queries as catalog
from governance.directory.models import Person
from governance.directory.queries import ownership, person
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.seats.candidates import At, day_at, holders_at, offers, stacked
from governance.seats.rules import Matter, Verdict, choose
from governance.seats.service.case import needed
from policies.access.actions import Action


@dataclass(frozen=True)
class Explain:
    """What is asked: may this person use this product, with these features, from this region, as of when?

    `region` None: where they worked then. `as_of` None: now; `known_at` None: as known now.
    """

    person_id: UUID
    product_id: UUID
    feature_ids: tuple[UUID, ...] | None = None
    tier_id: UUID | None = None
    region: str | None = None
    as_of: datetime | None = None
    known_at: datetime | None = None


@dataclass(frozen=True)
class Explained:
    """The verdict, of which instant, as known when, and for whom: asked again with both instants, it is the same."""

    person: Person
    product: str
    country: str
    as_of: datetime
    known_at: datetime
    verdict: Verdict


async def explain_entitlement(work: Work, asked: Explain) -> Explained:
    """Weigh every pool of the product within reach, and of suites that cover it, for one person; write nothing.

    The same inputs hash always comes with the same verdict. Raises NotFound, Refused, BadInput (an instant to come,
    an unknown region).
    """
    now = work.now()
    at = At(asked.as_of or now, asked.known_at or now)
    if at.known_at > now:
        raise BadInput("known_at", at.known_at.isoformat(), "an instant that is not still to come")
    row = await person(work, asked.person_id)
    owned = await ownership(work, unit_id=row.unit_id, region=row.country, people=(row.id,))
    work.permit(Action.SEAT_READ, owned, f"person {row.name}")
    product = await catalog.product(work, asked.product_id)
    people = await holders_at(work, (row.id,), at, asked.region)
    need = await needed(work, asked.feature_ids, asked.tier_id)
    there = await offers(work, product.id, (row.id,), at)
    holder = (await stacked(work, there, people, at))[row.id]
    matter = Matter(holder, need, await day_at(work, at), tuple(each.to(row.id) for each in there))
    verdict = choose(matter, work.office.regions)
    return Explained(row, product.name, holder.country, at.as_of, at.known_at, verdict)
