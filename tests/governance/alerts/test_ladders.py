"""Ladders: each rung once in the license's own days, by the clock alone; renewed and perpetual ones are never told of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from governance.agreements.models import Agreement
from governance.agreements.rules import ChangeReason
from governance.alerts.ladders import announce_due
from governance.alerts.rules import Announcement, DatedLot, Ending, LadderRule, announcement, ends_unrenewed
from governance.directory.models import Person, Tenant
from governance.entitlements.models import Entitlement, Lot
from governance.entitlements.rules import CostBasis
from governance.kernel.clock import HandClock
from governance.kernel.due import day_of, end_after, start_of
from governance.kernel.ids import TimeOrderedIds
from governance.kernel.work import Office
from governance.notices.models import Notice
from governance.notices.rules import Channel, Letter
from governance.notices.service import deliver_due
from policies.thresholds.threshold import default_thresholds
from tests.estate import Estate, License
from tests.governance.holding import leave, release, seat

LADDER = default_thresholds().expiry
BEFORE = (120, 90, 60, 30, 14, 7, 1, 0)
ZONES = ("Europe/Zurich", "America/New_York", "Pacific/Auckland")
CLOCKS_CHANGE = {  # a last usable day in whose ladder clocks move, in each zone
    "Europe/Zurich": date(2026, 10, 25),
    "America/New_York": date(2026, 11, 1),
    "Pacific/Auckland": date(2026, 9, 27),
}


def ending(zone: str, day: date, *, pending: bool = True) -> Ending:
    return Ending(LadderRule.EXPIRY, uuid4(), day, zone, 3, (uuid4(),), pending, (("license", "crm"),))


def rungs_of_a_year(one: Ending) -> list[tuple[str, date]]:
    """Ask every hour of a year; give each new rung with the day of the zone on which it came."""
    now, seen, found = datetime(2026, 3, 1, tzinfo=UTC), set(), []
    for _ in range(366 * 24):
        told = announcement(one, now, LADDER)
        if told is not None and told.dedupe not in seen:
            seen.add(told.dedupe)
            found.append((told.text, day_of(now, one.zone)))
        now += timedelta(hours=1)
    return found


def days_of_rungs(last: date, until: date) -> list[date]:
    before = [last - timedelta(days=days) for days in BEFORE]
    after = [last + timedelta(days=1 + 7 * week) for week in range(60)]
    return [day for day in (*before, *after) if day <= until]


@pytest.mark.parametrize("zone", [*ZONES, "Pacific/Kiritimati", "Etc/GMT+12"])
def test_each_rung_comes_once_on_its_day_in_its_zone_through_clock_changes(zone: str) -> None:
    last = CLOCKS_CHANGE.get(zone, date(2026, 10, 25))
    found = rungs_of_a_year(ending(zone, last))
    assert [day for _, day in found] == days_of_rungs(last, day_of(datetime(2027, 3, 1, 23, tzinfo=UTC), zone))
    assert [text for text, _ in found][:10] == [
        *["expiry-ahead"] * 7, "expiry-today", "expiry-over", "expiry-over",
    ]  # fmt: skip


def test_where_nothing_is_pending_the_ladder_ends_with_the_day_after() -> None:
    last = date(2026, 10, 25)
    found = rungs_of_a_year(ending("Europe/Zurich", last, pending=False))
    assert [day for _, day in found] == days_of_rungs(last, last + timedelta(days=1))


def test_an_announcement_says_day_days_and_quantity() -> None:
    one = ending("Europe/Zurich", date(2026, 10, 25))
    told = announcement(one, datetime(2026, 10, 11, 12, tzinfo=UTC), LADDER)
    assert told == Announcement(
        "expiry-ahead", one.people, {"license": "crm", "day": "2026-10-25", "days": 14, "quantity": 3},
        f"expiry:{one.subject_id}:2026-10-25:14",
    )  # fmt: skip
    free = announcement(replace(one, quantity=None), datetime(2026, 10, 26, 12, tzinfo=UTC), LADDER)
    assert free is not None
    assert (free.text, free.facts["days"], free.facts["quantity"]) == ("expiry-over", 1, "∞")


def lot(quantity: int | None, first: date, last: date | None, renewal_of: DatedLot | None = None) -> DatedLot:
    start, end = start_of(first, "UTC"), end_after(last, "UTC")
    return DatedLot(uuid4(), quantity, start, end, last, "UTC", renewal_of.lot_key if renewal_of else None)


def test_a_lot_is_followed_by_its_renewal_by_one_as_large_or_by_seats_that_stay() -> None:
    year = lot(100, date(2026, 1, 1), date(2026, 12, 31))
    assert ends_unrenewed([year]) == (year,)
    late = lot(80, date(2027, 2, 1), date(2027, 12, 31), year)
    assert ends_unrenewed([year, late]) == (late,)
    early = lot(100, date(2026, 12, 1), date(2027, 12, 31))
    assert ends_unrenewed([year, early]) == (early,)
    half, other = lot(50, date(2026, 1, 1), date(2026, 12, 31)), lot(50, date(2026, 1, 1), date(2026, 12, 31))
    whole = lot(100, date(2027, 1, 1), None)
    assert ends_unrenewed([half, other, whole]) == ()


def test_a_lot_is_not_followed_by_a_smaller_one_beside_it_or_by_another_lots_renewal() -> None:
    year = lot(100, date(2026, 1, 1), date(2026, 12, 31))
    more = lot(20, date(2026, 6, 1), date(2027, 5, 31))
    assert ends_unrenewed([year, more]) == (year, more)
    again = lot(120, date(2027, 6, 1), None, more)
    assert ends_unrenewed([year, more, again]) == (year,)
    assert ends_unrenewed([lot(5, date(2026, 1, 1), None)]) == ()


def test_a_lot_is_followed_by_one_that_is_linked_to_it_whose_seats_then_take_over_from_no_other() -> None:
    year = lot(100, date(2026, 1, 1), date(2026, 12, 31))
    beyond, before = end_after(date(2027, 12, 31), "UTC"), end_after(date(2026, 6, 30), "UTC")
    assert ends_unrenewed([replace(year, renewed_until=(beyond,))]) == ()
    assert ends_unrenewed([replace(year, renewed_until=(None,))]) == ()
    short = replace(year, renewed_until=(before,))
    assert ends_unrenewed([short]) == (short,)
    early = lot(100, date(2026, 12, 1), None)
    assert ends_unrenewed([year, early]) == ()
    of_another = replace(early, quantity=100, start=year.start + timedelta(days=300), renews=frozenset({uuid4()}))
    smaller = replace(of_another, quantity=99)
    assert ends_unrenewed([year, smaller]) == (year,)


async def tell_all(estate: Estate) -> None:
    await announce_due(estate.office)


async def notices(estate: Estate, who: str | None = None) -> Sequence[Notice]:
    query = select(Notice).where(Notice.tenant_id == estate.tenant_id).order_by(Notice.recorded_at, Notice.dedupe_key)
    if who is not None:
        query = query.where(Notice.person_id == estate.people[who])
    async with estate.office.database.read(estate.tenant_id) as session:
        return (await session.execute(query)).scalars().all()


async def asks_notice(estate: Estate, owned: License, days: int, **values: Any) -> None:
    await put(estate, Agreement, owned.agreement_id, notice_days=days, **values)


async def put(estate: Estate, model: Any, row_id: UUID, **values: Any) -> None:
    async with estate.office.database.write(estate.tenant_id) as session:
        here = (model.tenant_id == estate.tenant_id, model.id == row_id)
        await session.execute(update(model).where(*here).values(**values))


async def renew(estate: Estate, owned: License, first: date, last: date | None, zone: str = "Europe/Zurich") -> None:
    """Buy the lot that renews a license's first one."""
    now = estate.office.clock.now()
    await estate.add(
        Lot(
            **estate.key(), lot_key=estate.office.ids.new(), line_id=owned.line_id, quantity=3, first_day=first,
            last_day=last, zone=zone, start=start_of(first, zone), end=end_after(last, zone), included=["001"],
            excluded=[], currency="USD", unit_price=1, cost_basis=CostBasis.PER_SEAT, renewal_of=owned.lot_key,
            reason=ChangeReason.RENEWAL, recorded_at=now, recorded_by="system:tests",
        )
    )  # fmt: skip


