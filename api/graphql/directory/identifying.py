"""What can be done, in the graph, about who vouches for people: providers, groups, identities, one's own sessions."""

from typing import Annotated, Any

import strawberry

from api.graphql.context import Info
from api.graphql.directory.identity import ExternalIdentity, GroupMapping, IdentityProvider, Session
from api.graphql.directory.people import Person, PersonOutcome
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.inputs import GIVEN, asked, changed, command, values
from governance.directory import queries
from governance.directory.models import Person as PersonRow
from governance.directory.service import (
    ChangeProvider,
    NewIdentity,
    NewMapping,
    NewProvider,
    add_provider,
    change_provider,
    end_mapping,
    end_other_sessions,
    end_provider,
    end_session,
    link_identity,
    map_group,
    reset_second_factor,
    unlink_identity,
)
from governance.directory.service.providers import USUAL_SCOPES
from governance.kernel.work import Work
from policies.access.parties import Role, ScopeKind


@strawberry.input(description="A provider to trust.")
class AddIdentityProviderInput:
    name: str = asked("What people read at the door; unique in the tenant.")
    issuer: str = asked("Its issuer: an https address.")
    client_id: str = asked("The name under which it knows us.")
    client_secret: str | None = asked(
        "The secret it gave us; kept sealed, never shown.", cls=FieldClass.SECRET, default=None, secret=True
    )
    scopes: list[str] | None = asked("What we ask it for; null: openid, profile and email.", default=None)
    groups_claim: str = asked("The claim in which it names groups.", default="groups")
    match_claim: str | None = asked("A claim that carries a person's externalId, never a mail address.", default=None)
    joins: bool = asked("Whether whoever it vouches for enters the directory.", default=False)
    unit: strawberry.ID | None = asked("The unit that newcomers belong to.", of="Unit", default=None)
    country: str | None = asked("The country that newcomers work in.", default=None)


@strawberry.input(description="What is new of a provider; its issuer stays.")
class ChangeIdentityProviderInput:
    provider: strawberry.ID = asked("The provider.", of="IdentityProvider")
    expected_version: int = asked("The version that was read.")
    name: str = asked("What people read at the door.")
    client_id: str = asked("The name under which it knows us.")
    client_secret: str | None = asked(
        "Another secret; null keeps the one there is.", cls=FieldClass.SECRET, default=None, secret=True
    )
    scopes: list[str] = asked("What we ask it for.")
    groups_claim: str = asked("The claim in which it names groups.")
    match_claim: str | None = asked("A claim that carries a person's externalId.", default=None)
    joins: bool = asked("Whether whoever it vouches for enters the directory.", default=False)
    unit: strawberry.ID | None = asked("The unit that newcomers belong to.", of="Unit", default=None)
    country: str | None = asked("The country that newcomers work in.", default=None)


@strawberry.input(description="A provider to trust no more.")
class EndIdentityProviderInput:
    provider: strawberry.ID = asked("The provider.", of="IdentityProvider")
    reason: str = asked("Why.")


@strawberry.input(description="A group that gives a role.")
class MapGroupInput:
    provider: strawberry.ID = asked("The provider.", of="IdentityProvider")
    group_name: str = asked("The group, as the provider names it.")
    role: Role = asked("The role.")
    scope: ScopeKind = asked("How wide it is held.")
    reason: str = asked("Why it gives that.")
    unit: strawberry.ID | None = asked("The unit, exactly where the scope is UNIT.", of="Unit", default=None)
    region: str | None = asked("The region, exactly where the scope is REGION.", default=None)


@strawberry.input(description="A group that gives its role no more.")
class EndGroupMappingInput:
    mapping: strawberry.ID = asked("The mapping.", of="GroupMapping")
    reason: str = asked("Why.")


@strawberry.input(description="Whom a provider means by a subject.")
class LinkIdentityInput:
    provider: strawberry.ID = asked("The provider.", of="IdentityProvider")
    person: strawberry.ID = asked("The person.", of="Person")
    subject: str = asked("The provider's `sub` for the person.", cls=FieldClass.PERSONAL)


@strawberry.input(description="A subject that is to mean nobody.")
class UnlinkIdentityInput:
    identity: strawberry.ID = asked("The identity.", of="ExternalIdentity")
    reason: str = asked("Why.")


@strawberry.input(description="Somebody who lost the app of their second factor.")
class ResetSecondFactorInput:
    person: strawberry.ID = asked("The person.", of="Person")
    reason: str = asked("Why, and how you know that it is them.")


@strawberry.input(description="One of the viewer's own sessions.")
class EndSessionInput:
    session: strawberry.ID = asked("The session.", of="Session")


@strawberry.input(description="Every session of the viewer's own.")
class EndOtherSessionsInput:
    keep_this: bool = asked("Whether the session that asks stays; a token has none.", default=True)


