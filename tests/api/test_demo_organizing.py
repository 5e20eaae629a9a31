"""The demo's reorganization: two units split off, one moved, one merged back; roles of a group and for some hours."""

import random
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from api.demo.cast import DemoPerson
from api.demo.grouping import plan_groups
from api.demo.living import Life
from api.demo.organizing import LICENSE, plan_organization
from api.demo.settling import Company
from governance.directory.elevated import ElevationState, readable_elevations, state_of
from governance.directory.models import Person
from governance.directory.queries import grants, unit_tree
from governance.directory.service import mark_left
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.reorganization.owners import stale_owners
from governance.reorganization.queries import visible_planned
from governance.runs.duties import Duties
from governance.seats.service import SeatDesk
from tests.estate import Estate
from tests.governance.seats.ground import running

TODAY = datetime(2026, 11, 24, 20, tzinfo=UTC)


async def test_the_company_was_reorganized_and_says_what_it_was(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    company = Company(estate.tenant_id, estate.actor("admin"), estate.units)
    async with estate.at_once():
        for code in ("product", "support", "security", "engineering", "legal"):
            await estate.unit(code, "halden")
            for number in range(6):
                name = f"{code} {number}"
                company.ids[name] = await estate.person(name, code)
                company.people[name] = DemoPerson(name, name, name, code, "DE", date(2025, 1, 1), None)
        await estate.license(LICENSE)
    leaver = "legal 5"
    company.people[leaver] = DemoPerson(leaver, leaver, leaver, "legal", "DE", date(2025, 1, 1), date(2026, 11, 20))
    async with running(office) as ledger:
        life = Life(SeatDesk(office, ledger), company, clock, Duties({}), random.Random(1), TODAY)
        plan_groups(life)
        plan_organization(life)
        await life.live(lambda _: None)
    await office.perform(company.admin, lambda work: mark_left(work, company.ids[leaver]))
    async with office.reading(company.admin) as work:
        codes = {node.unit.id: node.unit.code for node in await unit_tree(work)}
        tree = {node.unit.code: codes.get(node.parent_id) for node in await unit_tree(work)}
        then = {node.unit.code for node in await unit_tree(work, TODAY - timedelta(days=100))}
        (plan,) = (await work.session.execute(visible_planned(work))).scalars().all()
        rows = (await work.session.execute(readable_elevations(work))).scalars().all()
        held = (await work.session.execute(grants(work))).scalars().all()
        stale = (await work.session.execute(stale_owners(work))).scalars().all()
        desk = select(Person.id).where(Person.unit_id == company.units["success"])
        people = len((await work.session.execute(desk)).scalars().all())
    assert (tree["success"], "events" in tree, "events" in then, people) == ("sales", False, True, 4)
    assert (plan.unit_id, plan.to_id, plan.due_at > TODAY) == (
        company.units["security"],
        company.units["engineering"],
        True,
    )
    assert {state_of(row, TODAY) for row in rows} == {ElevationState.HELD, ElevationState.ASKED}
    assert [row.unit_id for row in held if row.group_id is not None] == [company.units["legal"]]
    assert [row.id for row in stale] == [company.ids[leaver]]
