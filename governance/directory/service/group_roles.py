"""Roles that a provider's groups give: dated, renewed at each sign-in, taken back once the provider says otherwise."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select

from governance.directory import vouched
from governance.directory.models import GroupMapping, IdentityProvider, MappedGrant, RoleGrant
from governance.directory.service.grants import NewGrant, end_grant, grant_role, raise_revision
from governance.kernel.errors import BusinessError
from governance.kernel.work import Change, Work


async def bring_roles_up_to_date(
    work: Work, provider: IdentityProvider, person_id: UUID, groups: frozenset[str], *, until: datetime
) -> None:
    """Give what the provider's groups give until `until`, at most; end what they gave before and give no more.

    Roles that people gave by hand stay as they are. A mapping that can no longer be granted is left out and told.
    """
    due = {
        mapping.id: mapping
        for mapping in await vouched.live_mappings(work.session, work.tenant_id, provider.id)
        if mapping.group_name in groups
    }
    held = await _held(work, provider.id, person_id)
    for mapping_id, grant in held.items():
        if mapping_id not in due:
            await end_grant(work, grant.id, f"{provider.name} no longer says so")
        elif grant.end is None or grant.end < until:
            await _prolong(work, grant, until)
    for mapping_id, mapping in due.items():
        if mapping_id not in held:
            await _give(work, provider, mapping, person_id, until)


async def _held(work: Work, provider_id: UUID, person_id: UUID) -> dict[UUID, RoleGrant]:
    """Give what a provider's groups gave to a person and still holds, by mapping."""
    query = (
        select(MappedGrant.mapping_id, RoleGrant)
        .join(RoleGrant, and_(RoleGrant.tenant_id == MappedGrant.tenant_id, RoleGrant.id == MappedGrant.grant_id))
        .join(
            GroupMapping,
            and_(GroupMapping.tenant_id == MappedGrant.tenant_id, GroupMapping.id == MappedGrant.mapping_id),
        )
        .where(
            MappedGrant.tenant_id == work.tenant_id,
            MappedGrant.person_id == person_id,
            GroupMapping.provider_id == provider_id,
            or_(RoleGrant.end.is_(None), RoleGrant.end > work.now()),
        )
    )
    rows = (await work.session.execute(query)).all()
    return {row.mapping_id: row.RoleGrant for row in rows}


async def _prolong(work: Work, grant: RoleGrant, until: datetime) -> None:
    before, grant.end = grant.end, until
    await work.session.flush()
    await raise_revision(work)
    await work.record(Change("access:prolong", "grant", grant.id, before={"end": before}, after={"end": until}))


async def _give(
    work: Work, provider: IdentityProvider, mapping: GroupMapping, person_id: UUID, until: datetime
) -> None:
    reason = f"group {mapping.group_name} of {provider.name}"
    command = NewGrant(
        mapping.role, mapping.scope, reason[:400], person_id=person_id, unit_id=mapping.unit_id, region=mapping.region,
        end=until,
    )  # fmt: skip
    try:
        async with work.session.begin_nested():
            grant = await grant_role(work, command)
    except BusinessError as error:
        about = {"why": error.message()[:400], "person_id": person_id}
        await work.record(Change("identity:mapping_failed", "group_mapping", mapping.id, after=about))
        return
    work.session.add(
        MappedGrant(
            tenant_id=work.tenant_id, id=work.new_id(), grant_id=grant.id, mapping_id=mapping.id, person_id=person_id
        )
    )
    await work.session.flush()
