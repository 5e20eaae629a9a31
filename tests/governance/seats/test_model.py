"""Both ledgers against one naive model: whatever comes in whatever company, each claim gets the model's answer.

The model keeps a plain list of seats and counts it anew for every question; it knows no counters, batches or databases.
"""

import asyncio
import math
import os
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from governance.entitlements.models import Room
from governance.entitlements.rules import Overage
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.seats.ledger.port import Claim, Grant, Move, Outcome
from governance.seats.models import Assignment
from governance.seats.rules import SeatEvent, SeatState, next_state, occupies
from tests.estate import Estate, License
from tests.governance.seats.ground import claim, running

POOLS = ("main", "other")
PEOPLE = ("ada", "ben", "cleo", "auditor")
EVENTS = [e for e in SeatEvent if e not in {SeatEvent.ASSIGN, SeatEvent.INVITE, SeatEvent.EXPIRE}]
INVITED_FOR = timedelta(days=14)


@dataclass(frozen=True)
class Ask:
    """A grant (event None) or a move of the n-th seat ever granted (modulo how many there are)."""

    event: SeatEvent | None
    person: str
    pool: str
    invite: bool
    nth: int


@dataclass
class Seat:
    id: UUID
    person: str
    pool: str
    state: SeatState
    expires: datetime | None
    used: bool = False


@dataclass
class Model:
    overage: Overage
    percent: int
    pools: dict[str, int]
    line: int
    now: datetime
    seats: list[Seat] = field(default_factory=list)

    def taken(self, pool: str | None = None) -> int:
        return sum(
            occupies(s.state, at=self.now, invitation_expires_at=s.expires)
            for s in self.seats
            if pool in {None, s.pool}
        )

    def most(self, seats: int) -> float:
        """Count the seats that may be taken of so many, one by one: each stands for percent / 100 of a seat."""
        if self.overage in {Overage.ALLOW_AND_FLAG, Overage.TRUE_UP}:
            return math.inf
        return seats if self.overage is Overage.BLOCK else sum(self.percent for _ in range(seats)) // 100

    def grant(self, seat_id: UUID, ask: Ask) -> tuple[Outcome, bool]:
        if any(s.person == ask.person and s.state is not SeatState.RELEASED for s in self.seats):
            return Outcome.DENIED, False
        full = self.taken(ask.pool) >= self.pools[ask.pool] or self.taken() >= self.line
        no_more = self.taken(ask.pool) >= self.most(self.pools[ask.pool]) or self.taken() >= self.most(self.line)
        if no_more or (full and 0 in {self.pools[ask.pool], self.line}):
            return Outcome.DENIED, False
        state, expires = (SeatState.INVITED, self.now + INVITED_FOR) if ask.invite else (SeatState.ASSIGNED, None)
        self.seats.append(Seat(seat_id, ask.person, ask.pool, state, expires))
        return Outcome.DONE, full

    def move(self, seat: Seat, event: SeatEvent) -> Outcome:
        after = next_state(seat.state, event, used=seat.used)
        if not isinstance(after, SeatState):
            return Outcome.FAILED
        seat.state, seat.used = after, seat.used or event is SeatEvent.USE
        return Outcome.DONE

    def lapse(self) -> None:
        for seat in self.seats:
            if seat.state is SeatState.INVITED and not occupies(
                seat.state, at=self.now, invitation_expires_at=seat.expires
            ):
                seat.state = SeatState.RELEASED


asks = st.builds(
    Ask,
    st.sampled_from([None] * len(EVENTS) + EVENTS),
    st.sampled_from(PEOPLE),
    st.sampled_from(POOLS),
    st.booleans(),
    st.integers(0, 7),
)
rounds = st.lists(
    st.tuples(st.sampled_from([0, 1, 13, 14]), st.lists(asks, min_size=1, max_size=6)), min_size=2, max_size=6
)
World = tuple[Overage, int, int, int, int]
worlds = st.tuples(
    st.sampled_from(Overage), st.integers(0, 3), st.integers(1, 3), st.integers(0, 4), st.sampled_from([100, 133, 150])
)
SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


