"""The demo's customers: each signs, and is renewed, grown, shrunk or lost on its own day, the same every time."""

import random
from datetime import UTC, date, datetime

from api.demo.contracts import REFERENCE
from api.demo.living import Life
from api.demo.providing import CUSTOMERS, plan_customers
from api.demo.rates import invent_rates
from api.demo.settling import Company
from governance.agreements.rules import Side
from governance.agreements.spoken import Outcome
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.renewals.retention import Retention, RetentionQuery, retention
from governance.runs.duties import Duties
from governance.seats.ledger.desk import GroupCommit
from governance.seats.service import SeatDesk
from tests.estate import Estate

TODAY = datetime(REFERENCE.year, REFERENCE.month, REFERENCE.day, 9, tzinfo=UTC)


async def test_what_became_of_customers_is_told_as_it_was_booked(office: Office, clock: HandClock) -> None:
    clock.set(datetime(2025, 1, 2, 8, tzinfo=UTC))
    found = await lived(office, await Estate.raised(office), clock)
    lost = [each for each in CUSTOMERS if each.outcome is Outcome.CANCELLED]
    due = [each for each in CUSTOMERS if each.first_day.year == 2025]
    assert (found.total.due.due, found.total.due.lost) == (len(due), len(lost)) == (12, 2)
    assert found.total.due.by_silence == 1
    flow = found.total.constant.worths
    assert flow is not None
    assert flow.grr is not None
    assert 0 < flow.grr < 1
    assert min(flow.waterfall.expansion, flow.waterfall.contraction, flow.waterfall.churn) > 0


async def lived(office: Office, estate: Estate, clock: HandClock) -> Retention:
    await invent_rates(office, clock.now(), TODAY)
    for code in ("sales-amer", "sales-apac"):
        await estate.unit(code, "sales")
    ledger = GroupCommit(office.database, office.clock, office.ids)
    company = Company(
        estate.tenant_id, estate.actor("admin"), estate.units, cast={"Camille Laurent": estate.people["ada"]}
    )
    life = Life(SeatDesk(office, ledger), company, clock, Duties({}), random.Random(1), TODAY)
    plan_customers(life)
    await life.live(lambda _: None)
    async with office.reading(estate.actor("admin")) as work:
        return await retention(work, RetentionQuery(Side.PROVIDED, date(2025, 10, 1), date(2026, 9, 30)))
