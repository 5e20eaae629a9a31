"""Who asks, in the graph: the person, the tenant, what was granted, and why something is permitted or not."""

from typing import Annotated

import strawberry
from sqlalchemy import Select, select

from api.graphql.context import Info
from api.graphql.directory.groups import Group
from api.graphql.directory.people import Person
from api.graphql.directory.units import Unit
from api.graphql.engine import FieldClass, field, resolved
from api.graphql.nodes import Node, whose_is
from governance.directory import queries
from governance.directory.models import Tenant as TenantRow
from governance.kernel.work import Work
from policies.access.actions import Action
from policies.access.gate import Because, Explanation
from policies.access.gate import Reason as GateReason
from policies.access.parties import Grant, Role, ScopeKind

strawberry.enum(Because, description="Why a decision on a right came out as it did.")


def _own_tenant(work: Work) -> Select[TenantRow]:
    return select(TenantRow).where(TenantRow.id == work.tenant_id)


@strawberry.type(description="The tenant and its settings: nothing is ever seen across tenants.")
class Tenant(Node):
    row: strawberry.Private[TenantRow]
    visible = _own_tenant
    key = TenantRow.id

    @resolved("Its name.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("The short name by which one signs in.", FieldClass.PUBLIC)
    def slug(self) -> str:
        return self.row.slug

    @resolved("The currency of its reports (ISO 4217).", FieldClass.PUBLIC)
    def currency(self) -> str:
        return self.row.currency

    @resolved("Its home time zone.", FieldClass.PUBLIC)
    def zone(self) -> str:
        return self.row.zone

    @resolved("Its language.", FieldClass.PUBLIC)
    def locale(self) -> str:
        return self.row.locale

    @resolved("The month in which its fiscal year starts, 1 to 12.", FieldClass.PUBLIC)
    def fiscal_year_start(self) -> int:
        return self.row.fiscal_year_start

    @resolved("Groups smaller than this are not shown in figures of behavior.", FieldClass.PUBLIC)
    def small_group(self) -> int:
        return self.row.small_group

    @resolved("After how many days a silent source counts as stale.", FieldClass.PUBLIC)
    def stale_after_days(self) -> int:
        return self.row.stale_after_days


@strawberry.type(description="A role as the viewer holds it now.")
class HeldRole:
    grant: strawberry.Private[Grant]

    @resolved("The role.", FieldClass.PUBLIC)
    def role(self) -> Role:
        return self.grant.role

    @resolved("How wide it is held.", FieldClass.PUBLIC)
    def scope(self) -> ScopeKind:
        return self.grant.scope

    @resolved("The region, where it is held over one.", FieldClass.PUBLIC)
    def region(self) -> str | None:
        return self.grant.region

    @resolved("The unit, where it is held over one's subtree.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.grant.unit_id)

    @resolved("Whether it is held by being in a group.", FieldClass.PUBLIC)
    def by_group(self) -> bool:
        return self.grant.group_id is not None

    @resolved("The group through which it is held; null where groups are outside reach.", FieldClass.PUBLIC)
    async def group(self, info: Info) -> Group | None:
        return await Group.get(info, self.grant.group_id)


@strawberry.type(description="One role of a principal and what became of it in a decision.")
class AccessReason:
    because: Because = field("What became of it.", FieldClass.PUBLIC)
    held: HeldRole | None = field("The role that was looked at; null where none mattered.", FieldClass.PUBLIC)
    line: str | None = field("The line of the policy that decided, with its number.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, reason: GateReason) -> "AccessReason":
        held = None if reason.grant is None else HeldRole(grant=reason.grant)
        line = None if reason.line is None else f"{reason.line.number}: {reason.line}"
        return cls(because=reason.because, held=held, line=line)


@strawberry.type(description="Whether a principal may try an act on a thing, and why.")
class AccessExplanation:
    permitted: bool = field("Whether they may try it.", FieldClass.PUBLIC)
    reasons: list[AccessReason] = field("Each role's part in that.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, said: Explanation) -> "AccessExplanation":
        return cls(permitted=said.permitted, reasons=[AccessReason.of(one) for one in said.reasons])


@strawberry.type(description="Who asks.")
class Viewer:
    @resolved("The principal: person, service or system, and its id or name.", FieldClass.PUBLIC)
    def principal(self, info: Info) -> str:
        return info.context.actor.principal

    @resolved("The person, where the viewer is one.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        own = info.context.actor.person_id
        if own is None:
            return None
        async with info.context.reading() as work:
            return Person.of(await queries.person_or_self(work, own))

    @resolved("The tenant.", FieldClass.PUBLIC)
    async def tenant(self, info: Info) -> Tenant | None:
        return await Tenant.get(info, info.context.actor.tenant_id)

    @resolved("The viewer's roles, each once.", FieldClass.PUBLIC)
    def roles(self, info: Info) -> list[Role]:
        return sorted(info.context.actor.roles)

    @resolved("What the viewer was granted, and how wide it is held.", FieldClass.PUBLIC)
    def grants(self, info: Info) -> list[HeldRole]:
        return [HeldRole(grant=grant) for grant in sorted(info.context.actor.grants, key=str)]

    @resolved("Whether the viewer may try an act on a thing; null where that thing is not there.", FieldClass.PUBLIC)
    async def explain(
        self,
        info: Info,
        action: Annotated[Action, strawberry.argument(description="The act.")],
        node: Annotated[
            strawberry.ID | None, strawberry.argument(description="The thing; the tenant as a whole when left out.")
        ] = None,
    ) -> AccessExplanation | None:
        context = info.context
        whose = await whose_is(info, node)
        if whose is None:
            return None
        said = context.gate.explain(context.actor, action, whose)
        return AccessExplanation.of(said)


@strawberry.type(description="What can be asked of oneself.")
class ViewerQueries:
    @resolved("Who asks.", FieldClass.PUBLIC)
    def viewer(self) -> Viewer:
        return Viewer()
