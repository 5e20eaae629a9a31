"""Everything at once over the same few licenses: no client ever hears of a deadlock, nor of an error that is no answer.

Eight clients assign, release, move, retier, settle, amend, shrink, reorganize, change roles and people; beside them two
workers reconcile rules, sweep, and answer what happened. Counters are the sums of their rows in the end.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select

from governance.agreements.models import Agreement
from governance.agreements.rules import ChangeReason
from governance.agreements.service import AmendAgreement, amend_agreement
from governance.assignment_rules.service import ApplyRule, apply_rule, preview_rule, reconcile
from governance.catalog.models import Tier
from governance.directory.models import RoleGrant
from governance.directory.service import NewGrant, end_grant, grant_role
from governance.directory.service.people import PersonFacts, mark_left, upsert_person
from governance.entitlements.models import Allocation, Lot, MetricLine, Pool, Room
from governance.entitlements.service.allocations import ChangeAllocation, change_allocation, preview_change_allocation
from governance.entitlements.service.lots import CorrectLot, correct_lot, preview_correct_lot
from governance.entitlements.service.reallocate import MoveAllocation, move_allocation, preview_move_allocation
from governance.holdings.rules import DONE_HERE
from governance.holdings.service import SettleDifferences, four_way, preview_settling, settle_differences
from governance.kernel.clock import SystemClock
from governance.kernel.database.lost import lost
from governance.kernel.errors import BusinessError
from governance.kernel.work import Office, Work
from governance.reactions import duties
from governance.reorganization.service import MoveUnit, move_unit, preview_move
from governance.runs.movers import answer_due
from governance.seats.ledger.desk import GroupCommit
from governance.seats.models import Assignment
from governance.seats.service import (
    AssignSeats,
    ChangeLine,
    ReleaseSeats,
    SeatDesk,
    TransferSeats,
    assign_seats,
    change_line,
    lapse_due,
    preview_change_line,
    preview_transfer,
    release_seats,
    transfer_seats,
)
from governance.seats.service.retier import preview_retier, retier_seats
from governance.usage.models import UsageEvent
from policies.access.parties import Actor, Role, ScopeKind, Standing
from tests.estate import Estate
from tests.exams.race import office_of

SEED = int(os.environ.get("LICTOR_SEED", str(random.randrange(1 << 31))))
UNITS = ("sales", "it", "finance", "halden")
WHY = ChangeReason.REQUESTED


@dataclass
class Heard:
    """What clients were told: how often each kind of act was done, and each refusal by its code."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    def error(self, kind: str, error: BaseException) -> None:
        causes = _causes(error)
        known = error if isinstance(error, BusinessError) else lost(error)
        self.refused[type(error).__name__ if known is None else known.code.value] += 1
        dead = [str(each) for each in causes if "deadlock" in f"{type(each).__name__} {each}".lower()]
        if dead or known is None:
            self.bad.append(f"{kind}: {dead or repr(error)}")


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__
    return found


