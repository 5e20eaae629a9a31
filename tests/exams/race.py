"""The race for seats: several processes claim at once and are killed at random; then the seats are counted.

A child is one server's share of it: its own database, ledger and desk, some claimants, one line of output per
acknowledged answer. The parent kills children after randomly many acknowledgements, starts them again with what was not
acknowledged (same keys), and judges what the database holds in the end against what had been acknowledged.
"""

import asyncio
import json
import random
import sys
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

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
    """What each child is told besides its share of `people`: `claimants` of them at once, `planted` sets the bug in.

    `pools` and their `lines` go together; a race of single seats or leases is about the first.
    """

    url: str
    tenant_id: str
    admin_id: str
    pools: tuple[str, ...]
    lines: tuple[str, ...]
    people: tuple[str, ...]
    processes: int
    claimants: int
    kills: int
    seed: int
    planted: bool = False


@dataclass
class Told:
    """How many servers were killed, and how often somebody was told to come again later, by the error behind it."""

    kills: int = 0
    later: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        later = ", ".join(f"{times} × {why}" for why, times in sorted(self.later.items())) or "nobody"
        return f"{self.kills} killed, told to come again later: {later}"


@dataclass
class Ran:
    """What was acknowledged: the seat of each person who got one, and who was refused."""

    seated: dict[UUID, UUID] = field(default_factory=dict)
    denied: set[UUID] = field(default_factory=set)
    told: Told = field(default_factory=Told)


BUSY = (Unavailable, OperationalError, PoolTimeout)
"""What a door answers with 503: come again later."""
LATER = "later"
Hear = Callable[[str, Any], bool]
"""Takes a person and what a child said of them; says whether that was the last of it."""


async def run(race: Race) -> Ran:
    """Run the race for seats to its end and give what was acknowledged."""
    ran = Ran()

    def hear(person: str, seat: Any) -> bool:
        if seat is None:
            ran.denied.add(UUID(person))
        else:
            ran.seated[UUID(person)] = UUID(seat)
        return True

    ran.told = await run_children("tests.exams.race", race, hear)
    return ran


async def run_children(module: str, race: Race, hear: Hear) -> Told:
    """Run a race whose child is `module`. No client may have heard of a deadlock."""
    dice, told = random.Random(race.seed), Told()
    shares = [list(race.people[n :: race.processes]) for n in range(race.processes)]
    # Between two kills of one share lies at least one acknowledgement, so the race ends.
    kills_of = [race.kills // race.processes + (n < race.kills % race.processes) for n in range(race.processes)]
    ran = [
        _run_share(module, race, share, kills, dice, hear, told) for share, kills in zip(shares, kills_of, strict=True)
    ]
    await asyncio.gather(*ran)
    assert not [why for why in told.later if "deadlock" in why.lower()], told.later
    return told


async def _run_share(
    module: str, race: Race, share: list[str], kills: int, dice: random.Random, hear: Hear, told: Told
) -> None:
    open_people, killed = deque(share), 0
    while open_people:
        left = kills - killed
        fatal = dice.randint(1, max(1, len(open_people) // (left + 1))) if left else None
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(asdict(race) | {"people": list(open_people)}).encode())
        child.stdin.close()
        acknowledged = 0
        async for line in child.stdout:
            if not line.endswith(b"\n"):
                break
            person, said = json.loads(line)
            if person == LATER:
                told.later[said] += 1
                continue
            if hear(person, said):
                open_people.remove(person)
            acknowledged += 1
            if acknowledged == fatal:
                child.kill()
                killed, told.kills = killed + 1, told.kills + 1
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


def desk_of(asked: dict[str, Any]) -> tuple[SeatDesk, Actor]:
    """Give the desk of one server process, its ledger not yet started, and the admin who asks."""
    office = office_of(asked["url"])
    admin = UUID(asked["admin_id"])
    grants = frozenset({Grant(Role.IT_ADMIN, ScopeKind.TENANT)})
    actor = Actor(UUID(asked["tenant_id"]), f"person:{admin}", person_id=admin, grants=grants)
    ledger = CountThenInsert(office) if asked["planted"] else GroupCommit(office.database, office.clock, office.ids)
    return SeatDesk(office, ledger), actor


async def claim_for_all(asked: dict[str, Any], desk: SeatDesk, claim: Callable[[str], Awaitable[None]]) -> None:
    """Let this child's claimants take person after person; who was told to come again later does."""
    waiting = deque(asked["people"])

    async def claimant() -> None:
        while waiting:
            person = waiting.popleft()
            try:
                await claim(person)
            except BUSY as busy:
                tell(LATER, why(busy))
                waiting.append(person)

    await desk.ledger.start()
    await asyncio.gather(*(claimant() for _ in range(max(1, asked["claimants"] // asked["processes"]))))
    await desk.ledger.stop()
    await desk.office.database.dispose()


def why(busy: BaseException) -> str:
    """Name the error that is behind being told to come again later."""
    cause = getattr(busy, "orig", None) or busy.__cause__
    return type(busy).__name__ if cause is None else f"{type(busy).__name__} by {type(cause).__name__}"


def tell(person: str, said: Any) -> None:
    sys.stdout.write(json.dumps([person, said]) + "\n")
    sys.stdout.flush()


async def serve(asked: dict[str, Any]) -> None:
    """Be one server process: claim a seat for everybody, one line per acknowledged answer."""
    desk, actor = desk_of(asked)

    async def claim(person: str) -> None:
        ask = AssignSeats(UUID(asked["pools"][0]), (UUID(person),), key=f"race-{person}")
        answers = await assign_seats(desk, actor, ask)
        tell(person, str(answers.seated[0].assignment_id) if answers.seated else None)

    await claim_for_all(asked, desk, claim)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.stdin.read())))
