"""One row of every table of a tenant, read from the metadata: a new table is under the exam without being named."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Boolean, Date, Integer, LargeBinary, String, Table

from governance import tables
from governance.kernel.database import Instant, Word
from governance.kernel.database.types import Id, Rank

AT = datetime(2026, 1, 1, tzinfo=UTC)
TENANT_TABLES: tuple[Table, ...] = tuple(t for t in tables.METADATA.sorted_tables if "tenant_id" in t.c)


EITHER = {"tier_bond": ("part_id", "product_id")}
"""Columns of which a row has one alone; the first is filled."""


def refs(table: Table) -> dict[str, str]:
    """Give the columns that name a row of another table of the same tenant."""
    return {c.name: c.info["ref"] for c in table.c if "ref" in c.info and c.info["ref"] != table.name}


def row_of(table: Table, tenant_id: UUID, ids: dict[str, UUID]) -> dict[str, Any]:
    """Fill a row: every text is the column's name, so that twin tenants hold the same; `ids` by table."""
    alone = _unique_beyond_tenants(table)
    values: dict[str, Any] = {}
    for column in table.c:
        target = column.info.get("ref")
        if column.name == "tenant_id":
            values[column.name] = tenant_id
        elif target is not None:
            left_out = target == table.name or column.name in EITHER.get(table.name, ())[1:]
            values[column.name] = None if left_out else ids[target]
        else:
            values[column.name] = uuid4().hex if column.name in alone else _value(column.name, column.type)
    return values


def rows_of(tenant_id: UUID) -> list[tuple[Table, dict[str, Any]]]:
    """Fill one row of each table, in the order in which they can be inserted."""
    ids: dict[str, UUID] = {}
    rows = []
    for table in TENANT_TABLES:
        values = row_of(table, tenant_id, ids)
        ids[table.name] = values["id"]
        rows.append((table, values))
    return rows


def _unique_beyond_tenants(table: Table) -> set[str]:
    unique = [index for index in table.indexes if index.unique]
    return {column.name for index in unique if "tenant_id" not in index.columns for column in index.columns}


def _value(name: str, kind: Any) -> Any:
    of_kind: tuple[tuple[type[Any], Any], ...] = (
        (Id, uuid4()),
        (Instant, AT),
        (Word, next(iter(getattr(kind, "vocabulary", [None])))),
        (Rank, next(iter(getattr(kind, "scale", [None])))),
        (Boolean, False),
        (Integer, 1),
        (Date, date(2026, 1, 1)),
        (JSON, {}),
        (LargeBinary, b"x"),
    )
    for there, value in of_kind:
        if isinstance(kind, there):
            return value
    assert isinstance(kind, String), (name, kind)
    return name[: kind.length]
