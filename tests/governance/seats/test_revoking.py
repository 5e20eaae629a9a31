"""The revocation cap: five percent of a line a term, with figures in the no; a leaver's seat always goes."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from governance.audit.models import Entry
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Refused
from governance.kernel.work import Office
from governance.seats.errors import RevocationCapped, RevocationRests
from governance.seats.revocations import revocation_cap
from governance.seats.rules.revoking import COOLDOWN, Cap, Span, cap_of, term_of
from governance.seats.service import (
    AssignSeats,
    RaiseCap,
    ReleaseSeats,
    assign_seats,
    preview_release,
    raise_revocation_cap,
    release_seats,
)
from policies.access.parties import Role
from tests.conftest import START
from tests.estate import Estate
from tests.governance.seats.ground import open_desk, rows

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(("supply", "cap"), [(None, None), (0, 1), (1, 1), (39, 1), (40, 2), (59, 2), (1000, 50)])
def test_five_percent_rounded_down_and_one_at_least(supply: int | None, cap: int | None) -> None:
    assert cap_of(supply) == cap


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
