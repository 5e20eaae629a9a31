"""Benches print ratios beside their goals and judge nothing; they run only when asked for: `make bench`."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

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
