"""Rights in the reader's words: roles, acts, places, and who a principal is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from api.console.context import Context
from api.console.standing import region_name
from governance.directory.models import Group, Person, RoleGrant, ServiceAccount
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from policies.access.actions import Action
from policies.access.parties import Reach, Role, ScopeKind


def role_words(ctx: Context, role: Role) -> str:
    """A role by its name."""
    return ctx.text(f"access.role_{role.value}")


def act_words(ctx: Context, act: Action) -> str:
    """An act as verb and resource: `Seat: assign`."""
    return f"{act.resource.capitalize()}: {act.verb.replace('_', ' ')}"


def placed(ctx: Context, row: RoleGrant, units: Mapping[UUID, str]) -> str:
    """Where a grant is held."""
    match row.scope:
        case ScopeKind.TENANT:
            return ctx.text("access.whole_tenant")
        case ScopeKind.UNIT:
            return ctx.text("access.at_unit", unit=units.get(row.unit_id, "–") if row.unit_id else "–")
        case ScopeKind.REGION:
            return ctx.text("access.in_region", region=region_name(ctx, row.region or "–"))
        case ScopeKind.OWN:
            return ctx.text("access.their_own")


def scope_words(ctx: Context, reach: Reach, units: Mapping[UUID, str]) -> str:
    """How far an act reaches, widest first."""
    if reach.everything:
        return ctx.text("access.whole_tenant")
    said = [ctx.text("access.at_unit", unit=units.get(unit, "–")) for unit in sorted(reach.units)]
    said += [ctx.text("access.in_region", region=region_name(ctx, region)) for region in sorted(reach.regions)]
    if reach.own is not None:
        said.append(ctx.text("access.their_own"))
    return "; ".join(said)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a role: `kind` is person, service or group."""

    kind: str
    id: UUID | None
    name: str


async def holders_of(work: Work, rows: Iterable[RoleGrant]) -> dict[UUID, Holder]:
    """Who holds each of these roles, by the id of the grant; a name that is not found is a dash."""
    held = {row.id: _held(row) for row in rows}
    named: dict[UUID, str] = {}
    for kind, model in (("person", Person), ("service", ServiceAccount), ("group", Group)):
        wanted = [key for asked, key in held.values() if asked == kind and key is not None]
        if wanted:
            query = select(model.id, model.name).where(model.tenant_id == work.tenant_id, model.id.in_(wanted))
            named |= {row.id: row.name for row in await work.session.execute(query)}
    return {key: Holder(kind, who, named.get(who, "–") if who else "–") for key, (kind, who) in held.items()}


def _held(row: RoleGrant) -> tuple[str, UUID | None]:
    if row.person_id is not None:
        return "person", row.person_id
    return ("service", row.service_account_id) if row.service_account_id is not None else ("group", row.group_id)


async def principal_name(work: Work, principal: str) -> str:
    """The name of a person or a service account that was already found within reach. Raises NotFound."""
    kind, _, text = principal.partition(":")
    column, model = (Person.name, Person) if kind == "person" else (ServiceAccount.name, ServiceAccount)
    query = select(column).where(model.tenant_id == work.tenant_id, model.id == UUID(text))
    name: str | None = (await work.session.execute(query)).scalar_one_or_none()
    if name is None:
        raise NotFound("principal", principal)
    return name
