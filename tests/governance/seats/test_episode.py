"""The life of a seat: instants set once, room given back at the right moment, everything told, time honored unswept."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from governance.audit.models import Entry
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Entitlement, MetricLine, Room
from governance.kernel.clock import HandClock
from governance.kernel.errors import NotFound, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.seats import queries
from governance.seats.errors import InvitationExpired, RecentlyKept, SeatRefused
from governance.seats.models import Assignment, AssignmentStep
from governance.seats.rules import ReleaseReason, SeatState
from governance.seats.service import (
    AssignSeats,
    Lapsed,
    ReleaseSeats,
    SeatDesk,
    accept_seat,
    assign_seats,
    decline_seat,
    keep_seat,
    lapse_due,
    person_left,
    preview_release,
    propose_reclaim,
    record_use,
    release_seats,
    resume_seat,
    suspend_seat,
)
from tests.estate import Estate, License
from tests.governance.seats.ground import occupied, open_desk, rows

DAY = timedelta(days=1)


async def seat(desk: SeatDesk, estate: Estate, license_: License, who: str = "ada") -> UUID:
    ask = AssignSeats(license_.pools["main"], (estate.people[who],))
    return (await assign_seats(desk, estate.actor("admin"), ask)).seated[0].assignment_id


async def one(office: Office, estate: Estate, assignment_id: UUID) -> Assignment:
    (row,) = await rows(office, estate, Assignment, Assignment.id == assignment_id)
    return row  # type: ignore[no-any-return]


async def product_of(office: Office, estate: Estate, license_: License) -> UUID:
    (row,) = await rows(office, estate, Entitlement, Entitlement.id == license_.entitlement_id)
    return row.product_id  # type: ignore[no-any-return]


async def test_only_the_invited_person_accepts_and_the_instants_are_kept(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(needs_acceptance=True)
    start = clock.now()
    async with open_desk(office) as desk:
        ada = await seat(desk, estate, license_)
        with pytest.raises(NotFound):
            await accept_seat(desk, estate.actor("ben"), ada)
        with pytest.raises(Refused):
            await accept_seat(desk, estate.actor("admin"), ada)
        clock.advance(DAY)
        row = await accept_seat(desk, estate.actor("ada"), ada)
        assert (row.state, row.started_at, row.accepted_at) == (SeatState.ASSIGNED, start, start + DAY)
        with pytest.raises(WrongState):
            await accept_seat(desk, estate.actor("ada"), ada)
    events = [e.name for e in await rows(office, estate, OutboxEvent)]
    assert events == ["SeatInvited", "SeatAccepted"]
    acts = [e.act for e in await rows(office, estate, Entry)]
    assert acts == ["seat:invite", "access:refused", "seat:accept"]


async def test_a_declined_seat_is_free_at_once(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=1, needs_acceptance=True)
    async with open_desk(office) as desk:
        row = await decline_seat(desk, estate.actor("ada"), await seat(desk, estate, license_))
        assert (row.state, row.release_reason) == (SeatState.RELEASED, ReleaseReason.DECLINED)
        await seat(desk, estate, license_, "ben")


async def test_an_expired_invitation_occupies_nothing_swept_or_not(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(quantity=1, pools={"main": 1, "other": 1}, needs_acceptance=True)
    async with open_desk(office) as desk:
        ada = await seat(desk, estate, license_)
        expiry = clock.now() + 14 * DAY
        clock.set(expiry - timedelta(microseconds=1))
        other = AssignSeats(license_.pools["other"], (estate.people["ben"],))
        assert (await assign_seats(desk, estate.actor("admin"), other)).seated == ()
        clock.set(expiry)
        async with office.reading(estate.actor("admin")) as work:
            facts, _ = await queries.pool_facts(work, license_.pools["main"])
            held = await work.session.execute(queries.held_at(expiry, expiry))
            assert (facts.free, facts.occupied, held.all()) == (1, 0, [])
        with pytest.raises(InvitationExpired):
            await accept_seat(desk, estate.actor("ada"), ada)
        assert len((await assign_seats(desk, estate.actor("admin"), other)).seated) == 1
        row = await one(office, estate, ada)
        assert (row.state, row.release_reason) == (SeatState.RELEASED, ReleaseReason.INVITE_EXPIRED)
        assert (row.released_at, row.released_recorded_at) == (expiry, expiry)
        again = AssignSeats(license_.pools["main"], (estate.people["ada"],))
        assert (await assign_seats(desk, estate.actor("admin"), again)).seated == ()
    counted = {room.id: (room.occupied, room.ceiling) for room in await rows(office, estate, Room)}
    assert counted == {
        license_.pools["main"]: (0, 1), license_.pools["other"]: (1, 1), license_.line_id: (1, 1)
    }  # fmt: skip


async def test_the_sweep_ends_what_is_due_once_as_of_its_instant(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(needs_acceptance=True, last_day=date(2026, 3, 31))
    async with open_desk(office) as desk:
        ada = await seat(desk, estate, license_)
        expiry = clock.now() + 14 * DAY
        clock.set(datetime(2026, 4, 2, tzinfo=UTC))
        assert await lapse_due(desk, estate.tenant_id) == Lapsed(invitations=1, reclaimed=0, resupplied=1)
        assert await lapse_due(desk, estate.tenant_id) == Lapsed(0, 0, 0)
    row = await one(office, estate, ada)
    assert (row.released_at, row.released_recorded_at) == (expiry, clock.now())
    assert await occupied(office, estate, license_.line_id) == 0
    assert {room.ceiling for room in await rows(office, estate, Room)} == {0}
    assert [e.name for e in await rows(office, estate, OutboxEvent)].count("InvitationExpired") == 1


async def test_first_use_is_set_once_last_use_moves_forward_and_earlier_use_is_not_this_seats(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license()
    product_id = await product_of(office, estate, license_)
    start = clock.now()
    async with open_desk(office) as desk:
        ada = await seat(desk, estate, license_)
        clock.advance(10 * DAY)

        async def used(days: int) -> int:
            at = start + days * DAY
            return len(await record_use(desk, estate.tenant_id, estate.people["ada"], product_id, at))

        assert [await used(days) for days in (-1, 3, 3, 7, 5)] == [0, 1, 0, 1, 0]
        row = await one(office, estate, ada)
        assert (row.state, row.first_use_at, row.last_use_at) == (SeatState.ACTIVE, start + 3 * DAY, start + 7 * DAY)
        assert row.first_use_recorded_at == clock.now()
        await release_seats(desk, estate.actor("admin"), ReleaseSeats((ada,)))
        assert await used(9) == 0
    released = await one(office, estate, ada)
    assert (released.first_use_at, released.last_use_at) == (start + 3 * DAY, start + 7 * DAY)
    steps = [(s.event, s.at) for s in await rows(office, estate, AssignmentStep)]
    assert sorted(steps) == [("ASSIGN", start), ("RELEASE", clock.now()), ("USE", start + 3 * DAY)]


async def test_a_new_episode_does_not_reset_the_first_use_of_the_one_before(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license()
    product_id = await product_of(office, estate, license_)
    async with open_desk(office) as desk:
        first = await seat(desk, estate, license_)
        used_at = clock.now()
        await record_use(desk, estate.tenant_id, estate.people["ada"], product_id, used_at)
        await release_seats(desk, estate.actor("admin"), ReleaseSeats((first,), ReleaseReason.IDLE))
        clock.advance(DAY)
        second = await seat(desk, estate, license_)
    assert (await one(office, estate, first)).first_use_at == used_at
    row = await one(office, estate, second)
    assert (row.prior_id, row.first_use_at) == (first, None)


async def test_a_suspended_seat_comes_back_as_it_was(office: Office, estate: Estate) -> None:
    license_ = await estate.license()
    product_id = await product_of(office, estate, license_)
    admin = estate.actor("admin")
    async with open_desk(office) as desk:
        ada, ben = await seat(desk, estate, license_), await seat(desk, estate, license_, "ben")
        await record_use(desk, estate.tenant_id, estate.people["ada"], product_id, office.clock.now())
        for assignment_id, state in ((ada, SeatState.ACTIVE), (ben, SeatState.ASSIGNED)):
            assert (await suspend_seat(desk, admin, assignment_id)).state is SeatState.SUSPENDED
            assert await occupied(office, estate, license_.line_id) == 2
            assert (await resume_seat(desk, admin, assignment_id)).state is state


async def test_where_suspending_frees_the_seat_resuming_needs_room(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(quantity=1)
    admin = estate.actor("admin")
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(update(MetricLine).values(suspended_occupies=False))
    async with open_desk(office) as desk:
        ada = await seat(desk, estate, license_)
        clock.advance(DAY)
        await suspend_seat(desk, admin, ada)
        suspended_at = clock.now()
        clock.advance(DAY)
        ben = await seat(desk, estate, license_, "ben")
        with pytest.raises(SeatRefused):
            await resume_seat(desk, admin, ada)
        await release_seats(desk, admin, ReleaseSeats((ben,)))
        clock.advance(DAY)
        assert (await resume_seat(desk, admin, ada)).state is SeatState.ASSIGNED
    async with office.database.read(estate.tenant_id) as session:
        for at, held in ((suspended_at - DAY, 1), (suspended_at, 0), (suspended_at + DAY, 0), (clock.now(), 1)):
            assert len((await session.execute(queries.held_at(at, clock.now()))).all()) == held


async def test_a_proposed_reclaim_ends_by_word_by_use_or_by_silence(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license()
    product_id = await product_of(office, estate, license_)
    admin = estate.actor("admin")
    async with open_desk(office) as desk:
        ada, ben, cleo = [await seat(desk, estate, license_, who) for who in ("ada", "ben", "cleo")]
        for assignment_id in (ada, ben, cleo):
            row = await propose_reclaim(desk, admin, assignment_id, "idle")
            assert (row.state, row.reclaim_due_at) == (SeatState.RECLAIM_PENDING, clock.now() + 14 * DAY)
        assert await occupied(office, estate, license_.line_id) == 3
        kept = await keep_seat(desk, estate.actor("ada"), ada)
        assert (kept.state, kept.reclaim_due_at) == (SeatState.ASSIGNED, None)
        clock.advance(DAY)
        await record_use(desk, estate.tenant_id, estate.people["ben"], product_id, clock.now())
        assert (await one(office, estate, ben)).state is SeatState.ACTIVE
        for assignment_id in (ada, ben):
            with pytest.raises(RecentlyKept):
                await propose_reclaim(desk, admin, assignment_id)
        clock.advance(14 * DAY)
        assert await lapse_due(desk, estate.tenant_id) == Lapsed(0, 1, 0)
        row = await one(office, estate, cleo)
        assert (row.state, row.release_reason) == (SeatState.RELEASED, ReleaseReason.IDLE)
        clock.advance(16 * DAY)
        assert (await propose_reclaim(desk, admin, ada)).state is SeatState.RECLAIM_PENDING


async def test_a_leavers_seats_are_up_for_reclaim_at_once_and_their_licenses_need_another_owner(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(owner="ada")
    second = await estate.license("visio", needs_acceptance=True)
    third = await estate.license("project")
    async with open_desk(office) as desk:
        held, invited, suspended = [await seat(desk, estate, x) for x in (license_, second, third)]
        await suspend_seat(desk, estate.actor("admin"), suspended)
        with pytest.raises(WrongState):
            await person_left(desk, estate.tenant_id, estate.people["ada"])
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(
                update(Person)
                .where(Person.id == estate.people["ada"])
                .values(status=PersonStatus.LEFT, left_at=clock.now())
            )
        left = await person_left(desk, estate.tenant_id, estate.people["ada"])
        assert (left.reclaiming, set(left.released)) == ((held,), {invited, suspended})
        assert left.handovers == (license_.entitlement_id,)
        again = await person_left(desk, estate.tenant_id, estate.people["ada"])
        assert (again.reclaiming, again.released, again.handovers) == ((), (), ())
        assert (await one(office, estate, held)).state is SeatState.RECLAIM_PENDING
        clock.advance(14 * DAY)
        assert (await lapse_due(desk, estate.tenant_id)).reclaimed == 1
    row = await one(office, estate, held)
    assert (row.state, row.release_reason) == (SeatState.RELEASED, ReleaseReason.USER_LEFT)
    assert await occupied(office, estate, license_.line_id) == 0


async def test_a_release_of_many_is_of_all_or_of_none(office: Office, estate: Estate) -> None:
    license_ = await estate.license()
    admin = estate.actor("admin")
    async with open_desk(office) as desk:
        ada, ben = await seat(desk, estate, license_), await seat(desk, estate, license_, "ben")
        await release_seats(desk, admin, ReleaseSeats((ben,)))
        with pytest.raises(WrongState):
            await release_seats(desk, admin, ReleaseSeats((ada, ben)))
        assert (await one(office, estate, ada)).state is SeatState.ASSIGNED
        own = await release_seats(desk, estate.actor("ada"), ReleaseSeats((ada,)))
        assert [s.state for s in own] == [SeatState.RELEASED]


async def test_a_release_that_was_shown_first_is_refused_once_the_seats_moved(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(quantity=40)
    admin = estate.actor("admin")
    async with open_desk(office) as desk:
        both = await seat(desk, estate, license_), await seat(desk, estate, license_, "ben")
        shown = await preview_release(desk, admin, ReleaseSeats(both, ReleaseReason.IDLE))
        assert {s.state for s in shown.seats} == {SeatState.ASSIGNED}
        with pytest.raises(PreviewStale):
            await release_seats(desk, admin, ReleaseSeats(both[:1], ReleaseReason.IDLE, token=shown.token))
        await suspend_seat(desk, admin, both[1])
        with pytest.raises(PreviewStale):
            await release_seats(desk, admin, ReleaseSeats(both, ReleaseReason.IDLE, token=shown.token))
        assert await occupied(office, estate, license_.line_id) == 2
        again = await preview_release(desk, admin, ReleaseSeats(both, ReleaseReason.IDLE))
        done = await release_seats(desk, admin, ReleaseSeats(both, ReleaseReason.IDLE, token=again.token))
        assert {s.state for s in done} == {SeatState.RELEASED}
        with pytest.raises(WrongState):
            await preview_release(desk, admin, ReleaseSeats(both, ReleaseReason.IDLE))


async def test_a_seat_is_held_as_of_a_day_and_as_known_on_a_day(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(needs_acceptance=True)
    start = clock.now()
    async with open_desk(office) as desk:
        ada = await seat(desk, estate, license_)
        clock.set(start + 20 * DAY)
        await lapse_due(desk, estate.tenant_id)
        ben = await seat(desk, estate, license_, "ben")
    expected = {
        (start - DAY, start + 30 * DAY): set(),
        (start, start + 30 * DAY): {ada},
        (start + 13 * DAY, start): {ada},
        (start + 14 * DAY, start): set(),
        (start + 20 * DAY, start + 19 * DAY): set(),
        (start + 20 * DAY, start + 20 * DAY): {ben},
    }
    async with office.database.read(estate.tenant_id) as session:
        for (at, known), held in expected.items():
            found = await session.execute(queries.held_at(at, known))
            assert {row.id for row in found.scalars()} == held


async def test_holders_see_their_own_seats_and_owners_those_of_their_units(office: Office, estate: Estate) -> None:
    license_ = await estate.license(pool_unit="sales")
    async with open_desk(office) as desk:
        ada, ben = await seat(desk, estate, license_), await seat(desk, estate, license_, "ben")
    for who, seen in (("ada", {ada}), ("ben", {ben}), ("cleo", set()), ("auditor", {ada, ben})):
        async with office.reading(estate.actor(who)) as work:
            found = await work.session.execute(queries.visible_assignments(work))
            assert {row.id for row in found.scalars()} == seen
    async with office.reading(estate.actor("admin")) as work:
        assert (await work.session.execute(select(Assignment.id).where(queries.lapsed(work.now())))).all() == []


async def test_of_a_batch_that_begins_before_the_seat_the_first_own_moment_is_its_first_use(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license()
    async with open_desk(office) as desk:
        await assign_seats(desk, estate.actor("admin"), AssignSeats(license_.pools["main"], (estate.people["ada"],)))
        began = clock.now()
        clock.advance(timedelta(days=3))
        async with office.reading(estate.actor("admin")) as work:
            found = await work.session.execute(
                select(Entitlement.product_id).where(Entitlement.id == license_.entitlement_id)
            )
            product_id = found.scalar_one()
        moments = (began - timedelta(hours=1), began + timedelta(hours=1), began + timedelta(days=2))
        await record_use(desk, estate.tenant_id, estate.people["ada"], product_id, *moments)
        async with office.reading(estate.actor("admin")) as work:
            seat = (await work.session.execute(select(Assignment))).scalar_one()
    assert (seat.first_use_at, seat.last_use_at) == (began + timedelta(hours=1), began + timedelta(days=2))
