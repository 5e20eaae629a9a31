"""What a command names by its code: a line, a pool, a product, a tier, a group, a unit, a person."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from governance.directory.models import OrgUnit, Person, UnitPlacement
from governance.directory.queries import placed_at
from governance.directory.rules import same_mail
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import visible_lines, visible_pools
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Work


async def called(work: Work, kind: Any, named: ColumnElement[bool], what: str, name: str) -> UUID:
    """Give the id of the one of that name. Raises NotFound, BadInput where several have it."""
    query = select(kind.id).where(kind.tenant_id == work.tenant_id, named).limit(2)
    rows = (await work.session.execute(query)).scalars().all()
    if not rows:
        raise NotFound(what, name)
    if len(rows) > 1:
        raise BadInput(what, name, f"the name of one {what}; several have it")
    return UUID(str(rows[0]))


async def unit_called(work: Work, code: str) -> UUID:
    """Give the unit of today's tree that is called so. Raises NotFound."""
    placed = select(UnitPlacement.unit_id).where(
        UnitPlacement.tenant_id == work.tenant_id, placed_at(UnitPlacement, work.now(), work.now())
    )
    return await called(work, OrgUnit, (OrgUnit.code == code) & OrgUnit.id.in_(placed), "unit", code)


async def person_called(work: Work, mail: str) -> UUID:
    """Give the person with that mail address. Raises NotFound."""
    return await called(work, Person, Person.mail_key == same_mail(mail), "person", mail)


async def line_called(work: Work, name: str) -> MetricLine:
    """Give the line named `license/line`. Raises BadInput, NotFound."""
    parts = name.split("/")
    if len(parts) != 2:
        raise BadInput("line", name, "license/line, by their codes, such as speech-api/calls")
    query = visible_lines(work).where(Entitlement.code == parts[0], MetricLine.code == parts[1])
    row: MetricLine | None = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("metric line", name)
    return row


async def pool_called(work: Work, name: str) -> UUID:
    """Give the pool named `license/line/pool`. Raises BadInput, NotFound."""
    parts = name.split("/")
    if len(parts) != 3:
        raise BadInput("pool", name, "license/line/pool, by their codes, such as m365-e5/named/sales-emea")
    query = visible_pools(work).where(Entitlement.code == parts[0], MetricLine.code == parts[1], Pool.code == parts[2])
    pool_id: UUID | None = (await work.session.execute(query.with_only_columns(Pool.id))).scalar_one_or_none()
    if pool_id is None:
        raise NotFound("pool", name)
    return pool_id