async def test_a_year_of_days_tells_each_rung_once_in_three_zones_whatever_restarts(
    estate: Estate, clock: HandClock, office: Office
) -> None:
    for zone, last in CLOCKS_CHANGE.items():
        owned = await estate.license(zone, last_day=last, zone=zone)
        await asks_notice(estate, owned, 30)
        await seat(estate, owned, "ada")
    renewed = await estate.license("renewed", last_day=date(2026, 8, 31))
    await renew(estate, renewed, date(2026, 9, 1), date(2028, 8, 31))
    await asks_notice(estate, renewed, 30)
    await estate.license("perpetual", last_day=None)
    end = clock.now() + timedelta(days=365)
    while clock.now() < end:  # every local day is met, at every hour of the day in turn
        await announce_due(replace(office, ids=TimeOrderedIds()))  # a new process each time
        clock.advance(timedelta(hours=23))
    told = await notices(estate)
    assert {notice.person_id for notice in told} == {estate.people["admin"]}
    for zone, last in CLOCKS_CHANGE.items():
        lots = [day_of(one.recorded_at, zone) for one in told if one.facts.get("license") == zone]
        assert lots == days_of_rungs(last, day_of(clock.now() - timedelta(hours=23), zone)), zone
        asked = [day_of(one.recorded_at, zone) for one in told if one.facts.get("agreement") == f"EA-{zone}"]
        assert asked == days_of_rungs(last - timedelta(days=30), last), zone
    assert {one.facts.get("license", one.facts.get("licenses")) for one in told} == set(ZONES)


