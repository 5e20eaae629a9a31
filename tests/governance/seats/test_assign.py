"""Seating people: the rules before the room, every reason at once, nothing written by a preview."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from governance.audit.models import Entry
from governance.catalog.models import Approval, Tier
from governance.catalog.rules import ApprovalStatus
from governance.directory.models import Person, PolicyRevision, RoleGrant
from governance.directory.queries import policy_revision
from governance.directory.rules import PersonStatus
from governance.directory.service import end_grant
from governance.entitlements.models import Allocation, Lot, Pool
from governance.entitlements.rules import Overage
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Code, Conflict, IdempotencyMismatch, NotFound, Refused
from governance.kernel.work import Office
from governance.seats.models import Assignment, Denial
from governance.seats.rules import SeatState
from governance.seats.service import AssignSeats, ReleaseSeats, assign_seats, preview_assignment, release_seats
from policies.access.parties import Role, Standing
from tests.estate import Estate
from tests.governance.seats.ground import occupied, open_desk, rows


def codes(denied: object) -> list[Code]:
    return [reason.code for reason in denied.reasons]  # type: ignore[attr-defined]


async def test_the_one_too_many_is_refused_with_what_is_and_what_would_do(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=2, pools={"main": 1, "spare": 1})
    people = (estate.people["ada"], estate.people["ben"])
    async with open_desk(office) as desk:
        answers = await assign_seats(desk, estate.actor("admin"), AssignSeats(license_.pools["main"], people))
    assert [(s.person_id, s.state, s.overage) for s in answers.seated] == [(people[0], SeatState.ASSIGNED, False)]
    (denied,) = answers.denied
    (reason,) = denied.reasons
    assert (reason.code, reason.has, reason.needs) == (Code.LIMIT_REACHED, "1 of 1 taken", "one free seat")
    assert denied.nearest is not None
    assert (denied.nearest.pool_id, denied.nearest.free) == (license_.pools["spare"], 1)
    assert [d.count for d in await rows(office, estate, Denial)] == [1]


async def test_every_reason_is_said_at_once(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=1, excluded=("FR",), included=("150",))
    gone = await estate.person("gone", country="FR", status=PersonStatus.LEFT)
    async with office.database.write(estate.tenant_id) as session:
        product_id = (await session.execute(select(Tier.product_id).limit(1))).scalar_one()
        session.add(
            Approval(
                **estate.key(), product_id=product_id, status=ApprovalStatus.DENIED, decided_by="cio",
                reason="not safe", recorded_at=office.clock.now(),
            )
        )  # fmt: skip
        await session.execute(update(Pool).values(closed_at=office.clock.now()))
    async with open_desk(office) as desk:
        answers = await assign_seats(desk, estate.actor("admin"), AssignSeats(license_.pools["main"], (gone,)))
    assert codes(answers.denied[0]) == [
        Code.HOLDER_NOT_ACTIVE, Code.PRODUCT_NOT_APPROVED, Code.NOT_IN_FORCE, Code.TERRITORY,
    ]  # fmt: skip
    assert answers.denied[0].nearest is None
    (stored,) = await rows(office, estate, Denial)
    assert [r["code"] for r in stored.reasons] == [code.value for code in codes(answers.denied[0])]


async def test_a_tier_below_what_is_needed_is_refused_and_a_higher_one_will_do(office: Office, estate: Estate) -> None:
    product_id = await estate.product("suite", tiers=("E1", "E3", "E5"))
    async with office.database.read(estate.tenant_id) as session:
        tiers = {t.code: t.id for t in (await session.execute(select(Tier))).scalars() if t.product_id == product_id}
    license_ = await estate.license(product_id=product_id, tier_id=tiers["E3"])
    async with open_desk(office) as desk:
        ask = AssignSeats(license_.pools["main"], (estate.people["ada"],), tier_id=tiers["E5"])
        refused = await assign_seats(desk, estate.actor("admin"), ask)
        ask = AssignSeats(license_.pools["main"], (estate.people["ada"],), tier_id=tiers["E1"])
        seated = await assign_seats(desk, estate.actor("admin"), ask)
    assert codes(refused.denied[0]) == [Code.TIER_TOO_LOW]
    assert len(seated.seated) == 1


async def test_expired_supply_counts_nothing_even_where_overage_is_allowed(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(quantity=None, last_day=date(2026, 3, 31), overage=Overage.ALLOW_AND_FLAG)
    async with open_desk(office) as desk:
        clock.set(datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC))
        in_time = AssignSeats(license_.pools["main"], (estate.people["ada"],))
        assert len((await assign_seats(desk, estate.actor("admin"), in_time)).seated) == 1
        clock.set(datetime(2026, 3, 31, 22, 0, tzinfo=UTC))
        late = AssignSeats(license_.pools["main"], (estate.people["ben"],))
        (denied,) = (await assign_seats(desk, estate.actor("admin"), late)).denied
    assert [(r.code, r.has) for r in denied.reasons] == [(Code.NOT_IN_FORCE, "ended on 2026-03-31")]


async def test_allow_and_flag_seats_beyond_the_ceiling_and_says_so(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=1, overage=Overage.ALLOW_AND_FLAG)
    people = (estate.people["ada"], estate.people["ben"])
    async with open_desk(office) as desk:
        answers = await assign_seats(desk, estate.actor("admin"), AssignSeats(license_.pools["main"], people))
        assert [s.overage for s in answers.seated] == [False, True]
        await release_seats(desk, estate.actor("admin"), ReleaseSeats((answers.seated[0].assignment_id,)))
    assert await occupied(office, estate, license_.line_id) == 1


async def test_a_grant_needs_room_in_pool_and_line(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=1, pools={"main": 1, "other": 1})
    async with open_desk(office) as desk:
        first = AssignSeats(license_.pools["main"], (estate.people["ada"],))
        assert len((await assign_seats(desk, estate.actor("admin"), first)).seated) == 1
        second = AssignSeats(license_.pools["other"], (estate.people["ben"],))
        (denied,) = (await assign_seats(desk, estate.actor("admin"), second)).denied
    assert [(r.code, r.subject) for r in denied.reasons] == [(Code.LIMIT_REACHED, "line m365-e5/named")]


async def test_atomic_seats_all_or_nobody(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=2)
    three = tuple(estate.people[who] for who in ("ada", "ben", "cleo"))
    async with open_desk(office) as desk:
        all_of_them = AssignSeats(license_.pools["main"], three, atomic=True)
        answers = await assign_seats(desk, estate.actor("admin"), all_of_them)
        assert (answers.seated, [d.person_id for d in answers.denied]) == ((), [three[2]])
        assert await occupied(office, estate, license_.line_id) == 0
        assert await rows(office, estate, Assignment) == []
        assert [d.person_id for d in await rows(office, estate, Denial)] == [three[2]]
        two = AssignSeats(license_.pools["main"], three[:2], atomic=True)
        assert len((await assign_seats(desk, estate.actor("admin"), two)).seated) == 2


async def test_equal_refusals_within_a_minute_are_one_row_and_one_entry(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(quantity=0)
    ask = AssignSeats(license_.pools["main"], (estate.people["ada"],))
    async with open_desk(office) as desk:
        for seconds in (0, 20, 39):
            clock.advance(timedelta(seconds=seconds))
            await assign_seats(desk, estate.actor("admin"), ask)
        assert [d.count for d in await rows(office, estate, Denial)] == [3]
        assert len(await rows(office, estate, Entry, Entry.act == "seat:refuse")) == 1
        clock.advance(timedelta(seconds=1))
        await assign_seats(desk, estate.actor("admin"), ask)
    assert sorted(d.count for d in await rows(office, estate, Denial)) == [1, 3]


async def test_the_same_key_gives_the_same_seats_and_another_body_is_a_mismatch(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=2)
    ask = AssignSeats(license_.pools["main"], (estate.people["ada"],), key="k-1")
    async with open_desk(office) as desk:
        first = await assign_seats(desk, estate.actor("admin"), ask)
        again = await assign_seats(desk, estate.actor("admin"), ask)
        assert again.seated[0].assignment_id == first.seated[0].assignment_id
        assert (first.seated[0].replayed, again.seated[0].replayed) == (False, True)
        other = AssignSeats(license_.pools["main"], (estate.people["ben"],), key="k-1")
        with pytest.raises(IdempotencyMismatch):
            await assign_seats(desk, estate.actor("admin"), other)
    assert await occupied(office, estate, license_.line_id) == 1


async def test_a_person_sits_once_on_a_line_and_a_new_seat_is_a_new_episode(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(quantity=3, pools={"main": 2, "other": 1})
    ada = (estate.people["ada"],)
    async with open_desk(office) as desk:
        first = (await assign_seats(desk, estate.actor("admin"), AssignSeats(license_.pools["main"], ada))).seated[0]
        twice = await assign_seats(desk, estate.actor("admin"), AssignSeats(license_.pools["other"], ada))
        assert codes(twice.denied[0]) == [Code.ALREADY_SEATED]
        await release_seats(desk, estate.actor("admin"), ReleaseSeats((first.assignment_id,)))
        clock.advance(timedelta(days=1))
        again = (await assign_seats(desk, estate.actor("admin"), AssignSeats(license_.pools["other"], ada))).seated[0]
    (row,) = await rows(office, estate, Assignment, Assignment.id == again.assignment_id)
    assert row.prior_id == first.assignment_id


async def test_what_one_may_not_see_is_not_there_and_what_one_may_not_do_leaves_an_entry(
    office: Office, estate: Estate
) -> None:
    license_ = await estate.license(pool_unit="sales")
    ask = AssignSeats(license_.pools["main"], (estate.people["ada"],))
    async with open_desk(office) as desk:
        with pytest.raises(NotFound):
            await assign_seats(desk, estate.actor("ben", role=Role.LICENSE_OWNER, unit="finance"), ask)
        with pytest.raises(NotFound):
            await assign_seats(desk, estate.actor("cleo"), ask)
        with pytest.raises(Refused):
            await assign_seats(desk, estate.actor("auditor"), ask)
        below = estate.actor("ben", role=Role.LICENSE_OWNER, unit="sales")
        assert len((await assign_seats(desk, below, ask)).seated) == 1
    (entry,) = await rows(office, estate, Entry, Entry.act == "access:refused")
    assert entry.after == {"action": "seat:assign", "subject": "pool main"}


async def test_a_foreign_tenants_pool_answers_as_a_missing_one(office: Office, estate: Estate) -> None:
    twin = await Estate.raised(office, "Twin")
    license_ = await estate.license()
    async with open_desk(office) as desk:
        ask = AssignSeats(license_.pools["main"], (twin.people["ada"],))
        with pytest.raises(NotFound):
            await assign_seats(desk, twin.actor("admin"), ask)


async def test_a_preview_says_what_would_be_and_writes_nothing(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=2, needs_acceptance=True)
    three = tuple(estate.people[who] for who in ("ada", "ben", "cleo"))
    async with open_desk(office) as desk:
        ask = AssignSeats(license_.pools["main"], three)
        shown = await preview_assignment(desk, estate.actor("admin"), ask)
        for model in (Assignment, Denial, Entry):
            assert await rows(office, estate, model) == []
        done = await assign_seats(desk, estate.actor("admin"), ask)
    assert [(s.person_id, s.state) for s in shown.seated] == [(s.person_id, s.state) for s in done.seated]
    assert [(d.person_id, d.reasons) for d in shown.denied] == [(d.person_id, d.reasons) for d in done.denied]
    assert {s.state for s in done.seated} == {SeatState.INVITED}


async def test_a_seat_that_must_be_accepted_cannot_be_assigned_past_its_holder(office: Office, estate: Estate) -> None:
    license_ = await estate.license(needs_acceptance=True)
    async with open_desk(office) as desk:
        for ask in (
            AssignSeats(license_.pools["main"], (estate.people["ada"],), invite=False),
            AssignSeats(license_.pools["main"], ()),
            AssignSeats(license_.pools["main"], (estate.people["ada"],) * 2),
        ):
            with pytest.raises(BadInput):
                await assign_seats(desk, estate.actor("admin"), ask)


async def test_a_right_revoked_or_a_person_changed_between_looking_and_claiming_is_seen(
    office: Office, estate: Estate
) -> None:
    license_ = await estate.license()

    class Meddling:
        """Changes the facts each time, just before the ledger is asked."""

        def __init__(self, inner: object, meddle: object) -> None:
            self.inner, self.meddle = inner, meddle

        async def submit_all(self, claims: object, *, atomic: bool = False) -> object:
            await self.meddle()  # type: ignore[operator]
            return await self.inner.submit_all(claims, atomic=atomic)  # type: ignore[attr-defined]

    async def revoke() -> None:
        async with office.database.write(estate.tenant_id) as session:
            row = (await session.execute(select(PolicyRevision))).scalar_one_or_none()
            if row is None:
                session.add(PolicyRevision(**estate.key(), revision=1))
            else:
                row.revision += 1

    async def leave() -> None:
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(
                update(Person)
                .where(Person.id == estate.people["ada"])
                .values(status=PersonStatus.LEFT, version=Person.version + 1)
            )

    ask = AssignSeats(license_.pools["main"], (estate.people["ada"],))
    async with open_desk(office) as desk:
        meddled = type(desk)(office, Meddling(desk.ledger, revoke))  # type: ignore[arg-type]
        with pytest.raises(Conflict):
            await assign_seats(meddled, estate.actor("admin"), ask)
        meddled = type(desk)(office, Meddling(desk.ledger, leave))  # type: ignore[arg-type]
        answers = await assign_seats(meddled, estate.actor("admin"), ask)
    assert codes(answers.denied[0]) == [Code.HOLDER_NOT_ACTIVE]
    assert await rows(office, estate, Assignment) == []


async def test_a_role_that_ended_before_the_look_seats_nobody(office: Office, estate: Estate) -> None:
    """The request knows its grants from before the revoke; looking at today's facts must not give them back."""
    license_ = await estate.license()
    await estate.grant("ben", Role.IT_ADMIN)
    async with office.database.read(estate.tenant_id) as session:
        revision = await policy_revision(session, estate.tenant_id)
        held = (await session.execute(select(RoleGrant.id).where(RoleGrant.person_id == estate.people["ben"]))).scalar()
    ben = replace(estate.actor("ben", role=Role.IT_ADMIN), standing=Standing(revision))
    await office.perform(estate.actor("admin"), lambda w: end_grant(w, held, "moved on"))
    async with open_desk(office) as desk:
        with pytest.raises(NotFound):
            await assign_seats(desk, ben, AssignSeats(license_.pools["main"], (estate.people["ada"],)))
    assert await rows(office, estate, Assignment) == []


async def test_a_lot_that_ends_frees_no_seat_and_leaves_the_room_over(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(quantity=2, last_day=date(2026, 3, 31))
    async with open_desk(office) as desk:
        people = (estate.people["ada"], estate.people["ben"])
        await assign_seats(desk, estate.actor("admin"), AssignSeats(license_.pools["main"], people))
        clock.set(datetime(2026, 4, 1, 12, tzinfo=UTC))
        late = AssignSeats(license_.pools["main"], (estate.people["cleo"],))
        assert codes((await assign_seats(desk, estate.actor("admin"), late)).denied[0]) == [Code.NOT_IN_FORCE]
    assert {lot.superseded_at for lot in await rows(office, estate, Lot)} == {None}
    assert len(await rows(office, estate, Allocation)) == 1
    assert len(await rows(office, estate, Assignment, Assignment.released_at.is_(None))) == 2
