"""Sequences of the model lived through in a database as well: the same license, the same things asked, at once."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.agreements.rules import ChangeReason
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool, Room
from governance.entitlements.rules import CostBasis, Expiry, LicenseModel, Overage, RoomKind, Term, most_of
from governance.entitlements.supply import resupply
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.seats.leases.lease import Acquire, Said, Tick
from governance.seats.ledger.desk import GroupCommit
from governance.seats.ledger.port import Answer, Claim, Grant, Lend, Move, Outcome
from governance.seats.models import Assignment, Lease, LeaseRoom, LeaseWait
from governance.seats.models import LeaseTerms as TermsRow
from governance.seats.rules import SeatEvent, SeatState
from governance.seats.service import SeatDesk, lapse_due
from governance.seats.service.expire import expire_due
from tests.estate import Estate
from tests.governance.seats.ground import claim, running
from tests.governance.seats.machine import (
    ANSWERED_IN,
    LENDING,
    LINES,
    ROOMS,
    Ask,
    Model,
    Part,
    Resize,
    Told,
    World,
)
from tests.governance.seats.watching import Watch

CROWD = 3
"""From so many claims of a call on, the ledger seats them at once: also a crowd of two is asked for, one by one."""
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Round:
    """So much time passes, it is swept or not, each sequence is resized or not, and then everybody asks at once."""

    minutes: int
    sweeps: bool
    asked: tuple[tuple[Resize | None, list[Ask]], ...]


@dataclass
class Twin:
    """A sequence's model and its license in the database, side by side."""

    estate: Estate
    agreement_id: UUID
    product_id: UUID
    watch: Watch
    ids: dict[str, UUID] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell what this sequence was beside an error that it led to."""
        try:
            yield
        except AssertionError as error:
            error.add_note("\n".join([str(self.model.world), *self.story]))
            raise

    @property
    def model(self) -> Model:
        return self.watch.model

    def rows(self) -> list[Any]:
        """Give the rows of the license, as its verbs would have left them."""
        key, world = self.estate.key, self.model.world
        self.ids = {name: self.estate.office.ids.new() for name in (*ROOMS, "license")}
        rows: list[Any] = [
            Entitlement(
                tenant_id=self.estate.tenant_id, id=self.ids["license"], agreement_id=self.agreement_id,
                product_id=self.product_id, code=self.ids["license"].hex, name="L",
                unit_id=self.estate.units["halden"], recorded_at=START,
            )
        ]  # fmt: skip
        for line, pools in (("first", LENDING), ("second", ("third",))):
            first = line == "first"
            overage = world.overage if first else Overage.BLOCK
            percent = str(world.percent) if overage is Overage.ALLOW_TO_PERCENT else None
            end = world.ends if first else None
            rows.append(
                MetricLine(
                    tenant_id=self.estate.tenant_id, id=self.ids[line], entitlement_id=self.ids["license"], code=line,
                    model=LicenseModel.NAMED_USER, term=Term.SUBSCRIPTION if end else Term.PERPETUAL, overage=overage, overage_percent=percent,
                    expiry=Expiry.REVOKE if world.revokes else Expiry.RESTRICT,
                    suspended_occupies=world.suspended_occupies or not first,
                )
            )  # fmt: skip
            lot = Lot(
                **key(), lot_key=uuid4(), line_id=self.ids[line], quantity=world.seats[line], first_day=FIRST_DAY,
                last_day=end and (end - DAY).date(), zone="UTC", start=datetime(2026, 1, 1, tzinfo=UTC), end=end,
                included=["001"], excluded=[], currency="USD", unit_price=1, cost_basis=CostBasis.PER_SEAT,
                reason=ChangeReason.NEW, recorded_at=START, recorded_by="system:tests",
            )  # fmt: skip
            rows += [lot, self._room(line, RoomKind.LINE, percent, end)]
            for pool in pools:
                rows.append(
                    Pool(
                        tenant_id=self.estate.tenant_id, id=self.ids[pool], line_id=self.ids[line], code=pool, name=pool,
                        unit_id=self.estate.units["sales"], opened_at=START,
                    )
                )  # fmt: skip
                rows.append(
                    Allocation(
                        **key(), lot_key=lot.lot_key, pool_id=self.ids[pool], quantity=world.seats[pool], start=lot.start,
                        end=end, reason=ChangeReason.NEW, recorded_at=START, recorded_by="system:tests",
                    )
                )  # fmt: skip
                rows.append(self._room(pool, RoomKind.POOL, percent, end))
        return [*rows, *(self._terms(pool) for pool in LENDING)]

    def _room(self, name: str, kind: RoomKind, percent: str | None, end: datetime | None) -> Room:
        supply = self.model.world.seats[name]
        return Room(
            tenant_id=self.estate.tenant_id, id=self.ids[name], kind=kind, percent=percent, changes_at=end,
            ceiling=most_of(supply, percent), supply=None if percent is None else supply,
        )  # fmt: skip

    def _terms(self, pool: str) -> TermsRow:
        terms = self.model.world.terms
        return TermsRow(
            tenant_id=self.estate.tenant_id, id=self.ids[pool], term_s=600, revival_s=terms.revival.seconds,
            linger_s=terms.linger.seconds, borrow_days=terms.borrow_days, borrowable=terms.borrowable,
            early_return=terms.early_return, reserved=dict(terms.reserved),
        )  # fmt: skip

    def claims(self, parts: Sequence[Part]) -> list[Claim]:
        """Give the parts of a call as its claims, which share what the call says once."""
        request_id = uuid4()
        return [replace(self.claim(part), request_id=request_id) for part in parts]

    def claim(self, part: Part) -> Claim:
        pool, line, person = self.ids[part.pool], self.ids[LINES[part.pool]], self.estate.people[part.person]
        if part.lend is not None:
            who = person if isinstance(part.lend, Acquire) else None
            return claim(self.estate, Lend(pool, line, part.lend, who), id=part.id, act="lease:acquire")
        if part.seat is None:
            return claim(self.estate, Grant(pool, line, person, invite=part.invite), id=part.id)
        assert part.event is not None
        due = self.model.now + ANSWERED_IN if part.event is SeatEvent.PROPOSE_RECLAIM else None
        return claim(
            self.estate, Move(part.seat.id, line, pool, part.event, due_at=due, only_from=part.only_from), id=part.id
        )

    async def resize(self, session: AsyncSession, change: Resize) -> None:
        """Supersede the lot or the allocation, and bring the rooms of its line up to date, as their verbs do."""
        model, room = (Allocation, Allocation.pool_id) if change.room in LINES else (Lot, Lot.line_id)
        query = select(model).where(room == self.ids[change.room], model.superseded_at.is_(None))
        old = (await session.execute(query)).scalar_one()
        values = {column.key: getattr(old, column.key) for column in model.__table__.columns}
        old.superseded_at = max(self.model.now, old.recorded_at + timedelta(microseconds=1))
        values |= {"id": uuid4(), "quantity": change.seats, "recorded_at": old.superseded_at}
        session.add(model(**values))
        await resupply(session, self.estate.tenant_id, self.ids[LINES.get(change.room, change.room)], self.model.now)
        self.watch.resize(change)


async def _laid(office: Office, worlds: Sequence[World]) -> list[Twin]:
    """Lay a tenant with an agreement, and in it the license of each sequence."""
    estate = await Estate.raised(office)
    ground = await estate.license("ground")
    async with office.database.read(estate.tenant_id) as session:
        product = select(Entitlement.product_id).where(Entitlement.id == ground.entitlement_id)
        product_id = (await session.execute(product)).scalar_one()
    twins = [
        Twin(estate, ground.agreement_id, product_id, Watch(Model(world, START, office.ids.new))) for world in worlds
    ]
    async with office.database.write(estate.tenant_id) as session:
        for twin in twins:
            session.add_all(twin.rows())
    return twins


def same(said: Told, answer: Answer, part: Part) -> None:
    """Hold that the ledger said what the model says; a refusal of a lease is told by its reason's code."""
    if said.lent is None:
        found = answer.overage if part.seat is None and answer.outcome is Outcome.DONE else said.overage
        assert (answer.outcome, found) == (said.outcome, said.overage), (part, answer, said)
        return
    told = said.lent
    if told.said is Said.REFUSED:
        assert told.reason is not None
        assert (answer.outcome, answer.reasons[0].code) == (Outcome.DENIED, told.reason.code), (part, answer, said)
    elif answer.outcome is Outcome.FAILED:
        assert told.reason is not None
        assert answer.error is not None
        assert (told.said, told.reason.code) == (Said.LOST, answer.error.code), (part, answer, said)
    else:
        found_ = answer.lent[0]
        assert (found_.said, found_.lease, found_.place) == (told.said, told.lease, told.place), (part, found_, told)


