"""What moved in the last weeks: seats of an order from pool to pool, a holder after them, one to another country."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from api.demo.buying import Bought
from api.demo.living import Life
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.directory.service.people import PersonFacts, upsert_person
from governance.entitlements.models import Allocation
from governance.entitlements.service import MoveAllocation, move_allocation, preview_move_allocation
from governance.kernel.work import Work
from governance.seats.errors import SeatRefused
from governance.seats.models import Assignment
from governance.seats.rules import SeatState
from governance.seats.service import TransferSeats, preview_transfer, transfer_seats

ALLOCATION_BEFORE, HOLDER_BEFORE, COUNTRY_BEFORE = timedelta(days=24), timedelta(days=23), timedelta(days=6)
LICENSE, FROM, TO, SEATS = "m365-e5", "corporate", "eng", 2
BOUND = "adobe-cc"
ON_STAGE = frozenset({"Priya Raman"})


def plan_moves(life: Life, bought: list[Bought]) -> None:
    """Put the moves on the agenda: two seats from pool to pool, one holder after them, one to another country."""
    for each in bought:
        if each.license.code == LICENSE:
            life.plan(life.until - ALLOCATION_BEFORE, partial(_seats, life, each))
            life.plan(life.until - HOLDER_BEFORE, partial(_holder, life, each))
        if each.license.code == BOUND:
            life.plan(life.until - COUNTRY_BEFORE, partial(_country, life, each))


async def _seats(life: Life, bought: Bought) -> None:
    async def verb(work: Work) -> None:
        now = work.now()
        query = select(Allocation).where(
            Allocation.tenant_id == work.tenant_id, Allocation.pool_id == bought.pools[FROM],
            Allocation.superseded_at.is_(None), Allocation.start <= now, Allocation.end > now,
        )  # fmt: skip
        row = (await work.session.execute(query.order_by(Allocation.id))).scalars().first()
        if row is None or (row.quantity or 0) < SEATS:
            return
        command = MoveAllocation(row.id, bought.pools[TO], SEATS)
        token = (await preview_move_allocation(work, command)).token
        await move_allocation(work, MoveAllocation(row.id, bought.pools[TO], SEATS, token=token))

    await life.desk.office.perform(life.company.admin, verb)


async def _holder(life: Life, bought: Bought) -> None:
    """Move the one who has held a seat of corporate functions longest."""
    admin = life.company.admin
    async with life.desk.office.reading(admin) as work:
        seat_id = await _longest(work, bought.pools[FROM])
    if seat_id is None:
        return
    command = TransferSeats((seat_id,), bought.pools[TO], "Moved to engineering.")
    seen = await preview_transfer(life.desk, admin, command)
    if seen.token is None:
        return
    moved = TransferSeats(command.assignment_ids, command.to_pool_id, command.note, seen.token)
    try:
        await transfer_seats(life.desk, admin, moved)
    except SeatRefused:
        return


async def _longest(work: Work, pool_id: UUID, but: frozenset[str] = frozenset()) -> UUID | None:
    """Give the seat that has been used the longest in a pool, of somebody who is here."""
    query = (
        select(Assignment.id)
        .join(Person, (Person.tenant_id == Assignment.tenant_id) & (Person.id == Assignment.person_id))
        .where(
            Assignment.tenant_id == work.tenant_id, Assignment.pool_id == pool_id,
            Assignment.state == SeatState.ACTIVE, Person.status == PersonStatus.ACTIVE, Person.name.not_in(but),
        )
        .order_by(Assignment.started_at, Assignment.id)
    )  # fmt: skip
    return (await work.session.execute(query.limit(1))).scalar_one_or_none()


async def _country(life: Life, bought: Bought) -> None:
    """Let a designer move to a country that no order of their license covers: they keep the seat, a finding tells."""

    async def verb(work: Work) -> None:
        seat_id = await _longest(work, bought.pools["product"], ON_STAGE)
        if seat_id is None:
            return
        seat = await work.session.get_one(Assignment, (work.tenant_id, seat_id))
        row = await work.session.get_one(Person, (work.tenant_id, seat.person_id))
        facts = PersonFacts(
            row.external_id, row.name, row.mail, row.unit_id, "SG", manager_id=row.manager_id, source=row.source
        )  # fmt: skip
        await upsert_person(work, facts)

    await life.desk.office.perform(life.company.admin, verb)