@dataclass
class Client:
    """One who does whatever comes to mind."""

    desk: SeatDesk
    actor: Actor
    estate: Estate
    product_id: UUID
    dice: random.Random
    heard: Heard

    @property
    def office(self) -> Office:
        return self.desk.office

    async def act(self) -> None:
        kinds: tuple[Callable[[Actor], Awaitable[object]], ...] = (
            self.assign, self.assign, self.release, self.transfer, self.retier, self.settle, self.amend, self.line,
            self.shrink, self.share, self.reallocate, self.reorganize, self.person, self.role,
        )  # fmt: skip
        do = self.dice.choice(kinds)
        try:
            await do(await self.office.refreshed(self.actor))
        except Exception as error:  # noqa: BLE001 - every error is judged
            self.heard.error(do.__name__, error)
        else:
            self.heard.done[do.__name__] += 1

    async def one(self, model: Any, *where: Any) -> Any:
        """Give any one row of the tenant."""
        async with self.office.database.read(self.estate.tenant_id) as session:
            mine = select(model).where(model.tenant_id == self.estate.tenant_id, *where).order_by(model.id)
            rows = (await session.execute(mine)).scalars().all()
        return self.dice.choice(rows) if rows else None

    async def seats(self, most: int) -> tuple[UUID, ...]:
        found = [
            await self.one(Assignment, Assignment.released_at.is_(None)) for _ in range(self.dice.randint(1, most))
        ]
        return tuple({row.id for row in found if row is not None})

    async def assign(self, actor: Actor) -> object:
        people = tuple(self.dice.sample(sorted(self.estate.people.values()), self.dice.randint(1, 3)))
        pool = await self.one(Pool)
        return await assign_seats(self.desk, actor, AssignSeats(pool.id, people, atomic=self.dice.random() < 0.3))

    async def release(self, actor: Actor) -> object:
        return await release_seats(self.desk, actor, ReleaseSeats(await self.seats(2)))

    async def transfer(self, actor: Actor) -> object:
        ask = TransferSeats(await self.seats(2), (await self.one(Pool)).id)
        return await transfer_seats(
            self.desk, actor, replace(ask, token=(await preview_transfer(self.desk, actor, ask)).token)
        )

    async def retier(self, actor: Actor) -> object:
        ask = TransferSeats(await self.seats(2), (await self.one(Pool)).id)
        shown = await preview_retier(self.desk, actor, ask)
        return await retier_seats(self.desk, actor, replace(ask, token=shown.transfer.token))

    async def settle(self, actor: Actor) -> object:
        line = await self.one(MetricLine)
        async with self.office.reading(actor) as work:
            found = [each for each in (await four_way(work, line.entitlement_id)).found if each.remedy in DONE_HERE]
        ask = SettleDifferences(line.entitlement_id, tuple(each.key for each in found[:3]))
        shown = await preview_settling(self.desk, actor, ask)
        return await settle_differences(self.desk, actor, replace(ask, token=shown.token))

    async def amend(self, actor: Actor) -> object:
        row = await self.one(Agreement)
        changes = {"unit_id": self.estate.units[self.dice.choice(UNITS)], "title": f"T{self.dice.random()}"}
        return await self.write(
            actor, amend_agreement, AmendAgreement(row.id, row.version, changes, WHY, date(2026, 3, 1))
        )

    async def line(self, actor: Actor) -> object:
        row = await self.one(MetricLine)
        ask = ChangeLine(row.id, row.version, {"invitation_days": self.dice.randint(1, 30)})
        return await self.shown(actor, preview_change_line, change_line, ask)

    async def shrink(self, actor: Actor) -> object:
        lot = await self.one(Lot, Lot.superseded_at.is_(None))
        ask = CorrectLot(lot.lot_key, lot.id, {"quantity": self.dice.randint(2, 8)}, WHY)
        return await self.shown(actor, preview_correct_lot, correct_lot, ask)

    async def share(self, actor: Actor) -> object:
        row = await self.one(Allocation, Allocation.superseded_at.is_(None))
        ask = ChangeAllocation(row.id, self.dice.randint(1, 6), WHY)
        return await self.shown(actor, preview_change_allocation, change_allocation, ask)

    async def reallocate(self, actor: Actor) -> object:
        row, to = await self.one(Allocation, Allocation.superseded_at.is_(None)), await self.one(Pool)
        return await self.shown(actor, preview_move_allocation, move_allocation, MoveAllocation(row.id, to.id, 1))

    async def reorganize(self, actor: Actor) -> object:
        unit, parent = self.dice.sample(("sales", "it", "finance", "sales-emea"), 2)
        ask = MoveUnit(self.estate.units[unit], self.estate.units[parent], "hunt")
        return await self.shown(actor, preview_move, move_unit, ask)

    async def person(self, actor: Actor) -> object:
        name = self.dice.choice(("ada", "ben", "cleo"))
        if self.dice.random() < 0.3:
            return await self.write(actor, mark_left, self.estate.people[name])
        unit = self.estate.units[self.dice.choice(UNITS)]
        facts = PersonFacts(name, name.title(), f"{name}@halden.example", unit, "DE", source="tests")
        return await self.write(actor, upsert_person, facts)

    async def role(self, actor: Actor) -> object:
        row = await self.one(RoleGrant, RoleGrant.reason == "hunt", RoleGrant.end.is_(None))
        if row is not None:
            return await self.write(actor, partial(end_grant, reason="over"), row.id)
        grant = NewGrant(Role.AUDITOR, ScopeKind.TENANT, "hunt", person_id=self.estate.people["ben"])
        return await self.write(actor, grant_role, grant)

    async def write(self, actor: Actor, verb: Callable[[Work, Any], Awaitable[object]], ask: object) -> object:
        return await self.office.perform(actor, lambda work: verb(work, ask))

    async def shown(
        self,
        actor: Actor,
        preview: Callable[[Work, Any], Awaitable[Any]],
        verb: Callable[[Work, Any], Awaitable[object]],
        ask: Any,
    ) -> object:
        async with self.office.reading(actor) as work:
            token = (await preview(work, ask)).token
        return await self.write(actor, verb, replace(ask, token=token))