async def hold(office: Office, clock: HandClock, worlds: Sequence[World], rounds: Sequence[Round]) -> None:
    """Live through sequences beside each other, by the model and by the ledger, and find no difference."""
    clock.set(START)
    twins = await _laid(office, worlds)
    async with running(office, many=CROWD) as ledger:
        desk = SeatDesk(office, ledger)
        for each in rounds:
            clock.advance(each.minutes * MINUTE)
            for twin in twins:
                twin.watch.pass_time(clock.now())
            if each.sweeps:
                await lapse_due(desk, twins[0].estate.tenant_id)
                await expire_due(desk, twins[0].estate.tenant_id)
                for twin in twins:
                    twin.watch.sweep()
                    twin.story.append(f"{clock.now():%d %H:%M} swept")
            await _resized(office, ledger, list(zip(twins, (resize for resize, _ in each.asked), strict=True)))
            await asyncio.gather(*(_round(ledger, twin, each.asked[n][1]) for n, twin in enumerate(twins)))
            await _same_rows(office, twins)


async def _resized(office: Office, ledger: GroupCommit, changes: list[tuple[Twin, Resize | None]]) -> None:
    async with office.database.write(changes[0][0].estate.tenant_id) as session:
        for twin, change in changes:
            if change is not None:
                await twin.resize(session, change)
                twin.story.append(f"{twin.model.now:%d %H:%M} {change}")
    ticks = [
        claim(twin.estate, Lend(twin.ids[pool], twin.ids["first"], Tick()), act="lease:expire")
        for twin, change in changes if change is not None for pool in LENDING
    ]  # fmt: skip
    await ledger.submit_all(ticks)


