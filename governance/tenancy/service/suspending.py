"""A tenant is suspended: nobody comes in, no token opens, nothing runs or is sent; its rows stay as they are."""

from uuid import UUID

from governance.directory.models import Tenant
from governance.directory.queries import tenant_by_slug
from governance.directory.service import operator, raise_revision
from governance.kernel.errors import BadInput, WrongState
from governance.kernel.work import Change, Office, Work


async def suspend_tenant(office: Office, slug: str, reason: str) -> Tenant:
    """Suspend a tenant from now on; who is under way commits nothing more. Raises NotFound, BadInput, WrongState."""
    return await _change(office, slug, reason, suspend=True)


async def resume_tenant(office: Office, slug: str, reason: str) -> Tenant:
    """Let a suspended tenant go on. Raises NotFound, BadInput, WrongState."""
    return await _change(office, slug, reason, suspend=False)


async def _change(office: Office, slug: str, reason: str, *, suspend: bool) -> Tenant:
    if not 0 < len(reason.strip()) <= 400:
        raise BadInput("reason", reason, "1 to 400 characters")
    async with office.database.system_read() as session:
        tenant_id: UUID = (await tenant_by_slug(session, slug)).id
    gate = await office.gates(tenant_id)
    async with office.database.system_write() as session:
        work = Work(session, operator(tenant_id), gate, office.clock, office.ids, office, office.ids.new())
        row = await session.get_one(Tenant, tenant_id, with_for_update={"key_share": True})
        if (row.suspended_at is not None) == suspend:
            raise WrongState("tenant", "SUSPENDED" if suspend else "at work", "be suspended" if suspend else "resume")
        before, row.suspended_at = row.suspended_at, work.now() if suspend else None
        await session.flush()
        await raise_revision(work)
        said = {"suspended_at": row.suspended_at}
        act = "tenant:suspend" if suspend else "tenant:resume"
        change = Change(act, "tenant", tenant_id, before={"suspended_at": before}, after=said, reason=reason.strip())
        await work.record(change)
    return row
