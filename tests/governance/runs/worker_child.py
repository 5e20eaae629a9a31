"""A worker process as the tests start and kill it: URL, its name, and how many seconds its clock runs ahead."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from governance import tables  # noqa: F401 - every record, before the first session
from governance.audit.entries import DatabaseTrail
from governance.directory.queries import TodaysTree
from governance.directory.service import TodaysRights
from governance.kernel.database import Database
from governance.kernel.ids import TimeOrderedIds
from governance.kernel.work import Change, Office
from governance.runs.desk import RunDesk
from governance.runs.duties import Duties
from governance.runs.queueing import move, mover_for
from governance.runs.rules import RunKind
from policies.access.gate import Gate
from policies.regions.region import world_tree


@dataclass(frozen=True)
class AheadClock:
    ahead: timedelta
    virtual: bool = False

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def office_at(url: str, ahead_s: int = 0) -> Office:
    gate = Gate.from_files()

    async def gates(_tenant: UUID) -> Gate:
        return gate

    database = Database(url, pool_size=4)
    return Office(
        database, gates, AheadClock(timedelta(seconds=ahead_s)), TimeOrderedIds(), DatabaseTrail(), mover_for(database),
        TodaysTree(), TodaysRights(), world_tree(), b"tests only, 32 bytes of secret..",
    )  # fmt: skip


async def two_parts(desk: RunDesk) -> dict[str, Any]:
    """Do part 1 and remember it; the first worker then stands still for ever, the next one does part 2."""
    done = (desk.resume_at or {"part": 0})["part"]
    for part in range(done + 1, 3):
        async with desk.working() as work:
            await work.record(Change("scan:run", "run", desk.run_id, after={"part": part}))
            await desk.remember({"part": part})
        if desk.asked.get("hang") and desk.attempt == 1:
            say("HANGS")
            await asyncio.Event().wait()
    return {"parts": 2}


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


async def main(url: str, worker: str, ahead_s: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    office = office_at(url, ahead_s)
    say("READY")
    await move(office, Duties({RunKind.SCAN: two_parts}), worker=worker, stop=stop)
    await office.database.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
