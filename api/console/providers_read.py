"""What the pages of providers read alike: one provider, one group's role, and the choices of their forms."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.console.context import Context
from api.console.controls import Option
from governance.directory import vouched
from governance.directory.models import GroupMapping, IdentityProvider, OrgUnit
from governance.directory.queries import visible_units
from governance.kernel.errors import NotFound
from policies.access.parties import Role


async def provider_named(work: Any, asked: str) -> IdentityProvider:
    """One provider of an address. Raises NotFound."""
    try:
        provider_id = UUID(asked)
    except ValueError:
        raise NotFound("identity provider", asked) from None
    query = vouched.visible_providers(work).where(IdentityProvider.id == provider_id)
    row: IdentityProvider | None = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("identity provider", asked)
    return row


async def mapping_named(work: Any, asked: str) -> GroupMapping:
    """One group that still gives its role. Raises NotFound."""
    try:
        mapping_id = UUID(asked)
    except ValueError:
        raise NotFound("group mapping", asked) from None
    query = vouched.visible_mappings(work).where(GroupMapping.id == mapping_id, GroupMapping.ended_at.is_(None))
    row: GroupMapping | None = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("group mapping", asked)
    return row


async def unit_names(work: Any, ids: list[UUID | None]) -> dict[UUID | None, str]:
    """How units are called."""
    wanted = [each for each in ids if each is not None]
    query = select(OrgUnit.id, OrgUnit.name).where(OrgUnit.tenant_id == work.tenant_id, OrgUnit.id.in_(wanted))
    return {row.id: row.name for row in await work.session.execute(query)}


async def unit_options(ctx: Context) -> tuple[Option, ...]:
    """The units within reach, by name."""
    async with ctx.work() as work:
        rows = (await work.session.execute(visible_units(work).order_by(OrgUnit.name).limit(500))).scalars().all()
    return tuple(Option(str(row.id), text=row.name) for row in rows)


async def role_options(ctx: Context) -> tuple[Option, ...]:
    """The roles there are, without the holder's, which everybody has."""
    return tuple(Option(role.value, text=ctx.text(f"door.role_{role}")) for role in Role if role is not Role.HOLDER)
