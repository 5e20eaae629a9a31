"""What time alone changes, swept: invitations that ran out, reclaims nobody answered, supply that ended."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import exists, or_, select

from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Pool, Room
from governance.entitlements.rules import RoomKind
from governance.entitlements.supply import resupply
from governance.kernel.work import Work
from governance.seats.lease_queries import pools_due
from governance.seats.leases.lease import Tick
from governance.seats.ledger.port import Claim, Lend, Move, Outcome
from governance.seats.models import Assignment, LeaseRoom
from governance.seats.queries import lapsed
from governance.seats.rules import ReleaseReason, SeatEvent, SeatState
from governance.seats.service.desk import SeatDesk, system_actor

AT_MOST = 500


@dataclass(frozen=True)
class Lapsed:
    """How many invitations ended, seats were released after a silent reclaim, lines got another supply.

    `leases`: of how many pools time had ended leases, or served who waits.
    """

    invitations: int
    reclaimed: int
    resupplied: int
    leases: int = 0


@dataclass(frozen=True)
class _Due:
    invitations: tuple[Assignment, ...]
    reclaims: tuple[tuple[Assignment, PersonStatus], ...]
    lines: tuple[UUID, ...]
    lent: tuple[LeaseRoom, ...]


async def lapse_due(desk: SeatDesk, tenant_id: UUID) -> Lapsed:
    """Sweep one tenant, at most 500 rows of each kind; call again while anything was done. Safe to repeat.

    Reads and the ledger never wait for it: what has lapsed counts as lapsed, swept or not. Raises Unavailable.
    """
    actor = system_actor(tenant_id, "sweep")
    due = await desk.look(actor, _due)
    claims = [_claim(desk, seat, SeatEvent.EXPIRE, ReleaseReason.INVITE_EXPIRED) for seat in due.invitations]
    claims += [
        _claim(
            desk, seat, SeatEvent.RELEASE,
            ReleaseReason.USER_LEFT if status is PersonStatus.LEFT else ReleaseReason.IDLE,
        )
        for seat, status in due.reclaims
    ]  # fmt: skip
    claims += [_tick(desk, room) for room in due.lent]
    # The ledger first: who waits is served at the very instant at which more began, which a resupply as of now hides.
    answers = await desk.ledger.submit_all(claims)
    for line_id in due.lines:
        await desk.office.perform(actor, partial(_resupply, line_id))
    overdue = sum(1 for room in due.lent if room.due_at is not None and room.due_at <= desk.office.clock.now())
    split = len(due.invitations)
    # The ledger lapses what it meets before it decides: an invitation it finds ended was ended by this very call.
    ended = [a for a in answers[:split] if a.state is SeatState.RELEASED]
    reclaimed = [a for a in answers[split : len(answers) - len(due.lent)] if a.outcome is Outcome.DONE]
    return Lapsed(len(ended), len(reclaimed), len(due.lines), overdue)


async def _due(work: Work) -> _Due:
    now = work.now()
    mine = select(Assignment).where(Assignment.tenant_id == work.tenant_id)
    invitations = await work.session.execute(
        mine.where(lapsed(now)).order_by(Assignment.invitation_expires_at).limit(AT_MOST)
    )
    reclaims = await work.session.execute(
        mine.add_columns(Person.status)
        .join(Person, (Person.tenant_id == Assignment.tenant_id) & (Person.id == Assignment.person_id))
        .where(Assignment.state == SeatState.RECLAIM_PENDING, Assignment.reclaim_due_at <= now)
        .order_by(Assignment.reclaim_due_at)
        .limit(AT_MOST)
    )
    changed = (Room.tenant_id == work.tenant_id, Room.changes_at <= now)
    pools = select(Pool.line_id).join(Room, (Room.tenant_id == Pool.tenant_id) & (Room.id == Pool.id))
    lines = await work.session.execute(
        pools.where(*changed).union(select(Room.id).where(*changed, Room.kind == RoomKind.LINE)).limit(AT_MOST)
    )
    return _Due(
        tuple(invitations.scalars()),
        tuple((seat, status) for seat, status in reclaims),
        tuple(sorted(lines.scalars())),
        tuple(await pools_due(work, at_most=AT_MOST)),
    )


async def _resupply(line_id: UUID, work: Work) -> None:
    """Renew the rooms of a line whose supply has changed with time, and tell of it for those who watch its use.

    Whoever comes second waits for the line's room and finds nothing left to do: it is told of once.
    """
    of_line = select(Room.id).where(Room.tenant_id == work.tenant_id, Room.id == line_id)
    await work.session.execute(of_line.with_for_update(key_share=True))
    pools = select(Pool.id).where(Pool.tenant_id == work.tenant_id, Pool.line_id == line_id)
    rooms = (Room.tenant_id == work.tenant_id, or_(Room.id == line_id, Room.id.in_(pools)))
    changed = select(exists().where(*rooms, Room.changes_at <= work.now()))
    if (await work.session.execute(changed)).scalar_one():
        await resupply(work.session, work.tenant_id, line_id, work.now())
        await work.emit("SupplyChanged", line_id)


def _claim(desk: SeatDesk, seat: Assignment, event: SeatEvent, reason: ReleaseReason) -> Claim:
    expiring = event is SeatEvent.EXPIRE
    return Claim(
        desk.office.ids.new(), seat.tenant_id, "system:sweep", f"seat:{'expire' if expiring else 'release'}",
        desk.office.ids.new(),
        Move(
            seat.id, seat.line_id, seat.pool_id, event, reason,
            at=seat.invitation_expires_at if expiring else None, only_from=seat.state,
        ),
        note=None if expiring else "nobody answered the proposal in time",
    )  # fmt: skip


def _tick(desk: SeatDesk, room: LeaseRoom) -> Claim:
    return Claim(
        desk.office.ids.new(), room.tenant_id, "system:sweep", "lease:expire", desk.office.ids.new(),
        Lend(room.id, room.line_id, Tick()),
    )  # fmt: skip
