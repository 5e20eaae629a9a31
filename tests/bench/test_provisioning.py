"""Does the pace of provisioning fall as a tenant fills? People sent one by one over SCIM, into a new database.

LICTOR_BENCH_PEOPLE says how many (default 5,000), LICTOR_BENCH_LAID how many of them are laid as rows between the first
thousand and the last (default none). No statistics are asked for: a young PostgreSQL has what its own autovacuum brings
it in the meantime, and the plans it made when tables were empty.
"""

import json
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from litestar import Litestar
from sqlalchemy import insert, select

from api.auth.middleware import Authentication
from api.scim.door import scim_handlers
from api.settings import Settings
from governance.audit.models import Entry
from governance.directory.models import Person, PersonPlacement, PersonProfile, ProfileValue
from governance.kernel.work import Office
from policies.access.actions import Action
from tests.api.doors import LOOPBACK, bearer
from tests.bench.conftest import Say, burned
from tests.estate import Estate
from tests.exams.race import office_of

logging.getLogger("httpx").setLevel(logging.WARNING)
PEOPLE = int(os.environ.get("LICTOR_BENCH_PEOPLE", "5000"))
LAID, THOUSAND = int(os.environ.get("LICTOR_BENCH_LAID", "0")), 1_000
PATTERN = 777  # the person whose rows are laid again and again
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


async def _lay(office: Office, numbers: range) -> None:
    """Lay people as the door would have left them, with their places, profiles, values and entries."""
    said = f"person.{PATTERN}@halden.example"
    tables: tuple[Any, ...] = (PersonPlacement, PersonProfile, ProfileValue)
    async with office.database.system_write() as session:
        person = (await session.execute(select(Person.__table__).where(Person.mail == said))).mappings().one()
        whose: list[Any] = [(table, (await session.execute(select(table.__table__).where(table.person_id == person["id"]))).mappings().all())
                 for table in tables]  # fmt: skip
        entry = select(Entry.__table__).where(Entry.subject_id == person["id"]).limit(1)
        whose += [(Person, [person]), (Entry, (await session.execute(entry)).mappings().all())]
    for first in range(numbers.start, numbers.stop, THOUSAND):
        some = [(uuid4(), str(number)) for number in range(first, min(first + THOUSAND, numbers.stop))]
        async with office.database.system_write() as session:
            for table, rows in sorted(whose, key=lambda each: each[0] is not Person):
                await session.execute(insert(table), [_as(person["id"], *one, row) for row in rows for one in some])


def _as(pattern: UUID, person_id: UUID, number: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    """Give a row of the pattern's as another person's."""
    new: dict[str, Any] = {
        name: v.replace(str(PATTERN), number) if isinstance(v, str) else v for name, v in row.items()
    }
    own = {name: person_id for name in ("person_id", "subject_id") if new.get(name) == pattern}
    return new | own | {"id": person_id if row["id"] == pattern else uuid4()}


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
        for start in (*range(0, PEOPLE - LAID - THOUSAND, THOUSAND), PEOPLE - THOUSAND):
            if start == PEOPLE - THOUSAND:
                await _lay(office, range(start - LAID, start))
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
    note = f"{THOUSAND / wall:.0f}, then {THOUSAND / last_wall:.0f} a second, {PEOPLE} people, {LAID} of them laid"
    say(f"{kind}: last thousand / first thousand, by the clock", wall / last_wall, 0.8, note=note)
    note = (
        f"{THOUSAND / cpu:.0f}, then {THOUSAND / last_cpu:.0f} a CPU second; on a shared machine this is the steadier"
    )
    say(f"{kind}: last thousand / first thousand, by CPU time", cpu / last_cpu, 0.8, note=note)
