"""The demo from its first day to today: settle, buy, live, scan, review; then hand over the logins."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.demo.activating import plan_activation
from api.demo.approving import plan_approvals
from api.demo.bundling import plan_suites
from api.demo.contracts import REFERENCE
from api.demo.grouping import plan_groups
from api.demo.lending import plan_leases
from api.demo.living import Life, buy_everything, plan_company
from api.demo.metering import plan_meters
from api.demo.moving import plan_moves
from api.demo.observing import plan_holdings
from api.demo.organizing import plan_organization
from api.demo.providing import plan_customers
from api.demo.racking import plan_devices
from api.demo.rates import invent_rates
from api.demo.renewing import plan_renewals
from api.demo.requesting import plan_requests
from api.demo.reviewing import plan_reviews
from api.demo.ruling import plan_rules
from api.demo.settling import Login, settle
from api.demo.templating import plan_templates
from governance.compliance.service import start_scan
from governance.kernel.clock import HandClock
from governance.kernel.work import Work
from governance.runs.duties import Duties
from governance.seats.service import SeatDesk

FIRST = datetime(2024, 12, 2, 8, 0, tzinfo=UTC)
SEATS_FROM = datetime(2025, 1, 2, 8, 0, tzinfo=UTC)
SCAN_EVERY = timedelta(days=28)


@dataclass(frozen=True)
class Told:
    """How far the story is: the day it tells of, and the share of all days."""

    at: datetime
    share: float


async def raise_demo(
    desk: SeatDesk, clock: HandClock, duties: Duties, rng: random.Random, told: Callable[[Told], None]
) -> tuple[Login, ...]:
    """Raise the demo estate up to the clock's present, through the verbs people use, each at its own day."""
    today = clock.now()
    moved = today.date() - REFERENCE
    first, seats_from = FIRST + moved, SEATS_FROM + moved
    clock.set(first)
    await invent_rates(desk.office, first, today)
    company = await settle(desk.office, rng, first.date(), today.date())
    life = Life(desk, company, clock, duties, rng, today)
    bought, renewals = await buy_everything(life)
    clock.set(seats_from)
    await plan_company(life, bought, renewals)
    _plan_scans(life, seats_from + SCAN_EVERY)
    plan_approvals(life, bought)
    plan_groups(life)
    plan_rules(life)
    plan_organization(life)
    plan_renewals(life, bought)
    plan_customers(life)
    plan_moves(life, bought)
    plan_reviews(life)
    plan_activation(life)
    plan_leases(life)
    plan_meters(life)
    plan_devices(life)
    plan_suites(life)
    plan_templates(life)
    plan_requests(life)
    plan_holdings(life, bought)
    await life.live(lambda at: told(Told(at, (at - first) / (today - first))))
    return tuple(company.logins)


def _plan_scans(life: Life, at: datetime) -> None:
    office, company = life.desk.office, life.company

    async def scan() -> None:
        async def verb(work: Work) -> None:
            await start_scan(work)

        await office.perform(company.admin, verb)

    while at < life.until:
        life.plan(at, scan)
        at += SCAN_EVERY
    life.plan(life.until - timedelta(hours=2), scan)
