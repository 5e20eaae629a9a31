"""How many seats of a line were taken in its term, and how many more may be."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Entitlement, Lot, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, in_force, known
from governance.entitlements.rules import RoomKind
from governance.entitlements.supply import ceiling_at
from governance.kernel.work import Work
from governance.seats.errors import RevocationCapped, RevocationRests
from governance.seats.models import Assignment, AssignmentStep, RevocationMark
from governance.seats.rules import ReleaseReason, SeatEvent, SeatState
from governance.seats.rules.revoking import COOLDOWN, Cap, Span, cap_of, term_of

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
    mine = (RevocationMark.tenant_id == work.tenant_id, RevocationMark.line_id == line_id)
    raised = select(func.coalesce(func.sum(RevocationMark.seats), 0)).where(
        *mine, RevocationMark.raises.is_(True), RevocationMark.recorded_at >= start,
        or_(RevocationMark.until.is_(None), RevocationMark.until > now),
    )  # fmt: skip
    last = select(func.max(RevocationMark.recorded_at)).where(*mine, RevocationMark.raises.is_(False))
    before = (await work.session.execute(last)).scalar_one()
    rests = before + COOLDOWN if before is not None and before + COOLDOWN > now else None
    more = int((await work.session.execute(raised)).scalar_one())
    return Cap(cap_of(supply), more, await _used(work, line_id, start), end, rests)


async def check_revocation(work: Work, seats: Sequence[Assignment]) -> dict[UUID, int]:
    """Let pass a call that takes these seats, and give how many of each line count.

    A single seat is a decision about one person, and passes; it counts. Raises RevocationCapped, RevocationRests.
    """
    counted = await counting(work, seats)
    for line_id, asked in counted.items():
        if asked < 2:
            continue
        standing, name = await revocation_cap(work, line_id), await _named(work, line_id)
        if standing.left is not None and asked > standing.left:
            assert standing.cap is not None
            raise RevocationCapped(name, asked, standing.used, standing.cap + standing.raised, standing.opens_at)
        if standing.rests_until is not None:
            raise RevocationRests(name, standing.rests_until)
    return counted


async def counting(work: Work, seats: Sequence[Assignment]) -> dict[UUID, int]:
    """Count by line the seats that would be taken from somebody who is there and holds them, beside who acts."""
    held = {SeatState.ASSIGNED, SeatState.ACTIVE, SeatState.SUSPENDED}
    taken = [each for each in seats if each.state in held and each.person_id != work.actor.person_id]
    left = select(Person.id).where(
        Person.tenant_id == work.tenant_id, Person.status == PersonStatus.LEFT,
        Person.id.in_([each.person_id for each in taken]),
    )  # fmt: skip
    gone = set((await work.session.execute(left)).scalars()) if taken else set()
    found: dict[UUID, int] = {}
    for each in taken:
        if each.person_id not in gone:
            found[each.line_id] = found.get(each.line_id, 0) + 1
    return found


def bulk_marks(work: Work, counted: dict[UUID, int]) -> list[RevocationMark]:
    """Give the rows that say that several seats of a line were taken in one call."""
    return [
        RevocationMark(
            tenant_id=work.tenant_id, id=work.new_id(), line_id=line_id, seats=seats, raises=False, until=None,
            recorded_at=work.now(), recorded_by=work.actor.principal,
        )
        for line_id, seats in counted.items()
        if seats > 1
    ]  # fmt: skip


async def _used(work: Work, line_id: UUID, start: object) -> int:
    released = (
        select(Assignment.person_id, AssignmentStep.actor)
        .join(
            AssignmentStep,
            and_(AssignmentStep.tenant_id == Assignment.tenant_id, AssignmentStep.assignment_id == Assignment.id),
        )
        .join(Person, and_(Person.tenant_id == Assignment.tenant_id, Person.id == Assignment.person_id))
        .where(
            Assignment.tenant_id == work.tenant_id, Assignment.line_id == line_id, Assignment.released_at >= start,
            or_(Person.left_at.is_(None), Person.left_at > Assignment.released_at),
            Assignment.release_reason.in_(TAKEN), AssignmentStep.event == SeatEvent.RELEASE.value,
            or_(Assignment.invitation_expires_at.is_(None), Assignment.accepted_at.is_not(None)),
        )
    )  # fmt: skip
    rows = (await work.session.execute(released)).all()
    taken = sum(1 for person_id, actor in rows if actor != f"person:{person_id}")
    pending = (
        select(func.count())
        .select_from(Assignment)
        .join(Person, and_(Person.tenant_id == Assignment.tenant_id, Person.id == Assignment.person_id))
        .where(
            Assignment.tenant_id == work.tenant_id, Assignment.line_id == line_id,
            Assignment.state == SeatState.RECLAIM_PENDING, Person.status != PersonStatus.LEFT,
        )
    )  # fmt: skip
    return taken + int((await work.session.execute(pending)).scalar_one())


async def _named(work: Work, line_id: UUID) -> str:
    query = (
        select(Entitlement.code, MetricLine.code)
        .join(MetricLine, ENTITLEMENT_OF_LINE)
        .where(MetricLine.tenant_id == work.tenant_id, MetricLine.id == line_id)
    )
    license_, line = (await work.session.execute(query)).one()
    return f"{license_}/{line}"
