"""Groups of people and what identity providers say of people, in the graph: read here, written by the providers."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.directory.people import Person
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved
from api.graphql.inputs import WHICH, NodeId, asked, values
from api.graphql.nodes import Node, by, containing, listed, listed_of
from governance.directory import provisioned
from governance.directory.models import Group as GroupRow
from governance.directory.models import GroupMember as GroupMemberRow
from governance.directory.models import PersonProfile as PersonProfileRow
from governance.directory.models import ProfileValue as ProfileValueRow
from governance.directory.rules import Placing
from governance.kernel.work import Work

strawberry.enum(Placing, description="How a person whom an identity provider tells of came to their unit.")


@strawberry.type(description="A group of people, as an identity provider knows it.")
class Group(Node):
    row: strawberry.Private[GroupRow]
    visible = provisioned.visible_groups
    key = GroupRow.id

    @resolved("Its name, which another group may have too.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("The id by which the provider knows it.", FieldClass.PUBLIC)
    def external_id(self) -> str | None:
        return self.row.external_id

    @resolved("Where it is known from.", FieldClass.PUBLIC)
    def source(self) -> str:
        return self.row.source

    @resolved("When it was made.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("When it or who is in it was last changed.", FieldClass.PUBLIC)
    def changed_at(self) -> datetime:
        return self.row.changed_at

    @resolved("Its version.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @paged("Who is in it today.", FieldClass.PUBLIC)
    async def members(self, info: Info, paging: Paging) -> Connection["GroupMember"]:
        order = by(GroupMemberRow.start, GroupMemberRow.id)
        return await listed_of(
            info, paging, GroupMember, order, column=GroupMemberRow.group_id, of=self.row.id, narrowed=_of_today
        )

    @paged("Who was ever in it, the latest first.", FieldClass.PUBLIC)
    async def memberships(self, info: Info, paging: Paging) -> Connection["GroupMember"]:
        order = by(GroupMemberRow.start, GroupMemberRow.id, descending=True)
        return await listed_of(info, paging, GroupMember, order, column=GroupMemberRow.group_id, of=self.row.id)


@strawberry.type(description="That a person belongs to a group, from when until when.")
class GroupMember(Node):
    row: strawberry.Private[GroupMemberRow]
    visible = provisioned.visible_members
    key = GroupMemberRow.id

    @resolved("Who; null where they are outside reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("The group; null where it has ended.", FieldClass.PUBLIC)
    async def group(self, info: Info) -> Group | None:
        return await Group.get(info, self.row.group_id)

    @resolved("Since when.", FieldClass.PUBLIC)
    def start(self) -> datetime:
        return self.row.start

    @resolved("Until when; null: to this day.", FieldClass.PUBLIC)
    def end(self) -> datetime | None:
        return self.row.end


@strawberry.type(description="What an identity provider says of a person, besides what licenses need.")
class PersonProfile(Node):
    row: strawberry.Private[PersonProfileRow]
    visible = provisioned.visible_profiles
    key = PersonProfileRow.id

    @resolved("Whose it is.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("The name they sign in with at the provider.", FieldClass.PERSONAL)
    def user_name(self) -> str | None:
        return self.row.user_name

    @resolved("The id by which the provider knows them.", FieldClass.PERSONAL)
    def external_id(self) -> str | None:
        return self.row.external_id

    @resolved("How they came to their unit.", FieldClass.PUBLIC)
    def placing(self) -> Placing:
        return self.row.placing

    @resolved("The principal that told of them first.", FieldClass.PUBLIC)
    def source(self) -> str:
        return self.row.source

    @resolved("When it was last changed.", FieldClass.PUBLIC)
    def changed_at(self) -> datetime:
        return self.row.changed_at

    @resolved("When the provider deleted them; null: it knows them still.", FieldClass.PUBLIC)
    def withdrawn_at(self) -> datetime | None:
        return self.row.withdrawn_at

    @paged("Every value that is held.", FieldClass.PERSONAL)
    async def values(self, info: Info, paging: Paging) -> Connection["ProfileValue"]:
        order = by(ProfileValueRow.attribute, ProfileValueRow.id)
        return await listed_of(
            info, paging, ProfileValue, order, column=ProfileValueRow.person_id, of=self.row.person_id
        )


@strawberry.type(description="One value of a profile.")
class ProfileValue(Node):
    row: strawberry.Private[ProfileValueRow]
    visible = provisioned.visible_values
    key = ProfileValueRow.id

    @resolved("The attribute, such as emails or enterprise:department.", FieldClass.PUBLIC)
    def attribute(self) -> str:
        return self.row.attribute

    @resolved("The part of it, such as type; empty where it has none.", FieldClass.PUBLIC)
    def part(self) -> str:
        return self.row.part

    @resolved("The place in a list, from 0.", FieldClass.PUBLIC)
    def position(self) -> int:
        return self.row.position

    @resolved("The value.", FieldClass.PERSONAL)
    def value(self) -> str:
        return self.row.value


@strawberry.input(description="Which groups.")
class GroupFilter:
    search: str | None = asked("Part of the name.", default=None)


@strawberry.input(description="Which profiles.")
class ProfileFilter:
    placing: Placing | None = asked("Only of people who came to their unit so.", default=None)
    person: strawberry.ID | None = asked("Only this person's.", of="Person", default=None)


@strawberry.type(description="What can be asked of groups and profiles.")
class GroupQueries:
    @paged("The groups of people, by name.", FieldClass.PUBLIC)
    async def groups(
        self, info: Info, paging: Paging, filter: Annotated[GroupFilter | None, WHICH] = None
    ) -> Connection[Group]:
        wanted = filter or GroupFilter()

        def narrowed(work: Work) -> Select[Any]:
            return provisioned.visible_groups(work).where(containing(wanted.search, GroupRow.name))

        return await listed(info, paging, Group, by(GroupRow.name_key, GroupRow.id), narrowed=narrowed)

    @resolved("One group; null where there is none within reach.", FieldClass.PUBLIC)
    async def group(self, info: Info, id: NodeId) -> Group | None:
        return await Group.by_id(info, id)

    @paged("What identity providers say of the people within reach, the latest change first.", FieldClass.PUBLIC)
    async def profiles(
        self, info: Info, paging: Paging, filter: Annotated[ProfileFilter | None, WHICH] = None
    ) -> Connection[PersonProfile]:
        wanted = {name: value for name, value in values(info, filter or ProfileFilter()).items() if value is not None}

        def narrowed(work: Work) -> Select[Any]:
            query = provisioned.visible_profiles(work)
            return query.where(*[getattr(PersonProfileRow, name) == value for name, value in wanted.items()])

        order = by(PersonProfileRow.changed_at, PersonProfileRow.id, descending=True)
        return await listed(info, paging, PersonProfile, order, narrowed=narrowed)


def _of_today(work: Work) -> Select[Any]:
    return provisioned.visible_members(work).where(GroupMemberRow.end.is_(None))