async def test_the_rung_comes_with_midnight_of_the_zone(estate: Estate, clock: HandClock) -> None:
    await estate.license("crm", last_day=date(2026, 10, 25), zone="Pacific/Auckland")
    midnight = start_of(date(2026, 9, 25), "Pacific/Auckland")  # 30 days before, two days before its clocks move
    clock.set(midnight - timedelta(microseconds=1))
    await tell_all(estate)
    assert [one.dedupe_key.split(":")[3] for one in await notices(estate)] == ["60"]  # the latest; none is made up for
    clock.set(midnight)
    await tell_all(estate)
    await tell_all(estate)
    assert [one.facts["days"] for one in await notices(estate)] == [31, 30]


async def test_owner_and_deputy_are_told_in_their_language_with_the_facts(
    estate: Estate, clock: HandClock, office: Office
) -> None:
    owned = await estate.license("crm", last_day=date(2026, 4, 1), owner="ada")
    await put(estate, Entitlement, owned.entitlement_id, deputy_id=estate.people["ben"])
    await put(estate, Person, estate.people["ada"], locale="de-CH")
    await tell_all(estate)
    letters: list[Letter] = []

    class Box:
        async def send(self, letter: Letter) -> None:
            letters.append(letter)

    async def no_links(*_: Any) -> str:
        return ""

    await deliver_due(office, {Channel.MAIL: Box()}, no_links)
    said = {letter.to_name: (letter.language, letter.subject) for letter in letters}
    assert said == {
        "Ada": ("de", "crm endet am 2026-04-01 (noch Tage: 30)"),
        "Ben": ("en", "crm ends on 2026-04-01 (days left: 30)"),
    }
    assert all("3" in letter.body and "named" in letter.body for letter in letters)


async def test_without_anybody_left_the_it_admins_are_told_once(estate: Estate) -> None:
    await estate.license("crm", last_day=date(2026, 4, 1), owner="ada")
    await estate.license("erp", last_day=date(2026, 4, 1), owner=None)
    await leave(estate, "ada")
    await tell_all(estate)
    await tell_all(estate)
    assert sorted(one.facts["license"] for one in await notices(estate, "admin")) == ["crm", "erp"]
    assert len(await notices(estate)) == 2


