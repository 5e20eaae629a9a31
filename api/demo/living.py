"""Two years pass: people join, get seats, use them or not, leave; lots are renewed; scans run; each on its day."""

import contextlib
import heapq
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from api.demo.buying import Bought, Renewal, buy, renew
from api.demo.cast import DemoPerson
from api.demo.settling import Company, join
from api.demo.ways import Seated, is_stopped, slower, way_of
from governance.activation.service import take_events
from governance.directory.rules import EVERYONE
from governance.directory.service.people import mark_left
from governance.kernel.clock import HandClock
from governance.kernel.errors import BusinessError
from governance.kernel.work import Work
from governance.runs.duties import Duties
from governance.runs.moving import move_run
from governance.runs.outbox import dispatch_event
from governance.runs.queries import due_events, due_runs
from governance.seats.models import Assignment
from governance.seats.queries import visible_assignments
from governance.seats.rules import ReleaseReason, SeatState
from governance.seats.service import (
    AssignSeats,
    ReleaseSeats,
    SeatDesk,
    accept_seat,
    assign_seats,
    release_seats,
)
from policies.access.parties import Actor

Step = Callable[[], Awaitable[None]]
LATE_JOINERS_SEATED_PERCENT = 35
USED_LATELY_PERCENT = 86
ACCEPTED_PERCENT = 88
SPREAD = 0.9  # of the logarithm of the days to first use
WORKER = "demo"


@dataclass
class Life:
    """The agenda of the story: what happens at which instant, taken in order with the clock set to it."""

    desk: SeatDesk
    company: Company
    clock: HandClock
    duties: Duties
    rng: random.Random
    until: datetime
    agenda: list[tuple[datetime, int, Step]] = field(default_factory=list)
    order: Any = field(default_factory=itertools.count)
    telemetry: dict[datetime, list[dict[str, Any]]] = field(default_factory=dict)

    def plan(self, at: datetime, step: Step) -> None:
        """Put a step on the agenda unless it lies beyond the story's end."""
        if at <= self.until:
            heapq.heappush(self.agenda, (at, next(self.order), step))

    async def live(self, told: Callable[[datetime], None]) -> None:
        """Let everything happen in order, answering each week's events before the next; `told` hears every step."""
        week = self.clock.now()
        while self.agenda:
            at, _, step = heapq.heappop(self.agenda)
            self.clock.set(max(at, self.clock.now()))
            await step()
            if at >= week:
                await self.answer()
                week = at + timedelta(days=7)
                told(at)
        self.clock.set(self.until)
        await self.answer()

    async def answer(self) -> None:
        """Answer what waits: events by their reactions, runs by their verbs, at the story's own time."""
        office = self.desk.office
        while True:
            async with office.database.system_read() as session:
                events = await due_events(session, self.clock.now(), most=500)
                runs = await due_runs(session, self.clock.now(), most=20)
            for tenant_id, event_id in events:
                await dispatch_event(office, tenant_id, event_id, self.duties)
            for tenant_id, run_id in runs:
                await move_run(office, tenant_id, run_id, self.duties, WORKER)
            if not events and not runs:
                return


async def plan_company(life: Life, bought: list[Bought], renewals: list[Renewal]) -> None:
    """Put the whole story on the agenda: who joins, who gets which seat when, renewals, departures."""
    office, company = life.desk.office, life.company
    first = life.clock.now().date()

    def to_renew(renewal: Renewal) -> Step:
        async def step() -> None:
            await office.perform(company.admin, lambda work: renew(work, renewal))

        return step

    for renewal in renewals:
        life.plan(renewal.at, to_renew(renewal))
    for person in company.people.values():
        _plan_person(life, person)
    for one in bought:
        for pool in one.license.pools:
            _plan_pool(life, one, pool.code, first)


def _plan_person(life: Life, person: DemoPerson) -> None:
    office, company = life.desk.office, life.company

    async def joins() -> None:
        await office.perform(company.admin, lambda work: join(work, company, person))

    async def leaves() -> None:
        async def verb(work: Work) -> None:
            await mark_left(work, company.ids[person.external_id])

        await office.perform(company.admin, verb)
        life.plan(life.clock.now() + timedelta(days=life.rng.randrange(4, 21)), _to_take_back(life, person))

    if person.external_id not in company.ids:
        life.plan(_at(person.joined, 8), joins)
    if person.left is not None:
        life.plan(_at(person.left, 17), leaves)


def _to_take_back(life: Life, person: DemoPerson) -> Step:
    """Some days after a leaver went, the admin confirms that their seats come back."""
    office, company = life.desk.office, life.company

    async def step() -> None:
        async with office.reading(company.admin) as work:
            query = visible_assignments(work).where(
                Assignment.person_id == company.ids[person.external_id], Assignment.released_at.is_(None)
            )
            held = tuple(row.id for row in (await work.session.execute(query)).scalars())
        if held:
            await release_seats(life.desk, company.admin, ReleaseSeats(held, ReleaseReason.USER_LEFT))

    return step


