"""The revocation cap: a part of a line a term, with figures in the no; a leaver's seat always goes; no path past it."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update

from governance.assignment_rules.models import AssignmentRuleMember
from governance.assignment_rules.service import (
    ApplyRule,
    EndRule,
    apply_rule,
    end_rule,
    preview_end,
    preview_rule,
    reconcile,
)
from governance.audit.models import Entry
from governance.catalog.models import Tier
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.directory.service.groups import GroupFacts, provision_group
from governance.holdings.service import SettleDifferences, four_way, preview_settling, settle_differences
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Refused
from governance.kernel.work import Office
from governance.seats.errors import RevocationCapped, RevocationRests
from governance.seats.ledger.port import Answer, Claim, Ledger, Move
from governance.seats.models import Assignment, RevocationClaim
from governance.seats.revocations import revocation_cap
from governance.seats.rules import ReleaseReason, SeatState
from governance.seats.rules.revoking import COOLDOWN, Cap, CapSource, Span, cap_of, checked_percent, term_of
from governance.seats.service import (
    AssignSeats,
    RaiseCap,
    ReleaseSeats,
    SeatDesk,
    SetCap,
    TransferSeats,
    assign_seats,
    claim_some,
    preview_release,
    raise_revocation_cap,
    release_seats,
    set_revocation_cap,
)
from governance.seats.service.retier import preview_retier
from governance.usage.models import UsageEvent
from policies.access.parties import Role
from tests.conftest import START
from tests.estate import Estate
from tests.governance.seats.ground import open_desk, rows

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(("supply", "cap"), [(None, None), (0, 1), (1, 1), (39, 1), (40, 2), (59, 2), (1000, 50)])
def test_five_percent_rounded_down_and_one_at_least(supply: int | None, cap: int | None) -> None:
    assert cap_of(supply) == cap


def test_another_percentage_and_none_at_all() -> None:
    assert [cap_of(60, Decimal(each)) for each in ("0", "0.5", "7.5", "100")] == [0, 1, 4, 60]
    assert (checked_percent(" 7.50 "), checked_percent(" "), checked_percent(None)) == (Decimal("7.5"), None, None)
    for wrong in ("101", "-1", "7.555", "NaN", "five"):
        with pytest.raises(BadInput):
            checked_percent(wrong)


def test_a_term_is_a_year_of_the_supply_or_ends_with_it() -> None:
    now = datetime(2026, 3, 29, 12, tzinfo=ZURICH)
    year = Span(date(2026, 1, 1), date(2026, 12, 31), "Europe/Zurich")
    assert term_of([year], now) == (datetime(2026, 1, 1, tzinfo=ZURICH), datetime(2027, 1, 1, tzinfo=ZURICH))
    short = Span(date(2026, 1, 1), date(2026, 6, 30), "Europe/Zurich")
    assert term_of([short], now)[1] == datetime(2026, 7, 1, tzinfo=ZURICH)
    endless = Span(date(2024, 2, 29), None, "Europe/Zurich")
    assert term_of([endless], now) == (datetime(2026, 3, 1, tzinfo=ZURICH), datetime(2027, 3, 1, tzinfo=ZURICH))
    assert term_of([year, short, endless], now)[0] == datetime(2026, 3, 1, tzinfo=ZURICH)
    assert term_of([], now) == (now - timedelta(days=365), None)


async def test_refused_with_figures_raised_by_an_act_and_never_for_a_leaver(office: Office, clock: HandClock) -> None:
    estate = await Estate.raised(office)
    async with estate.at_once():
        names = [await estate.person(f"p{number}") for number in range(12)]
    license_ = await estate.license(quantity=60)  # five percent: three
    pool, line, admin = license_.pools["main"], license_.line_id, estate.actor("admin")

    async def cap() -> Cap:
        async with office.reading(admin) as work:
            return await revocation_cap(work, line)

    async with open_desk(office) as desk:
        answers = await assign_seats(desk, admin, AssignSeats(pool, tuple(names)))
        seats = [each.assignment_id for each in answers.seated]
        with pytest.raises(RevocationCapped) as no:
            await preview_release(desk, admin, ReleaseSeats(tuple(seats[:4])))
        assert (no.value.asked, no.value.used, no.value.cap) == (4, 0, 3)
        assert no.value.opens_at == datetime(2027, 1, 1, tzinfo=ZURICH)
        await release_seats(desk, admin, ReleaseSeats(tuple(seats[:2])))
        assert ((await cap()).used, (await cap()).left) == (2, 1)
        own = estate.actor("p2")
        await release_seats(desk, own, ReleaseSeats((seats[2],)))  # given back: nobody took it
        await release_seats(desk, admin, ReleaseSeats((seats[3],)))  # one person, one decision: passes, and counts
        assert ((await cap()).used, (await cap()).left) == (3, 0)

        with pytest.raises(BadInput):
            await office.perform(admin, lambda work: raise_revocation_cap(work, RaiseCap(line, 2, " ")))
        owner = estate.actor("admin", role=Role.LICENSE_OWNER, unit="halden")
        with pytest.raises(Refused):
            await office.perform(owner, lambda work: raise_revocation_cap(work, RaiseCap(line, 2, "mine")))
        await office.perform(admin, lambda work: raise_revocation_cap(work, RaiseCap(line, 2, "the office closes")))
        with pytest.raises(RevocationRests) as rests:
            await release_seats(desk, admin, ReleaseSeats((seats[4], seats[5])))
        assert rests.value.until == START + COOLDOWN
        clock.advance(COOLDOWN)
        await release_seats(desk, admin, ReleaseSeats((seats[4], seats[5])))
        assert (await cap()).left == 0
        [entry] = await rows(office, estate, Entry, Entry.act == "seat:raise_cap")
        assert (entry.subject_id, entry.reason) == (line, "the office closes")

        async with office.database.write(estate.tenant_id) as session:
            gone = Person.id.in_(names[6:10])
            await session.execute(update(Person).where(gone).values(status=PersonStatus.LEFT, left_at=clock.now()))
        clock.advance(COOLDOWN)
        await release_seats(desk, admin, ReleaseSeats(tuple(seats[6:10])))
        assert (await cap()).used == 5  # nobody works with them any more: they count as little as they are capped


async def test_set_for_a_line_or_for_all_with_a_reason_that_the_trail_keeps(office: Office) -> None:
    estate = await Estate.raised(office)
    line, admin = (await estate.license(quantity=60)).line_id, estate.actor("admin")

    async def sets(percent: str | None, line_id: UUID | None = None) -> tuple[int | None, str]:
        command = SetCap("as the works council agreed", line_id, percent)
        await office.perform(admin, lambda work: set_revocation_cap(work, command))
        async with office.reading(admin) as work:
            found = await revocation_cap(work, line)
        return found.cap, found.rule.source.value

    assert await sets("10") == (6, CapSource.TENANT)
    assert await sets("0", line) == (0, CapSource.LINE)
    assert await sets(None, line) == (6, CapSource.TENANT)
    assert await sets(None) == (3, CapSource.DEFAULT)
    owner = estate.actor("admin", role=Role.LICENSE_OWNER, unit="halden")
    with pytest.raises(Refused):
        await office.perform(owner, lambda work: set_revocation_cap(work, SetCap("mine", line, "100")))
    found = await rows(office, estate, Entry, Entry.act == "seat:set_cap")
    assert [entry.subject_type for entry in found] == ["tenant", "metric_line", "metric_line", "tenant"]


class Slow:
    """A ledger that answers who takes seats once `ready` is set, or once two are at it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.inside, self.ready, self.first = ledger, 0, asyncio.Event(), asyncio.Event()

    async def submit_all(self, claims: Sequence[Claim], *, atomic: bool = False) -> tuple[Answer, ...]:
        if any(isinstance(each.ask, Move) for each in claims):
            self.inside += 1
            self.first.set()
            if self.inside > 1:
                self.ready.set()
            await self.ready.wait()
        return await self.ledger.submit_all(claims, atomic=atomic)

    async def submit(self, claim: Claim) -> Answer:
        return (await self.submit_all([claim]))[0]

    async def start(self) -> None:
        await self.ledger.start()

    async def stop(self) -> None:
        await self.ledger.stop()


