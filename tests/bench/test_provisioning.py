"""Does the pace of provisioning fall as a tenant fills? People sent one by one over SCIM, into a new database.

LICTOR_BENCH_PEOPLE says how many (default 5,000). No statistics are asked for: a young PostgreSQL has what its own
autovacuum brings it in the meantime.
"""

import json
import logging
import os
import time
from pathlib import Path

import httpx
from litestar import Litestar

from api.auth.middleware import Authentication
from api.scim.door import scim_handlers
from api.settings import Settings
from policies.access.actions import Action
from tests.api.doors import LOOPBACK, bearer
from tests.bench.conftest import Say, burned
from tests.estate import Estate
from tests.exams.race import office_of

logging.getLogger("httpx").setLevel(logging.WARNING)
PEOPLE = int(os.environ.get("LICTOR_BENCH_PEOPLE", "5000"))
THOUSAND = 1_000
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def body(number: int) -> bytes:
    return json.dumps(
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
            "userName": f"person.{number}@halden.example", "externalId": f"00u{number:06}",
            "displayName": f"Person {number}", "name": {"givenName": "Person", "familyName": str(number)},
            "emails": [{"value": f"person.{number}@halden.example", "type": "work", "primary": True}],
            "active": True, ENTERPRISE: {"employeeNumber": str(number), "department": "sales"},
        }
    ).encode()  # fmt: skip


async def test_the_last_thousand_people_come_in_as_fast_as_the_first(
    database_url: str, tmp_path: Path, say: Say
) -> None:
    office = office_of(database_url)
    estate = await Estate.raised(office)
    settings = Settings(data_dir=tmp_path, provisioning_pace=100_000)
    app = Litestar(scim_handlers(office, settings), middleware=[Authentication(office, settings)], openapi_config=None)
    headers = await bearer(estate, "admin", Action.PERSON_PROVISION) | {"Content-Type": "application/scim+json"}
    taken: list[tuple[float, float]] = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=LOOPBACK, headers=headers) as client:
        for start in range(0, PEOPLE, THOUSAND):
            began = burned(office), time.perf_counter()
            for number in range(start, start + THOUSAND):
                answer = await client.post("/scim/v2/Users", content=body(number))
                assert answer.status_code == 201, answer.text
            taken.append((burned(office) - began[0], time.perf_counter() - began[1]))
            cpu, wall = taken[-1]
            print(
                f"\n{start + THOUSAND} people: {THOUSAND / cpu:.0f} a CPU second, {THOUSAND / wall:.0f} a second",
                end="",
                flush=True,
            )
    await office.database.dispose()
    kind = office.database.kind
    (cpu, wall), (last_cpu, last_wall) = taken[0], taken[-1]
    note = f"{THOUSAND / wall:.0f}, then {THOUSAND / last_wall:.0f} a second, {PEOPLE} people"
    say(f"{kind}: last thousand / first thousand, by the clock", wall / last_wall, 0.8, note=note)
    note = (
        f"{THOUSAND / cpu:.0f}, then {THOUSAND / last_cpu:.0f} a CPU second; on a shared machine this is the steadier"
    )
    say(f"{kind}: last thousand / first thousand, by CPU time", cpu / last_cpu, 0.8, note=note)
