"""Who vouches for people, in the graph: providers, what their groups give, identities, and one's own sessions."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.directory.people import Person
from api.graphql.directory.units import Unit
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved
from api.graphql.inputs import WHICH, NodeId, asked, values
from api.graphql.nodes import Node, by, listed, listed_of
from governance.directory import vouched
from governance.directory.models import ExternalIdentity as IdentityRow
from governance.directory.models import GroupMapping as MappingRow
from governance.directory.models import IdentityProvider as ProviderRow
from governance.directory.models import Session as SessionRow
from governance.kernel.work import Work
from policies.access.parties import Role, ScopeKind


@strawberry.type(description="An OpenID Connect provider that the tenant trusts to say who its people are.")
class IdentityProvider(Node):
    row: strawberry.Private[ProviderRow]
    visible = vouched.visible_providers
    key = ProviderRow.id

    @resolved("What people read at the door.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("Its issuer, as it says of itself.", FieldClass.PUBLIC)
    def issuer(self) -> str:
        return self.row.issuer

    @resolved("The name under which it knows us.", FieldClass.PUBLIC)
    def client_id(self) -> str:
        return self.row.client_id

    @resolved("Whether a client secret is kept; it is never shown.", FieldClass.PUBLIC)
    def has_secret(self) -> bool:
        return self.row.secret_sealed is not None

    @resolved("What we ask it for.", FieldClass.PUBLIC)
    def scopes(self) -> list[str]:
        return [str(scope) for scope in self.row.scopes]

    @resolved("The claim in which it names a person's groups.", FieldClass.PUBLIC)
    def groups_claim(self) -> str:
        return self.row.groups_claim

    @resolved("The claim that carries a person's externalId; null: known people are linked by hand.", FieldClass.PUBLIC)
    def match_claim(self) -> str | None:
        return self.row.match_claim

    @resolved("Whether whoever it vouches for enters the directory.", FieldClass.PUBLIC)
    def joins(self) -> bool:
        return self.row.joins

    @resolved("The unit that newcomers belong to.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("The country that newcomers work in (ISO 3166-1).", FieldClass.PUBLIC)
    def country(self) -> str | None:
        return self.row.country

    @resolved("Since when it is trusted.", FieldClass.PUBLIC)
    def created_at(self) -> datetime:
        return self.row.created_at

    @resolved("Since when it is not; null: it is.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @paged("What its groups give, ended ones too, the latest first.", FieldClass.PUBLIC)
    async def mappings(self, info: Info, paging: Paging) -> Connection["GroupMapping"]:
        order = by(MappingRow.created_at, MappingRow.id, descending=True)
        return await listed_of(info, paging, GroupMapping, order, column=MappingRow.provider_id, of=self.row.id)


@strawberry.type(description="A role for whoever a provider says to be in a group, as long as it says so.")
class GroupMapping(Node):
    row: strawberry.Private[MappingRow]
    visible = vouched.visible_mappings
    key = MappingRow.id

    @resolved("The provider.", FieldClass.PUBLIC)
    async def provider(self, info: Info) -> IdentityProvider | None:
        return await IdentityProvider.get(info, self.row.provider_id)

    @resolved("The group, as the provider names it.", FieldClass.PUBLIC)
    def group_name(self) -> str:
        return self.row.group_name

    @resolved("The role it gives.", FieldClass.PUBLIC)
    def role(self) -> Role:
        return self.row.role

    @resolved("How wide it is held.", FieldClass.PUBLIC)
    def scope(self) -> ScopeKind:
        return self.row.scope

    @resolved("The unit, where it is held over one's subtree.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("The region, where it is held over one.", FieldClass.PUBLIC)
    def region(self) -> str | None:
        return self.row.region

    @resolved("Why it gives that.", FieldClass.PUBLIC)
    def reason(self) -> str:
        return self.row.reason

    @resolved("The principal who said so.", FieldClass.PUBLIC)
    def made_by(self) -> str:
        return self.row.made_by

    @resolved("Since when.", FieldClass.PUBLIC)
    def created_at(self) -> datetime:
        return self.row.created_at

    @resolved("Since when no more; null: it gives it.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at


@strawberry.type(description="Whom a provider means by a subject; a mail address never says it.")
class ExternalIdentity(Node):
    row: strawberry.Private[IdentityRow]
    visible = vouched.visible_identities
    key = IdentityRow.id

    @resolved("The provider by which it was first known.", FieldClass.PUBLIC)
    async def provider(self, info: Info) -> IdentityProvider | None:
        return await IdentityProvider.get(info, self.row.provider_id)

    @resolved("The person it means.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("The issuer.", FieldClass.PUBLIC)
    def issuer(self) -> str:
        return self.row.issuer

    @resolved("The provider's own name for the person.", FieldClass.PERSONAL)
    def subject(self) -> str:
        return self.row.subject

    @resolved("The principal who said so: an admin, or the sign-in itself.", FieldClass.PUBLIC)
    def linked_by(self) -> str:
        return self.row.linked_by

    @resolved("Since when it is known.", FieldClass.PUBLIC)
    def created_at(self) -> datetime:
        return self.row.created_at

    @resolved("When somebody last signed in by it.", FieldClass.USAGE)
    def last_seen_at(self) -> datetime | None:
        return self.row.last_seen_at


@strawberry.type(description="A browser in which the viewer is signed in.")
class Session(Node):
    row: strawberry.Private[SessionRow]
    visible = vouched.every_own_session
    key = SessionRow.id

    @resolved("Since when.", FieldClass.PUBLIC)
    def created_at(self) -> datetime:
        return self.row.created_at

    @resolved("When it was last used, to within five minutes.", FieldClass.USAGE)
    def last_seen_at(self) -> datetime:
        return self.row.last_seen_at

    @resolved("When the viewer last proved in it who they are.", FieldClass.USAGE)
    def authenticated_at(self) -> datetime:
        return self.row.authenticated_at

    @resolved("When it ends at the latest.", FieldClass.PUBLIC)
    def ends_at(self) -> datetime:
        return self.row.ends_at

    @resolved("When it was ended; null: it was not.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at


@strawberry.input(description="Which identities.")
class ExternalIdentityFilter:
    person: strawberry.ID | None = asked("Only those that mean this person.", of="Person", default=None)
    provider: strawberry.ID | None = asked("Only those of this provider.", of="IdentityProvider", default=None)


@strawberry.type(description="What can be asked of providers, identities and one's own sessions.")
class IdentityQueries:
    @paged("The providers the tenant trusts or trusted, by name.", FieldClass.PUBLIC)
    async def identity_providers(self, info: Info, paging: Paging) -> Connection[IdentityProvider]:
        return await listed(info, paging, IdentityProvider, by(ProviderRow.name, ProviderRow.id))

    @resolved("One provider; null where there is none within reach.", FieldClass.PUBLIC)
    async def identity_provider(self, info: Info, id: NodeId) -> IdentityProvider | None:
        return await IdentityProvider.by_id(info, id)

    @paged("Whom providers mean, within reach, the latest first.", FieldClass.PUBLIC)
    async def external_identities(
        self, info: Info, paging: Paging, filter: Annotated[ExternalIdentityFilter | None, WHICH] = None
    ) -> Connection[ExternalIdentity]:
        given = values(info, filter or ExternalIdentityFilter())
        wanted = [getattr(IdentityRow, name) == value for name, value in given.items() if value is not None]

        def narrowed(work: Work) -> Select[Any]:
            return vouched.visible_identities(work).where(*wanted)

        order = by(IdentityRow.created_at, IdentityRow.id, descending=True)
        return await listed(info, paging, ExternalIdentity, order, narrowed=narrowed)

    @paged("The viewer's own sessions that still stand, the latest first.", FieldClass.PUBLIC)
    async def my_sessions(self, info: Info, paging: Paging) -> Connection[Session]:
        order = by(SessionRow.created_at, SessionRow.id, descending=True)
        return await listed(info, paging, Session, order, narrowed=vouched.own_sessions)