async def test_two_calls_at_once_cannot_both_fit_where_one_does(office: Office, clock: HandClock) -> None:
    estate = await Estate.raised(office)
    async with estate.at_once():
        names = [await estate.person(f"p{number}") for number in range(6)]
    license_ = await estate.license(quantity=60)  # five percent: three
    admin = estate.actor("admin")
    async with open_desk(office) as plain:
        answers = await assign_seats(plain, admin, AssignSeats(license_.pools["main"], tuple(names)))
        seats = [each.assignment_id for each in answers.seated]
        slow = Slow(plain.ledger)
        desk = SeatDesk(office, slow)
        first = asyncio.create_task(release_seats(desk, admin, ReleaseSeats(tuple(seats[:2]))))
        await slow.first.wait()
        with pytest.raises(RevocationCapped) as no:
            await release_seats(desk, admin, ReleaseSeats(tuple(seats[2:4])))
        assert (no.value.used, no.value.cap) == (2, 3), "what the first is about to take counts"
        slow.ready.set()
        assert len(await first) == 2
        assert await rows(office, estate, RevocationClaim) == []
        clock.advance(COOLDOWN)
        command = RaiseCap(license_.line_id, 1, "the office closes")
        await office.perform(admin, lambda work: raise_revocation_cap(work, command))
        async with office.writing(admin) as work:  # one is in the middle of claiming: the other waits for its answer
            await claim_some(work, {license_.line_id: seats[2:4]})
            second = asyncio.create_task(release_seats(plain, admin, ReleaseSeats(tuple(seats[4:6]))))
            while not second.done() and not await waits(office):
                continue
        with pytest.raises(RevocationCapped):
            await second


