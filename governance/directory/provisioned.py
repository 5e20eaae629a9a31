"""SELECTs of provisioning: people as an identity provider sees them, their values, groups, units by its words."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from governance.directory.models import (
    Group,
    GroupMember,
    OrgUnit,
    Person,
    PersonProfile,
    ProfileValue,
    UnitPlacement,
)
from governance.directory.queries import PERSON_PLACED, placed_at
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action

DISPLAY_NAME = "displayName"
CHUNK = 400
TENANTS_OWN = Placed()
"""Groups lie in no unit and no region: only a right over the whole tenant reaches them."""


@dataclass(frozen=True)
class Known:
    """A person and, once an identity provider told of them, their profile."""

    person: Person
    profile: PersonProfile | None


def visible_users(work: Work) -> Select[Person, PersonProfile | None]:
    """Give the people whom the caller may provision, with their profiles; those who were withdrawn are not there."""
    return (
        select(Person, PersonProfile)
        .outerjoin(
            PersonProfile, and_(PersonProfile.tenant_id == Person.tenant_id, PersonProfile.person_id == Person.id)
        )
        .where(
            Person.tenant_id == work.tenant_id,
            PersonProfile.withdrawn_at.is_(None),
            work.reach(Action.PERSON_PROVISION, PERSON_PLACED),
        )
    )


async def user(work: Work, person_id: UUID, *, lock: bool = False) -> Known:
    """Give one person whom the caller may provision. Raises NotFound."""
    query = visible_users(work).where(Person.id == person_id)
    if lock:
        query = query.with_for_update(key_share=True, of=Person)
    row = (await work.session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("user", str(person_id))
    return Known(row[0], row[1])


async def known_users(work: Work, ids: Collection[UUID]) -> frozenset[UUID]:
    """Say which of these ids are people whom the caller may provision."""
    found: set[UUID] = set()
    for some in _chunks(ids):
        rows = await work.session.execute(
            visible_users(work).with_only_columns(Person.id, maintain_column_froms=True).where(Person.id.in_(some))
        )
        found.update(rows.scalars())
    return frozenset(found)


async def taken(work: Work, *, user_name_key: str | None, external_id: str | None, besides: UUID | None) -> str | None:
    """Say what of these another person of the tenant has, whatever one's reach: `userName`, `externalId`, or None.

    A person no provider told of yet goes by their mail address and by the id of their own source. Who was withdrawn
    keeps the id that they come back by: for a new person it is not taken.
    """
    others = Person.tenant_id == work.tenant_id if besides is None else and_(
        Person.tenant_id == work.tenant_id, Person.id != besides
    )  # fmt: skip
    untold = ~(
        select(PersonProfile.id)
        .where(PersonProfile.tenant_id == Person.tenant_id, PersonProfile.person_id == Person.id)
        .exists()
    )
    profile = [PersonProfile.tenant_id == work.tenant_id]
    profile.append(PersonProfile.withdrawn_at.is_(None) if besides is None else PersonProfile.person_id != besides)
    for field, value, told, else_ in (
        ("userName", user_name_key, PersonProfile.user_name_key, Person.mail_key),
        ("externalId", external_id, PersonProfile.external_id, Person.external_id),
    ):
        if value is None:
            continue
        by_profile = select(PersonProfile.id).where(*profile, told == value)
        by_person = select(Person.id).where(others, else_ == value, untold)
        if (await work.session.execute(by_profile.union_all(by_person).limit(1))).first() is not None:
            return field
    return None


async def values_of(work: Work, people: Collection[UUID]) -> dict[UUID, list[ProfileValue]]:
    """Give the profile values of these people, in their order."""
    found: dict[UUID, list[ProfileValue]] = {one: [] for one in people}
    for some in _chunks(people):
        rows = await work.session.execute(
            select(ProfileValue)
            .where(ProfileValue.tenant_id == work.tenant_id, ProfileValue.person_id.in_(some))
            .order_by(ProfileValue.person_id, ProfileValue.attribute, ProfileValue.position)
        )
        for row in rows.scalars():
            found[row.person_id].append(row)
    return found


async def display_names(work: Work, people: Collection[UUID]) -> dict[UUID, str | None]:
    """Give what these people are displayed as to an identity provider: what it said, else what a table said."""
    found: dict[UUID, str | None] = {}
    shown = (
        select(ProfileValue.value)
        .where(
            ProfileValue.tenant_id == Person.tenant_id,
            ProfileValue.person_id == Person.id,
            ProfileValue.attribute == DISPLAY_NAME,
        )
        .correlate(Person)
        .scalar_subquery()
    )
    for some in _chunks(people):
        rows = await work.session.execute(
            visible_users(work)
            .with_only_columns(Person.id, Person.name, PersonProfile.id, shown, maintain_column_froms=True)
            .where(Person.id.in_(some))
        )
        found |= {person: said if profile is not None else name for person, name, profile, said in rows}
    return found


async def groups_of(work: Work, people: Collection[UUID]) -> dict[UUID, list[Group]]:
    """Give the groups in which these people are today, by name."""
    found: dict[UUID, list[Group]] = {one: [] for one in people}
    for some in _chunks(people):
        rows = await work.session.execute(
            select(GroupMember.person_id, Group)
            .join(Group, and_(Group.tenant_id == GroupMember.tenant_id, Group.id == GroupMember.group_id))
            .where(GroupMember.tenant_id == work.tenant_id, GroupMember.person_id.in_(some), GroupMember.end.is_(None))
            .order_by(Group.name_key, Group.id)
        )
        for person_id, group in rows:
            found[person_id].append(group)
    return found


def visible_groups(work: Work, action: Action = Action.GROUP_READ) -> Select[Group]:
    """Give the groups within reach that have not ended."""
    return select(Group).where(
        Group.tenant_id == work.tenant_id, Group.ended_at.is_(None), work.reach(action, TENANTS_OWN)
    )


async def group(work: Work, group_id: UUID, action: Action = Action.GROUP_READ, *, lock: bool = False) -> Group:
    """Give one group within reach, locked for a change if asked. Raises NotFound."""
    query = visible_groups(work, action).where(Group.id == group_id)
    if lock:
        query = query.with_for_update(key_share=True, of=Group)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("group", str(group_id))
    return row


def visible_members(work: Work, action: Action = Action.GROUP_READ) -> Select[GroupMember]:
    """Give the memberships within reach, past ones too."""
    return select(GroupMember).where(GroupMember.tenant_id == work.tenant_id, work.reach(action, TENANTS_OWN))


def visible_profiles(work: Work, action: Action = Action.PERSON_READ) -> Select[PersonProfile]:
    """Give the profiles of the people within reach, of withdrawn ones too."""
    whose = and_(Person.tenant_id == PersonProfile.tenant_id, Person.id == PersonProfile.person_id)
    return (
        select(PersonProfile)
        .join(Person, whose)
        .where(PersonProfile.tenant_id == work.tenant_id, work.reach(action, PERSON_PLACED))
    )


def visible_values(work: Work, action: Action = Action.PERSON_READ) -> Select[ProfileValue]:
    """Give the profile values of the people within reach."""
    whose = and_(Person.tenant_id == ProfileValue.tenant_id, Person.id == ProfileValue.person_id)
    return (
        select(ProfileValue)
        .join(Person, whose)
        .where(ProfileValue.tenant_id == work.tenant_id, work.reach(action, PERSON_PLACED))
    )


async def members_of(work: Work, groups: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Give who is in these groups today, always in the same order."""
    found: dict[UUID, list[UUID]] = {one: [] for one in groups}
    for some in _chunks(groups):
        rows = await work.session.execute(
            select(GroupMember.group_id, GroupMember.person_id)
            .where(GroupMember.tenant_id == work.tenant_id, GroupMember.group_id.in_(some), GroupMember.end.is_(None))
            .order_by(GroupMember.group_id, GroupMember.id)
        )
        for group_id, person_id in rows:
            found[group_id].append(person_id)
    return found


