"""Roles for some hours, read: how each stands at an instant, which are within reach, and which have run out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

from governance.directory import queries
from governance.directory.models import Elevation, OrgUnit
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action
from policies.access.parties import Ownership

GOOD_FOR = timedelta(days=3)
"""How long a wish waits for a decision."""
HOURS_MOST = 168


class ElevationState(StrEnum):
    """How a wish stands: undecided, held by the clock, or over in one of four ways."""

    ASKED = "ASKED"
    HELD = "HELD"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    ENDED = "ENDED"


def state_at(
    approved: bool | None, expires_at: datetime, grant_end: datetime | None, now: datetime,
    ended_at: datetime | None = None,
) -> ElevationState:  # fmt: skip
    """Say how a wish stands at an instant, swept or not: the clock alone ends what is undecided, and what is held.

    What nobody decided on and is over before it expired was withdrawn.
    """
    if approved is None:
        if ended_at is not None and ended_at < expires_at:
            return ElevationState.WITHDRAWN
        return ElevationState.EXPIRED if expires_at <= now else ElevationState.ASKED
    if not approved:
        return ElevationState.REFUSED
    return ElevationState.HELD if grant_end is not None and now < grant_end else ElevationState.ENDED


def state_of(row: Elevation, now: datetime) -> ElevationState:
    """Say how a wish stands now."""
    return state_at(row.approved, row.expires_at, row.grant_end, now, row.ended_at)


REGION_OF_UNIT = (
    select(OrgUnit.region)
    .where(OrgUnit.tenant_id == Elevation.tenant_id, OrgUnit.id == Elevation.unit_id)
    .correlate(Elevation)
    .scalar_subquery()
)
PLACED = Placed(
    unit=Elevation.unit_id, region=func.coalesce(Elevation.region, REGION_OF_UNIT), people=(Elevation.person_id,)
)


def visible_elevations(work: Work, action: Action = Action.ACCESS_READ) -> Select[Elevation]:
    """Give the wishes within reach of an act: where the role would be held, or one's own."""
    return select(Elevation).where(Elevation.tenant_id == work.tenant_id, work.reach(action, PLACED))


def readable_elevations(work: Work) -> Select[Elevation]:
    """Give the wishes that one may read: one's own, and those within reach of reading rights."""
    reach = or_(work.reach(Action.ACCESS_READ, PLACED), work.reach(Action.ACCESS_REQUEST, PLACED))
    return select(Elevation).where(Elevation.tenant_id == work.tenant_id, reach)


async def elevation_ownership(work: Work, row: Elevation) -> Ownership:
    """Say whose a wish is: that of the place the role would be held over, and of the person who asked."""
    place = Ownership(work.tenant_id)
    if row.unit_id is not None:
        home = await queries.unit(work, row.unit_id)
        place = await queries.ownership(work, unit_id=home.id, region=home.region)
    elif row.region is not None:
        place = Ownership(work.tenant_id, region_path=work.office.regions.path(row.region))
    return replace(place, people=frozenset({row.person_id}))


async def elevation(work: Work, elevation_id: UUID, *, lock: bool = False) -> Elevation:
    """Give one wish, of one's own or within reach of reading rights. Raises NotFound."""
    query = readable_elevations(work).where(Elevation.id == elevation_id)
    if lock:
        query = query.with_for_update(key_share=True, of=Elevation)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("elevation", str(elevation_id))
    return row


async def run_out(work: Work, *, most: int) -> Sequence[Elevation]:
    """Give the wishes that time has ended and nobody noted yet, locked, the oldest first."""
    now = work.now()
    undecided = and_(Elevation.approved.is_(None), Elevation.expires_at <= now)
    query = (
        select(Elevation)
        .where(
            Elevation.tenant_id == work.tenant_id,
            Elevation.ended_at.is_(None),
            or_(undecided, Elevation.grant_end <= now),
        )
        .order_by(Elevation.asked_at, Elevation.id)
        .limit(most)
        .with_for_update(key_share=True, of=Elevation)
    )
    return (await work.session.execute(query)).scalars().all()
