"""Supply at an instant: expired counts nothing, unlimited stays unlimited, being left over is marked."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select, update

from governance.entitlements.models import Lot, Room
from governance.entitlements.rules import RoomKind
from governance.entitlements.supply import ceiling_at, resupply
from governance.kernel.work import Office
from tests.estate import Estate

END = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)


async def test_supply_counts_what_is_in_force_and_names_the_next_change(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=7, pools={"main": 5})
    asked = {RoomKind.POOL: license_.pools["main"], RoomKind.LINE: license_.line_id}
    async with office.database.read(estate.tenant_id) as session:
        for at, pool, line, change in (
            (office.clock.now(), 5, 7, END),
            (END - timedelta(microseconds=1), 5, 7, END),
            (END, 0, 0, None),
            (datetime(2025, 6, 1, tzinfo=UTC), 0, 0, datetime(2025, 12, 31, 23, 0, tzinfo=UTC)),
        ):
            got = {k: (await session.execute(ceiling_at(k, estate.tenant_id, i, at))).one() for k, i in asked.items()}
            assert (tuple(got[RoomKind.POOL]), tuple(got[RoomKind.LINE])) == ((pool, change), (line, change))


async def test_unlimited_is_null_while_in_force_and_nothing_once_expired(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=None, last_day=date(2026, 12, 31))
    async with office.database.read(estate.tenant_id) as session:
        for at, ceiling in ((office.clock.now(), None), (END, 0)):
            row = (await session.execute(ceiling_at(RoomKind.LINE, estate.tenant_id, license_.line_id, at))).one()
            assert row.ceiling == ceiling


async def test_a_shrink_below_use_marks_the_room_as_over_and_a_growth_unmarks_it(
    office: Office, estate: Estate
) -> None:
    license_ = await estate.license(quantity=5)
    now = office.clock.now()

    async def line_with(quantity: int) -> Room:
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(update(Lot).where(Lot.id == license_.lot_id).values(quantity=quantity))
            await resupply(session, estate.tenant_id, license_.line_id, now)
            return (await session.execute(select(Room).where(Room.id == license_.line_id))).scalar_one()

    async with office.database.write(estate.tenant_id) as session:
        await session.execute(update(Room).where(Room.id == license_.line_id).values(occupied=4))
    shrunk = await line_with(3)
    assert (shrunk.ceiling, shrunk.occupied, shrunk.over_since) == (3, 4, now)
    grown = await line_with(6)
    assert (grown.ceiling, grown.occupied, grown.over_since) == (6, 4, None)
