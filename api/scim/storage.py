"""The directory as the storage of a SCIM server: every call goes to a verb or to one statement of one desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from scim2_models import NotFoundException, Resource, ResourceType, ResponseParameters, SearchRequest
from scim2_server.storage import AsyncScimStorage, SearchPage
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, literal, null, select, union_all

from api.scim.columns import group_sources, user_sources
from api.scim.filtering import order_of, where_of
from api.scim.groups import group_facts_of, groups_shown
from api.scim.people import facts_of, id_of, number_of, users_of
from api.scim.shapes import RESULTS_MOST, Group, UserModel
from governance.directory import models, provisioned
from governance.directory.models import Person
from governance.directory.provisioned import Known
from governance.directory.service.groups import end_group, provision_group, reprovision_group
from governance.directory.service.provisioning import provision_person, reprovision_person, withdraw_person
from governance.kernel.work import Work
from policies.access.actions import Action

USER, GROUP = "User", "Group"
ACT = Action.PERSON_PROVISION


@dataclass(frozen=True)
class _Kind:
    """One kind of resource as the database finds it."""

    name: str
    model: Any
    query: Any
    id: Any
    sources: Any


class Directory(AsyncScimStorage):
    """The people and groups whom the caller of one desk may provision."""

    def __init__(self, work: Work) -> None:
        self.work = work

    async def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """Give one resource within reach. Raises NotFoundException, alike for missing and for foreign ones."""
        found = id_of(resource_id)
        if found is None or str(found) != resource_id:
            raise NotFoundException(detail=f"There is no {resource_type.name} {resource_id[:80]!r}")
        if resource_type.name == USER:
            return await self._user(found)
        row = await provisioned.group(self.work, found, ACT)
        wanted = _asks_for(response_parameters, "members")
        return (await groups_shown(self.work, [row], with_members=wanted))[0]

    async def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """Give a page of what matches, and how many there are. Raises InvalidFilter- and InvalidPathException."""
        del position  # pages are counted by index: no cursor is announced
        kinds = [self._kinds[str(kind.name)] for kind in resource_types]
        picked = [_picked(kind, search_request) for kind in kinds]
        found = (picked[0] if len(picked) == 1 else union_all(*picked)).subquery()
        total = (await self.work.session.execute(select(func.count()).select_from(found))).scalar_one()
        page = select(found.c.kind, found.c.id).order_by(*_ordered(found, search_request))
        start, count = search_request.start_index_0 or 0, search_request.count
        size = RESULTS_MOST if count is None else min(count, RESULTS_MOST)
        rows = (await self.work.session.execute(page.offset(start).limit(size))).all() if size else []
        return SearchPage(total, await self._loaded(rows, members=_asks_for(search_request, "members")))

    async def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        if resource_type.name == USER:
            row = await provision_person(self.work, facts_of(resource, new=True))
            return await self._user(row.id)
        group = await provision_group(self.work, group_facts_of(resource))
        return (await groups_shown(self.work, [group]))[0]

    async def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        assert resource.id is not None
        found, version = UUID(resource.id), number_of(expected_version)
        if resource_type.name == USER:
            facts = facts_of(resource, new=False)
            await reprovision_person(self.work, found, facts, expected_version=version)
            return await self._user(found)
        group = await reprovision_group(self.work, found, group_facts_of(resource), expected_version=version)
        return (await groups_shown(self.work, [group]))[0]

    async def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        found, version = UUID(resource_id), number_of(expected_version)
        if resource_type.name == USER:
            await withdraw_person(self.work, found, expected_version=version)
        else:
            await end_group(self.work, found, expected_version=version)

    async def _user(self, person_id: UUID) -> Resource[Any]:
        return (await users_of(self.work, [await provisioned.user(self.work, person_id)]))[0]

    @cached_property
    def _kinds(self) -> dict[str, _Kind]:
        users = provisioned.visible_users(self.work)
        groups = provisioned.visible_groups(self.work, ACT)
        return {
            USER: _Kind(USER, UserModel, users, Person.id, user_sources(self.work.tenant_id)),
            GROUP: _Kind(GROUP, Group, groups, models.Group.id, group_sources()),
        }

    async def _loaded(self, rows: Sequence[Any], *, members: bool) -> list[Resource[Any]]:
        """Load the resources of a page, each kind at once, in the page's order."""
        shown: dict[UUID, Resource[Any]] = {}
        people = [row.id for row in rows if row.kind == USER]
        if people:
            query = provisioned.visible_users(self.work).where(Person.id.in_(people))
            known = [Known(person, profile) for person, profile in await self.work.session.execute(query)]
            shown |= {UUID(str(user.id)): user for user in await users_of(self.work, known)}
        groups = [row.id for row in rows if row.kind == GROUP]
        if groups:
            wanted = provisioned.visible_groups(self.work, ACT).where(models.Group.id.in_(groups))
            found = (await self.work.session.execute(wanted)).scalars().all()
            shown |= {UUID(str(one.id)): one for one in await groups_shown(self.work, found, with_members=members)}
        return [shown[row.id] for row in rows if row.id in shown]


def _picked(kind: _Kind, request: SearchRequest[Any]) -> Select[Any]:
    """Give the ids of one kind that match, with what they are ordered by."""
    order = None if request.sort_by is None else order_of(kind.model, kind.sources, str(request.sort_by))
    key: SQLColumnExpression[Any] = null() if order is None else order
    query: Select[Any] = kind.query.with_only_columns(
        literal(kind.name).label("kind"), kind.id.label("id"), key.label("key"), maintain_column_froms=True
    )
    return query if request.filter is None else query.where(where_of(kind.model, kind.sources, str(request.filter)))


def _ordered(found: Any, request: SearchRequest[Any]) -> list[ColumnElement[Any]]:
    """Order by the attribute asked for, what has none last (first where descending), then by id."""
    descending = request.sort_order == SearchRequest.SortOrder.descending
    if request.sort_by is None:
        return [found.c.id.asc()]
    key = found.c.key
    missing = key.is_(None)
    return [missing.desc(), key.desc(), found.c.id.desc()] if descending else [missing, key, found.c.id]


def _asks_for(parameters: ResponseParameters[Any] | None, attribute: str) -> bool:
    """Tell whether an answer keeps an attribute that is dear to read."""
    if parameters is None:
        return True
    named = {str(path).rpartition(":")[2].partition(".")[0].lower() for path in parameters.attributes or ()}
    without = {str(path).rpartition(":")[2].lower() for path in parameters.excluded_attributes or ()}
    return attribute not in without and (not named or attribute in named)