def _plan_pool(life: Life, bought: Bought, pool_code: str, first: date) -> None:
    """Seat the wanted people: most within the first weeks, late joiners some days after they come."""
    rng, pool = life.rng, next(p for p in bought.license.pools if p.code == pool_code)
    units = set(pool.from_units)
    who = [p for p in life.company.people.values() if p.unit in units]
    rng.shuffle(who)
    batches: dict[datetime, list[DemoPerson]] = {}
    wanted = pool.wanted
    for person in sorted(who, key=lambda p: p.joined > first):
        late = person.joined > first
        if wanted == 0 or (late and rng.randrange(100) >= LATE_JOINERS_SEATED_PERCENT):
            continue
        wanted -= 1
        since = (
            person.joined + timedelta(days=rng.randrange(1, 20))
            if late
            else first + timedelta(days=rng.choice((1, 1, 2, 5, 8, 15, 29, 60, 120, 200, 300, 420, 500, 590, 640, 675)))
        )
        if person.left is not None and since >= person.left:
            continue
        batches.setdefault(_at(since, 9), []).append(person)
    for at, people in batches.items():
        life.plan(at, _to_seat(life, bought, pool_code, people))


def _to_seat(life: Life, bought: Bought, pool_code: str, people: list[DemoPerson]) -> Step:
    async def step() -> None:
        ids = {life.company.ids[p.external_id]: p for p in people}
        answers = await assign_seats(life.desk, life.company.admin, AssignSeats(bought.pools[pool_code], tuple(ids)))
        for seated in answers.seated:
            if seated.state is SeatState.INVITED:
                _plan_answer(life, bought, ids[seated.person_id], seated.assignment_id)
            else:
                _plan_use(life, bought, ids[seated.person_id])

    return step


def _plan_answer(life: Life, bought: Bought, person: DemoPerson, assignment_id: UUID) -> None:
    """Most accept within days; the others let the invitation lapse."""
    if life.rng.randrange(100) >= ACCEPTED_PERCENT:
        return
    person_id = life.company.ids[person.external_id]
    holder = Actor(life.company.tenant_id, f"person:{person_id}", person_id, frozenset({EVERYONE}))

    async def accept() -> None:
        with contextlib.suppress(BusinessError):  # they may have left in the meantime
            await accept_seat(life.desk, holder, assignment_id)
            _plan_use(life, bought, person)

    life.plan(life.clock.now() + timedelta(hours=life.rng.randrange(2, 140)), accept)


def _plan_use(life: Life, bought: Bought, person: DemoPerson) -> None:
    rng, license_ = life.rng, bought.license
    now = life.clock.now()
    if rng.randrange(100) < license_.never or is_stopped(license_.code, person):
        _plan_way(life, bought, person, None)
        return
    wait = timedelta(days=license_.slowness * rng.lognormvariate(0.0, SPREAD))
    first_use = now + wait * slower(license_.code, now, life.until)
    _plan_way(life, bought, person, first_use)
    _plan_event(life, bought, person, first_use)
    if rng.randrange(100) < USED_LATELY_PERCENT:
        silent = timedelta(days=license_.silent_days)
        lately = life.until - silent - timedelta(hours=rng.randrange(1, 24 * 14))
        if lately > first_use:
            _plan_event(life, bought, person, lately)


def _plan_event(life: Life, bought: Bought, person: DemoPerson, at: datetime) -> None:
    if person.left is not None and at.date() >= person.left:
        return
    product = _code(bought)
    event = {
        "specversion": "1.0",
        "id": f"{person.external_id}-{bought.license.code}-{int(at.timestamp())}",
        "source": f"https://telemetry.halden.example/{product}",
        "type": "lictor.seat.used",
        "time": at.isoformat(),
        "data": {"person": person.external_id, "product": product},
    }
    _plan_telling(life, at, event)


def _plan_way(life: Life, bought: Bought, person: DemoPerson, first_use: datetime | None) -> None:
    """Let the sources tell the steps, errors and calls of this seat, as long as its holder is there."""
    for event in way_of(Seated(person, bought.license.code, _code(bought), life.clock.now(), first_use)):
        at = datetime.fromisoformat(event["time"])
        if person.left is None or at.date() < person.left:
            _plan_telling(life, at, event)


def _code(bought: Bought) -> str:
    return bought.license.product.lower().replace(" ", "-")


def _plan_telling(life: Life, at: datetime, event: dict[str, Any]) -> None:
    night = _at(at.date() + timedelta(days=1), 1)
    if night not in life.telemetry:
        life.telemetry[night] = []
        life.plan(night, _to_ingest(life, night))
    life.telemetry[night].append(event)


def _to_ingest(life: Life, night: datetime) -> Step:
    """Telemetry comes by night, as one batch for the day before."""

    async def step() -> None:
        events = life.telemetry.pop(night)
        await life.desk.office.perform(life.company.admin, lambda work: take_events(work, events))

    return step


async def buy_everything(life: Life) -> tuple[list[Bought], list[Renewal]]:
    """Sign and buy what stands on the first day, in one transaction."""
    return await life.desk.office.perform(life.company.admin, lambda work: buy(work, life.company))


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)
