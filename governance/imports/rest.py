"""How an import makes room for others: it rests after each transaction where writers take turns."""

import asyncio
from dataclasses import dataclass

from governance.imports.rules import REST_S
from governance.kernel.database import Database


@dataclass(frozen=True)
class Rest:
    """20 ms of rest on SQLite (the ledger then waits 10 ms at most), none on PostgreSQL."""

    seconds: float

    async def __call__(self) -> None:
        await asyncio.sleep(self.seconds)


def rest_for(database: Database) -> Rest:
    return Rest(REST_S if database.kind == "sqlite" else 0.0)
