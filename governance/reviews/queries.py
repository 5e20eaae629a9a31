"""Every SELECT of reviews: those within reach, what was frozen, decided and signed."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal, select

from governance.directory.models import OrgUnit, Person
from governance.directory.queries import ownership
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from governance.reviews.models import Decision, Review, Signature, Snapshot
from policies.access.actions import Action
from policies.access.parties import Ownership
from policies.regions.region import WORLD

# A review speaks of a unit wherever its licenses are used: it lies in the world, and in no smaller region.
REVIEW_PLACED = Placed(unit=Review.unit_id, region=literal(WORLD))


def visible_reviews(work: Work, action: Action = Action.REVIEW_READ) -> Select[Review]:
    """Give the reviews whose unit lies within reach."""
    return select(Review).where(Review.tenant_id == work.tenant_id, work.reach(action, REVIEW_PLACED))


async def review_ownership(work: Work, row: Review) -> Ownership:
    """Say whose a review is: its unit's."""
    return await ownership(work, unit_id=row.unit_id, region=WORLD)


async def review(work: Work, review_id: UUID, *, lock: bool = False) -> Review:
    """Give one review within reach, locked for a change when asked. Raises NotFound."""
    query = visible_reviews(work).where(Review.id == review_id)
    if lock:
        query = query.with_for_update(key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("review", str(review_id))
    return row


async def snapshot(work: Work, review_id: UUID) -> Snapshot:
    """Give what was frozen for a review that the caller already fetched within reach."""
    query = select(Snapshot).where(Snapshot.tenant_id == work.tenant_id, Snapshot.review_id == review_id)
    return (await work.session.execute(query)).scalar_one()


async def decisions(work: Work, review_id: UUID) -> list[Decision]:
    """Give the decisions of a review, the one that stands first."""
    query = (
        select(Decision)
        .where(Decision.tenant_id == work.tenant_id, Decision.review_id == review_id)
        .order_by(Decision.recorded_at.desc(), Decision.id.desc())
    )
    return list((await work.session.execute(query)).scalars())


async def signatures(work: Work, review_id: UUID) -> list[tuple[Signature, str, str]]:
    """Give the signatures of a review in order, each with the signer's name and the name of their unit."""
    query = (
        select(Signature, Person.name, OrgUnit.name)
        .join(Person, (Person.tenant_id == Signature.tenant_id) & (Person.id == Signature.person_id))
        .join(OrgUnit, (OrgUnit.tenant_id == Signature.tenant_id) & (OrgUnit.id == Signature.unit_id))
        .where(Signature.tenant_id == work.tenant_id, Signature.review_id == review_id)
        .order_by(Signature.recorded_at, Signature.id)
    )
    return [(row[0], row[1], row[2]) for row in (await work.session.execute(query)).all()]


def visible_snapshots(work: Work) -> Select[Snapshot]:
    """Give what was frozen for the reviews within reach."""
    return select(Snapshot).where(Snapshot.tenant_id == work.tenant_id, Snapshot.review_id.in_(_within_reach(work)))


def visible_decisions(work: Work) -> Select[Decision]:
    """Give the decisions of the reviews within reach."""
    return select(Decision).where(Decision.tenant_id == work.tenant_id, Decision.review_id.in_(_within_reach(work)))


def visible_signatures(work: Work) -> Select[Signature]:
    """Give the signatures of the reviews within reach."""
    return select(Signature).where(Signature.tenant_id == work.tenant_id, Signature.review_id.in_(_within_reach(work)))


def _within_reach(work: Work) -> Any:
    return visible_reviews(work).with_only_columns(Review.id)