async def _ground(estate: Estate) -> UUID:
    """Give a product with two tiers, of each a license of two pools, and a rule that the sales department follows."""
    product_id = await estate.product("suite")
    async with estate.office.database.read(estate.tenant_id) as session:
        tiers = {
            t.code: t.id for t in (await session.execute(select(Tier).where(Tier.product_id == product_id))).scalars()
        }
    for code in ("E3", "E5"):
        await estate.license(
            f"suite-{code}", quantity=6, pools={"main": 4, "other": 2}, product_id=product_id, tier_id=tiers[code],
            first_day=date(2020, 1, 1), last_day=date(2090, 1, 1),
        )  # fmt: skip
    now = SystemClock().now()
    for n in range(9):
        who = await estate.person(f"p{n}", "sales-emea", country="US")
        use = {"source": "idp", "source_id": f"p{n}", "type": "seat.used", "product_id": product_id, "data": {}}
        await estate.add(UsageEvent(**estate.key(), **use, person_id=who, occurred_at=now, recorded_at=now))
    return product_id


async def _hunt(estate: Estate, url: str, *, acts: int, clients: int) -> tuple[Heard, int]:
    product_id, heard = await _ground(estate), Heard()
    base = replace(estate.actor("admin"), standing=Standing(0))
    offices = [office_of(url) for _ in range(4)]
    ledgers = [GroupCommit(office.database, SystemClock(), office.ids) for office in offices]
    for ledger in ledgers:
        await ledger.start()
    desks = [SeatDesk(office, ledger) for office, ledger in zip(offices, ledgers, strict=True)]
    hunters = [
        Client(desks[n % 4], base, estate, product_id, random.Random(f"{SEED}-{n}"), heard) for n in range(clients)
    ]
    rule = ApplyRule("hunt", code="sales", name="Sales", product_id=product_id, unit_id=estate.units["sales"])
    first = await offices[0].refreshed(base)
    await apply_rule(desks[0], first, replace(rule, token=(await preview_rule(desks[0], first, rule)).token))
    over = asyncio.Event()

    async def work(desk: SeatDesk) -> None:
        while not over.is_set():
            try:
                await reconcile(desk, estate.tenant_id)
                await lapse_due(desk, estate.tenant_id)
                await answer_due(desk.office, duties(desk.ledger))
            except Exception as error:  # noqa: BLE001 - every error is judged
                heard.error("work", error)
            await asyncio.sleep(0)

    async def hunt(client: Client) -> None:
        for _ in range(acts // clients):
            await client.act()

    workers = [asyncio.create_task(work(desk)) for desk in desks[:2]]
    await asyncio.gather(*(hunt(client) for client in hunters))
    over.set()
    await asyncio.gather(*workers)
    for desk, ledger in zip(desks, ledgers, strict=True):
        await ledger.stop()
        await desk.office.database.dispose()
    return heard, _deadlocks(url)


def _deadlocks(url: str) -> int:
    """Give how many deadlocks the database had to end, whether a client heard of them or not."""
    if url.startswith("sqlite"):
        return 0
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    return int(row[0]) if row else 0


async def _judge(office: Office, estate: Estate, url: str, *, acts: int, clients: int) -> None:
    before = _deadlocks(url)
    heard, after = await _hunt(estate, url, acts=acts, clients=clients)
    print(
        f"\n{office.database.kind}: {acts} acts of {clients} clients, seed {SEED}: {sum(heard.done.values())} done "
        f"{dict(heard.done)}, refused {dict(heard.refused)}; {after - before} deadlocks inside, {len(heard.bad)} bad answers"
    )
    assert heard.bad == []
    async with office.database.read(estate.tenant_id) as session:
        rooms = {room.id: room.occupied for room in (await session.execute(select(Room))).scalars()}
        open_seats = (Assignment.released_at.is_(None), Assignment.tenant_id == estate.tenant_id)
        for column in (Assignment.pool_id, Assignment.line_id):
            found = dict(
                (await session.execute(select(column, func.count()).where(*open_seats).group_by(column))).tuples().all()
            )
            assert {room: rooms[room] for room in found} == found


@pytest.mark.exam
async def test_many_kinds_of_acts_at_once_end_in_no_deadlock(office: Office, estate: Estate, database_url: str) -> None:
    await _judge(office, estate, database_url, acts=int(os.environ.get("LICTOR_EXAMPLES", "10000")), clients=8)
