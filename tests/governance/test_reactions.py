"""What follows from what: every event has its line, people are told, seats follow leavers and use, time is swept."""

import ast
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

import governance
from governance.alerts.models import Alert
from governance.directory.service.links import actor_of_link
from governance.directory.service.people import mark_left
from governance.kernel.clock import HandClock
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office, Work
from governance.notices.models import Notice
from governance.notices.rules import Channel, Letter
from governance.notices.service import deliver_due
from governance.reactions import IGNORED, duties, reactions, run_verbs, seat_links, sweeps
from governance.runs.duties import Duties
from governance.runs.outbox import dispatch_event
from governance.runs.queries import due_events
from governance.runs.rules import RunKind
from governance.seats.ledger.lease_story import ENDED, GRANTED
from governance.seats.ledger.story import NAMES
from governance.seats.models import Assignment
from governance.seats.rules import SeatState
from governance.seats.service import AssignSeats, SeatDesk, assign_seats
from governance.usage.service import ingest
from policies.access.parties import Role
from policies.thresholds.threshold import Level
from tests.estate import Estate, License
from tests.governance.seats.ground import open_desk, rows

HOUSE = Path(next(iter(governance.__path__)))


@dataclass
class Life:
    """One process at work: a desk for seats, the whole table, and a box that takes its letters."""

    desk: SeatDesk
    estate: Estate
    table: Duties
    letters: list[Letter]

    async def seat(self, license_: License, *who: str, invite: bool = False) -> Any:
        for one in who:
            if one not in self.estate.people:
                await self.estate.person(one)
        people = tuple(self.estate.people[one] for one in who)
        command = AssignSeats(license_.pools["main"], people, invite=invite)
        return await assign_seats(self.desk, self.estate.actor("admin"), command)

    async def answer(self) -> None:
        """Answer every event that is due, and those which the answers tell, then deliver."""
        office = self.desk.office
        while True:
            async with office.database.system_read() as session:
                due = await due_events(session, office.clock.now(), most=100)
            if not due:
                break
            for tenant_id, event_id in due:
                await dispatch_event(office, tenant_id, event_id, self.table)
        await deliver_due(office, {Channel.MAIL: self}, seat_links(lambda secret: f"https://l.example/#{secret}"))

    async def sweep(self) -> None:
        for one in self.table.sweeps:
            await one.verb(self.desk.office)
        await self.answer()

    async def send(self, letter: Letter) -> None:
        self.letters.append(letter)

    def mail(self) -> list[tuple[str, str]]:
        return [(letter.to_name, letter.subject) for letter in self.letters]

    async def undone(self) -> list[tuple[str, str | None]]:
        events = await rows(self.desk.office, self.estate, OutboxEvent, OutboxEvent.done_at.is_(None))
        return [(event.name, event.last_error) for event in events]


@asynccontextmanager
async def living(office: Office, estate: Estate) -> AsyncIterator[Life]:
    async with open_desk(office) as desk:
        yield Life(desk, estate, duties(desk.ledger), [])


