"""The demo's meters and machines: credits nearly gone, a hybrid license that burst, cores held, a release too new."""

import random
from datetime import UTC, date, datetime, timedelta

from api.demo.cast import DemoPerson
from api.demo.contracts import REFERENCE
from api.demo.living import Life
from api.demo.metering import FLOATING, NAMED, TRANSLATORS, plan_meters
from api.demo.racking import BOUGHT_BEFORE, WORKSTATIONS, plan_devices
from api.demo.settling import Company
from governance.compliance.checks import expired_in_use, release_beyond_maintenance
from governance.compliance.facts import Facts
from governance.entitlements.positions import use_by_period
from governance.entitlements.queries import visible_lines
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.metrics.position import PositionQuery, position
from governance.runs.duties import Duties
from governance.seats.service import SeatDesk
from tests.estate import Estate
from tests.governance.seats.ground import running

TODAY = datetime(REFERENCE.year, REFERENCE.month, REFERENCE.day, 9, tzinfo=UTC)


async def test_credits_are_burned_and_characters_burst(office: Office, estate: Estate, clock: HandClock) -> None:
    clock.set(datetime(2026, 1, 2, 8, tzinfo=UTC))
    for code in ("engineering", "eng-emea"):
        await estate.unit(code, "halden")
    company = Company(estate.tenant_id, estate.actor("admin"), estate.units)
    for number in range(TRANSLATORS * 2 + 2):
        name = f"e{number:02}"
        company.ids[name] = await estate.person(name, "eng-emea")
        company.people[name] = DemoPerson(name, name, name, "eng-emea", "DE", date(2025, 1, 1), None)
    async with running(office) as ledger:
        life = Life(SeatDesk(office, ledger), company, clock, Duties({}), random.Random(1), TODAY)
        plan_meters(life)
        await life.live(lambda _: None)
    async with office.reading(company.admin) as work:
        told = (await position(work, PositionQuery())).totals
        lines = {each.code: each for each in (await work.session.execute(visible_lines(work))).scalars()}
        months = await use_by_period(work, lines["characters"], TODAY)
    assert told is not None
    assert (told.purchased, told.occupied) == (NAMED + FLOATING, NAMED + FLOATING), "no unit is a seat"
    used = {each.code: each.use for each in told.measured}
    assert used["credits"].entitled is not None
    assert (used["credits"].percent or 0) > 50
    assert (months[0][1].taken, months[1][1].burst, months[1][1].beyond) == (None, 2_000_000, 0)
    assert all(use.burst == 0 for _, use in months[2:5])


async def test_machines_hold_cores_and_one_release_is_beyond_maintenance(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    clock.set(TODAY - BOUGHT_BEFORE - timedelta(days=1))
    for code in ("engineering", "eng-emea"):
        await estate.unit(code, "halden")
    company = Company(estate.tenant_id, estate.actor("admin"), estate.units)
    for number in range(6):
        name = f"e{number:02}"
        company.ids[name] = await estate.person(name, "eng-emea")
        company.people[name] = DemoPerson(name, name, name, "eng-emea", "DE", date(2020, 1, 1), None)
    async with running(office) as ledger:
        life = Life(SeatDesk(office, ledger), company, clock, Duties({}), random.Random(1), TODAY)
        plan_devices(life)
        await life.live(lambda _: None)
    clock.set(TODAY)
    async with office.reading(company.admin) as work:
        told = {row.group[0].name: row.measures for row in (await position(work, PositionQuery())).rows}
        facts = Facts(estate.tenant_id, work.now(), work.now())
        beyond = (await work.session.execute(release_beyond_maintenance.violations(facts))).all()
        over = (await work.session.execute(expired_in_use.violations(facts))).all()
    (cores,) = told["Oracle"].measured
    assert (cores.use.entitled, cores.use.taken) == (96, 32 + 32 + 16)
    assert (told["MathWorks"].purchased, told["MathWorks"].occupied, told["MathWorks"].overage) == (6, WORKSTATIONS, 0)
    assert (len(beyond), over) == (1, [])
