"""Every SELECT of the directory: units and their tree, people in reach, who a principal is, what they were granted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.directory.models import OrgUnit, Person, RoleGrant, UnitClosure
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action
from policies.access.parties import Grant, Ownership


class TodaysTree:
    """The org tree of today as the desk asks it: which units lie below these roots."""

    def below(self, tenant_id: UUID, roots: frozenset[UUID]) -> Select[Any]:
        return select(UnitClosure.unit_id).where(
            UnitClosure.tenant_id == tenant_id, UnitClosure.ancestor_id.in_(sorted(roots))
        )


PERSON_PLACED = Placed(unit=Person.unit_id, region=Person.country, people=(Person.id,))


async def unit_path(work: Work, unit_id: UUID) -> frozenset[UUID]:
    """Give the unit and everything above it in today's tree."""
    rows = await work.session.execute(
        select(UnitClosure.ancestor_id).where(UnitClosure.tenant_id == work.tenant_id, UnitClosure.unit_id == unit_id)
    )
    return frozenset(rows.scalars())


async def ownership(work: Work, *, unit_id: UUID, region: str, people: tuple[UUID | None, ...] = ()) -> Ownership:
    """Say whose an object is, for `permit`: its unit's path, its region's path, the people who call it their own."""
    return Ownership(
        tenant_id=work.tenant_id,
        unit_path=await unit_path(work, unit_id),
        region_path=work.office.regions.path(region),
        people=frozenset(p for p in people if p is not None),
    )


def visible_people(work: Work, action: Action = Action.PERSON_READ) -> Select[tuple[Person]]:
    """Give the people within reach."""
    return select(Person).where(Person.tenant_id == work.tenant_id, work.reach(action, PERSON_PLACED))


async def person(work: Work, person_id: UUID, action: Action = Action.PERSON_READ) -> Person:
    """Give one person within reach. Raises NotFound."""
    row = (await work.session.execute(visible_people(work, action).where(Person.id == person_id))).scalar_one_or_none()
    if row is None:
        raise NotFound("person", str(person_id))
    return row


async def unit(work: Work, unit_id: UUID) -> OrgUnit:
    """Give one unit of the tenant. Raises NotFound."""
    row = await work.session.get(OrgUnit, (work.tenant_id, unit_id))
    if row is None:
        raise NotFound("unit", str(unit_id))
    return row


async def grants_of(
    session: AsyncSession, tenant_id: UUID, now: datetime, *, person_id: UUID | None, service_account_id: UUID | None
) -> frozenset[Grant]:
    """Give the grants that hold at `now` for a person or a service account."""
    who = (
        RoleGrant.person_id == person_id
        if person_id is not None
        else RoleGrant.service_account_id == service_account_id
    )
    rows = await session.execute(
        select(RoleGrant).where(
            RoleGrant.tenant_id == tenant_id,
            who,
            RoleGrant.start <= now,
            or_(RoleGrant.end.is_(None), RoleGrant.end > now),
        )
    )
    return frozenset(Grant(r.role, r.scope, unit_id=r.unit_id, region=r.region) for r in rows.scalars())
