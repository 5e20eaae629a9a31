"""The ledger's statements on PostgreSQL, made of the columns of our own models: look-ups by key, inserts, changes."""

# ruff: noqa: S608 - texts are made of constants and of column names of our own models

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from governance.audit.models import Entry, Unsealed
from governance.entitlements.models import Room
from governance.kernel.event import OutboxEvent
from governance.seats.ledger.store import Codec, Shape, Shapes, as_is, dumped, kind_of, word_of
from governance.seats.models import (
    Assignment,
    AssignmentStep,
    Denial,
    Lease,
    LeaseRoom,
    LeaseTerms,
    LeaseWait,
)  # fmt: skip


def _codec(column: Column[Any]) -> tuple[Codec, Codec]:
    if (word := word_of(column)) is not None:
        return word
    return (dumped, as_is) if kind_of(column) == "json" else (as_is, as_is)


def _type_of(column: Column[Any]) -> str:
    """Name a column's type for an array of its values; text without a length, which a cast would cut silently."""
    name = column.type.compile(dialect=DIALECT)
    return "text" if name.startswith("VARCHAR") else name


DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
SHAPES = Shapes.of(_codec)
SQL_TYPES = {
    model.__tablename__: {
        column.name: _type_of(column) for column in model.__table__.columns if isinstance(column, Column)
    }
    for model in (
        Lease,
        LeaseRoom,
        LeaseTerms,
        LeaseWait,
        Assignment,
        AssignmentStep,
        Denial,
        Entry,
        OutboxEvent,
        Room,
        Unsealed,
    )
}


def columns(rows: Collection[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def _type(shape: Shape[Any], name: str) -> str:
    return SQL_TYPES[shape.table][name]


@cache
def each(shape: Shape[Any], *keys: str, order: str = "LIMIT 1") -> str:
    arrays = ", ".join(f"%b::{_type(shape, key)}[]" for key in keys)
    same = " AND ".join(f'x."{key}" = k."{key}"' for key in keys)
    found = f'SELECT x.* FROM "{shape.table}" x WHERE {same} {order.replace("t.", "x.")}'
    names = ", ".join(f'"{key}"' for key in keys)
    columns = ", ".join(f't."{name}"' for name in shape.names)
    return f"SELECT {columns} FROM unnest({arrays}) AS k({names}) JOIN LATERAL ({found}) t ON true"


def insert(shape: Shape[Any], rows: Iterable[Any]) -> Iterable[tuple[str, list[Any]]]:
    lists = shape.lists(rows)
    if lists:
        yield f'INSERT INTO "{shape.table}" ({shape.columns}) SELECT * FROM {_unnest(shape, shape.names)}', lists


def change(shape: Shape[Any], names: Sequence[str], rows: Iterable[Any]) -> Iterable[tuple[str, list[Any]]]:
    lists = shape.lists(rows)
    if lists:
        used = ("tenant_id", "id", *names)
        sets = ", ".join(f'"{name}" = v."{name}"' for name in names)
        text = (
            f'UPDATE "{shape.table}" t SET {sets} FROM {_unnest(shape, used)} '
            "WHERE t.tenant_id = v.tenant_id AND t.id = v.id"
        )
        yield text, [lists[shape.names.index(name)] for name in used]


def _unnest(shape: Shape[Any], names: Sequence[str]) -> str:
    arrays = ", ".join(f"%b::{_type(shape, name)}[]" for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    return f"unnest({arrays}) AS v({columns})"