def emitted() -> Iterator[tuple[str, str]]:
    """Give every name that the house emits, with the file: by `work.emit(name, …)`, and by the ledger's story."""
    yield from ((name, "seats/ledger/story.py") for name in NAMES.values())
    yield from ((name, "seats/ledger/lease_story.py") for name in (GRANTED, ENDED))
    for file in sorted(HOUSE.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        known = {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "emit":
                yield from ((name, str(file)) for name in _texts(node.args[0], known))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_event":
                yield from ((name, str(file)) for name in _texts(node.args[1], known))


def _texts(node: ast.expr, known: dict[str, ast.expr]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(name)):
            yield name
        case ast.IfExp(body=first, orelse=second):
            yield from (*_texts(first, known), *_texts(second, known))
        case ast.Name(id=name) if name in known:
            yield from _texts(known[name], known)


def test_every_event_has_a_line_and_no_line_waits_for_an_event_nobody_emits() -> None:
    told = dict(emitted())
    lines = set(reactions(None))  # type: ignore[arg-type]
    assert not lines & set(IGNORED)
    assert lines | set(IGNORED) == set(told), told
    assert all(IGNORED.values())


def test_each_kind_of_run_has_its_verb_where_one_is_given() -> None:
    async def verb(_desk: Any) -> dict[str, Any]:
        return {}

    assert set(run_verbs()) == set(RunKind) - {RunKind.REPORT}
    assert set(run_verbs(verb)) == set(RunKind)
    assert len({sweep.name for sweep in sweeps(None)}) == len(sweeps(None))  # type: ignore[arg-type]


async def test_a_pool_that_fills_up_is_told_to_its_owner_once_a_level(office: Office, estate: Estate) -> None:
    owned = await estate.license("m365", quantity=10, owner="cleo")
    async with living(office, estate) as life:
        await life.seat(owned, *(f"p{n}" for n in range(8)))
        await life.answer()
        assert life.mail() == [("Cleo", "m365: pool main is getting full (80.0 %)")]
        await life.seat(owned, "p8")
        await life.answer()
        await life.answer()
        assert life.mail()[1:] == [("Cleo", "m365: pool main is almost full (90.0 %)")]
        assert await life.undone() == []


async def test_where_owner_and_deputy_are_gone_the_admins_are_told(office: Office, estate: Estate) -> None:
    owned = await estate.license("m365", quantity=1, owner=None)
    await estate.grant("ben", Role.IT_ADMIN)
    async with living(office, estate) as life:
        await life.seat(owned, "ada")
        await life.answer()
        assert {name for name, _ in life.mail()} == {"Admin", "Ben"}


async def test_an_invited_person_gets_a_link_that_speaks_for_them_alone(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    owned = await estate.license("m365", needs_acceptance=True)
    async with living(office, estate) as life:
        await life.seat(owned, "ada", invite=True)
        await life.answer()
        (letter,) = life.letters
        assert (letter.to_name, letter.subject) == ("Ada", "A seat in m365 waits for you")
        secret = letter.body.partition("https://l.example/#")[2].split()[0]
        bearer = await actor_of_link(office, secret)
        assert bearer.actor.person_id == estate.people["ada"]
        (seat,) = await rows(office, estate, Assignment)
        notices = await rows(office, estate, Notice)
        assert secret not in str([notice.facts for notice in notices])
        clock.set(seat.invitation_expires_at)
        with pytest.raises(Exception, match="link"):
            await actor_of_link(office, secret)
        await life.sweep()
        (seat,) = await rows(office, estate, Assignment)
        assert seat.state is SeatState.RELEASED
        assert await life.undone() == []


async def test_a_leavers_seats_are_reclaimed_and_their_licenses_handed_over(office: Office, estate: Estate) -> None:
    held = await estate.license("m365", owner="admin")
    await estate.license("crm", owner="ada")
    async with living(office, estate) as life:
        await life.seat(held, "ada")
        await life.answer()

        async def leaves(work: Work) -> None:
            await mark_left(work, estate.people["ada"])

        await office.perform(estate.actor("admin"), leaves)
        await life.answer()
        (seat,) = await rows(office, estate, Assignment)
        assert (seat.state, seat.reclaim_due_at) == (SeatState.RECLAIM_PENDING, office.clock.now() + timedelta(days=14))
        assert life.mail() == [("Admin", "crm needs another owner")]
        assert await life.undone() == []


async def test_observed_use_makes_the_seat_active(office: Office, estate: Estate, clock: HandClock) -> None:
    product = await estate.product("m365")
    owned = await estate.license("m365-e5", product_id=product)
    async with living(office, estate) as life:
        await life.seat(owned, "ada")
        used = [clock.now() + timedelta(hours=n) for n in (1, 5)]
        clock.advance(timedelta(days=1))
        events = [
            {
                "specversion": "1.0", "id": str(n), "source": "urn:tests", "type": "lictor.seat.used",
                "time": at.isoformat(), "data": {"person": "ada", "product": "m365"},
            }
            for n, at in enumerate(used)
        ]  # fmt: skip
        await office.perform(estate.actor("admin"), lambda work: ingest(work, events))
        await life.answer()
        (seat,) = await rows(office, estate, Assignment)
        assert (seat.state, seat.first_use_at, seat.last_use_at) == (SeatState.ACTIVE, *used)
        assert await life.undone() == []


async def test_a_lot_that_ends_by_the_clock_is_told_by_the_sweep(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    owned = await estate.license("m365", quantity=10, last_day=date(2026, 3, 9), zone="UTC")
    async with living(office, estate) as life:
        await life.seat(owned, "ada")
        await life.answer()
        assert life.mail() == []
        clock.advance(timedelta(days=8))
        await life.sweep()
        await life.sweep()
        assert sorted(life.mail()) == [
            ("Admin", "m365 ended on 2026-03-09 (days since: 1)"),
            ("Admin", "m365: pool main has no supply in force"),
        ]
        assert [a.level for a in await rows(office, estate, Alert)] == [Level.CRITICAL]


async def test_an_alert_that_is_over_before_it_is_told_stays_untold(office: Office, estate: Estate) -> None:
    owned = await estate.license("m365", quantity=1)
    async with living(office, estate) as life:
        await life.seat(owned, "ada")
        raised: list[UUID] = []
        while not raised:
            async with office.database.system_read() as session:
                due = await due_events(session, office.clock.now(), most=1)
                names = (await session.execute(select(OutboxEvent.name).where(OutboxEvent.id == due[0][1]))).scalar()
            if names == "AlertRaised":
                raised.append(due[0][1])
            else:
                await dispatch_event(office, *due[0], life.table)

        async def resolve(work: Work) -> None:
            row = (await work.session.execute(select(Alert))).scalar_one()
            row.resolved_at = work.now()

        await office.perform(estate.actor("admin"), partial(resolve))
        await life.answer()
        assert life.mail() == []
