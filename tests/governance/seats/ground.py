"""What the seat tests stand on: a desk with a running ledger, and a bare claim."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from governance.kernel.work import Office
from governance.seats.ledger.desk import GroupCommit
from governance.seats.ledger.port import Claim, Deny, Grant, Move
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
