"""Seats through the product's doors: real servers over HTTP, 32 clients, each side in turn on the same machine."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from api.graphql.engine import decode_node_id, encode_node_id
from governance import migrations
from governance.kernel.work import Office
from tests.bench.conftest import Say, burned, settled
from tests.bench.doors import Ran, asked, cpu_of
from tests.conftest import KINDS
from tests.emptied import at
from tests.estate import Estate, License
from tests.exams.servers import ASSIGN, ROOT, Server, free_port
from tests.exams.test_killed_servers import _people, _token

ROUNDS, CLAIMS, POOLS, WARM = 3, 400, 100, 64
SAME = """mutation($in: UpsertPersonInput!) { upsertPerson(input: $in) { __typename ... on Person { id } ... on Refusal { code message } } }"""
SQL = Path(__file__).parent / "sql"
Side = Callable[[int], Awaitable[Ran]]


@pytest.fixture(params=KINDS)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Give a database on a disk as an operator has it: made by the migrations."""
    if request.param == "sqlite":
        await migrations.upgrade(url := f"sqlite:///{tmp_path / 'lictor.sqlite'}")
        yield url
        return
    cluster, name = request.getfixturevalue("cluster"), f"doors_{free_port()}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    await migrations.upgrade(at(cluster, name))
    yield at(cluster, name)
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def _served(url: str, data: Path, **more: str) -> AsyncIterator[Server]:
    server = Server(url, data, more=more)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()


@asynccontextmanager
async def _bare(url: str) -> AsyncIterator[tuple[int, int]]:
    """Start the bare server and give its port and process."""
    port = free_port()
    command = (sys.executable, "-m", "tests.bench.bare", str(port), url, str(SQL / "claim_postgresql.sql"))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, start_new_session=True)
    async with asyncio.timeout(30):
        while True:
            try:
                await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.05)
    yield port, process.pid
    process.terminate()
    await process.wait()


class Doors:
    """What is asked of the servers: each round asks for other people."""

    def __init__(self, office: Office, estate: Estate, token: str, people: Sequence[str]) -> None:
        self.office, self.estate, self.token, self.people = office, estate, token, people
        self.first_at = 0

    def _next(self, count: int) -> Sequence[str]:
        self.first_at += count
        return self.people[self.first_at - count : self.first_at]

    def burned(self, group: int) -> Callable[[], float]:
        """Give the meter of a server's process and of PostgreSQL."""
        return lambda: cpu_of(group) + burned(self.office) - time.process_time()

    async def seats(self, server: Server, licenses: Sequence[License], count: int) -> Ran:
        pools = [encode_node_id("Pool", each.pools["main"]) for each in licenses]
        bodies = [
            json.dumps({"query": ASSIGN, "variables": {"in": {"pool": pools[n % len(pools)], "people": [person]}}})
            for n, person in enumerate(self._next(count))
        ]
        return await self._asked(server, bodies, b"seatId")

    async def nothing(self, server: Server, count: int) -> Ran:
        """Enter a person as they stand already: the doors, the rights, the look-up, and nothing to write."""
        facts = {
            "externalId": "c0", "name": "C 0", "mail": "c0@x.example", "country": "DE", "source": "tests",
            "unit": encode_node_id("Unit", self.estate.units["sales"]),
        }  # fmt: skip
        body = json.dumps({"query": SAME, "variables": {"in": facts}})
        return await self._asked(server, [body] * count, b'"Person"')

    async def _asked(self, server: Server, bodies: Sequence[str], wants: bytes) -> Ran:
        assert server.process is not None
        meter = self.burned(server.process.pid)
        sent = [each.encode() for each in bodies]
        return await asked(server.port, "/graphql", sent, meter, token=self.token, wants=wants)

    async def bare(self, port: int, group: int, licenses: Sequence[License], count: int) -> Ran:
        shared = {"tenant": str(self.estate.tenant_id), "actor": f"person:{self.estate.people['admin']}"}
        bodies = []
        for n, person in enumerate(self._next(count)):
            each = licenses[n % len(licenses)]
            place = {"line": str(each.line_id), "pool": str(each.pools["main"])}
            bodies.append(json.dumps(shared | place | {"person": str(_id_of(person))}).encode())
        return await asked(port, "/", bodies, self.burned(group), wants=b"seatId")


def _id_of(person: str) -> UUID:
    return decode_node_id(person)[1]


async def test_seats_over_http(office: Office, estate: Estate, database_url: str, tmp_path: Path, say: Say) -> None:
    token, people = await _token(estate), await _people(estate, 3 * WARM + 4 * ROUNDS * CLAIMS)
    terms: dict[str, Any] = {"quantity": None, "first_day": date(2020, 1, 1), "last_day": None}
    hot = [await estate.license(code, **terms) for code in ("together", "alone")]
    spread = [await estate.license(f"spread{n}", **terms) for n in range(POOLS)]
    doors, kind = Doors(office, estate, token, people), office.database.kind
    settled(office)
    async with (
        _served(database_url, tmp_path) as grouped,
        _served(database_url, tmp_path, LICTOR_LEDGER_BATCH="1") as single,
    ):
        for server in (grouped, single):
            await doors.seats(server, spread[:1], WARM)
            await doors.nothing(server, WARM)
        settled(office)
        sides: dict[str, Side] = {
            "together": lambda count: doors.seats(grouped, hot[:1], count),
            "alone": lambda count: doors.seats(single, hot[1:], count),
            "nothing": lambda count: doors.nothing(grouped, count),
            "spread": lambda count: doors.seats(grouped, spread, count),
        }
        ran = {name: [] for name in (*sides, "bare")}  # type: dict[str, list[Ran]]
        for _ in range(ROUNDS):
            for name, side in sides.items():
                ran[name].append(await side(CLAIMS))
            if kind == "postgresql":
                async with _bare(database_url) as (port, group):
                    await doors.bare(port, group, spread, WARM // ROUNDS)
                    ran["bare"].append(await doors.bare(port, group, spread, CLAIMS))
    _tell(say, kind, ran)


def _tell(say: Say, kind: str, ran: dict[str, list[Ran]]) -> None:
    rate = {name: max(each.rate for each in runs) for name, runs in ran.items() if runs}
    cpu = {name: min(each.cpu for each in runs) for name, runs in ran.items() if runs}

    def note(ours: str, theirs: str) -> str:
        return (
            f"{rate[ours]:.0f} against {rate[theirs]:.0f} a second, {cpu[ours] * 1e3:.2f} against "
            f"{cpu[theirs] * 1e3:.2f} ms CPU of the servers"
        )

    say(f"{kind}: a hot pool over HTTP / the same server with one claim a commit", rate["together"] / rate["alone"], 3,
        note=note("together", "alone"))  # fmt: skip
    say(f"{kind}: CPU of a claim / of a mutation that changes nothing", cpu["together"] / cpu["nothing"], 2,
        at_most=True, note=note("together", "nothing"))  # fmt: skip
    if "bare" in rate:
        say(f"{kind}: {POOLS} pools over HTTP / a bare server with one statement of the driver",
            rate["spread"] / rate["bare"], 0.25, note=note("spread", "bare"))  # fmt: skip
    else:
        say(f"{kind}: {POOLS} pools over HTTP / a hot pool", rate["spread"] / rate["together"], 0.5,
            note=note("spread", "together"))  # fmt: skip
