"""Requests: one answer each, decided by somebody else; the line is served in order when a seat comes free."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from governance.audit.models import Entry
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Code, NotFound, Reason, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.notices.models import Notice
from governance.reactions import duties
from governance.requests.errors import OwnRequest
from governance.requests.models import SeatRequest
from governance.requests.queries import place_of
from governance.requests.rules import GOOD_FOR, RequestOrigin, RequestState, only_full, only_seated, state_at
from governance.requests.service import (
    ApproveRequest,
    RefuseRequest,
    RequestSeat,
    approve_request,
    may_ask_for,
    refuse_request,
    request_seat,
    serve_line,
    withdraw_request,
)
from governance.runs.outbox import dispatch_event
from governance.seats.errors import SeatRefused
from governance.seats.models import Assignment, Denial
from governance.seats.service import AssignSeats, ReleaseSeats, SeatDesk, assign_seats, release_seats
from policies.access.parties import Grant, Role, ScopeKind
from tests.conftest import START
from tests.estate import Estate, License
from tests.governance.seats.ground import open_desk, rows

WHY = "a customer sends files only this opens"
MINE = Grant(Role.HOLDER, ScopeKind.OWN)


@dataclass
class Ground:
    """An estate with one full pool of one seat, and what moves it."""

    office: Office
    estate: Estate
    license: License
    desk: SeatDesk
    product_id: UUID

    @property
    def admin(self) -> Any:
        return self.estate.actor("admin")

    def holder(self, who: str) -> Any:
        return self.estate.actor(who, MINE)

    async def seat(self, who: str) -> UUID:
        command = AssignSeats(self.license.pools["main"], (self.estate.people[who],))
        return (await assign_seats(self.desk, self.admin, command)).seated[0].assignment_id

    async def ask(self, who: str, **values: Any) -> SeatRequest:
        command = RequestSeat(WHY, **(values or {"pool_id": self.license.pools["main"]}))
        return await self.office.perform(self.holder(who), lambda work: request_seat(work, command))

    async def approve(self, row: SeatRequest, priority: int = 0) -> SeatRequest:
        return await approve_request(self.desk, self.admin, ApproveRequest(row.id, priority))

    async def answer(self) -> None:
        """Answer every event that waits, and those that follow from them."""
        table = duties(self.desk.ledger)
        while waiting := await rows(self.office, self.estate, OutboxEvent, OutboxEvent.done_at.is_(None)):
            for event in waiting:
                assert await dispatch_event(self.office, self.estate.tenant_id, event.id, table), event.name

    async def states(self) -> dict[str, RequestState]:
        names = {person_id: name for name, person_id in self.estate.people.items()}
        return {names[row.person_id]: row.state for row in await rows(self.office, self.estate, SeatRequest)}

    async def told(self, who: str) -> list[str]:
        found = await rows(self.office, self.estate, Notice, Notice.person_id == self.estate.people[who])
        return [row.text_key for row in found if row.text_key.startswith("seat-request")]


@pytest.fixture
async def ground(office: Office) -> Any:
    estate = await Estate.raised(office)
    await estate.person("dan", "sales", country="DE")
    product_id = await estate.product("cad")
    license_ = await estate.license(quantity=1, product_id=product_id)
    async with open_desk(office) as desk:
        yield Ground(office, estate, license_, desk, product_id)


def test_what_waiting_can_mend_and_when_a_request_is_over() -> None:
    full, seated, abroad = (
        Reason(code, "x", "a", "b") for code in (Code.LIMIT_REACHED, Code.ALREADY_SEATED, Code.TERRITORY)
    )
    assert only_full([full, full])
    assert not only_full([full, abroad])
    assert not only_full([])
    assert only_seated([seated, full])
    assert not only_seated([seated, abroad])
    assert state_at(RequestState.ASKED, START, START) is RequestState.EXPIRED
    assert state_at(RequestState.ASKED, START + timedelta(seconds=1), START) is RequestState.ASKED
    assert state_at(RequestState.WAITING, START, START) is RequestState.WAITING


async def test_who_asks_first_sits_first_and_each_is_told_once(ground: Ground, clock: HandClock) -> None:
    seat = await ground.seat("ada")
    asked = {}
    for who in ("ben", "cleo", "dan"):
        asked[who] = await ground.ask(who)
        clock.advance(timedelta(minutes=1))
    assert (await ground.ask("ben")).id == asked["ben"].id  # asked again, it is the same request
    await ground.answer()
    assert await ground.told("admin") == ["seat-requested"] * 3
    own = ground.estate.actor("ben", MINE, Grant(Role.IT_ADMIN, ScopeKind.TENANT))
    with pytest.raises(OwnRequest):
        await approve_request(ground.desk, own, ApproveRequest(asked["ben"].id))
    with pytest.raises(Refused):
        await approve_request(ground.desk, ground.holder("ben"), ApproveRequest(asked["ben"].id))
    with pytest.raises(NotFound):
        await approve_request(ground.desk, ground.holder("cleo"), ApproveRequest(asked["ben"].id))
    for who in ("ben", "cleo"):
        assert (await ground.approve(asked[who])).state is RequestState.WAITING
        clock.advance(timedelta(minutes=1))
    await ground.approve(asked["dan"], priority=5)
    async with ground.office.reading(ground.admin) as work:
        line = {
            row.person_id: await place_of(work, row) for row in await rows(ground.office, ground.estate, SeatRequest)
        }
    assert [line[ground.estate.people[who]] for who in ("dan", "ben", "cleo")] == [1, 2, 3]
    await ground.answer()
    assert await ground.told("ben") == ["seat-request-waiting"]
    assert not await rows(ground.office, ground.estate, Denial)  # who waits is not refused again and again

    await release_seats(ground.desk, ground.admin, ReleaseSeats((seat,)))
    await ground.answer()
    assert await ground.states() == {
        "ben": RequestState.WAITING, "cleo": RequestState.WAITING, "dan": RequestState.GRANTED,
    }  # fmt: skip
    given = await rows(ground.office, ground.estate, Assignment, Assignment.released_at.is_(None))
    assert [row.person_id for row in given] == [ground.estate.people["dan"]]
    await ground.office.perform(ground.holder("ben"), lambda work: withdraw_request(work, asked["ben"].id))
    await release_seats(ground.desk, ground.admin, ReleaseSeats((given[0].id,)))
    await ground.answer()
    assert await ground.states() == {
        "ben": RequestState.WITHDRAWN, "cleo": RequestState.GRANTED, "dan": RequestState.GRANTED,
    }  # fmt: skip
    assert await ground.told("cleo") == ["seat-request-waiting", "seat-request-granted"]
    acts = {row.act for row in await rows(ground.office, ground.estate, Entry)}
    assert acts >= {"seat:request", "request:approve", "request:grant", "request:withdraw"}
    with pytest.raises(WrongState):
        await ground.office.perform(ground.holder("cleo"), lambda work: withdraw_request(work, asked["cleo"].id))


async def test_a_no_an_end_and_what_cannot_be_asked(ground: Ground, clock: HandClock) -> None:
    office, estate = ground.office, ground.estate
    row = await ground.ask("ben")
    assert (await ground.approve(row)).state is RequestState.GRANTED  # a seat was free: no waiting
    with pytest.raises(SeatRefused) as seated:
        await ground.ask("ben")
    assert seated.value.code is Code.ALREADY_SEATED
    with pytest.raises(NotFound):
        await ground.ask("cleo", pool_id=office.ids.new())
    with pytest.raises(BadInput):
        await office.perform(ground.holder("cleo"), lambda work: request_seat(work, RequestSeat(WHY)))
    with pytest.raises(NotFound):  # not for others: a holder does not even see them
        await ground.ask("cleo", pool_id=ground.license.pools["main"], person_id=estate.people["dan"])
    async with office.reading(ground.holder("cleo")) as work:
        assert [each.pool_id for each in await may_ask_for(work)] == [ground.license.pools["main"]]
    no = await ground.ask("cleo", product_id=ground.product_id)
    refused = await office.perform(ground.admin, lambda work: refuse_request(work, RefuseRequest(no.id, "use the web")))
    assert refused.state is RequestState.REFUSED
    late = await ground.ask("dan")
    clock.advance(GOOD_FOR)
    with pytest.raises(WrongState):
        await ground.approve(late)
    await duties(ground.desk.ledger).sweeps[1].verb(office)
    await ground.answer()
    assert await ground.states() == {
        "ben": RequestState.GRANTED, "cleo": RequestState.REFUSED, "dan": RequestState.EXPIRED,
    }  # fmt: skip
    assert await ground.told("cleo") == ["seat-request-refused"]
    assert await ground.told("dan") == ["seat-request-expired"]
    again = await ground.ask("dan")
    assert again.id != late.id


async def test_who_comes_back_while_it_is_full_waits_in_line(ground: Ground, clock: HandClock) -> None:
    office, estate = ground.office, ground.estate
    await ground.seat("ada")
    await _status(ground, "ada", PersonStatus.LEFT, "PersonLeft")
    clock.advance(timedelta(days=15))
    for sweep in duties(ground.desk.ledger).sweeps[:1]:
        await sweep.verb(office)
    taken = await ground.seat("ben")
    await _status(ground, "ada", PersonStatus.ACTIVE, "PersonReturned")
    (row,) = await rows(office, estate, SeatRequest)
    assert (row.origin, row.state) == (RequestOrigin.RETURNED, RequestState.WAITING)
    await release_seats(ground.desk, ground.admin, ReleaseSeats((taken,)))
    assert await serve_line(ground.desk, estate.tenant_id, ground.license.line_id) == 1
    assert await serve_line(ground.desk, estate.tenant_id, ground.license.line_id) == 0
    await ground.answer()
    assert await ground.states() == {"ada": RequestState.GRANTED}
    assert await ground.told("ada") == ["seat-request-waiting", "seat-request-granted"]


async def _status(ground: Ground, who: str, status: PersonStatus, event: str) -> None:
    person_id = ground.estate.people[who]

    async def told(work: Any) -> None:
        person = await work.session.get_one(Person, (work.tenant_id, person_id))
        person.status, person.left_at = status, work.now() if status is PersonStatus.LEFT else None
        await work.emit(event, person_id)

    await ground.office.perform(ground.admin, told)
    await ground.answer()