IdentityProviderOutcome = Annotated[
    IdentityProvider | Refusal, strawberry.union("IdentityProviderOutcome", description="A provider, or why not.")
]
GroupMappingOutcome = Annotated[
    GroupMapping | Refusal, strawberry.union("GroupMappingOutcome", description="A group's role, or why not.")
]
ExternalIdentityOutcome = Annotated[
    ExternalIdentity | Refusal, strawberry.union("ExternalIdentityOutcome", description="An identity, or why not.")
]
SessionOutcome = Annotated[Session | Refusal, strawberry.union("SessionOutcome", description="A session, or why not.")]


@strawberry.type(description="What can be done about providers, identities, and one's own sessions.")
class IdentityMutations:
    @resolved("Trust a provider to say who people are.", FieldClass.PUBLIC)
    async def add_identity_provider(
        self, info: Info, input: Annotated[AddIdentityProviderInput, GIVEN]
    ) -> IdentityProviderOutcome:
        return await changed(
            info, IdentityProvider, input, lambda work: add_provider(work, _with_scopes(info, NewProvider, input))
        )

    @resolved("Change what is asked of a provider.", FieldClass.PUBLIC)
    async def change_identity_provider(
        self, info: Info, input: Annotated[ChangeIdentityProviderInput, GIVEN]
    ) -> IdentityProviderOutcome:
        return await changed(
            info, IdentityProvider, input, lambda work: change_provider(work, _with_scopes(info, ChangeProvider, input))
        )

    @resolved("Trust a provider no more: its roles and sessions end at once.", FieldClass.PUBLIC)
    async def end_identity_provider(
        self, info: Info, input: Annotated[EndIdentityProviderInput, GIVEN]
    ) -> IdentityProviderOutcome:
        return await changed(info, IdentityProvider, input, lambda work: end_provider(work, **values(info, input)))

    @resolved("Let a provider's group give a role that one could grant oneself.", FieldClass.PUBLIC)
    async def map_group(self, info: Info, input: Annotated[MapGroupInput, GIVEN]) -> GroupMappingOutcome:
        return await changed(info, GroupMapping, input, lambda work: map_group(work, command(info, NewMapping, input)))

    @resolved("Let a group give its role no more; what it gave ends at once.", FieldClass.PUBLIC)
    async def end_group_mapping(self, info: Info, input: Annotated[EndGroupMappingInput, GIVEN]) -> GroupMappingOutcome:
        return await changed(info, GroupMapping, input, lambda work: end_mapping(work, **values(info, input)))

    @resolved("Say by hand whom a provider means by a subject.", FieldClass.PUBLIC)
    async def link_identity(self, info: Info, input: Annotated[LinkIdentityInput, GIVEN]) -> ExternalIdentityOutcome:
        return await changed(
            info, ExternalIdentity, input, lambda work: link_identity(work, command(info, NewIdentity, input))
        )

    @resolved("Let a subject mean nobody; its sessions end at once. Gives the person it meant.", FieldClass.PUBLIC)
    async def unlink_identity(self, info: Info, input: Annotated[UnlinkIdentityInput, GIVEN]) -> PersonOutcome:
        async def verb(work: Work) -> PersonRow:
            row = await unlink_identity(work, **values(info, input))
            return await queries.person(work, row.person_id)

        return await changed(info, Person, input, verb)

    @resolved("Take the second factor of somebody who lost it.", FieldClass.PUBLIC)
    async def reset_second_factor(self, info: Info, input: Annotated[ResetSecondFactorInput, GIVEN]) -> PersonOutcome:
        return await changed(info, Person, input, lambda work: reset_second_factor(work, **values(info, input)))

    @resolved("End one of the viewer's own sessions.", FieldClass.PUBLIC)
    async def end_session(self, info: Info, input: Annotated[EndSessionInput, GIVEN]) -> SessionOutcome:
        return await changed(info, Session, input, lambda work: end_session(work, **values(info, input)))

    @resolved("Sign out everywhere. Gives the viewer.", FieldClass.PUBLIC)
    async def end_other_sessions(self, info: Info, input: Annotated[EndOtherSessionsInput, GIVEN]) -> PersonOutcome:
        async def verb(work: Work) -> PersonRow:
            standing = work.actor.standing
            await end_other_sessions(work, standing.session_id if standing is not None and input.keep_this else None)
            assert work.actor.person_id is not None
            return await queries.person_or_self(work, work.actor.person_id)

        return await changed(info, Person, input, verb)


def _with_scopes(info: Info, kind: Any, given: Any) -> Any:
    """Make a provider's command; a list of the graph is a tuple of the house."""
    return command(info, kind, given, scopes=USUAL_SCOPES if given.scopes is None else tuple(given.scopes))
