"""Whose a license and its pools are: they go to another unit with all that hangs on them; holders keep their seats."""

from datetime import datetime
from uuid import UUID

from governance.directory.models import OrgUnit
from governance.directory.service.placements import place_owned
from governance.entitlements import queries
from governance.entitlements.models import Entitlement, Pool
from governance.entitlements.service.effects import whose
from governance.entitlements.service.pools import whose_pool
from governance.kernel.work import Change, Work
from policies.access.actions import Action


async def give_license(work: Work, entitlement_id: UUID, unit: OrgUnit, at: datetime, reason: str) -> Entitlement:
    """Let a license belong to another unit from `at` on. Raises NotFound, Refused here or over its new place."""
    row = await queries.entitlement(work, entitlement_id, locked=True)
    work.permit(Action.ENTITLEMENT_CORRECT, await whose(work, row), f"entitlement {row.code}")
    had, row.unit_id = row.unit_id, unit.id
    work.permit(Action.ENTITLEMENT_CORRECT, await whose(work, row), f"entitlement {row.code} in {unit.code}")
    row.version += 1
    await work.session.flush()
    await place_owned(work, "entitlement", row.id, had, unit.id, at)
    before, after = {"unit_id": had}, {"unit_id": unit.id, "at": at}
    await work.record(
        Change(Action.ENTITLEMENT_CORRECT.value, "entitlement", row.id, before=before, after=after, reason=reason)
    )
    return row


async def give_pool(work: Work, pool_id: UUID, unit: OrgUnit, at: datetime, reason: str) -> Pool:
    """Let a pool, open or closed, belong to another unit from `at` on; its seats and holders stay as they are.

    Raises NotFound, Refused here or over its new place.
    """
    row = await work.session.get_one(Pool, (work.tenant_id, pool_id))
    _, entitlement = await queries.line_of_pool(work, row.id, locked=True)
    await work.session.refresh(row)
    work.permit(Action.POOL_CREATE, await whose_pool(work, row, entitlement), f"pool {row.code}")
    had, row.unit_id = row.unit_id, unit.id
    work.permit(Action.POOL_CREATE, await whose_pool(work, row, entitlement), f"pool {row.code} in {unit.code}")
    row.version += 1
    await work.session.flush()
    await place_owned(work, "pool", row.id, had, unit.id, at)
    before, after = {"unit_id": had}, {"unit_id": unit.id, "at": at}
    await work.record(Change("pool:give", "pool", row.id, before=before, after=after, reason=reason))
    return row
