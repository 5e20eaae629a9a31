"""Every SELECT of the directory: units and their tree, people in reach, who a principal is, what they were granted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from governance.directory.granted import GRANTED_TO_PERSON, GRANTED_TO_SERVICE
from governance.directory.models import (
    OrgUnit,
    Person,
    PolicyRevision,
    RoleGrant,
    ServiceAccount,
    Tenant,
    Token,
    UnitClosure,
    UnitPlacement,
)
from governance.directory.rules import same_mail
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action
from policies.access.parties import Grant, Ownership


class TodaysTree:
    """The org tree of today as the desk asks it: which units lie below these roots."""

    def below(self, tenant_id: UUID, roots: frozenset[UUID]) -> Select[Any]:
        top, *more = sorted(roots)
        hangs_below = UnitClosure.ancestor_id.in_([top, *more]) if more else UnitClosure.ancestor_id == top
        return select(UnitClosure.unit_id).where(UnitClosure.tenant_id == tenant_id, hangs_below)


PERSON_PLACED = Placed(unit=Person.unit_id, region=Person.country, people=(Person.id,))
UNIT_PLACED = Placed(unit=OrgUnit.id, region=OrgUnit.region)
REGION_OF_UNIT = (
    select(OrgUnit.region)
    .where(OrgUnit.tenant_id == RoleGrant.tenant_id, OrgUnit.id == RoleGrant.unit_id)
    .correlate(RoleGrant)
    .scalar_subquery()
)
GRANT_PLACED = Placed(
    unit=RoleGrant.unit_id, region=func.coalesce(RoleGrant.region, REGION_OF_UNIT), people=(RoleGrant.person_id,)
)


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


def visible_people(work: Work, action: Action = Action.PERSON_READ) -> Select[Person]:
    """Give the people within reach."""
    return select(Person).where(Person.tenant_id == work.tenant_id, work.reach(action, PERSON_PLACED))


async def person(work: Work, person_id: UUID, action: Action = Action.PERSON_READ, *, lock: bool = False) -> Person:
    """Give one person within reach, locked for a change if asked. Raises NotFound."""
    query = visible_people(work, action).where(Person.id == person_id)
    if lock:
        query = query.with_for_update(key_share=True, of=Person)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("person", str(person_id))
    return row


async def person_or_self(work: Work, person_id: UUID) -> Person:
    """Give one person within reach, or oneself, whom one knows under whatever rights. Raises NotFound."""
    own = await work.session.get(Person, (work.tenant_id, person_id)) if person_id == work.actor.person_id else None
    return own or await person(work, person_id)


async def person_by_mail(work: Work, mail: str) -> Person | None:
    """Give the person of that mail address within reach; None when there is none, or more than one."""
    query = visible_people(work).where(Person.mail_key == same_mail(mail)).limit(2)
    rows = (await work.session.execute(query)).scalars().all()
    return rows[0] if len(rows) == 1 else None


async def person_by_external_id(work: Work, external_id: str) -> Person | None:
    """Give the person whom the source calls so, whatever one's reach: it is the natural key of an upsert."""
    query = select(Person).where(Person.tenant_id == work.tenant_id, Person.external_id == external_id)
    return (await work.session.execute(query.with_for_update(key_share=True))).scalar_one_or_none()


async def unit(work: Work, unit_id: UUID) -> OrgUnit:
    """Give one unit of the tenant. Raises NotFound."""
    row = await work.session.get(OrgUnit, (work.tenant_id, unit_id))
    if row is None:
        raise NotFound("unit", str(unit_id))
    return row


def visible_units(work: Work, action: Action = Action.UNIT_READ) -> Select[OrgUnit]:
    """Give the units within reach."""
    return select(OrgUnit).where(OrgUnit.tenant_id == work.tenant_id, work.reach(action, UNIT_PLACED))


async def visible_unit(work: Work, unit_id: UUID, *, lock: bool = False) -> OrgUnit:
    """Give one unit within reach, locked for a change if asked. Raises NotFound."""
    query = visible_units(work).where(OrgUnit.id == unit_id)
    if lock:
        query = query.with_for_update(key_share=True, of=OrgUnit)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("unit", str(unit_id))
    return row


@dataclass(frozen=True)
class UnitNode:
    """A unit and where it hung; `parent_id` None is a root."""

    unit: OrgUnit
    parent_id: UUID | None


async def unit_tree(work: Work, at: datetime | None = None, known_at: datetime | None = None) -> Sequence[UnitNode]:
    """Give the units within today's reach as they hung at `at`, as known at `known_at`, by code; ended ones not."""
    rows = await work.session.execute(
        visible_units(work)
        .add_columns(UnitPlacement.parent_id)
        .join(
            UnitPlacement,
            and_(UnitPlacement.tenant_id == OrgUnit.tenant_id, UnitPlacement.unit_id == OrgUnit.id),
        )
        .where(placed_at(UnitPlacement, at or work.now(), known_at or work.now()))
        .order_by(OrgUnit.code)
    )
    return [UnitNode(row, parent_id) for row, parent_id in rows]


