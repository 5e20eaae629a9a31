"""The race for seats: several processes claim at once and are killed at random; then the seats are counted.

A child is one server's share of it: its own database, ledger and desk, some claimants, one line of output per
acknowledged answer. The parent kills children after randomly many acknowledgements, starts them again with what was not
acknowledged (same keys), and judges what the database holds in the end against what had been acknowledged.
"""

import asyncio
import json
import random
import sys
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from governance import tables
from governance.audit.entries import DatabaseTrail
from governance.directory.queries import TodaysTree
from governance.directory.service import TodaysRights
from governance.kernel.clock import SystemClock
from governance.kernel.database import Database
from governance.kernel.errors import Unavailable
from governance.kernel.ids import TimeOrderedIds
from governance.kernel.work import Office
from governance.runs.movers import InProcessMover
from governance.seats.ledger.desk import GroupCommit
from governance.seats.service import AssignSeats, SeatDesk, assign_seats
from policies.access.gate import Gate
from policies.access.parties import Actor, Grant, Role, ScopeKind
from policies.regions.region import world_tree
from tests.exams.planted import CountThenInsert

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Race:
    """`claimants` in all, spread over `processes`; `kills` of them while it runs; `planted` sets the bug in."""

    url: str
    tenant_id: str
    admin_id: str
    pool_id: str
    people: tuple[str, ...]
    processes: int
    claimants: int
    kills: int
    seed: int
    planted: bool = False


@dataclass
class Ran:
    """What was acknowledged: the seat of each person who got one, and who was refused."""

    seated: dict[UUID, UUID] = field(default_factory=dict)
    denied: set[UUID] = field(default_factory=set)
    kills: int = 0


async def run(race: Race) -> Ran:
    """Run the race to its end and give what was acknowledged."""
    ran, dice = Ran(), random.Random(race.seed)
    shares = [list(race.people[n :: race.processes]) for n in range(race.processes)]
    # Between two kills of one share lies at least one acknowledgement, so the race ends.
    kills_of = [race.kills // race.processes + (n < race.kills % race.processes) for n in range(race.processes)]
    await asyncio.gather(
        *(_run_share(race, share, kills, dice, ran) for share, kills in zip(shares, kills_of, strict=True))
    )
    return ran


async def _run_share(race: Race, share: list[str], kills: int, dice: random.Random, ran: Ran) -> None:
    open_people = deque(share)
    while open_people:
        fatal = dice.randint(1, max(1, len(open_people) // (kills + 1))) if kills else None
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.exams.race", cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(asdict(race) | {"people": list(open_people)}).encode())
        child.stdin.close()
        acknowledged = 0
        async for line in child.stdout:
            if not line.endswith(b"\n"):
                break
            person, seat = json.loads(line)
            open_people.remove(person)
            if seat is None:
                ran.denied.add(UUID(person))
            else:
                ran.seated[UUID(person)] = UUID(seat)
            acknowledged += 1
            if acknowledged == fatal:
                child.kill()
                kills, ran.kills = kills - 1, ran.kills + 1
        code = await child.wait()
        assert code in {0, -9}, f"a server process ended by itself with {code}"


def office_of(url: str) -> Office:
    assert tables.METADATA.tables
    gate = Gate.from_files()

    async def gates(_tenant: UUID) -> Gate:
        return gate

    return Office(
        Database(url, pool_size=6), gates, SystemClock(), TimeOrderedIds(), DatabaseTrail(), InProcessMover(),
        TodaysTree(), TodaysRights(), world_tree(), b"exams only, 32 bytes of secret..",
    )  # fmt: skip


async def serve(asked: dict[str, Any]) -> None:
    """Be one server process: claim for everybody, one line per acknowledged answer."""
    office = office_of(asked["url"])
    admin = UUID(asked["admin_id"])
    grants = frozenset({Grant(Role.IT_ADMIN, ScopeKind.TENANT)})
    actor = Actor(UUID(asked["tenant_id"]), f"person:{admin}", person_id=admin, grants=grants)
    ledger = CountThenInsert(office) if asked["planted"] else GroupCommit(office.database, office.clock, office.ids)
    await ledger.start()
    desk = SeatDesk(office, ledger)
    waiting = deque(asked["people"])

    async def claimant() -> None:
        while waiting:
            person = waiting.popleft()
            ask = AssignSeats(UUID(asked["pool_id"]), (UUID(person),), key=f"race-{person}")
            try:
                answers = await assign_seats(desk, actor, ask)
            except Unavailable:
                waiting.append(person)
                continue
            seat = str(answers.seated[0].assignment_id) if answers.seated else None
            sys.stdout.write(json.dumps([person, seat]) + "\n")
            sys.stdout.flush()

    await asyncio.gather(*(claimant() for _ in range(max(1, asked["claimants"] // asked["processes"]))))
    await ledger.stop()
    await office.database.dispose()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.stdin.read())))
