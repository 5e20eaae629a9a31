"""Brings a database to a revision and lays its guards, one process at a time, in one transaction or not at all."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from governance.kernel.database.guards import lay_guards
from governance.kernel.database.turn import WriteTurn
from governance.migrations.jobs import lay_jobs
from governance.migrations.shape import config

ONE_AT_A_TIME = 0x4C49_4354_4F52  # the advisory lock of upgrades: "LICTOR"


class BrokenReferences(RuntimeError):
    """A migration left rows that point at nothing."""


@dataclass(frozen=True)
class Upgraded:
    """From which revision to which; `before` is None where the database was empty: Lictor just made it."""

    before: str | None
    after: str | None


async def upgrade(url: str, revision: str = "head") -> Upgraded:
    """Bring the database up; where that changed it, lay guards and the queue. `url` is of the schema's owner."""
    async with opened(url) as connection:
        before = await connection.run_sync(current)
        await connection.run_sync(lambda sync: command.upgrade(config(sync), revision))
        after = await connection.run_sync(current)
        if before != after:  # laying them locks every table: a server that only starts must not halt those that serve
            await lay_guards(connection)
            if connection.dialect.name == "postgresql":
                await lay_jobs(connection)
        return Upgraded(before, after)


async def downgrade(url: str, revision: str) -> Upgraded:
    """Take the database down to a revision; `base` leaves nothing of Lictor but PostgreSQL's roles."""
    async with opened(url) as connection:
        before = await connection.run_sync(current)
        await connection.run_sync(lambda sync: command.downgrade(config(sync), revision))
        after = await connection.run_sync(current)
        if after is None:
            await connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
            if connection.dialect.name == "postgresql":
                await connection.execute(text("DROP SCHEMA IF EXISTS jobs CASCADE"))
                await connection.execute(text("DROP FUNCTION IF EXISTS lictor_append_only, lictor_gather_statistics"))
        return Upgraded(before, after)


def current(connection: Connection) -> str | None:
    """Give the revision a database stands at."""
    return MigrationContext.configure(connection).get_current_revision()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AsyncConnection]:
    """Open the owner's transaction while nobody else upgrades, downgrades or checks; what is raised undoes it all."""
    engine, path = _engine(url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        if path is not None:
            await stack.enter_async_context(WriteTurn(path.with_name(path.name + ".turn")).taken())
        connection = await stack.enter_async_context(engine.connect())
        async with connection.begin():
            if path is None:
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"))
                await connection.execute(text("SET LOCAL lock_timeout = '10s'"))  # whom readers block gives up
            yield connection
            if path is not None and (await connection.execute(text("PRAGMA foreign_key_check"))).first() is not None:
                raise BrokenReferences("a migration left rows that point at nothing; everything was undone")


def _engine(url: str) -> tuple[AsyncEngine, Path | None]:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        asked = {"options": "-c search_path=public", "connect_timeout": 10}
        return create_async_engine(
            parsed.set(drivername="postgresql+psycopg"), poolclass=NullPool, connect_args=asked
        ), None
    path = Path(parsed.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", poolclass=NullPool)

    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "busy_timeout=10000", "foreign_keys=OFF", "synchronous=FULL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine, path
