"""The doors to the database: readers, writers who take turns on SQLite, and roles that see one tenant on PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import event, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from governance.kernel.database.hops import connect
from governance.kernel.database.turn import WriteTurn

Kind = Literal["sqlite", "postgresql"]
TIMEOUTS = "-c lock_timeout=10000 -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000"
PLACES = "-c search_path=public,jobs"  # jobs: the queue's own schema, joined by the transactions that enqueue
NO_TENANT = ""


class Database:
    """Sessions for the story. On PostgreSQL each runs as a role without BYPASSRLS; on SQLite writers pass one turn.

    `url` is an SQLAlchemy URL or path: `sqlite:///path/file.sqlite` or `postgresql://user@host/name`.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        parsed = make_url(url)
        self.url = url
        self.kind: Kind = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql"
        if self.kind == "sqlite":
            self.path = Path(parsed.database or "")
            self.turn: WriteTurn | None = WriteTurn(self.path.with_name(self.path.name + ".turn"))
            self._readers = _sqlite_engine(self.path, "BEGIN", pool_size)
            self._writers = _sqlite_engine(self.path, "BEGIN IMMEDIATE", 1)
            self._system = self._readers
        else:
            self.turn = None
            self._readers = self._writers = postgresql_engine(url, "lictor_app", pool_size)
            self._system = postgresql_engine(url, "lictor_system", max(2, pool_size // 2))

    @asynccontextmanager
    async def read(self, tenant_id: UUID, *, steady: bool = False) -> AsyncIterator[AsyncSession]:
        """Open a short session that sees one tenant and whose changes are thrown away.

        `steady`: everything it reads stood at one moment, however long it reads (SQLite reads so anyway).
        """
        async with AsyncSession(self._readers, expire_on_commit=False, autoflush=False) as session:
            if steady and self.kind == "postgresql":
                await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            await self._enter(session, tenant_id)
            yield session

    @asynccontextmanager
    async def write(self, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
        """Open a transaction of one tenant: committed at the end, rolled back when anything is raised."""
        async with (
            self._my_turn(),
            AsyncSession(self._writers, expire_on_commit=False, autoflush=False) as session,
            session.begin(),
        ):
            await self._enter(session, tenant_id)
            yield session

    @asynccontextmanager
    async def system_read(self) -> AsyncIterator[AsyncSession]:
        """Open a session across tenants, for sweeps, sign-in and sealing; never behind a user's query."""
        async with AsyncSession(self._system, expire_on_commit=False, autoflush=False) as session:
            yield session

    @asynccontextmanager
    async def system_write(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction across tenants, for sweeps, sign-in, sealing and tenant creation."""
        engine = self._writers if self.kind == "sqlite" else self._system
        async with (
            self._my_turn(),
            AsyncSession(engine, expire_on_commit=False, autoflush=False) as session,
            session.begin(),
        ):
            yield session

    async def gather_statistics(self, share: float = 0.0) -> None:
        """Let PostgreSQL count anew what has grown by much since it last did, as after a large import.

        Autovacuum comes within minutes, or never for a tenant that is small beside the others; until then a tenant is
        taken to have one row, and joins are planned that look at every pair. `share`: only tables of which more than
        this part changed, besides a thousand rows. SQLite plans by its indexes alone.
        """
        if self.kind == "postgresql":
            async with self.system_write() as session:
                await session.execute(text("SELECT lictor_gather_statistics(:share)"), {"share": share})

    async def dispose(self) -> None:
        for engine in {self._readers, self._writers, self._system}:
            await engine.dispose()

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        if self.turn is None:
            yield
        else:
            async with self.turn.taken():
                yield

    async def _enter(self, session: AsyncSession, tenant_id: UUID) -> None:
        if self.kind == "postgresql":
            await session.execute(text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": str(tenant_id)})


def postgresql_engine(url: str, role: str | None, pool_size: int) -> AsyncEngine:
    """Give an engine whose connections act as `role` from their first statement on (None: as the owner)."""
    options = TIMEOUTS if role is None else f"-c role={role} {PLACES} {TIMEOUTS}"
    return create_async_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=20,
        hide_parameters=True,
        connect_args={"options": options, "connect_timeout": 10},
    )


def _sqlite_engine(path: Path, begin: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0 if begin == "BEGIN IMMEDIATE" else pool_size,
        pool_timeout=30,
        hide_parameters=True,
    )

    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "busy_timeout=10000", "foreign_keys=ON", "synchronous=FULL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine.sync_engine, "do_connect", connect)
    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine
