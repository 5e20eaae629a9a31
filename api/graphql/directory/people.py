"""People in the graph: who they are, where they belong, who leads them, what they were granted."""

from collections.abc import Awaitable
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.directory.units import Unit
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved, type_named
from api.graphql.inputs import (
    BY_WHAT,
    GIVEN,
    WHICH,
    Descending,
    NodeId,
    asked,
    changed,
    command,
    hold_readable,
    values,
)
from api.graphql.nodes import Node, by, containing, listed, listed_of
from governance.directory import queries
from governance.directory.models import Person as PersonRow
from governance.directory.rules import PersonStatus, same_mail
from governance.directory.service import NewAccount, PersonFacts, create_account, mark_left, upsert_person
from governance.kernel.work import Work
from policies.access.parties import Ownership

if TYPE_CHECKING:
    from api.graphql.directory.access import RoleGrant, Token

strawberry.enum(PersonStatus, description="Whether a person is there; who is on leave keeps their seats.")


@strawberry.type(description="A person as the directory knows them.")
class Person(Node):
    row: strawberry.Private[PersonRow]
    visible = queries.visible_people
    key = PersonRow.id

    @resolved("The person's name.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("Whether they are there.", FieldClass.PUBLIC)
    def status(self) -> PersonStatus:
        return self.row.status

    @resolved("The id by which their source knows them.", FieldClass.PERSONAL)
    def external_id(self) -> str:
        return self.row.external_id

    @resolved("Their mail address.", FieldClass.PERSONAL)
    def mail(self) -> str:
        return self.row.mail

    @resolved("The country they work in (ISO 3166-1).", FieldClass.PERSONAL)
    def country(self) -> str:
        return self.row.country

    @resolved("The language they are written to in; null: the tenant's.", FieldClass.PERSONAL)
    def locale(self) -> str | None:
        return self.row.locale

    @resolved("The last day of their contract, where it has one.", FieldClass.PERSONAL)
    def contract_end(self) -> date | None:
        return self.row.contract_end

    @resolved("When they left.", FieldClass.PERSONAL)
    def left_at(self) -> datetime | None:
        return self.row.left_at

    @resolved("Where the directory knows them from.", FieldClass.PUBLIC)
    def source(self) -> str:
        return self.row.source

    @resolved("Their version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("The unit they belong to; null where it is outside reach.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("Who leads them.", FieldClass.PERSONAL)
    async def manager(self, info: Info) -> "Person | None":
        return await Person.get(info, self.row.manager_id)

    @paged("Whom they lead, by name.", FieldClass.PERSONAL)
    async def reports(self, info: Info, paging: Paging) -> Connection["Person"]:
        order = by(PersonRow.name, PersonRow.id)
        return await listed_of(info, paging, Person, order, column=PersonRow.manager_id, of=self.row.id)

    @paged("The roles they were granted, past ones too, the latest first.", FieldClass.PUBLIC)
    async def grants(
        self, info: Info, paging: Paging
    ) -> Connection[Annotated["RoleGrant", strawberry.lazy("api.graphql.directory.access")]]:
        kind = type_named(info, "RoleGrant")
        row = kind.key.class_
        order = by(row.start, row.id, descending=True)
        return await listed_of(info, paging, kind, order, column=row.person_id, of=self.row.id)

    @paged("Their API tokens, the latest first.", FieldClass.PUBLIC)
    async def tokens(
        self, info: Info, paging: Paging
    ) -> Connection[Annotated["Token", strawberry.lazy("api.graphql.directory.access")]]:
        kind = type_named(info, "Token")
        row = kind.key.class_
        order = by(row.created_at, row.id, descending=True)
        return await listed_of(info, paging, kind, order, column=row.person_id, of=self.row.id)

    async def ownership(self, work: Work) -> Ownership:
        row = self.row
        return await queries.ownership(work, unit_id=row.unit_id, region=row.country, people=(row.id,))


@strawberry.enum(description="Orders of people.")
class PersonOrder(StrEnum):
    NAME = "name"
    RECORDED_AT = "recorded_at"


@strawberry.input(description="Which people.")
class PersonFilter:
    search: str | None = asked("Part of the name.", default=None)
    status: PersonStatus | None = asked("Only who stands so.", default=None)
    unit: strawberry.ID | None = asked("Only who belongs to this very unit.", of="Unit", default=None)
    below: strawberry.ID | None = asked("Only who belongs to this unit or one below it.", of="Unit", default=None)
    country: str | None = asked("Only who works in this country.", default=None)
    mail: str | None = asked("Only whose mail address this is, whatever its case.", default=None)


_ORDERS: dict[PersonOrder, Any] = {PersonOrder.NAME: PersonRow.name, PersonOrder.RECORDED_AT: PersonRow.recorded_at}


@strawberry.type(description="What can be asked of people.")
class PeopleQueries:
    @paged("The people within reach.", FieldClass.PUBLIC)
    async def people(
        self,
        info: Info,
        paging: Paging,
        filter: Annotated[PersonFilter | None, WHICH] = None,
        order: Annotated[PersonOrder, BY_WHAT] = PersonOrder.NAME,
        descending: Descending = False,
    ) -> Connection[Person]:
        asked_for = filter or PersonFilter()
        hold_readable(info, FieldClass.PERSONAL, "filter.country", asked_for.country)
        hold_readable(info, FieldClass.PERSONAL, "filter.mail", asked_for.mail)
        wanted = values(info, asked_for)

        def narrowed(work: Work) -> Select[PersonRow]:
            query = queries.visible_people(work).where(containing(asked_for.search, PersonRow.name))
            for name in ("status", "unit_id", "country"):
                if wanted[name] is not None:
                    query = query.where(getattr(PersonRow, name) == wanted[name])
            if wanted["below_id"] is not None:
                tops = frozenset({wanted["below_id"]})
                query = query.where(PersonRow.unit_id.in_(work.office.units.below(work.tenant_id, tops)))
            return query if asked_for.mail is None else query.where(PersonRow.mail_key == same_mail(asked_for.mail))

        orders = by(_ORDERS[order], PersonRow.id, descending=descending)
        return await listed(info, paging, Person, orders, narrowed=narrowed)

    @resolved("One person; null where there is none within reach.", FieldClass.PUBLIC)
    async def person(self, info: Info, id: NodeId) -> Person | None:
        return await Person.by_id(info, id)


@strawberry.input(description="A person as a source knows them; entered, or brought up to date by externalId.")
class UpsertPersonInput:
    external_id: str = asked("The id by which the source knows them.")
    name: str = asked("The name.")
    mail: str = asked("The mail address.", cls=FieldClass.PERSONAL)
    unit: strawberry.ID = asked("The unit they belong to.", of="Unit")
    country: str = asked("The country they work in (ISO 3166-1).", cls=FieldClass.PERSONAL)
    status: PersonStatus = asked("Whether they are there.", default=PersonStatus.ACTIVE)
    manager: strawberry.ID | None = asked("Who leads them.", of="Person", cls=FieldClass.PERSONAL, default=None)
    locale: str | None = asked("The language they are written to in.", cls=FieldClass.PERSONAL, default=None)
    contract_end: date | None = asked("The last day of their contract.", cls=FieldClass.PERSONAL, default=None)
    source: str = asked("Where this is known from.", default="manual")
    expected_version: int | None = asked("The version that was read; another one now is a CONFLICT.", default=None)


@strawberry.input(description="A person who has left.")
class MarkLeftInput:
    person: strawberry.ID = asked("Who.", of="Person")
    at: datetime | None = asked("Since when, not in the future; null: now.", default=None)


@strawberry.input(description="A local sign-in for a person.")
class CreateAccountInput:
    person: strawberry.ID = asked("Whose it is.", of="Person")
    login: str = asked("The login; mail addresses are usual.")
    password: str = asked("The password, of 12 characters or more.", secret=True)


PersonOutcome = Annotated[Person | Refusal, strawberry.union("PersonOutcome", description="A person, or why not.")]


@strawberry.type(description="What can be done to people.")
class PeopleMutations:
    @resolved("Enter a person, or bring them up to date; the same facts twice change nothing.", FieldClass.PUBLIC)
    async def upsert_person(self, info: Info, input: Annotated[UpsertPersonInput, GIVEN]) -> PersonOutcome:
        def verb(work: Work) -> Awaitable[PersonRow]:
            given = values(info, input)
            expected = given.pop("expected_version")
            return upsert_person(work, PersonFacts(**given), expected_version=expected)

        return await changed(info, Person, input, verb)

    @resolved(
        "Mark that a person has left: sessions and tokens end at once, their seats are up for reclaim.",
        FieldClass.PUBLIC,
    )
    async def mark_left(self, info: Info, input: Annotated[MarkLeftInput, GIVEN]) -> PersonOutcome:
        return await changed(info, Person, input, lambda work: mark_left(work, **values(info, input)))

    @resolved("Give a person a local sign-in.", FieldClass.PUBLIC)
    async def create_account(self, info: Info, input: Annotated[CreateAccountInput, GIVEN]) -> PersonOutcome:
        async def verb(work: Work) -> PersonRow:
            account = await create_account(work, command(info, NewAccount, input))
            return await queries.person(work, account.person_id)

        return await changed(info, Person, input, verb)
