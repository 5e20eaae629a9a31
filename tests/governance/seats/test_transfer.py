"""Holders move to another pool and nothing is lost on the way: all or none, by preview, within the territory."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from governance.audit.models import Entry
from governance.catalog.models import Tier
from governance.directory.models import Person, PersonPlacement
from governance.entitlements.models import Entitlement, Room
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Code, NotFound, Refused, WrongState
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.seats.models import Assignment
from governance.seats.rules import ReleaseReason, SeatState
from governance.seats.service import (
    AssignSeats,
    SeatDesk,
    TransferPreview,
    TransferSeats,
    assign_seats,
    preview_transfer,
    record_use,
    suspend_seat,
    transfer_seats,
)
from tests.estate import Estate, License
from tests.governance.seats.ground import open_desk, rows


async def seated(desk: SeatDesk, estate: Estate, license_: License, pool: str, *who: str) -> list[Assignment]:
    people = tuple(estate.people[name] for name in who)
    answers = await assign_seats(desk, estate.actor("admin"), AssignSeats(license_.pools[pool], people))
    assert answers.denied == ()
    ids = [each.assignment_id for each in answers.seated]
    return [next(s for s in await rows(desk.office, estate, Assignment) if s.id == seat_id) for seat_id in ids]


async def looked(desk: SeatDesk, estate: Estate, command: TransferSeats) -> TransferPreview:
    return await preview_transfer(desk, estate.actor("admin"), command)


async def taken(office: Office, estate: Estate) -> dict[str, int]:
    return {str(room.id): room.occupied for room in await rows(office, estate, Room)}


async def test_two_full_pools_change_holders_and_totals_stay(office: Office, estate: Estate, clock: HandClock) -> None:
    license_ = await estate.license(quantity=3, pools={"emea": 2, "us": 1})
    emea, us = license_.pools["emea"], license_.pools["us"]
    async with open_desk(office) as desk:
        first, second = await seated(desk, estate, license_, "emea", "ada", "ben")
        clock.advance(timedelta(hours=1))
        full = TransferSeats((first.id, second.id), us)
        seen = await looked(desk, estate, full)
        assert [[r.code for r in each.reasons] for each in seen.seats] == [[], [Code.LIMIT_REACHED]]
        assert seen.token is None
        move = TransferSeats((first.id,), us, note="works in Boston now")
        token = (await looked(desk, estate, move)).token
        assert token is not None
        with pytest.raises(PreviewStale):
            await transfer_seats(desk, estate.actor("admin"), move)
        moved = TransferSeats(move.assignment_ids, us, move.note, token)
        (new,) = await transfer_seats(desk, estate.actor("admin"), moved)
        with pytest.raises(WrongState):
            await transfer_seats(desk, estate.actor("admin"), moved)
        await _only_what_may_move(desk, estate, second, new)
    old = next(each for each in await rows(office, estate, Assignment) if each.id == first.id)
    assert (old.release_reason, old.released_at, new.started_at) == (
        ReleaseReason.TRANSFERRED, clock.now(), clock.now(),
    )  # fmt: skip
    assert (new.prior_id, new.pool_id, new.state, new.person_id) == (old.id, us, SeatState.ASSIGNED, old.person_id)
    assert {str(emea): 1, str(us): 1, str(license_.line_id): 2}.items() <= (await taken(office, estate)).items()
    entries = [e for e in await rows(office, estate, Entry) if e.act == "seat:transfer"]
    assert {(e.subject_id, e.reason) for e in entries} == {(old.id, move.note), (new.id, move.note)}


async def _only_what_may_move(desk: SeatDesk, estate: Estate, seat: Assignment, new: Assignment) -> None:
    """The same pool, another product, a lower tier, a suspended seat, a stranger's right: each is refused."""
    product_id = await estate.product("other", tiers=("E3", "E5"))
    tiers = {t.code: t.id for t in await rows(desk.office, estate, Tier, Tier.product_id == product_id)}
    low = await estate.license("low", product_id=product_id, tier_id=tiers["E3"])
    high = await estate.license("high", product_id=product_id, tier_id=tiers["E5"])
    for to, wrong in ((seat.pool_id, "another pool"), (low.pools["main"], "PRODUCT-OF-M365-E5")):
        with pytest.raises(BadInput, match=wrong):
            await looked(desk, estate, TransferSeats((seat.id,), to))
    (dear,) = await seated(desk, estate, high, "main", "ada")
    (lower,) = (await looked(desk, estate, TransferSeats((dear.id,), low.pools["main"]))).seats
    assert [r.code for r in lower.reasons] == [Code.TIER_TOO_LOW]
    command = TransferSeats((new.id,), seat.pool_id)
    for who, no in (("auditor", Refused), ("ada", Refused), ("ben", NotFound)):
        with pytest.raises(no):
            await preview_transfer(desk, estate.actor(who), command)
    await suspend_seat(desk, estate.actor("admin"), dear.id)
    with pytest.raises(WrongState):
        await looked(desk, estate, TransferSeats((dear.id,), low.pools["main"]))


async def test_who_moves_country_keeps_the_seat_until_moved_to_a_pool_that_covers(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    emea = await estate.license("emea", quantity=2, included=("150",), excluded=("FR",))
    world = await estate.license(
        "world", quantity=2, product_id=(await _product(office, estate, emea)), needs_acceptance=True
    )
    async with open_desk(office) as desk:
        (seat,) = await seated(desk, estate, emea, "main", "ada")
        await record_use(
            desk, estate.tenant_id, estate.people["ada"], await _product(office, estate, emea), clock.now()
        )
        await _move_to(office, estate, "ada", "FR")
        held = next(each for each in await rows(office, estate, Assignment) if each.id == seat.id)
        assert held.released_at is None
        command = TransferSeats((seat.id,), world.pools["main"])
        preview = await looked(desk, estate, command)
        assert [(each.invite, each.reasons) for each in preview.seats] == [(True, ())]
        await _move_to(office, estate, "ada", "DE")
        sealed = TransferSeats(command.assignment_ids, command.to_pool_id, token=preview.token)
        (new,) = await transfer_seats(desk, estate.actor("admin"), sealed)
        assert (new.state, new.line_id) == (SeatState.INVITED, world.line_id)
        await _move_to(office, estate, "ada", "FR")
        back = await looked(desk, estate, TransferSeats((new.id,), emea.pools["main"]))
        assert [[r.code for r in each.reasons] for each in back.seats] == [[Code.TERRITORY]]
    assert await taken(office, estate) == {
        str(emea.line_id): 0, str(emea.pools["main"]): 0, str(world.line_id): 1, str(world.pools["main"]): 1,
    }  # fmt: skip


async def _product(office: Office, estate: Estate, license_: License) -> UUID:
    (row,) = await rows(office, estate, Entitlement, Entitlement.id == license_.entitlement_id)
    return row.product_id


async def _move_to(office: Office, estate: Estate, who: str, country: str) -> None:
    async with office.database.write(estate.tenant_id) as session:
        person_id = estate.people[who]
        await session.execute(update(Person).where(Person.id == person_id).values(country=country))
        await session.execute(
            update(PersonPlacement).where(PersonPlacement.person_id == person_id).values(country=country)
        )
