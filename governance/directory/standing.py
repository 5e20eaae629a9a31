"""Which units stand in the tree, and what belonged to which of them on a day."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from governance.directory.models import OrgUnit, OwnedPlacement, UnitPlacement
from governance.directory.queries import placed_at
from governance.kernel.errors import NotFound, WrongState
from governance.kernel.work import Work


async def stands(work: Work, unit_id: UUID) -> bool:
    """Tell whether a unit hangs in today's tree; one that has ended does not."""
    placed = placed_at(UnitPlacement, work.now(), work.now())
    query = select(UnitPlacement.id).where(
        UnitPlacement.tenant_id == work.tenant_id, UnitPlacement.unit_id == unit_id, placed
    )
    return (await work.session.execute(query.limit(1))).first() is not None


async def hold_units(work: Work, units: Iterable[UUID], *, changing: bool) -> None:
    """Lock units, in the order of their ids, before anything that belongs to them; what is not there is passed over.

    Whoever changes units and things of theirs in one act comes by this order, so that no two wait for each other.
    """
    query = select(OrgUnit.id).where(OrgUnit.tenant_id == work.tenant_id, OrgUnit.id.in_(sorted(set(units))))
    locked = query.with_for_update(key_share=True) if changing else query.with_for_update(read=True)
    await work.session.execute(locked.order_by(OrgUnit.id))


async def unit_there(work: Work, unit_id: UUID) -> OrgUnit:
    """Give one unit of the tenant to which something is about to belong: it stays in the tree until this work ends.

    Raises NotFound, WrongState for one that has ended.
    """
    whole = select(OrgUnit).where(OrgUnit.tenant_id == work.tenant_id, OrgUnit.id == unit_id)
    row = (await work.session.execute(whole.with_for_update(read=True, of=OrgUnit))).scalar_one_or_none()
    if row is None:
        raise NotFound("unit", str(unit_id))
    if not await stands(work, unit_id):
        raise WrongState(f"unit {row.code}", "ENDED", "get anything new")
    return row


async def owned_at(work: Work, kind: str, at: datetime, known_at: datetime) -> dict[UUID, UUID]:
    """Give the unit to which each thing of a kind belonged, of those that ever changed units; others are as today."""
    query = select(OwnedPlacement.subject_id, OwnedPlacement.unit_id).where(
        OwnedPlacement.tenant_id == work.tenant_id,
        OwnedPlacement.subject_type == kind,
        placed_at(OwnedPlacement, at, known_at),
    )
    return {row.subject_id: row.unit_id for row in await work.session.execute(query)}