async def waits(office: Office) -> bool:
    """Say whether somebody waits for a lock; on SQLite whoever writes waits for the whole of another's transaction."""
    if office.database.kind == "sqlite":
        return True
    async with office.database.system_read() as session:
        return bool((await session.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))).scalar_one())


async def test_a_call_that_took_none_holds_none_back_and_one_cut_off_only_for_a_while(
    office: Office, clock: HandClock
) -> None:
    estate = await Estate.raised(office)
    async with estate.at_once():
        names = [await estate.person(f"p{number}") for number in range(3)]
    license_ = await estate.license(quantity=60)
    admin = estate.actor("admin")
    async with open_desk(office) as desk:
        answers = await assign_seats(desk, admin, AssignSeats(license_.pools["main"], tuple(names)))
        seats = [each.assignment_id for each in answers.seated]
        slow = Slow(desk.ledger)
        cut = asyncio.create_task(release_seats(SeatDesk(office, slow), admin, ReleaseSeats(tuple(seats[:2]))))
        await slow.first.wait()
        cut.cancel()
        await asyncio.gather(cut, return_exceptions=True)
        with pytest.raises(RevocationCapped):
            await release_seats(desk, admin, ReleaseSeats(tuple(seats[1:])))
        clock.advance(timedelta(minutes=5))
        assert len(await release_seats(desk, admin, ReleaseSeats(tuple(seats[1:])))) == 2
        with pytest.raises(BadInput):
            await release_seats(desk, admin, ReleaseSeats((seats[0],), ReleaseReason.TRANSFERRED))


GATED = {
    "seats/service/release.py", "seats/service/retier.py", "holdings/service/settling.py",
    "assignment_rules/service/acting.py",
}  # fmt: skip
ON_PURPOSE = {
    "seats/service/reclaim.py": "a proposal for one seat is a decision about one person; it counts",
    "seats/service/leave.py": "a leaver's seat always goes",
    "seats/service/lapse.py": "what was proposed counted then; silence is the holder's",
    "seats/service/expire.py": "nothing is left to hold: the supply ended, as the license says",
    "seats/service/transfer.py": "the holder sits in another pool from the same instant on",
    "requests/service/serving.py": "one seat, given a moment ago to somebody who no longer asked for it",
}
"""Where seats end without the gate, and why."""
TAKES = re.compile(r"SeatEvent\.(RELEASE|PROPOSE_RECLAIM)\b|\b(release_seats|propose_reclaim)\(|ReleaseSeats\(")


