"""How many seats of a line were taken in its term, and how many more may be."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import and_, func, not_, or_, select

from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Entitlement, Lot, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, in_force, known
from governance.entitlements.rules import MEASURED, LicenseModel, RoomKind
from governance.entitlements.supply import ceiling_at
from governance.inventory.rules import HELD_BY_DEVICES
from governance.kernel.work import Work
from governance.seats.models import Assignment, AssignmentStep, RevocationClaim, RevocationMark
from governance.seats.rules import ReleaseReason, SeatEvent, SeatState
from governance.seats.rules.revoking import COOLDOWN, Cap, CapRule, CapSource, MarkKind, Span, cap_of, term_of

HELD = frozenset({SeatState.ASSIGNED, SeatState.ACTIVE, SeatState.SUSPENDED})
PERSON_HELD = frozenset(LicenseModel) - MEASURED - HELD_BY_DEVICES - {LicenseModel.CONCURRENT_USER}
"""The models of lines that people hold seats of, from whom they can be taken."""
TAKEN = (ReleaseReason.ADMIN, ReleaseReason.IDLE, ReleaseReason.DOWNGRADE)


async def revocation_cap(work: Work, line_id: UUID) -> Cap:
    """Say how a line stands against its cap, now."""
    now = work.now()
    lots = select(Lot).where(
        Lot.tenant_id == work.tenant_id, Lot.line_id == line_id, known(Lot, None), in_force(Lot, now)
    )
    spans = [Span(row.first_day, row.last_day, row.zone) for row in (await work.session.execute(lots)).scalars()]
    start, end = term_of(spans, now)
    supply, _ = (await work.session.execute(ceiling_at(RoomKind.LINE, work.tenant_id, line_id, now))).one()
    rule = await cap_rule(work, line_id)
    mine = (RevocationMark.tenant_id == work.tenant_id, RevocationMark.line_id == line_id)
    raised = select(func.coalesce(func.sum(RevocationMark.seats), 0)).where(
        *mine, RevocationMark.kind == MarkKind.RAISED, RevocationMark.recorded_at >= start,
        or_(RevocationMark.until.is_(None), RevocationMark.until > now),
    )  # fmt: skip
    more = int((await work.session.execute(raised)).scalar_one())
    claimed, bulk = await _claimed(work, line_id)
    last = select(func.max(RevocationMark.recorded_at)).where(*mine, RevocationMark.kind == MarkKind.TAKEN)
    before = now if bulk else (await work.session.execute(last)).scalar_one()
    rests = before + COOLDOWN if before is not None and before + COOLDOWN > now else None
    used = await _taken(work, line_id, start) + await _proposed(work, line_id) + claimed
    return Cap(cap_of(supply, rule.percent), more, used, end, rests, rule, start)


async def cap_rule(work: Work, line_id: UUID | None) -> CapRule:
    """Give the percentage that holds for a line (None: for lines of which nothing is said), and where it was said."""
    for source, where in ((CapSource.LINE, line_id), (CapSource.TENANT, None)):
        said = (
            select(RevocationMark.percent)
            .where(
                RevocationMark.tenant_id == work.tenant_id, RevocationMark.kind == MarkKind.SET,
                RevocationMark.line_id.is_(None) if where is None else RevocationMark.line_id == where,
            )
            .order_by(RevocationMark.recorded_at.desc(), RevocationMark.id.desc())
            .limit(1)
        )  # fmt: skip
        percent = (await work.session.execute(said)).scalar_one_or_none()
        if percent is not None:
            return CapRule(Decimal(percent), source if where is not None else CapSource.TENANT)
    return CapRule()


async def marks_of(work: Work, line_ids: Collection[UUID], *, most: int = 50) -> Sequence[RevocationMark]:
    """Give what was decided about the caps of these lines and of all, and what was taken in one call; newest first."""
    query = select(RevocationMark).where(
        RevocationMark.tenant_id == work.tenant_id,
        or_(RevocationMark.line_id.is_(None), RevocationMark.line_id.in_(sorted(line_ids))),
    )
    newest = query.order_by(RevocationMark.recorded_at.desc(), RevocationMark.id.desc())
    return (await work.session.execute(newest.limit(most))).scalars().all()


async def counting(work: Work, seats: Sequence[Assignment]) -> dict[UUID, tuple[UUID, ...]]:
    """Give by line the seats that would be taken from somebody who is there and holds them, beside who acts."""
    taken = [each for each in seats if each.state in HELD and each.person_id != work.actor.person_id]
    gone = await leavers(work, {each.person_id for each in taken})
    found: dict[UUID, tuple[UUID, ...]] = {}
    for each in taken:
        if each.person_id not in gone:
            found[each.line_id] = (*found.get(each.line_id, ()), each.id)
    return found


async def leavers(work: Work, person_ids: Collection[UUID]) -> frozenset[UUID]:
    """Give who of these people has left."""
    if not person_ids:
        return frozenset()
    left = select(Person.id).where(
        Person.tenant_id == work.tenant_id, Person.status == PersonStatus.LEFT, Person.id.in_(sorted(person_ids))
    )
    return frozenset((await work.session.execute(left)).scalars())


async def line_name(work: Work, line_id: UUID) -> str:
    """Give a line as license and line are coded."""
    query = (
        select(Entitlement.code, MetricLine.code)
        .join(MetricLine, ENTITLEMENT_OF_LINE)
        .where(MetricLine.tenant_id == work.tenant_id, MetricLine.id == line_id)
    )
    license_, line = (await work.session.execute(query)).one()
    return f"{license_}/{line}"


async def _taken(work: Work, line_id: UUID, start: datetime) -> int:
    """Count the seats that others took in the term; as USER_LEFT a person's word alone counts, not the sweep's."""
    step, seat = AssignmentStep, Assignment
    by_hand = and_(seat.release_reason == ReleaseReason.USER_LEFT, not_(step.actor.startswith("system:")))
    released = (
        select(seat.person_id, step.actor)
        .join(step, and_(step.tenant_id == seat.tenant_id, step.assignment_id == seat.id))
        .join(Person, and_(Person.tenant_id == seat.tenant_id, Person.id == seat.person_id))
        .where(
            seat.tenant_id == work.tenant_id, seat.line_id == line_id, seat.released_at >= start,
            or_(Person.left_at.is_(None), Person.left_at > seat.released_at),
            or_(seat.release_reason.in_(TAKEN), by_hand), step.event == SeatEvent.RELEASE.value,
            or_(seat.invitation_expires_at.is_(None), seat.accepted_at.is_not(None)),
        )
    )  # fmt: skip
    rows = (await work.session.execute(released)).all()
    return sum(1 for person_id, actor in rows if actor != f"person:{person_id}")


async def _proposed(work: Work, line_id: UUID) -> int:
    pending = (
        select(func.count())
        .select_from(Assignment)
        .join(Person, and_(Person.tenant_id == Assignment.tenant_id, Person.id == Assignment.person_id))
        .where(
            Assignment.tenant_id == work.tenant_id, Assignment.line_id == line_id,
            Assignment.state == SeatState.RECLAIM_PENDING, Person.status != PersonStatus.LEFT,
        )
    )  # fmt: skip
    return int((await work.session.execute(pending)).scalar_one())


async def _claimed(work: Work, line_id: UUID) -> tuple[int, bool]:
    """Count the seats that calls under way are about to take and have not taken yet; and whether one takes several."""
    claim = RevocationClaim
    query = (
        select(claim.call_id, claim.assignment_id, Assignment.state)
        .join(Assignment, and_(Assignment.tenant_id == claim.tenant_id, Assignment.id == claim.assignment_id))
        .where(claim.tenant_id == work.tenant_id, claim.line_id == line_id, claim.until > work.now())
    )
    rows = (await work.session.execute(query)).all()
    calls = [call_id for call_id, _, _ in rows]
    return len({seat for _, seat, state in rows if state in HELD}), any(calls.count(each) > 1 for each in set(calls))
