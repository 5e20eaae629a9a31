"""The demo's floating seats: today all are lent but those kept for a group; some are borrowed, one waits, one found none."""

import random
from datetime import UTC, date, datetime

from sqlalchemy import select

from api.demo.cast import DemoPerson
from api.demo.contracts import REFERENCE
from api.demo.lending import BORROWERS, FOR_RELEASES, SEATS, plan_leases
from api.demo.living import Life
from api.demo.settling import Company
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.metrics.position import PositionQuery, position
from governance.runs.duties import Duties
from governance.seats.lease_queries import visible_lease_waits, visible_leases
from governance.seats.models import Denial
from governance.seats.service import SeatDesk
from tests.estate import Estate
from tests.governance.seats.ground import running

TODAY = datetime(REFERENCE.year, REFERENCE.month, REFERENCE.day, 9, tzinfo=UTC)


async def test_seats_are_lent_borrowed_waited_for_and_refused(office: Office, estate: Estate, clock: HandClock) -> None:
    clock.set(datetime(2026, 1, 2, 8, tzinfo=UTC))
    for code in ("engineering", "eng-emea"):
        await estate.unit(code, "halden")
    company = Company(estate.tenant_id, estate.actor("admin"), estate.units)
    for number in range(70):
        name = f"e{number:02}"
        company.ids[name] = await estate.person(name, "eng-emea")
        company.people[name] = DemoPerson(name, name, name, "eng-emea", "DE", date(2025, 1, 1), None)
    async with running(office) as ledger:
        life = Life(SeatDesk(office, ledger), company, clock, Duties({}), random.Random(1), TODAY)
        plan_leases(life)
        await life.live(lambda _: None)
    async with office.reading(company.admin) as work:
        leases = (await work.session.execute(visible_leases(work))).scalars().all()
        waits = (await work.session.execute(visible_lease_waits(work))).scalars().all()
        denials = (await work.session.execute(select(Denial).where(Denial.tenant_id == work.tenant_id))).scalars().all()
        told = (await position(work, PositionQuery())).totals
    assert sum(each.quantity for each in leases) == SEATS - FOR_RELEASES
    assert (sum(each.borrowed for each in leases), len(waits), len(denials)) == (BORROWERS, 1, 1)
    assert told is not None
    assert (told.purchased, told.occupied, told.balance) == (SEATS, SEATS - FOR_RELEASES, FOR_RELEASES)