async def _hold(office: Office, estate: Estate, clock: HandClock, world: World, asked: object):
    overage, main, other, line, percent = world
    license_ = await estate.license(
        uuid.uuid4().hex,
        quantity=line,
        pools={"main": main, "other": other},
        overage=overage,
        last_day=None,
        overage_percent=str(percent) if overage is Overage.ALLOW_TO_PERCENT else None,
    )
    model = Model(overage, percent, {"main": main, "other": other}, line, clock.now())
    async with running(office) as ledger:
        for days, round_ in asked:  # type: ignore[attr-defined]
            clock.advance(timedelta(days=days))
            model.now = clock.now()
            model.lapse()
            expected, claims = [], []
            for ask in round_:
                told = _ask(estate, license_, model, ask)
                if told is not None:
                    claims.append(told[0])
                    expected.append(told[1])
            answers = await asyncio.gather(*(ledger.submit(c) for c in claims))
            assert [
                (a.outcome, a.overage if isinstance(c.ask, Grant) else False)
                for a, c in zip(answers, claims, strict=True)
            ] == expected
            await _same(office, estate, license_, model)


def _ask(estate: Estate, license_: License, model: Model, ask: Ask) -> tuple[Claim, tuple[Outcome, bool]] | None:
    if ask.event is None:
        grant = Grant(license_.pools[ask.pool], license_.line_id, estate.people[ask.person], invite=ask.invite)
        asked = claim(estate, grant)
        return asked, model.grant(asked.id, ask)
    if not model.seats:
        return None
    seat = model.seats[ask.nth % len(model.seats)]
    move = Move(seat.id, license_.line_id, license_.pools[seat.pool], ask.event)
    return claim(estate, move), (model.move(seat, ask.event), False)


async def _same(office: Office, estate: Estate, license_: License, model: Model) -> None:
    async with office.database.read(estate.tenant_id) as session:
        rows = await session.execute(select(Assignment).where(Assignment.line_id == license_.line_id))
        held = {r.id: (r.state, r.first_use_at is not None) for r in rows.scalars()}
        found = await session.execute(select(Room).where(Room.id.in_([*license_.pools.values(), license_.line_id])))
        rooms = {r.id: r for r in found.scalars()}
    lapsing = {s.id for s in model.seats if s.expires is not None and s.state is SeatState.RELEASED}
    for seat in model.seats:
        state, used = held.pop(seat.id)
        assert state is seat.state or (seat.id in lapsing and state is SeatState.INVITED)
        assert used == seat.used
    assert held == {}
    unswept = sum(1 for room in rooms.values() if room.lapses_at is not None and room.lapses_at <= model.now)
    for name, room_id in license_.pools.items():
        assert unswept or rooms[room_id].occupied == model.taken(name)
    line = rooms[license_.line_id]
    assert unswept or line.occupied == model.taken()
    assert line.occupied <= model.most(model.line)
    beyond = line.flagged_since if model.overage is Overage.ALLOW_TO_PERCENT else line.over_since
    assert (beyond is not None) == (line.occupied > model.line)


GRANTS = [Ask(None, person, pool, False, 0) for person, pool in zip(PEOPLE, POOLS * 2, strict=True)]
INVITES = [Ask(None, ask.person, ask.pool, True, 0) for ask in GRANTS]
SMALL = [Phase.explicit, Phase.generate]


@given(world=worlds, asked=rounds)
@example(
    world=(Overage.BLOCK, 2, 2, 3, 100), asked=[(0, GRANTS), (1, [Ask(SeatEvent.RELEASE, "ada", "main", False, 0)])]
)
@example(world=(Overage.BLOCK, 2, 2, 2, 100), asked=[(0, INVITES), (13, GRANTS), (1, GRANTS[::-1])])
@example(world=(Overage.ALLOW_AND_FLAG, 1, 2, 2, 100), asked=[(0, GRANTS + INVITES), (14, GRANTS)])
@example(world=(Overage.ALLOW_TO_PERCENT, 2, 1, 2, 150), asked=[(0, GRANTS), (1, INVITES)])
@settings(max_examples=12, deadline=None, suppress_health_check=SUPPRESSED, phases=SMALL, derandomize=True)
async def test_each_claim_gets_the_answer_of_the_naive_model(
    office: Office, estate: Estate, clock: HandClock, world: World, asked: object
) -> None:
    await _hold(office, estate, clock, world, asked)


@pytest.mark.exam
@given(world=worlds, asked=rounds)
@settings(
    max_examples=int(os.environ.get("LICTOR_EXAMPLES", "1000")),
    deadline=None,
    suppress_health_check=SUPPRESSED,
    print_blob=True,
)
async def test_the_model_at_full_budget(
    office: Office, estate: Estate, clock: HandClock, world: World, asked: object
) -> None:
    await _hold(office, estate, clock, world, asked)
