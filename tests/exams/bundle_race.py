"""One server's share of the race for bundles: seats of two to five pools at once, in any order, all or none."""

import asyncio
import json
import random
import sys
from typing import Any
from uuid import UUID

from governance.seats.ledger.port import Claim, Grant, Outcome
from tests.exams.race import claim_for_all, desk_of, tell


async def serve(asked: dict[str, Any]) -> None:
    """Be one server process: of each person the pools of which they were given seats, or None."""
    desk, actor = desk_of(asked)
    places = list(zip(asked["pools"], asked["lines"], strict=True))

    async def claim(person: str) -> None:
        dice = random.Random(f"{asked['seed']}-{person}")  # who is asked for again asks for the same
        bundle = dice.sample(places, dice.randint(2, min(5, len(places))))
        claims = [
            Claim(
                desk.office.ids.new(), actor.tenant_id, actor.principal, "seat:assign", desk.office.ids.new(),
                Grant(UUID(pool), UUID(line), UUID(person)), key=f"{person}-{pool}", hash=pool,
            )
            for pool, line in bundle
        ]  # fmt: skip
        answers = await desk.ledger.submit_all(claims, atomic=True)
        done = {answer.outcome for answer in answers}
        assert done == {Outcome.DONE} or done <= {Outcome.DENIED, Outcome.UNDONE}, done
        tell(person, [pool for pool, _ in bundle] if done == {Outcome.DONE} else None)

    await claim_for_all(asked, desk, claim)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.stdin.read())))