async def test_a_renewal_silences_and_a_moved_day_begins_a_ladder_of_its_own(estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("crm", last_day=date(2026, 4, 1))
    await tell_all(estate)
    await put(estate, Lot, owned.lot_id, last_day=date(2026, 4, 15), end=end_after(date(2026, 4, 15), "Europe/Zurich"))
    await tell_all(estate)
    assert [(one.facts["day"], one.facts["days"]) for one in await notices(estate)] == [
        ("2026-04-01", 30),
        ("2026-04-15", 44),
    ]
    await renew(estate, owned, date(2026, 4, 16), None)
    clock.advance(timedelta(days=60))
    await tell_all(estate)
    assert len(await notices(estate)) == 2


async def test_after_the_end_it_goes_on_weekly_while_somebody_sits_there(estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("crm", last_day=date(2026, 3, 31))
    empty = await estate.license("erp", last_day=date(2026, 3, 31))
    held = await seat(estate, owned, "ada")
    clock.set(datetime(2026, 4, 1, 9, tzinfo=UTC))
    await tell_all(estate)
    assert sorted(one.facts["license"] for one in await notices(estate)) == ["crm", "erp"]
    for _ in range(2):
        clock.advance(timedelta(days=7))
        await tell_all(estate)
    assert [one.facts["days"] for one in await notices(estate) if one.facts["license"] == "crm"] == [1, 8, 15]
    assert [one.facts["days"] for one in await notices(estate) if one.facts["license"] == "erp"] == [1]
    await release(estate, held)
    clock.advance(timedelta(days=7))
    await tell_all(estate)
    assert len(await notices(estate)) == 4
    assert empty.line_id != owned.line_id


async def test_a_notice_deadline_has_its_own_ladder_until_the_agreement_is_over(
    estate: Estate, clock: HandClock
) -> None:
    owned = await estate.license("crm", last_day=date(2026, 12, 31))
    await asks_notice(estate, owned, 90)  # through 2 October
    clock.set(datetime(2026, 9, 2, 9, tzinfo=UTC))
    await tell_all(estate)
    told = {one.text_key: one.facts for one in await notices(estate)}
    assert told.keys() == {"notice-deadline-ahead", "expiry-ahead"}
    asked = told["notice-deadline-ahead"]
    assert asked == {
        "agreement": "EA-crm", "licenses": "crm", "ends": "2026-12-31", "day": "2026-10-02", "days": 30, "quantity": 3,
    }  # fmt: skip
    clock.set(datetime(2027, 1, 1, 9, tzinfo=UTC))
    await tell_all(estate)
    assert {one.text_key for one in await notices(estate)} == {"notice-deadline-ahead", "expiry-ahead", "expiry-over"}


async def test_an_agreement_renewed_by_its_lots_or_by_amendment_is_not_asked_about(
    estate: Estate, clock: HandClock
) -> None:
    by_lot = await estate.license("crm", last_day=date(2026, 6, 30))
    await renew(estate, by_lot, date(2026, 7, 1), date(2027, 6, 30))
    await asks_notice(estate, by_lot, 90)
    amended = await estate.license("erp", last_day=date(2026, 6, 30))
    await renew(estate, amended, date(2026, 7, 1), date(2027, 6, 30))
    await asks_notice(estate, amended, 90, last_day=date(2027, 6, 30))
    await tell_all(estate)
    assert await notices(estate) == []
    clock.set(datetime(2027, 3, 2, 9, tzinfo=UTC))
    await tell_all(estate)
    assert {one.facts["agreement"] for one in await notices(estate) if "agreement" in one.facts} == {"EA-erp"}


async def test_tenants_are_told_of_their_own(estate: Estate, office: Office) -> None:
    other = await Estate.raised(office, "Other")
    for one in (estate, other):
        await one.license("crm", last_day=date(2026, 4, 1))
    await announce_due(office)
    for one in (estate, other):
        assert [(n.tenant_id, n.person_id) for n in await notices(one)] == [(one.tenant_id, one.people["admin"])]
    async with office.database.system_read() as session:
        assert len((await session.execute(select(Tenant.id))).all()) >= 2
