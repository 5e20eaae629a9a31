"""Who is nearest to a place, of those whose roles let them answer for it: one rule for every letter that asks them.

First who holds the role at the unit itself, then at the units above it, one by one, then in the region, last over the
whole tenant. Whoever is nearer is written to alone; a level in which nobody is left but those skipped passes it on.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import or_, select

from governance.directory.models import GroupMember, Person, RoleGrant, UnitClosure
from governance.directory.rules import PersonStatus
from governance.kernel.work import Work
from policies.access.parties import Role, ScopeKind

REGION, TENANT = 1_000, 1_001
"""Farther than any unit."""


async def nearest_with_role(work: Work, role: Role, unit_id: UUID) -> Sequence[UUID]:
    """Name the people nearest to a unit who hold a role there or over the whole tenant, and have not left."""
    now = work.now()
    above = select(UnitClosure.ancestor_id).where(
        UnitClosure.tenant_id == work.tenant_id, UnitClosure.unit_id == unit_id
    )
    here = or_(RoleGrant.scope == ScopeKind.TENANT, RoleGrant.unit_id.in_(above))
    query = select(RoleGrant).where(
        RoleGrant.tenant_id == work.tenant_id, RoleGrant.role == role, here, RoleGrant.start <= now,
        or_(RoleGrant.end.is_(None), RoleGrant.end > now),
    )  # fmt: skip
    return await nearest(work, (await work.session.execute(query)).scalars().all(), unit_id)


async def nearest(
    work: Work, grants: Sequence[RoleGrant], unit_id: UUID | None, skip: Collection[UUID] = ()
) -> Sequence[UUID]:
    """Name the people of the nearest of these grants, by a group too, without those to skip and those who have left."""
    steps = select(UnitClosure.ancestor_id, UnitClosure.depth).where(
        UnitClosure.tenant_id == work.tenant_id, UnitClosure.unit_id == unit_id
    )
    depths = {row[0]: row[1] for row in await work.session.execute(steps)} if unit_id is not None else {}
    levels: dict[int, list[RoleGrant]] = defaultdict(list)
    for grant in grants:
        far = TENANT if grant.scope is ScopeKind.TENANT else REGION
        levels[far if grant.unit_id is None else depths.get(grant.unit_id, REGION)].append(grant)
    for level in sorted(levels):
        if found := await _people(work, levels[level], skip):
            return found
    return ()


async def _people(work: Work, grants: Sequence[RoleGrant], skip: Collection[UUID]) -> Sequence[UUID]:
    now = work.now()
    members = select(GroupMember.person_id).where(
        GroupMember.tenant_id == work.tenant_id,
        GroupMember.group_id.in_([grant.group_id for grant in grants if grant.group_id is not None]),
        GroupMember.start <= now,
        or_(GroupMember.end.is_(None), GroupMember.end > now),
    )
    themselves = [grant.person_id for grant in grants if grant.person_id is not None]
    query = select(Person.id).where(
        Person.tenant_id == work.tenant_id, Person.status != PersonStatus.LEFT,
        or_(Person.id.in_(themselves), Person.id.in_(members)), Person.id.not_in(sorted(skip)),
    )  # fmt: skip
    return (await work.session.execute(query.order_by(Person.id))).scalars().all()
