"""A leaver over SCIM to the end: seats are up for reclaim, released when their time is over, and a comeback never fails."""

from datetime import timedelta
from uuid import UUID

from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.seats.models import Assignment
from governance.seats.rules import RECLAIM_SLA, ReleaseReason, SeatState
from tests.api.scim.asking import Provider
from tests.estate import Estate
from tests.governance.seats.ground import rows
from tests.governance.test_reactions import living

INACTIVE = {"op": "Replace", "path": "active", "value": "False"}
ACTIVE = {"op": "Replace", "path": "active", "value": "True"}


async def test_seats_follow_a_leaver_and_do_not_come_back_with_them(
    idp: Provider, estate: Estate, office: Office, clock: HandClock
) -> None:
    made = await idp.user("ada.k", enterprise={"department": "sales-emea"})
    path, person_id = f"/Users/{made['id']}", UUID(made["id"])
    estate.people["ada.k"] = person_id
    license_ = await estate.license(quantity=1)

    async def seats() -> list[tuple[SeatState, ReleaseReason | None]]:
        return [(s.state, s.release_reason) for s in await rows(office, estate, Assignment) if s.person_id == person_id]

    async with living(office, estate) as life:
        await life.seat(license_, "ada.k")
        assert (await idp.patch(path, INACTIVE)).status_code == 204
        await life.answer()
        assert await seats() == [(SeatState.RECLAIM_PENDING, None)]
        clock.advance(RECLAIM_SLA + timedelta(minutes=1))
        await life.sweep()
        assert await seats() == [(SeatState.RELEASED, ReleaseReason.USER_LEFT)]
        await life.seat(license_, "ben")  # the pool is full now
        assert (await idp.patch(path, ACTIVE)).status_code == 204
        await life.sweep()
        assert (await idp.get(path))["active"] is True
        assert await seats() == [(SeatState.RELEASED, ReleaseReason.USER_LEFT)]
        assert await life.undone() == []


async def test_who_comes_back_before_the_answer_keeps_their_seat(idp: Provider, estate: Estate, office: Office) -> None:
    ada = str(estate.people["ada"])
    license_ = await estate.license(quantity=1)
    async with living(office, estate) as life:
        await life.seat(license_, "ada")
        await idp.patch(f"/Users/{ada}", INACTIVE)
        await idp.patch(f"/Users/{ada}", ACTIVE)
        await life.answer()
        assert [seat.state for seat in await rows(office, estate, Assignment)] == [SeatState.ASSIGNED]
        assert await life.undone() == []
