"""Entries for the tests of the trail, written as verbs write them, and the key that seals them."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import select

from governance.audit.checkpoints import Signer
from governance.audit.models import Entry, Sealed
from governance.audit.sealing import Sealer
from governance.kernel.work import Change, Office, Work
from tests.estate import Estate

R = TypeVar("R")
SIGNER = Signer(bytes(range(32)))


async def write(office: Office, estate: Estate, count: int, act: str = "person:edit") -> None:
    """Write `count` entries, one after the other in one transaction."""

    async def verb(work: Work) -> None:
        for number in range(count):
            after = {"number": number, "share": 0.25}
            await work.record(Change(act, "person", estate.people["ada"], after=after))

    await office.perform(estate.actor("admin"), verb)


async def seal(office: Office, estate: Estate) -> int:
    return await Sealer(SIGNER).seal(office, estate.tenant_id)


async def rows(office: Office, model: type[R], *order: Any) -> Sequence[R]:
    async with office.database.system_read() as session:
        return (await session.execute(select(model).order_by(*order))).scalars().all()


async def numbered(office: Office) -> list[Entry]:
    """Give all entries in the order of their numbers."""
    async with office.database.system_read() as session:
        query = select(Entry).join(Sealed, Sealed.id == Entry.id).order_by(Sealed.seq)
        return list((await session.execute(query)).scalars())
