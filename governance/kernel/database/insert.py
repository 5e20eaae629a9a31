"""Rows that may be there already: what is new is inserted, what exists is left as it is, in one statement."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

CHUNK = 500


async def insert_new(session: AsyncSession, model: Any, rows: Sequence[Mapping[str, Any]]) -> frozenset[UUID]:
    """Insert the rows that break no unique rule and give the ids of those; the others change nothing."""
    inserted: set[UUID] = set()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    for at in range(0, len(rows), CHUNK):
        statement = dialect.insert(model).values(list(rows[at : at + CHUNK])).on_conflict_do_nothing()
        found = await session.execute(statement.returning(model.id))
        inserted.update(found.scalars())
    return frozenset(inserted)
