"""What the seat tests stand on: a desk with a running ledger, and a bare claim."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.entitlements.models import Room
from governance.kernel.work import Office
from governance.seats.ledger.desk import GroupCommit
from governance.seats.ledger.port import Claim, Deny, Grant, Move
from governance.seats.service import SeatDesk
from tests.estate import Estate, License


@asynccontextmanager
async def running(office: Office, **options: Any) -> AsyncIterator[GroupCommit]:
    ledger = GroupCommit(office.database, office.clock, office.ids, **options)
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.stop()


def claim(estate: Estate, ask: Grant | Move | Deny, **values: Any) -> Claim:
    return Claim(
        **{
            "id": uuid.uuid4(),
            "tenant_id": estate.tenant_id,
            "principal": f"person:{estate.people['admin']}",
            "act": "seat:assign",
            "request_id": uuid.uuid4(),
            "ask": ask,
        }
        | values
    )


def grant(estate: Estate, license_: License, person_id: UUID, pool: str = "main", **values: Any) -> Claim:
    invite = values.pop("invite", False)
    return claim(estate, Grant(license_.pools[pool], license_.line_id, person_id, invite=invite), **values)


@asynccontextmanager
async def open_desk(office: Office, **options: Any) -> AsyncIterator[SeatDesk]:
    async with running(office, **options) as ledger:
        yield SeatDesk(office, ledger)


async def rows(office: Office, estate: Estate, model: Any, *where: Any) -> list[Any]:
    async with office.database.read(estate.tenant_id) as session:
        return list((await session.execute(select(model).where(*where).order_by(model.id))).scalars())


async def occupied(office: Office, estate: Estate, room_id: UUID) -> int:
    (room,) = await rows(office, estate, Room, Room.id == room_id)
    return int(room.occupied)