async def parent_of(work: Work, unit_id: UUID) -> UUID | None:
    """Give the parent of a unit in today's tree; None for a root."""
    query = select(UnitPlacement.parent_id).where(
        UnitPlacement.tenant_id == work.tenant_id,
        UnitPlacement.unit_id == unit_id,
        placed_at(UnitPlacement, work.now(), work.now()),
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def children_of(work: Work, unit_id: UUID) -> Sequence[UUID]:
    """Give the units that hang directly below one in today's tree, whatever one's reach."""
    query = select(UnitPlacement.unit_id).where(
        UnitPlacement.tenant_id == work.tenant_id,
        UnitPlacement.parent_id == unit_id,
        placed_at(UnitPlacement, work.now(), work.now()),
    )
    return (await work.session.execute(query)).scalars().all()


def placed_at(kind: Any, at: datetime, known_at: datetime) -> ColumnElement[bool]:
    """Say which dated places held at `at`, as they were known at `known_at`."""
    return and_(
        kind.start <= at,
        or_(kind.end.is_(None), kind.end > at),
        kind.recorded_at <= known_at,
        or_(kind.superseded_at.is_(None), kind.superseded_at > known_at),
    )


async def grants_of(
    session: AsyncSession, tenant_id: UUID, now: datetime, *, person_id: UUID | None, service_account_id: UUID | None
) -> frozenset[Grant]:
    """Give the grants that hold at `now` for a person, by their groups too, or for a service account."""
    wanted = {"tenant_id": tenant_id, "whose": person_id or service_account_id, "now": now}
    if person_id is not None:
        rows = (await session.execute(GRANTED_TO_PERSON, wanted)).all()
    else:
        rows = (await session.execute(GRANTED_TO_SERVICE, wanted)).all()
    return frozenset(Grant(*row) for row in rows)


def grants(work: Work, action: Action = Action.ACCESS_READ) -> Select[RoleGrant]:
    """Give the role grants within reach, past ones too."""
    return select(RoleGrant).where(RoleGrant.tenant_id == work.tenant_id, work.reach(action, GRANT_PLACED))


def visible_tokens(work: Work, action: Action = Action.TOKEN_READ) -> Select[Token]:
    """Give the tokens within reach; a token lies where its person or service account does."""
    home = OrgUnit.__table__.alias("home")
    placed = Placed(
        unit=func.coalesce(Person.unit_id, ServiceAccount.unit_id, type_=Person.unit_id.type),
        region=func.coalesce(Person.country, home.c.region),
        people=(Token.person_id,),
    )
    return (
        select(Token)
        .outerjoin(Person, and_(Person.tenant_id == Token.tenant_id, Person.id == Token.person_id))
        .outerjoin(
            ServiceAccount,
            and_(ServiceAccount.tenant_id == Token.tenant_id, ServiceAccount.id == Token.service_account_id),
        )
        .outerjoin(home, and_(home.c.tenant_id == Token.tenant_id, home.c.id == ServiceAccount.unit_id))
        .where(Token.tenant_id == work.tenant_id, work.reach(action, placed))
    )


def visible_service_accounts(work: Work, action: Action = Action.TOKEN_READ) -> Select[ServiceAccount]:
    """Give the service accounts within reach: whoever may see their tokens."""
    placed = Placed(unit=ServiceAccount.unit_id, region=OrgUnit.region)
    return (
        select(ServiceAccount)
        .join(OrgUnit, and_(OrgUnit.tenant_id == ServiceAccount.tenant_id, OrgUnit.id == ServiceAccount.unit_id))
        .where(ServiceAccount.tenant_id == work.tenant_id, work.reach(action, placed))
    )


async def service_account(work: Work, account_id: UUID) -> ServiceAccount:
    """Give one service account of the tenant. Raises NotFound."""
    row = await work.session.get(ServiceAccount, (work.tenant_id, account_id))
    if row is None:
        raise NotFound("service account", str(account_id))
    return row


async def service_account_by_name(work: Work, name: str) -> ServiceAccount | None:
    query = select(ServiceAccount).where(ServiceAccount.tenant_id == work.tenant_id, ServiceAccount.name == name)
    return (await work.session.execute(query)).scalar_one_or_none()


async def tenant(session: AsyncSession, tenant_id: UUID) -> Tenant:
    """Give a tenant's settings. Raises NotFound."""
    row = await session.get(Tenant, tenant_id)
    if row is None:
        raise NotFound("tenant", str(tenant_id))
    return row


async def tenants(session: AsyncSession) -> Sequence[Tenant]:
    """Give all tenants by slug, for the operator of the installation; never behind a user's query."""
    return (await session.execute(select(Tenant).order_by(Tenant.slug))).scalars().all()


async def tenant_by_slug(session: AsyncSession, slug: str) -> Tenant:
    """Give the tenant that is called so. Raises NotFound."""
    row = (await session.execute(select(Tenant).where(Tenant.slug == slug))).scalar_one_or_none()
    if row is None:
        raise NotFound("tenant", slug)
    return row


def at_work(tenant_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Say which rows belong to tenants that are not suspended."""
    return tenant_id.in_(select(Tenant.id).where(Tenant.suspended_at.is_(None)))


def revision_of(tenant_id: InstrumentedAttribute[UUID]) -> ColumnElement[int]:
    """Give the number of the tenant's rights as a column beside the rows of an outer query; 0 before the first."""
    query = select(PolicyRevision.revision).where(PolicyRevision.tenant_id == tenant_id)
    return func.coalesce(query.scalar_subquery(), 0)


async def policy_revision(session: AsyncSession, tenant_id: UUID) -> int:
    """Give the number that every change of rights raises; 0 before the first."""
    query = select(PolicyRevision.revision).where(PolicyRevision.tenant_id == tenant_id)
    return (await session.execute(query)).scalar_one_or_none() or 0
