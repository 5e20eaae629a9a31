"""The ledger's contract, on both databases: no seat too many, none too few, one answer each, told in full."""

import asyncio
from collections import Counter

from sqlalchemy import func, select

from governance.audit.models import Entry
from governance.entitlements.models import Room
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.seats.ledger.port import Outcome
from governance.seats.models import Assignment, AssignmentStep, Denial
from tests.estate import Estate
from tests.governance.seats.ground import grant, running


async def test_a_rush_fills_every_seat_and_not_one_more(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=5)
    people = [await estate.person(f"p{n}") for n in range(9)]
    async with running(office) as ledger:
        answers = await asyncio.gather(*(ledger.submit(grant(estate, license_, person)) for person in people))
    assert Counter(answer.outcome for answer in answers) == {Outcome.DONE: 5, Outcome.DENIED: 4}
    async with office.database.read(estate.tenant_id) as session:
        rooms = (await session.execute(select(Room.occupied, Room.ceiling, Room.over_since))).all()
        assert [tuple(room) for room in rooms] == [(5, 5, None), (5, 5, None)]
        counts = [
            (await session.execute(select(func.count()).select_from(model))).scalar_one()
            for model in (Assignment, AssignmentStep, Denial, Entry, OutboxEvent)
        ]
    assert counts == [5, 5, 4, 9, 9]