def test_every_path_that_takes_seats_is_held_to_the_cap_or_passes_it_on_purpose() -> None:
    root = Path(__file__).parents[3] / "governance"
    found = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if TAKES.search(path.read_text()) and not re.search("/(rules|ledger)/|revocations", str(path))
    }
    assert found == GATED | set(ON_PURPOSE)


async def test_no_path_takes_more_than_the_cap_leaves(office: Office, clock: HandClock) -> None:
    estate = await Estate.raised(office)
    product = await estate.product("suite", tiers=("E3", "E5"))
    async with office.database.read(estate.tenant_id) as session:
        tiers = {tier.code: tier.id for tier in (await session.execute(select(Tier))).scalars()}
    async with estate.at_once():
        names = [await estate.person(f"p{number}", "sales", country="US") for number in range(6)]
    high = await estate.license("e5", quantity=20, product_id=product, tier_id=tiers["E5"])  # five percent: one
    low = await estate.license("e3", quantity=20, product_id=product, tier_id=tiers["E3"])
    tools = await estate.product("tools")
    other = await estate.license("tools", quantity=20, product_id=tools)
    admin = estate.actor("admin")
    async with open_desk(office) as desk:
        answers = await assign_seats(desk, admin, AssignSeats(high.pools["main"], tuple(names[:3])))
        seats = tuple(each.assignment_id for each in answers.seated)
        facts = GroupFacts("crew", "crew", members=tuple(names[3:]))
        group = (await office.perform(admin, lambda work: provision_group(work, facts))).id
        says = ApplyRule("they need it", code="crew", name="Crew", product_id=tools, group_id=group)
        seen = await preview_rule(desk, admin, says)
        rule = await apply_rule(desk, admin, replace(says, token=seen.token))
        await reconcile(desk, estate.tenant_id)
        clock.advance(timedelta(days=40))
        await estate.add(
            UsageEvent(
                **estate.key(), source="idp", source_id="1", type="seat.used", person_id=names[0], product_id=product,
                occurred_at=clock.now(), recorded_at=clock.now(), data={},
            )
        )  # fmt: skip

        async def settle() -> None:
            async with office.reading(admin) as work:
                view = await four_way(work, high.entitlement_id)
            keys = tuple(each.key for each in view.found)
            assert len(keys) == 2
            with pytest.raises(RevocationCapped):
                await preview_settling(desk, admin, SettleDifferences(high.entitlement_id, keys))
            one = SettleDifferences(high.entitlement_id, keys[:1])
            await settle_differences(desk, admin, replace(one, token=(await preview_settling(desk, admin, one)).token))

        refused: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: preview_release(desk, admin, ReleaseSeats(seats)),
            lambda: release_seats(desk, admin, ReleaseSeats(seats)),
            lambda: preview_retier(desk, admin, TransferSeats(seats, low.pools["main"])),
        )
        for call in refused:
            with pytest.raises(RevocationCapped):
                await call()
        await settle()
        ends = EndRule(rule.id, "over", token=(await preview_end(desk, admin, EndRule(rule.id, "over"))).token)
        await end_rule(desk, admin, ends)
        await reconcile(desk, estate.tenant_id)
        clock.advance(timedelta(hours=2))  # they had an hour to settle
        await reconcile(desk, estate.tenant_id)
        held = await rows(office, estate, Assignment, Assignment.state == SeatState.ASSIGNED)
        assert sorted(each.line_id for each in held) == sorted([high.line_id] * 2 + [other.line_id] * 2)
        kept = await rows(office, estate, AssignmentRuleMember, AssignmentRuleMember.ended_at.is_(None))
        assert {each.reasons[0]["subject"] for each in kept if each.reasons} == {"revocation cap"}
