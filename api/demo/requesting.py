"""Who asked for a seat in the last days: some wait in line for a full pool, some for a decision, one was told no."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from api.demo.living import Life
from governance.directory.rules import EVERYONE
from governance.entitlements.models import Pool
from governance.kernel.work import Work
from governance.requests.service import (
    ApproveRequest,
    RefuseRequest,
    RequestSeat,
    approve_request,
    may_ask_for,
    refuse_request,
    request_seat,
)
from governance.seats.errors import SeatRefused
from governance.seats.models import Assignment
from policies.access.parties import Actor

ASKED_BEFORE, BETWEEN = timedelta(hours=52), timedelta(hours=7)
UNIT, POOL = "sales-emea", "Sales, EMEA"
ON_STAGE = frozenset({"Camille Laurent", "Priya Raman"})
REASONS = (
    "I took over two accounts that share their files with us in Teams.",
    "My trial ends this week, and the customer's offer is in Power BI.",
    "I present the pipeline every Monday and cannot open it.",
    "To try whether it is any better than what we have.",
    "I am back in the field team and need the mail archive.",
)
IN_LINE, REFUSED = (0, 1), 3


def plan_requests(life: Life) -> None:
    """Put on the agenda that some ask, one after the other, and that the admin decides on all but the latest."""
    at = life.until - ASKED_BEFORE
    for number in range(len(REASONS)):
        life.plan(at, partial(_ask, life, number))
        at += BETWEEN


async def _ask(life: Life, number: int) -> None:
    """Let the next one ask who works there, has no seat and is not on stage elsewhere; then decide."""
    office, company = life.desk.office, life.company
    async with office.reading(company.admin) as work:
        who = await _without_a_seat(life, work)
    if len(who) <= number:
        return
    person = Actor(company.tenant_id, f"person:{who[number]}", who[number], frozenset({EVERYONE}))
    async with office.reading(person) as work:
        pool_id = next((each.pool_id for each in await may_ask_for(work) if each.pool == POOL), None)
    if pool_id is None:
        return
    try:
        asked = await office.perform(person, lambda work: request_seat(work, RequestSeat(REASONS[number], pool_id)))
    except SeatRefused:
        return  # a seat they have meanwhile
    if number in IN_LINE:
        await approve_request(life.desk, company.admin, ApproveRequest(asked.id))
    elif number == REFUSED:
        no = RefuseRequest(asked.id, "The free edition does that, too; ask again if it does not.")
        await office.perform(company.admin, lambda work: refuse_request(work, no))


async def _without_a_seat(life: Life, work: Work) -> list[UUID]:
    """Give, in one order whenever asked, who works in the unit today and has never sat in the pool's line."""
    today, company = life.until.date(), life.company
    line = select(Pool.line_id).where(Pool.tenant_id == work.tenant_id, Pool.name == POOL)
    seated = select(Assignment.person_id).where(Assignment.tenant_id == work.tenant_id, Assignment.line_id.in_(line))
    taken = set((await work.session.execute(seated)).scalars())
    return [
        company.ids[each.external_id]
        for each in sorted(company.people.values(), key=lambda each: each.external_id)
        if each.unit == UNIT and each.external_id in company.ids and each.name not in ON_STAGE
        and each.left is None and each.joined <= today and company.ids[each.external_id] not in taken
    ]  # fmt: skip
