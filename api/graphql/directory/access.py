"""Who may do what, in the graph: roles granted and taken back, service accounts, and API tokens shown once."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.directory.groups import Group
from api.graphql.directory.people import Person
from api.graphql.directory.units import Unit
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, field, paged, resolved
from api.graphql.inputs import GIVEN, WHICH, NodeId, asked, changed, command, values
from api.graphql.nodes import Node, by, listed, listed_of
from governance.directory import queries
from governance.directory.models import RoleGrant as RoleGrantRow
from governance.directory.models import ServiceAccount as ServiceAccountRow
from governance.directory.models import Token as TokenRow
from governance.directory.service import (
    NewGrant,
    NewServiceAccount,
    NewToken,
    create_service_account,
    create_token,
    end_grant,
    grant_role,
    revoke_token,
)
from governance.kernel.work import Work
from policies.access.actions import Action
from policies.access.parties import Role, ScopeKind

strawberry.enum(Action, description="Every act that somebody may try, as resource and verb.")
strawberry.enum(Role, description="The roles that are granted.")
strawberry.enum(ScopeKind, description="How wide a role is held: one's own, a unit's subtree, a region's, the tenant.")


@strawberry.type(description="A machine identity; it signs in by tokens only.")
class ServiceAccount(Node):
    row: strawberry.Private[ServiceAccountRow]
    visible = queries.visible_service_accounts
    key = ServiceAccountRow.id

    @resolved("Its name, unique in the tenant.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("The unit it belongs to.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("When it was made.", FieldClass.PUBLIC)
    def created_at(self) -> datetime:
        return self.row.created_at

    @resolved("When it ended.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at

    @paged("Its tokens, the latest first.", FieldClass.PUBLIC)
    async def tokens(self, info: Info, paging: Paging) -> Connection["Token"]:
        order = by(TokenRow.created_at, TokenRow.id, descending=True)
        return await listed_of(info, paging, Token, order, column=TokenRow.service_account_id, of=self.row.id)

    @paged("The roles it was granted, the latest first.", FieldClass.PUBLIC)
    async def grants(self, info: Info, paging: Paging) -> Connection["RoleGrant"]:
        order = by(RoleGrantRow.start, RoleGrantRow.id, descending=True)
        return await listed_of(info, paging, RoleGrant, order, column=RoleGrantRow.service_account_id, of=self.row.id)


@strawberry.type(description="A role given to a person, a group or a service account, from when until when, and why.")
class RoleGrant(Node):
    row: strawberry.Private[RoleGrantRow]
    visible = queries.grants
    key = RoleGrantRow.id

    @resolved("The role.", FieldClass.PUBLIC)
    def role(self) -> Role:
        return self.row.role

    @resolved("How wide it is held.", FieldClass.PUBLIC)
    def scope(self) -> ScopeKind:
        return self.row.scope

    @resolved("The region, where it is held over one.", FieldClass.PUBLIC)
    def region(self) -> str | None:
        return self.row.region

    @resolved("The unit, where it is held over one's subtree.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("Who holds it, where it is a person.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("Who holds it, where it is a service account.", FieldClass.PUBLIC)
    async def service_account(self, info: Info) -> ServiceAccount | None:
        return await ServiceAccount.get(info, self.row.service_account_id)

    @resolved("Who holds it, where it is a group: whoever is in it.", FieldClass.PUBLIC)
    async def group(self, info: Info) -> Group | None:
        return await Group.get(info, self.row.group_id)

    @resolved("Since when it is held.", FieldClass.PUBLIC)
    def start(self) -> datetime:
        return self.row.start

    @resolved("Until when; null: until it is taken back.", FieldClass.PUBLIC)
    def end(self) -> datetime | None:
        return self.row.end

    @resolved("Why it was given.", FieldClass.PUBLIC)
    def reason(self) -> str:
        return self.row.reason

    @resolved("The principal who gave it.", FieldClass.PUBLIC)
    def granted_by(self) -> str:
        return self.row.granted_by


@strawberry.type(description="An API token. Its secret is known to nobody after it was made.")
class Token(Node):
    row: strawberry.Private[TokenRow]
    visible = queries.visible_tokens
    key = TokenRow.id

    @resolved("What it is called.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("Its first characters, to recognize it by.", FieldClass.SECRET)
    def prefix(self) -> str:
        return self.row.prefix

    @resolved("The acts it is narrowed to; null: all that its owner may.", FieldClass.PUBLIC)
    def actions(self) -> list[str] | None:
        return None if self.row.actions is None else [str(action) for action in self.row.actions]

    @resolved("Whose it is, where that is a person.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("Whose it is, where that is a service account.", FieldClass.PUBLIC)
    async def service_account(self, info: Info) -> ServiceAccount | None:
        return await ServiceAccount.get(info, self.row.service_account_id)

    @resolved("When it was made.", FieldClass.PUBLIC)
    def created_at(self) -> datetime:
        return self.row.created_at

    @resolved("When it expires; null: never.", FieldClass.PUBLIC)
    def expires_at(self) -> datetime | None:
        return self.row.expires_at

    @resolved("When it was last used, to within five minutes.", FieldClass.USAGE)
    def last_used_at(self) -> datetime | None:
        return self.row.last_used_at

    @resolved("When it was revoked.", FieldClass.PUBLIC)
    def revoked_at(self) -> datetime | None:
        return self.row.revoked_at


@strawberry.type(description="A token that was just made, with its secret.")
class CreatedToken:
    token: Token = field("The token.", FieldClass.PUBLIC)
    secret: str | None = field(
        "What is sent as `Authorization: Bearer`; shown this once, and null on a repeat of the same request.",
        FieldClass.SECRET,
    )


@strawberry.input(description="Which grants of roles.")
class RoleGrantFilter:
    role: Role | None = asked("Only of this role.", default=None)
    person: strawberry.ID | None = asked("Only what was given to this person.", of="Person", default=None)
    group: strawberry.ID | None = asked("Only what was given to this group.", of="Group", default=None)
    unit: strawberry.ID | None = asked("Only what is held over this very unit.", of="Unit", default=None)


@strawberry.type(description="What can be asked of rights.")
class AccessQueries:
    @paged("The roles granted within reach, past ones too, the latest first.", FieldClass.PUBLIC)
    async def role_grants(
        self, info: Info, paging: Paging, filter: Annotated[RoleGrantFilter | None, WHICH] = None
    ) -> Connection[RoleGrant]:
        wanted = {name: value for name, value in values(info, filter or RoleGrantFilter()).items() if value is not None}

        def narrowed(work: Work) -> Select[Any]:
            return queries.grants(work).filter_by(**wanted)

        order = by(RoleGrantRow.start, RoleGrantRow.id, descending=True)
        return await listed(info, paging, RoleGrant, order, narrowed=narrowed)

    @paged("The service accounts within reach, by name.", FieldClass.PUBLIC)
    async def service_accounts(self, info: Info, paging: Paging) -> Connection[ServiceAccount]:
        return await listed(info, paging, ServiceAccount, by(ServiceAccountRow.name, ServiceAccountRow.id))

    @paged("The API tokens within reach, the latest first.", FieldClass.PUBLIC)
    async def tokens(self, info: Info, paging: Paging) -> Connection[Token]:
        return await listed(info, paging, Token, by(TokenRow.created_at, TokenRow.id, descending=True))

    @resolved("One grant of a role; null where there is none within reach.", FieldClass.PUBLIC)
    async def role_grant(self, info: Info, id: NodeId) -> RoleGrant | None:
        return await RoleGrant.by_id(info, id)


@strawberry.input(description="A role to give, to one person, one group or one service account.")
class GrantRoleInput:
    role: Role = asked("The role.")
    scope: ScopeKind = asked("How wide it is held.")
    reason: str = asked("Why it is given.")
    person: strawberry.ID | None = asked("Who gets it, where it is a person.", of="Person", default=None)
    service_account: strawberry.ID | None = asked("Who, where it is a machine.", of="ServiceAccount", default=None)
    unit: strawberry.ID | None = asked("The unit, exactly where the scope is UNIT.", of="Unit", default=None)
    region: str | None = asked("The region, exactly where the scope is REGION.", default=None)
    start: datetime | None = asked("Since when; null: now.", default=None)
    end: datetime | None = asked("Until when; null: until it is taken back.", default=None)
    group: strawberry.ID | None = asked("Who gets it, where it is a group's members.", of="Group", default=None)


@strawberry.input(description="A role to take back.")
class EndGrantInput:
    grant: strawberry.ID = asked("The grant.", of="RoleGrant")
    reason: str = asked("Why.")


@strawberry.input(description="A new machine identity.")
class CreateServiceAccountInput:
    name: str = asked("The name, unique in the tenant.")
    unit: strawberry.ID = asked("The unit it belongs to.", of="Unit")


@strawberry.input(description="A new API token, of one person or one service account.")
class CreateTokenInput:
    name: str = asked("What it is called.")
    person: strawberry.ID | None = asked("Whose it is: oneself.", of="Person", default=None)
    service_account: strawberry.ID | None = asked("Or which machine's.", of="ServiceAccount", default=None)
    actions: list[Action] | None = asked("The acts it is narrowed to; null: all that its owner may.", default=None)
    expires_at: datetime | None = asked("When it expires; null: never.", default=None)


@strawberry.input(description="A token to revoke.")
class RevokeTokenInput:
    token: strawberry.ID = asked("The token.", of="Token")
    reason: str | None = asked("Why.", default=None)


RoleGrantOutcome = Annotated[
    RoleGrant | Refusal, strawberry.union("RoleGrantOutcome", description="A grant of a role, or why not.")
]
ServiceAccountOutcome = Annotated[
    ServiceAccount | Refusal, strawberry.union("ServiceAccountOutcome", description="A service account, or why not.")
]
CreatedTokenOutcome = Annotated[
    CreatedToken | Refusal, strawberry.union("CreatedTokenOutcome", description="A token with its secret, or why not.")
]
TokenOutcome = Annotated[Token | Refusal, strawberry.union("TokenOutcome", description="A token, or why not.")]


@strawberry.type(description="What can be done about rights.")
class AccessMutations:
    @resolved("Give a role.", FieldClass.PUBLIC)
    async def grant_role(self, info: Info, input: Annotated[GrantRoleInput, GIVEN]) -> RoleGrantOutcome:
        return await changed(info, RoleGrant, input, lambda work: grant_role(work, command(info, NewGrant, input)))

    @resolved("Take a role back, from now on.", FieldClass.PUBLIC)
    async def end_grant(self, info: Info, input: Annotated[EndGrantInput, GIVEN]) -> RoleGrantOutcome:
        return await changed(info, RoleGrant, input, lambda work: end_grant(work, **values(info, input)))

    @resolved("Make a machine identity, without any right until a role is granted.", FieldClass.PUBLIC)
    async def create_service_account(
        self, info: Info, input: Annotated[CreateServiceAccountInput, GIVEN]
    ) -> ServiceAccountOutcome:
        def verb(work: Work) -> Awaitable[ServiceAccountRow]:
            return create_service_account(work, command(info, NewServiceAccount, input))

        return await changed(info, ServiceAccount, input, verb)

    @resolved("Make a token; its secret is shown this once.", FieldClass.PUBLIC)
    async def create_token(self, info: Info, input: Annotated[CreateTokenInput, GIVEN]) -> CreatedTokenOutcome:
        secrets: dict[UUID, str] = {}

        async def verb(work: Work) -> TokenRow:
            actions = None if input.actions is None else frozenset(input.actions)
            row, secret = await create_token(work, command(info, NewToken, input, actions=actions))
            secrets[row.id] = secret
            return row

        done = await changed(info, Token, input, verb)
        return done if isinstance(done, Refusal) else CreatedToken(token=done, secret=secrets.get(done.row.id))

    @resolved("Revoke a token: from now on it opens nothing.", FieldClass.PUBLIC)
    async def revoke_token(self, info: Info, input: Annotated[RevokeTokenInput, GIVEN]) -> TokenOutcome:
        return await changed(info, Token, input, lambda work: revoke_token(work, **values(info, input)))
