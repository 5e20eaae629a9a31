"""The estate under nearly every test: raised once in a process for each kind of database, afterwards laid from its rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select

from governance import tables
from governance.directory.models import Tenant
from governance.kernel.work import Office
from tests.estate import Estate

Rows = list[tuple[Table, list[dict[str, Any]]]]
_LEFT: dict[tuple[str, datetime], tuple[Estate, Rows]] = {}


async def raised_or_laid(office: Office) -> Estate:
    """Give what `Estate.raised` gives. Its first tenant at an instant is the same throughout a process, ids included."""
    key = office.database.kind, office.clock.now()
    if key not in _LEFT:
        estate = await Estate.raised(office)
        _LEFT[key] = estate, await _rows_of(estate)
        return _copy(estate, office)
    first, rows = _LEFT[key]
    async with office.database.system_write() as session:
        for table, those in rows:
            await session.execute(insert(table), those)
    return _copy(first, office)


async def _rows_of(estate: Estate) -> Rows:
    found: Rows = []
    tenant = Tenant.__table__
    async with estate.office.database.read(estate.tenant_id) as session:
        for table in tables.METADATA.sorted_tables:
            column = tenant.c.id if table is tenant else table.c.get("tenant_id")
            if column is not None:
                rows = (await session.execute(select(table).where(column == estate.tenant_id))).mappings().all()
                if rows:
                    found.append((table, [dict(row) for row in rows]))
    return found


def _copy(first: Estate, office: Office) -> Estate:
    estate = Estate(office, first.tenant_id, dict(first.units), dict(first.people))
    estate._parents.update(first._parents)
    return estate