async def unit_called(work: Work, text: str) -> OrgUnit | None:
    """Give the unit of today's tree within reach that has this code, or else this name; None for none or several."""
    said = text.strip()
    for column in (OrgUnit.code, OrgUnit.name):
        rows = await work.session.execute(
            _living(work, or_(column == said, func.lower(column) == func.lower(said))).limit(2)
        )
        found = rows.scalars().all()
        if len(found) == 1:
            return found[0]
        if found:
            return None
    return None


async def root_unit(work: Work) -> OrgUnit:
    """Give the root of today's tree within reach, the first by code. Raises NotFound."""
    query = _living(work, UnitPlacement.parent_id.is_(None)).order_by(OrgUnit.code).limit(1)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("root unit", "of the tenant")
    return row


def _living(work: Work, wanted: ColumnElement[bool]) -> Select[OrgUnit]:
    in_reach = work.reach(Action.PERSON_PROVISION, Placed(unit=OrgUnit.id, region=OrgUnit.region))
    return (
        select(OrgUnit)
        .join(UnitPlacement, and_(UnitPlacement.tenant_id == OrgUnit.tenant_id, UnitPlacement.unit_id == OrgUnit.id))
        .where(OrgUnit.tenant_id == work.tenant_id, placed_at(UnitPlacement, work.now(), work.now()), wanted, in_reach)
    )


def _chunks(ids: Collection[UUID]) -> Iterable[list[UUID]]:
    listed = sorted(ids)
    for at in range(0, len(listed), CHUNK):
        yield listed[at : at + CHUNK]
