"""A hybrid license seats people line by line in its declared order: who finds one full goes to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from uuid import UUID

from sqlalchemy import select

from governance.directory.models import Person
from governance.directory.queries import visible_people
from governance.entitlements import queries as entitlements
from governance.entitlements.models import MetricLine, Pool
from governance.entitlements.queries import there, visible_pools
from governance.entitlements.rules import MEASURED, LicenseModel
from governance.kernel.errors import BadInput, Code, Reason
from governance.kernel.work import Work
from governance.seats import queries
from governance.seats.errors import TooManySeats
from governance.seats.models import Lease
from governance.seats.rules import Question, reasons
from governance.seats.service.assign import AT_MOST, AssignSeats, assign_seats, preview_assignment
from governance.seats.service.case import ELSEWHERE_HELPS
from governance.seats.service.desk import SeatDesk
from governance.seats.stacks import holders_to_be, pool_to_seat
from policies.access.actions import Action
from policies.access.parties import Actor


class Way(StrEnum):
    """How somebody comes to use a hybrid license: SEATED now, HELD before, by a LEASE, by the METER, or not at all."""

    SEATED = "SEATED"
    HELD = "HELD"
    LEASE = "LEASE"
    METER = "METER"
    DENIED = "DENIED"


@dataclass(frozen=True)
class SeatInLicense:
    entitlement_id: UUID
    person_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class Spilled:
    """Where a person came to: LEASE names the pool to acquire one from, METER the line that measures their use."""

    person_id: UUID
    way: Way
    line_id: UUID | None = None
    pool_id: UUID | None = None
    assignment_id: UUID | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class ComeBack:
    """A lease on a later line whose holder could have a seat of an earlier one: suggested, never done by itself."""

    lease_id: UUID
    person_id: UUID
    pool_id: UUID


@dataclass(frozen=True)
class _Step:
    line: MetricLine
    pools: tuple[UUID, ...]


async def seat_in_license(
    desk: SeatDesk, actor: Actor, command: SeatInLicense, request_id: UUID | None = None
) -> tuple[Spilled, ...]:
    """Seat people of a license in the order of its lines; asked again, those who hold a seat are told so.

    Only want of room, supply or territory sends somebody on; another reason is final. Raises NotFound, Refused,
    BadInput for a license that declares no order, TooManySeats, Unavailable.
    """
    people = tuple(dict.fromkeys(command.person_ids))
    if not people:
        raise BadInput("person_ids", "[]", "at least one person")
    if len(people) > AT_MOST:
        raise TooManySeats(len(people), AT_MOST)
    request_id = request_id or desk.office.ids.new()
    steps = await desk.look(actor, partial(_steps, command.entitlement_id), request_id)
    found: dict[UUID, Spilled] = {}
    no: dict[UUID, tuple[UUID, tuple[Reason, ...]]] = {}
    for step in steps:
        if step.line.model is LicenseModel.CONCURRENT_USER:
            leasing = await desk.look(actor, partial(_leases, (step.line.id,)), request_id)
            held = {lease.person_id: lease.pool_id for lease in leasing if lease.person_id not in found}
            found |= {p: Spilled(p, Way.HELD, step.line.id, held[p]) for p in people if p in held}
        for pool_id in step.pools:
            if left := tuple(p for p in people if p not in found):
                await _try(desk, actor, step, pool_id, left, found, no, request_id)
        if step.line.model is LicenseModel.METERED:
            found |= {p: Spilled(p, Way.METER, step.line.id) for p in people if p not in found}
    for person_id in people:
        if person_id not in found:
            found[person_id] = await _denied(desk, actor, person_id, no.get(person_id), request_id)
    return tuple(found[person_id] for person_id in people)


async def _steps(entitlement_id: UUID, work: Work) -> list[_Step]:
    entitlement = await entitlements.entitlement(work, entitlement_id)
    query = (
        select(MetricLine)
        .where(
            MetricLine.tenant_id == work.tenant_id,
            MetricLine.entitlement_id == entitlement.id,
            MetricLine.spill_order.is_not(None),
            there(MetricLine, None),
        )
        .order_by(MetricLine.spill_order, MetricLine.code)
    )
    lines = (await work.session.execute(query)).scalars().all()
    if not lines:
        raise BadInput("entitlement_id", entitlement.code, "a license whose lines have a spill order")
    steps = []
    for line in lines:
        right = Action.SEAT_INVITE if line.needs_acceptance else Action.SEAT_ASSIGN
        pools = visible_pools(work, right).where(Pool.line_id == line.id, Pool.closed_at.is_(None)).order_by(Pool.code)
        ids = (await work.session.execute(pools.with_only_columns(Pool.id))).scalars().all()
        steps.append(_Step(line, () if line.model in MEASURED else tuple(ids)))
    return steps


async def _try(
    desk: SeatDesk, actor: Actor, step: _Step, pool_id: UUID, people: Sequence[UUID], found: dict[UUID, Spilled],
    no: dict[UUID, tuple[UUID, tuple[Reason, ...]]], request_id: UUID,
) -> None:  # fmt: skip
    """Seat in one pool whom it takes; the others are told of the first pool that had no place for them."""
    seen = await preview_assignment(desk, actor, AssignSeats(pool_id, tuple(people)), request_id)
    for each in seen.denied:
        _final(step, pool_id, each.person_id, each.reasons, found)
        no.setdefault(each.person_id, (pool_id, each.reasons))
    fits = tuple(each.person_id for each in seen.seated)
    if step.line.model is LicenseModel.CONCURRENT_USER:
        found |= {p: Spilled(p, Way.LEASE, step.line.id, pool_id) for p in fits}
        return
    if not fits:
        return
    answers = await assign_seats(desk, actor, AssignSeats(pool_id, fits), request_id)
    for seated in answers.seated:
        found[seated.person_id] = Spilled(seated.person_id, Way.SEATED, step.line.id, pool_id, seated.assignment_id)
    for denied in answers.denied:
        _final(step, pool_id, denied.person_id, denied.reasons, found)
        no.setdefault(denied.person_id, (pool_id, denied.reasons))


def _final(step: _Step, pool_id: UUID, person_id: UUID, why: tuple[Reason, ...], found: dict[UUID, Spilled]) -> None:
    """Stop with a reason that no other line of the license would mend."""
    codes = {reason.code for reason in why}
    if Code.ALREADY_SEATED in codes:
        found[person_id] = Spilled(person_id, Way.HELD, step.line.id)
    elif not ELSEWHERE_HELPS.issuperset(codes):
        found[person_id] = Spilled(person_id, Way.DENIED, step.line.id, pool_id, reasons=why)


async def _denied(
    desk: SeatDesk, actor: Actor, person_id: UUID, no: tuple[UUID, tuple[Reason, ...]] | None, request_id: UUID
) -> Spilled:
    """Keep the refusal of whom no line takes, once, at the first pool that had no place."""
    if no is None:
        why = Reason(Code.NOT_IN_FORCE, "license", "no open pool within reach", "an open pool", "pools")
        return Spilled(person_id, Way.DENIED, reasons=(why,))
    answers = await assign_seats(desk, actor, AssignSeats(no[0], (person_id,)), request_id)
    for seated in answers.seated:
        return Spilled(person_id, Way.SEATED, None, no[0], seated.assignment_id)
    return Spilled(person_id, Way.DENIED, None, no[0], reasons=answers.denied[0].reasons)


async def coming_back(work: Work, entitlement_id: UUID) -> tuple[ComeBack, ...]:
    """Suggest a seat of an earlier line to those who lease on a later one, as far as there is room, oldest first.

    Nothing moves by itself: whoever follows the suggestion assigns the seat and gives the lease back. Raises NotFound,
    BadInput.
    """
    steps = await _steps(entitlement_id, work)
    suggested: list[ComeBack] = []
    lent = [step for step in steps if step.line.model is LicenseModel.CONCURRENT_USER]
    for step in (each for each in steps if each.line.model is not LicenseModel.CONCURRENT_USER):
        later = [each.line.id for each in lent if (each.line.spill_order or 0) > (step.line.spill_order or 0)]
        leases = await _leases(later, work)
        told = {each.lease_id for each in suggested}
        for pool_id in step.pools if leases else ():
            pool, owned = await pool_to_seat(work, pool_id)
            if not work.permits(Action.SEAT_INVITE if pool.needs_acceptance else Action.SEAT_ASSIGN, owned):
                continue
            people = await holders_to_be(work, pool, [lease.person_id for lease in leases])
            today, taken = await queries.today(work), 0
            for lease in leases:
                ask = Question(pool, people[lease.person_id], today, work.office.regions, taken=taken)
                beyond = pool.free is not None and taken >= pool.free
                if lease.id not in told and not beyond and not reasons(ask):
                    suggested.append(ComeBack(lease.id, lease.person_id, pool_id))
                    told.add(lease.id)
                    taken += 1
    return tuple(suggested)


async def _leases(line_ids: Sequence[UUID], work: Work) -> Sequence[Lease]:
    """Give the leases on these lines of people within reach, oldest first."""
    people = visible_people(work).with_only_columns(Person.id)
    query = select(Lease).where(
        Lease.tenant_id == work.tenant_id,
        Lease.line_id.in_(line_ids),
        Lease.ended_at.is_(None),
        Lease.person_id.in_(people),
    )
    return (await work.session.execute(query.order_by(Lease.granted_at, Lease.id))).scalars().all()
