"""The verbs of lending: rights and rules first, then the ledger; what is lent is listed, swept, counted and told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from governance.alerts.queries import pool_use
from governance.compliance.facts import Facts
from governance.entitlements.models import MetricLine
from governance.entitlements.rules import LicenseModel
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Code, NotFound, Refused
from governance.kernel.work import Office
from governance.metrics.cost_by_unit_gather import occupied_seats
from governance.metrics.licenses import license_overview, license_row
from governance.metrics.position import PositionQuery, position
from governance.seats import lease_queries
from governance.seats.errors import LeaseLost, SeatRefused, TooManyLeases
from governance.seats.leases.lease import LeaseState, Said
from governance.seats.models import Denial, Lease
from governance.seats.service import (
    AcquireLease,
    SeatDesk,
    SetLeaseTerms,
    acquire_lease,
    borrow_lease,
    heartbeat_leases,
    lapse_due,
    release_lease,
    set_lease_terms,
    stop_waiting,
)
from policies.access.parties import Role
from tests.estate import Estate, License
from tests.governance.seats.ground import occupied, open_desk, rows

MINUTE = timedelta(minutes=1)


@asynccontextmanager
async def lending(
    office: Office, estate: Estate, seats: int = 2, **terms: Any
) -> AsyncIterator[tuple[SeatDesk, License]]:
    license_ = await floating(office, estate, seats)
    if terms:
        given = SetLeaseTerms(license_.pools["main"], **terms)
        await office.perform(estate.actor("admin"), lambda work: set_lease_terms(work, given))
    async with open_desk(office) as desk:
        yield desk, license_


async def floating(office: Office, estate: Estate, seats: int = 2, **how: Any) -> License:
    license_ = await estate.license(f"cad-{uuid4().hex[:6]}", quantity=seats, pools={"main": seats}, **how)
    async with office.database.write(estate.tenant_id) as session:
        line = MetricLine.tenant_id == estate.tenant_id, MetricLine.id == license_.line_id
        await session.execute(update(MetricLine).where(*line).values(model=LicenseModel.CONCURRENT_USER))
    return license_


def asked(estate: Estate, license_: License, who: str = "ada", **how: Any) -> AcquireLease:
    return AcquireLease(license_.pools["main"], estate.people[who], **{"client": f"{who}@ws", **how})


async def test_a_lease_is_acquired_renewed_borrowed_and_given_back(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin = estate.actor("admin")
    async with lending(office, estate, borrow_days=7) as (desk, license_):
        got = await acquire_lease(desk, admin, asked(estate, license_, key="k"))
        assert got.lease is not None
        assert (got.said, got.lease.token, got.lease.state) == (Said.GRANTED, 1, LeaseState.HELD)
        again = await acquire_lease(desk, admin, asked(estate, license_, key="k"))
        assert again.lease is not None
        assert (again.lease.id, again.lease.token, again.replayed) == (got.lease.id, 1, True)
        clock.advance(5 * MINUTE)
        stranger = uuid4()
        renewed = await heartbeat_leases(desk, admin, [(stranger, 1), (got.lease.id, 1)])
        assert [(each.lease_id, each.answer.said) for each in renewed] == [
            (stranger, Said.LOST), (got.lease.id, Said.RENEWED),
        ]  # fmt: skip
        assert renewed[0].answer.reason is not None
        assert renewed[0].answer.reason.code is Code.NOT_FOUND
        last = date(2026, 3, 5)
        borrowed = await borrow_lease(desk, admin, got.lease.id, 1, last)
        assert borrowed.expires_at is not None
        assert borrowed.expires_at.isoformat() == "2026-03-05T23:00:00+00:00", "midnight in Zurich ends the day"
        with pytest.raises(SeatRefused):
            await borrow_lease(desk, admin, got.lease.id, 1, last + timedelta(days=30))
        with pytest.raises(LeaseLost):
            await release_lease(desk, admin, got.lease.id, 7)
        back = await release_lease(desk, admin, got.lease.id)
        assert (back.state, back.ended_at) == (LeaseState.RETURNED, clock.now())


async def test_only_who_may_lends_and_a_holder_sees_their_own(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    async with lending(office, estate) as (desk, license_):
        await acquire_lease(desk, admin, asked(estate, license_, "ada"))
        got = await acquire_lease(desk, admin, asked(estate, license_, "ben"))
        assert got.lease is not None
        for who in ("ada", "auditor"):
            with pytest.raises((Refused, NotFound)):
                await acquire_lease(desk, estate.actor(who), asked(estate, license_, "cleo"))
        with pytest.raises(Refused):
            await release_lease(desk, estate.actor("auditor"), got.lease.id)
        lost = await heartbeat_leases(desk, estate.actor("auditor"), [(got.lease.id, 1)])
        assert lost[0].answer.said is Said.LOST
        await estate.grant("ada", Role.HOLDER)
        async with office.reading(estate.actor("ada")) as work:
            mine = (await work.session.execute(lease_queries.visible_leases(work))).scalars().all()
        assert [row.person_id for row in mine] == [estate.people["ada"]]


async def test_rules_come_before_room_and_every_no_is_kept(office: Office, estate: Estate) -> None:
    admin, cleo = estate.actor("admin"), "cleo"
    async with lending(office, estate, 1, reserved={"lab": 1}) as (desk, license_):
        with pytest.raises(SeatRefused) as full:
            await acquire_lease(desk, admin, asked(estate, license_, cleo))
        assert full.value.code is Code.LIMIT_REACHED
        assert (await acquire_lease(desk, admin, asked(estate, license_, cleo, group="lab"))).said is Said.GRANTED
        abroad = await floating(office, estate, 1, included=("AQ",))
        with pytest.raises(SeatRefused) as no:
            await acquire_lease(desk, admin, asked(estate, abroad, cleo))
        assert no.value.code is Code.TERRITORY
        with pytest.raises(BadInput, match="lab"):
            await acquire_lease(desk, admin, asked(estate, license_, cleo, group="other"))
        named = await estate.license("named", pools={"main": 3})
        with pytest.raises(BadInput, match="CONCURRENT_USER"):
            await acquire_lease(desk, admin, asked(estate, named, cleo))
    assert sorted(row.code for row in await rows(office, estate, Denial)) == ["LIMIT_REACHED", "TERRITORY"]


@pytest.mark.parametrize(
    "how", [{"client": " "}, {"client": "x" * 201}, {"quantity": 0}, {"waits_s": 0}, {"waits_s": 86_401}]
)
async def test_what_cannot_be_asked_is_named(office: Office, estate: Estate, how: dict[str, Any]) -> None:
    async with lending(office, estate) as (desk, license_):
        with pytest.raises(BadInput):
            await acquire_lease(desk, estate.actor("admin"), asked(estate, license_, **how))
        with pytest.raises(TooManyLeases):
            await heartbeat_leases(desk, estate.actor("admin"), [(uuid4(), 1)] * 501)
        with pytest.raises(BadInput):
            await heartbeat_leases(desk, estate.actor("admin"), [(UUID(int=1), 1)] * 2)


async def test_the_sweep_ends_what_time_ended_and_serves_who_waits(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin = estate.actor("admin")
    async with lending(office, estate, 1) as (desk, license_):
        await acquire_lease(desk, admin, asked(estate, license_))
        for who in ("ben", "cleo"):
            waits = await acquire_lease(desk, admin, asked(estate, license_, who, waits_s=3_600))
        assert (waits.said, waits.place, waits.lease) == (Said.WAITING, 2, None)
        assert await stop_waiting(desk, admin, license_.pools["main"], "cleo@ws")
        assert not await stop_waiting(desk, admin, license_.pools["main"], "cleo@ws")
        clock.advance(11 * MINUTE)
        async with office.reading(admin) as work:
            (held,) = await rows(office, estate, Lease)
            assert lease_queries.state_at(held, work.now()) is LeaseState.EXPIRED
            taken = lease_queries.visible_leases(work).where(lease_queries.lent_at(work.now()))
            assert (await work.session.execute(taken)).scalars().all() == []
        assert (await lapse_due(desk, estate.tenant_id)).leases == 1
        assert (await lapse_due(desk, estate.tenant_id)).leases == 0
    by_client = {row.client: row for row in await rows(office, estate, Lease)}
    assert by_client["ada@ws"].ended_at == by_client["ben@ws"].granted_at
    assert await occupied(office, estate, license_.line_id) == 1


async def test_terms_are_drawn_anew_by_who_may_open_pools(office: Office, estate: Estate) -> None:
    license_ = await floating(office, estate)
    pool = license_.pools["main"]
    with pytest.raises(Refused):
        await office.perform(estate.actor("auditor"), lambda work: set_lease_terms(work, SetLeaseTerms(pool)))
    for bad in ({"term_s": 5}, {"borrow_days": 400}, {"reserved": {"lab": -1}}, {"reserved": {" ": 1}}):
        given = SetLeaseTerms(pool, **bad)  # type: ignore[arg-type]
        with pytest.raises(BadInput):
            await office.perform(estate.actor("admin"), lambda work, given=given: set_lease_terms(work, given))
    for seconds in (60, 120):
        given = SetLeaseTerms(pool, term_s=seconds)
        row = await office.perform(estate.actor("admin"), lambda work, given=given: set_lease_terms(work, given))
    assert (row.term_s, row.version) == (120, 2)


async def test_what_is_lent_counts_wherever_seats_are_counted(office: Office, estate: Estate, clock: HandClock) -> None:
    admin = estate.actor("admin")
    async with lending(office, estate, 4) as (desk, license_):
        await acquire_lease(desk, admin, asked(estate, license_, quantity=3))
        async with office.reading(admin) as work:
            (use,) = await pool_use(work, [license_.pools["main"]])
            (row,) = [license_row(each) for each in await work.session.execute(license_overview(work))]
            counted = await occupied_seats(work, work.now(), work.now())
            facts = Facts(estate.tenant_id, work.now(), work.now())
            (judged,) = (await work.session.execute(facts.pool_positions())).all()
            told = (await position(work, PositionQuery())).totals
        assert (use.occupied, row.occupied, counted, judged.occupied) == (3, 3, {license_.pools["main"]: 3}, 3)
        assert (told.occupied, told.balance) == (3, 1)
        clock.advance(11 * MINUTE)
        async with office.reading(admin) as work:
            over = (await position(work, PositionQuery())).totals
        assert over.occupied == 0, "what ended counts no more, swept or not"