async def _round(ledger: GroupCommit, twin: Twin, asks: list[Ask]) -> None:
    calls, expected = [], []
    for ask in asks:
        parts, atomic, said = twin.watch.call(ask)
        twin.story.append(f"{twin.model.now:%d %H:%M} {ask} {said}")
        calls.append(ledger.submit_all(twin.claims(parts), atomic=atomic))
        expected.append((parts, said))
    for answers, (parts, said) in zip(await asyncio.gather(*calls), expected, strict=True):
        for answer, part, one in zip(answers, parts, said, strict=True):
            with twin.telling():
                same(one, answer, part)


async def _same_rows(office: Office, twins: Sequence[Twin]) -> None:
    """Hold that rows say what the models say, that counters are the sums of their rows, and each client has one lease."""
    tenant = twins[0].estate.tenant_id
    async with office.database.read(tenant) as session:

        async def all_of(model: Any, *where: Any) -> list[Any]:
            return list((await session.execute(select(model).where(model.tenant_id == tenant, *where))).scalars())

        held = {each.id: each for each in await all_of(Assignment)}
        rooms = {each.id: each for each in await all_of(Room)}
        leases = await all_of(Lease, Lease.ended_at.is_(None))
        waits = sorted(await all_of(LeaseWait, LeaseWait.ended_at.is_(None)), key=lambda each: each.place)
        lent = {each.id: each for each in await all_of(LeaseRoom)}
    for twin in twins:
        with twin.telling():
            _same_seats(twin, held)
            if _settled(twin, rooms, lent):
                for pool in LENDING:
                    _same_leases(twin, pool, leases, waits, lent)
                for name in ROOMS:
                    _same_room(twin, name, rooms, held, leases)
    assert sum(len(twin.model.seats) for twin in twins) == len(held)


def _same_room(
    twin: Twin, name: str, rooms: dict[UUID, Room], held: dict[UUID, Assignment], leases: list[Lease]
) -> None:
    room, model = rooms[twin.ids[name]], twin.model
    assert room.occupied == model.taken(name), name
    of_line = [twin.ids[pool] for pool, line in LINES.items() if name in {pool, line}]
    always = name in {"third", "second"} or model.world.suspended_occupies
    taking = sum(_takes(each, model.now, suspended=always) for each in held.values() if each.pool_id in of_line)
    lent = sum(each.quantity for each in leases if each.pool_id in of_line and each.freed_at is None)
    assert room.occupied == taking + lent, name


def _takes(seat: Assignment, now: datetime, *, suspended: bool) -> bool:
    """Say whether a row takes a seat, in other words than the product's."""
    match seat.state:
        case SeatState.RELEASED:
            return False
        case SeatState.INVITED:
            return seat.invitation_expires_at is None or seat.invitation_expires_at > now
        case SeatState.SUSPENDED:
            return suspended
    return True


def _settled(twin: Twin, rooms: dict[UUID, Room], lent: dict[UUID, LeaseRoom]) -> bool:
    """Say whether nothing of a sequence is overdue: its counters then are those of now."""
    mine = [rooms[twin.ids[name]] for name in ROOMS]
    dues = [at for each in mine for at in (each.lapses_at, each.changes_at) if at is not None]
    dues += [
        at for name in LENDING if twin.ids[name] in lent for at in (lent[twin.ids[name]].due_at,) if at is not None
    ]
    return all(at > twin.model.now for at in dues)


def _same_seats(twin: Twin, held: dict[UUID, Assignment]) -> None:
    for seat in twin.model.seats:
        row = held[seat.id]
        unswept = seat.expires is not None and row.state is SeatState.INVITED and seat.state is SeatState.RELEASED
        assert row.state is seat.state or unswept, (seat, row.state)
        assert (row.first_use_at is not None) == seat.used
        assert row.pool_id == twin.ids[seat.pool]


def _same_leases(
    twin: Twin, pool: str, leases: list[Lease], waits: list[LeaseWait], lent: dict[UUID, LeaseRoom]
) -> None:
    model, names = twin.model.pools[pool], ("client", "quantity", "token", "state", "borrowed", "overage", "expires_at")
    found = [each for each in leases if each.pool_id == twin.ids[pool]]
    assert {each.id: [getattr(each, name) for name in names] for each in found} == {
        key: [getattr(each, name) for name in names] for key, each in model.leases.items()
    }
    assert len({each.client for each in found}) == len(found)
    assert [each.client for each in waits if each.pool_id == twin.ids[pool]] == [each.client for each in model.waiting]
    if (room := lent.get(twin.ids[pool])) is not None:
        held = {group or None: count for group, count in room.held.items()}
        assert (held, room.borrowed, room.fence) == (dict(model.held), model.borrowed, model.fence)
