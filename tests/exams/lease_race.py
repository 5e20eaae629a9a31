"""One server's share of the race for leases: clients take a lease, come back, renew it, and half of them give it back."""

import asyncio
import json
import sys
from typing import Any
from uuid import UUID

from governance.seats.errors import SeatRefused
from governance.seats.leases.lease import Said
from governance.seats.service import AcquireLease, acquire_lease, heartbeat_leases, release_lease
from tests.exams.race import claim_for_all, desk_of, tell


def keeps(person: str) -> bool:
    return UUID(person).int % 2 == 0


async def serve(asked: dict[str, Any]) -> None:
    """Be one server process: of each client what it was told, as [what, lease id]; REFUSED, KEPT and GONE are the last."""
    desk, actor = desk_of(asked)

    async def live(person: str) -> None:
        ask = AcquireLease(UUID(asked["pools"][0]), UUID(person), f"{person}@host")
        try:
            had = await acquire_lease(desk, actor, ask)
        except SeatRefused:
            tell(person, ["REFUSED", None])
            return
        assert had.lease is not None
        if asked["planted"]:  # the ledger with the bug knows how to lend, and nothing else
            tell(person, ["KEPT", str(had.lease.id)])
            return
        tell(person, ["HELD", str(had.lease.id)])
        again = await acquire_lease(desk, actor, ask)
        assert again.lease is not None
        assert (again.lease.id, again.lease.token > had.lease.token) == (had.lease.id, True), "one lease a client"
        (fenced,) = await heartbeat_leases(desk, actor, [(had.lease.id, had.lease.token)])
        (renewed,) = await heartbeat_leases(desk, actor, [(again.lease.id, again.lease.token)])
        assert (fenced.answer.said, renewed.answer.said) == (Said.LOST, Said.RENEWED), "a token of before is fenced off"
        if keeps(person):
            tell(person, ["KEPT", str(again.lease.id)])
            return
        tell(person, ["GIVING", str(again.lease.id)])
        await release_lease(desk, actor, again.lease.id, again.lease.token)
        tell(person, ["GONE", str(again.lease.id)])

    await claim_for_all(asked, desk, live)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.stdin.read())))
