"""What vendors say who holds: lists read in the last hours, and one vendor whose connector was told of each seat."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from api.demo.buying import Bought
from api.demo.living import Life
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.entitlements.models import MetricLine
from governance.fulfillment.models import WorkOrder
from governance.fulfillment.rules import Fulfilled, Mode, OrderAct
from governance.fulfillment.service import ConfirmOrder, SetFulfillment, confirm_order, set_fulfillment
from governance.holdings.service import NewReading, Observed, read_in
from governance.kernel.work import Work
from governance.seats.models import Assignment
from governance.seats.rules import SeatState

CONNECTED, LISTED = "slack-grid", frozenset({"m365-e5", "github-ent"})
CONNECTED_BEFORE, CONFIRMED_BEFORE, READ_BEFORE = timedelta(days=60), timedelta(hours=5), timedelta(hours=3)
SETTLED = frozenset({SeatState.ASSIGNED, SeatState.ACTIVE, SeatState.SUSPENDED, SeatState.RECLAIM_PENDING})
MISSING, BESIDE, GONE, LEFT_WAITING = 3, 2, 2, 2


def plan_holdings(life: Life, bought: list[Bought]) -> None:
    """Put on the agenda: a connector for one vendor, what it confirmed, and the lists of two others."""
    for each in bought:
        if each.license.code == CONNECTED:
            life.plan(life.until - CONNECTED_BEFORE, partial(_connect, life, each))
            life.plan(life.until - CONFIRMED_BEFORE, partial(_confirm, life, each))
        if each.license.code in LISTED:
            life.plan(life.until - READ_BEFORE, partial(_read, life, each))


async def _connect(life: Life, bought: Bought) -> None:
    for pool_id in sorted(bought.pools.values()):
        command = SetFulfillment(pool_id, Mode.CONNECTOR)
        await life.desk.office.perform(life.company.admin, partial(_set, command))


async def _set(command: SetFulfillment, work: Work) -> None:
    await set_fulfillment(work, command)


async def _confirm(life: Life, bought: Bought) -> None:
    """Let the connector have done all but the last few; one it could not do."""

    async def verb(work: Work) -> None:
        query = select(WorkOrder).where(
            WorkOrder.tenant_id == work.tenant_id, WorkOrder.pool_id.in_(bought.pools.values()),
            WorkOrder.state == Fulfilled.PENDING,
        )  # fmt: skip
        found = (await work.session.execute(query.order_by(WorkOrder.asked_at, WorkOrder.id))).scalars().all()
        for number, row in enumerate(found[: max(0, len(found) - LEFT_WAITING)]):
            done = ConfirmOrder(row.id, Fulfilled.DONE, vendor_ref=f"U{number + 4101:05d}")
            failed = replace(done, outcome=Fulfilled.FAILED, vendor_ref=None, error="the workspace has no such member")
            await confirm_order(work, failed if number == 0 and row.act is OrderAct.GRANT else done)

    await life.desk.office.perform(life.company.admin, verb)


async def _read(life: Life, bought: Bought) -> None:
    """Read in who holds it there: not the newest holders yet, some nobody seated, some who left, one unknown."""

    async def verb(work: Work) -> None:
        line = await work.session.get_one(MetricLine, (work.tenant_id, bought.line_id))
        now = work.now()
        seated = select(Assignment, Person).join(
            Person, (Person.tenant_id == Assignment.tenant_id) & (Person.id == Assignment.person_id)
        )
        seated = seated.where(Assignment.tenant_id == work.tenant_id, Assignment.line_id == bought.line_id)
        open_ = seated.where(Assignment.released_at.is_(None), Assignment.state.in_(SETTLED))
        rows = (await work.session.execute(open_.order_by(Assignment.started_at, Assignment.id))).all()
        holders = {person.id for _, person in rows}
        people = [person for _, person in rows[: len(rows) - MISSING]]
        here = select(Person).where(Person.tenant_id == work.tenant_id, Person.id.not_in(holders))
        here = here.where(Person.unit_id == people[0].unit_id, Person.status == PersonStatus.ACTIVE)
        people += (await work.session.execute(here.order_by(Person.external_id).limit(BESIDE))).scalars()
        gone = select(Person).where(Person.tenant_id == work.tenant_id, Person.status == PersonStatus.LEFT)
        people += (await work.session.execute(gone.order_by(Person.external_id).limit(GONE))).scalars()
        held = [_held(person.mail, person.id, bought, line.tier_id, now) for person in people]
        held.append(_held("build-agent@halden.example", None, bought, line.tier_id, now))
        source = "m365" if bought.license.code.startswith("m365") else "github"
        await read_in(work, NewReading(source, source, True, now - timedelta(minutes=20), tuple(held)))

    await life.desk.office.perform(life.company.admin, verb)


def _held(account: str, person_id: UUID | None, bought: Bought, tier_id: UUID | None, now: datetime) -> Observed:
    return Observed(account, person_id, bought.product_id, tier_id, None, None, 1, now - timedelta(days=90), None)
