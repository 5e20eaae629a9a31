"""What is known of people under the rules of a product: whom each rule names, how they stood, and what they have."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import and_, or_, select

from governance.assignment_rules.membership import named
from governance.assignment_rules.models import AssignmentRuleMember
from governance.assignment_rules.queries import OPEN, Ruled
from governance.assignment_rules.rules import OWN, Held, MemberState, RuleFacts, Standing
from governance.catalog.models import Tier
from governance.directory.models import Person
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE
from governance.kernel.errors import Code, Reason
from governance.kernel.work import Work
from governance.requests.models import SeatRequest
from governance.requests.rules import OPEN as UNANSWERED
from governance.requests.rules import RequestState
from governance.seats import queries as seats
from governance.seats.models import Assignment, AssignmentStep
from governance.seats.queries import LINE_OF_SEAT
from governance.seats.rules import ReleaseReason, SeatEvent

NAME = "assignment-rules"
PRINCIPAL = f"system:{NAME}"
RAN_OUT = ReleaseReason.INVITE_EXPIRED.value


@dataclass(frozen=True)
class Laid:
    """What is known of some people: whom each rule names, how they stood, what they have of rules, and any open seat.

    `sits`: person and pool to the open seat.
    """

    people: Mapping[UUID, Person]
    under: Mapping[UUID, tuple[RuleFacts, ...]]
    rows: Mapping[UUID, tuple[AssignmentRuleMember, ...]]
    standing: Mapping[UUID, tuple[Standing, ...]]
    own: Mapping[UUID, tuple[Held, ...]]
    sits: Mapping[tuple[UUID, UUID], UUID]


async def lay_out(
    work: Work, product_id: UUID, ruled: Sequence[Ruled], person_ids: Sequence[UUID],
    exceptions: Mapping[UUID, Collection[UUID]],
) -> Laid:  # fmt: skip
    people = select(Person).where(Person.tenant_id == work.tenant_id, Person.id.in_(person_ids))
    found = {row.id: row for row in (await work.session.execute(people)).scalars()}
    under: dict[UUID, list[RuleFacts]] = defaultdict(list)
    for each in ruled:
        if each.rule.ended_at is None:
            query = named(work, each.version, exceptions.get(each.rule.id, ())).where(Person.id.in_(person_ids))
            for person_id in (await work.session.execute(query)).scalars():
                under[person_id].append(each.facts)
    rows = await _rows(work, [each.rule.id for each in ruled], person_ids)
    noted = [row.assignment_id for those in rows.values() for row in those if row.assignment_id is not None]
    open_seats = await _open_seats(work, product_id, person_ids, noted)
    placed = await _placed_in_line(work, rows)
    standing = {
        person_id: tuple([await _standing(work, row, placed, open_seats) for row in those])
        for person_id, those in rows.items()
    }
    own = await _own(work, open_seats, standing, rows, [each.rule.id for each in ruled])
    return Laid(
        found, {key: tuple(those) for key, those in under.items()}, rows, standing, own, await _sits(work, person_ids)
    )


async def _rows(
    work: Work, rule_ids: Collection[UUID], person_ids: Collection[UUID]
) -> dict[UUID, tuple[AssignmentRuleMember, ...]]:
    query = select(AssignmentRuleMember).where(
        AssignmentRuleMember.tenant_id == work.tenant_id, AssignmentRuleMember.rule_id.in_(rule_ids),
        AssignmentRuleMember.person_id.in_(person_ids), OPEN,
    )  # fmt: skip
    found: dict[UUID, list[AssignmentRuleMember]] = defaultdict(list)
    for row in (await work.session.execute(query.order_by(AssignmentRuleMember.since))).scalars():
        found[row.person_id].append(row)
    return {person_id: tuple(those) for person_id, those in found.items()}


async def _open_seats(
    work: Work, product_id: UUID, person_ids: Collection[UUID], noted: Collection[UUID]
) -> dict[UUID, tuple[Assignment, int]]:
    """Give the open seats of the product, and those that rules noted: a seat of a suite may serve, too."""
    query = (
        select(Assignment, Tier.rank)
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .outerjoin(Tier, and_(Tier.tenant_id == MetricLine.tenant_id, Tier.id == MetricLine.tier_id))
        .where(
            Assignment.tenant_id == work.tenant_id, Assignment.person_id.in_(person_ids),
            Assignment.released_at.is_(None), ~seats.lapsed(work.now()),
            or_(Entitlement.product_id == product_id, Assignment.id.in_(noted)),
        )
        .order_by(Assignment.started_at, Assignment.id)
    )  # fmt: skip
    return {seat.id: (seat, rank or 0) for seat, rank in await work.session.execute(query)}


async def _placed_in_line(work: Work, rows: Mapping[UUID, Sequence[AssignmentRuleMember]]) -> dict[UUID, SeatRequest]:
    ids = [row.request_id for those in rows.values() for row in those if row.request_id is not None]
    query = select(SeatRequest).where(SeatRequest.tenant_id == work.tenant_id, SeatRequest.id.in_(ids))
    return {row.id: row for row in (await work.session.execute(query)).scalars()} if ids else {}


async def _standing(
    work: Work, row: AssignmentRuleMember, placed: Mapping[UUID, SeatRequest],
    open_seats: Mapping[UUID, tuple[Assignment, int]],
) -> Standing:  # fmt: skip
    """Read how somebody stands; a seat that was moved by hand is followed, a place in line looked up."""
    stands = Standing(
        row.rule_id, row.number, row.state, row.assignment_id, row.leaves_at,
        reasons=tuple(Reason(**{**each, "code": Code(each["code"])}) for each in row.reasons),
    )  # fmt: skip
    if (request := placed.get(row.request_id) if row.request_id else None) is not None:
        granted = request.state is RequestState.GRANTED
        lost = request.state not in UNANSWERED and not granted
        why = (_decided_against(f"request {request.id}", request.state.value),) if lost else ()
        return replace(stands, seat_id=request.assignment_id, lost_place=lost, reasons=why or stands.reasons)
    if row.assignment_id is None or row.assignment_id in open_seats:
        return stands
    seat = await work.session.get_one(Assignment, (work.tenant_id, row.assignment_id))
    if seat.released_at is None:  # an invitation that ran out, and was not swept yet
        return replace(
            stands, ended=ReleaseReason.INVITE_EXPIRED, reasons=(_decided_against(f"seat {seat.id}", RAN_OUT),)
        )
    followed = next(
        (
            each.id
            for each, _ in open_seats.values()
            if each.person_id == row.person_id and each.started_at == seat.released_at
        ),
        None,
    )
    if followed is not None and row.state in OWN:
        return replace(stands, seat_id=followed)
    assert seat.release_reason is not None
    return replace(
        stands, ended=seat.release_reason, reasons=(_decided_against(f"seat {seat.id}", seat.release_reason.value),)
    )


def _decided_against(subject: str, ended: str) -> Reason:
    remedy = "Assign a seat by hand, or apply a new version of the rule."
    return Reason(Code.WRONG_STATE, subject, ended, "nobody's decision against it", "seats", remedy)


async def _own(
    work: Work, open_seats: Mapping[UUID, tuple[Assignment, int]], standing: Mapping[UUID, Sequence[Standing]],
    rows: Mapping[UUID, Sequence[AssignmentRuleMember]], rule_ids: Collection[UUID],
) -> dict[UUID, tuple[Held, ...]]:  # fmt: skip
    """Give the open seats that rules gave: noted as such, let go before, or given and not noted any more."""
    mine = {
        each.seat_id
        for those in standing.values()
        for each in those
        if each.state in OWN or (each.state is MemberState.WAITING and each.seat_id is not None)
    }
    rest = [seat_id for seat_id in open_seats if seat_id not in mine]
    once = set(await _once_given(work, rest, rule_ids)) if rest else set()
    own: dict[UUID, list[Held]] = defaultdict(list)
    for seat_id, (seat, rank) in open_seats.items():
        if seat_id in mine or seat_id in once:
            adopted = seat_id not in mine
            own[seat.person_id].append(Held(seat.id, seat.line_id, seat.pool_id, rank, seat.state, adopted))
    return {person_id: tuple(those) for person_id, those in own.items()}


async def _once_given(work: Work, seat_ids: Sequence[UUID], rule_ids: Collection[UUID]) -> list[UUID]:
    began = (SeatEvent.ASSIGN.value, SeatEvent.INVITE.value)
    by_us = select(AssignmentStep.assignment_id).where(
        AssignmentStep.tenant_id == work.tenant_id, AssignmentStep.assignment_id.in_(seat_ids),
        AssignmentStep.event.in_(began), AssignmentStep.actor == PRINCIPAL,
    )  # fmt: skip
    before = select(AssignmentRuleMember.assignment_id).where(
        AssignmentRuleMember.tenant_id == work.tenant_id, AssignmentRuleMember.assignment_id.in_(seat_ids),
        AssignmentRuleMember.state.in_(OWN), AssignmentRuleMember.rule_id.in_(rule_ids),
    )  # fmt: skip
    query = select(Assignment.id).where(
        Assignment.tenant_id == work.tenant_id, Assignment.id.in_(seat_ids),
        or_(Assignment.id.in_(by_us), Assignment.id.in_(before)),
    )  # fmt: skip
    return list((await work.session.execute(query)).scalars())


async def _sits(work: Work, person_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], UUID]:
    query = select(Assignment.person_id, Assignment.pool_id, Assignment.id).where(
        Assignment.tenant_id == work.tenant_id, Assignment.person_id.in_(person_ids), Assignment.released_at.is_(None)
    )
    return {(person_id, pool_id): seat_id for person_id, pool_id, seat_id in await work.session.execute(query)}
