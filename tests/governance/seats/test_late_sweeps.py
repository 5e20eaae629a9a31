"""Whoever waits has what came free while nobody swept, as if somebody had swept at that very instant."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from governance.entitlements.models import Lot
from governance.entitlements.supply import resupply
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.seats.leases.lease import Acquire
from governance.seats.ledger.port import Lend
from governance.seats.models import Lease
from governance.seats.service import lapse_due
from tests.estate import Estate
from tests.governance.seats.ground import claim, open_desk, rows
from tests.governance.seats.machine import Ask, Resize
from tests.governance.seats.mirrored import Round, hold
from tests.governance.seats.test_model import ENDING, ONE, do


def later(minutes: int, *asked: Ask, to: Resize | None = None, sweeps: bool = False) -> Round:
    return Round(minutes, sweeps, ((to, list(asked)),))


QUEUED = later(0, do("get"), do("wait", "ben"))
LINE_OF_TWO = replace(ONE, seats=ONE.seats | {"main": 2, "first": 2})
LATE = {
    "the lot ended, then it was swept": (ENDING, [QUEUED, later(14 * 1_440, sweeps=True)]),
    "the lot ended, then somebody asked": (ENDING, [QUEUED, later(14 * 1_440, do("get", "cleo"))]),
    "the pool shrank": (ONE, [QUEUED, later(11, to=Resize("main", 0)), later(1, sweeps=True)]),
    "the pool shrank and grew": (
        ONE,
        [QUEUED, later(11, to=Resize("main", 0)), later(11, do("get", "cleo"), to=Resize("main", 2))],
    ),
    "the line shrank": (
        LINE_OF_TWO,
        [later(0, do("get"), do("get", "ben")), later(9, do("wait", "cleo")), later(2, to=Resize("first", 1))],
    ),
}


@pytest.mark.parametrize("late", LATE)
async def test_who_waits_is_served_at_the_instant_itself(office: Office, clock: HandClock, late: str) -> None:
    world, told = LATE[late]
    await hold(office, clock, [world], told)


async def test_who_waits_is_served_when_more_begins(office: Office, estate: Estate, clock: HandClock) -> None:
    license_ = await estate.license(quantity=1, pools={"main": None}, last_day=None)
    begins = clock.now() + timedelta(minutes=5)
    async with office.database.write(estate.tenant_id) as session:
        first = (await session.execute(select(Lot).where(Lot.id == license_.lot_id))).scalar_one()
        values: dict[str, Any] = {column.key: getattr(first, column.key) for column in Lot.__table__.columns}
        session.add(Lot(**values | {"id": uuid.uuid4(), "lot_key": uuid.uuid4(), "start": begins}))
        await resupply(session, estate.tenant_id, license_.line_id, clock.now())
    async with open_desk(office) as desk:
        for who in ("ada", "ben"):
            ask = Acquire(who, lease_id := uuid.uuid4(), waits=timedelta(hours=1))
            lend = Lend(license_.pools["main"], license_.line_id, ask, estate.people[who])
            await desk.ledger.submit(claim(estate, lend, id=lease_id, act="lease:acquire"))
        clock.advance(timedelta(days=1))
        await lapse_due(desk, estate.tenant_id)
    (served,) = await rows(office, estate, Lease, Lease.client == "ben")
    assert served.granted_at == begins
