"""What Lictor knows about somebody, for that person: every row that names them, from whatever table there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, case, or_, select

from governance.directory.models import Account
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.tables import METADATA

ROWS_MOST = 5_000
# Of what names somebody beside others (who owns it, who is to do it), only this and what names them is told.
TOLD_BESIDE = ("id", "recorded_at")
# What opens something is nobody's to read again, not even its owner's.
SECRETS = ("_hash", "_sealed", "csrf")


@dataclass(frozen=True)
class Kept:
    """Rows of one kind that name the person; `more` where there are beyond the first five thousand."""

    table: str
    rows: tuple[Mapping[str, Any], ...]
    more: bool


def tables_of_people() -> tuple[Table, ...]:
    """Give every table whose rows are of one person, by name or by their account, or name one in some role."""
    return tuple(
        table for table in METADATA.sorted_tables
        if table.name == "person" or _by(table) is not None or _naming(table)
    )  # fmt: skip


async def own_data(work: Work) -> tuple[Kept, ...]:
    """Give what is kept about whoever asks, and about nobody else. Raises NotFound for a machine."""
    person_id = work.actor.person_id
    if person_id is None:
        raise NotFound("person", work.actor.principal)
    account = select(Account.id).where(Account.tenant_id == work.tenant_id, Account.person_id == person_id)
    account_id = (await work.session.execute(account)).scalar_one_or_none()
    kept = [await _kept(work, table, person_id, account_id) for table in tables_of_people()]
    return tuple(each for each in kept if each.rows)


def as_json(kept: tuple[Kept, ...], now: datetime) -> dict[str, Any]:
    """Give what is kept as a document: instants in UTC, ids as text."""
    told = {each.table: {"rows": [dict(row) for row in each.rows], "more": each.more} for each in kept}
    return {"made_at": now.isoformat(), "tables": told}


async def _kept(work: Work, table: Table, person_id: UUID, account_id: UUID | None) -> Kept:
    shown = [column for column in table.c if not column.name.endswith(SECRETS)]
    query = select(*shown).where(table.c.tenant_id == work.tenant_id)
    if table.name == "person":
        query = query.where(table.c.id == person_id)
    elif _by(table) == "person_id":
        query = query.where(table.c.person_id == person_id)
    elif naming := _naming(table):
        mine = [case((column == person_id, column)).label(column.name) for column in naming]  # others' names are theirs
        beside = [table.c[name] for name in TOLD_BESIDE if name in table.c]
        query = query.with_only_columns(*beside, *mine).where(or_(*(column == person_id for column in naming)))
    else:
        query = query.where(table.c.account_id == account_id)
    rows = (await work.session.execute(query.order_by(table.c.id).limit(ROWS_MOST + 1))).mappings().all()
    told = tuple({str(name): _plain(value) for name, value in row.items()} for row in rows[:ROWS_MOST])
    return Kept(str(table.name), told, len(rows) > ROWS_MOST)


def _by(table: Table) -> str | None:
    for name, target in (("person_id", "person"), ("account_id", "account")):
        if name in table.c and table.c[name].info.get("ref") == target:
            return name
    return None


def _naming(table: Table) -> tuple[Column[Any], ...]:
    """Give what names people in some role, where no row is of one person; who leads whom is told of those led alone."""
    if table.name == "person" or _by(table) is not None:
        return ()
    return tuple(column for column in table.c if column.info.get("ref") == "person")


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value
