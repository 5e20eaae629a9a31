"""Who falls under a rule, and of whom something has to be decided because that changed, or time has passed."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from governance.assignment_rules.models import (
    AssignmentRuleException,
    AssignmentRuleMember,
    AssignmentRuleVersion,
)
from governance.assignment_rules.queries import OPEN, Ruled
from governance.assignment_rules.rules import OWN, MemberState
from governance.directory.models import GroupMember, Person, ProfileValue, UnitClosure
from governance.directory.rules import PersonStatus
from governance.kernel.work import Work
from governance.requests.models import SeatRequest
from governance.seats.models import Assignment

EMPLOYMENT = "userType"


def named(work: Work, version: AssignmentRuleVersion, exceptions: Collection[UUID] = ()) -> Select[UUID]:
    """Give who falls under a version now: it need not be kept yet, and `exceptions` are its own where it is not.

    Who is on leave falls under it, who left does not.
    """
    fits: list[ColumnElement[bool]] = [
        Person.tenant_id == work.tenant_id, Person.status != PersonStatus.LEFT,
    ]  # fmt: skip
    if version.group_id is not None:
        fits.append(Person.id.in_(_in_group(work, version.group_id)))
    if version.unit_id is not None:
        below = select(UnitClosure.unit_id).where(
            UnitClosure.tenant_id == work.tenant_id, UnitClosure.ancestor_id == version.unit_id
        )
        fits.append(Person.unit_id.in_(below))
    if version.employment is not None:
        kinds = select(ProfileValue.person_id).where(
            ProfileValue.tenant_id == work.tenant_id,
            ProfileValue.attribute == EMPLOYMENT,
            ProfileValue.key == version.employment.casefold(),
        )
        fits.append(Person.id.in_(kinds))
    if version.region is not None:
        fits.append(Person.country.in_(sorted(work.office.regions.below((version.region,)))))
    if version.except_group_id is not None:
        fits.append(Person.id.not_in(_in_group(work, version.except_group_id)))
    kept = select(AssignmentRuleException.person_id).where(
        AssignmentRuleException.tenant_id == work.tenant_id, AssignmentRuleException.version_id == version.id
    )
    fits.append(Person.id.not_in(kept))
    if exceptions:
        fits.append(Person.id.not_in(sorted(exceptions)))
    return select(Person.id).where(*fits)


def _in_group(work: Work, group_id: UUID) -> Select[UUID]:
    return select(GroupMember.person_id).where(
        GroupMember.tenant_id == work.tenant_id, GroupMember.group_id == group_id, GroupMember.end.is_(None)
    )


async def to_look_at(
    work: Work, ruled: Iterable[Ruled], *, skip: Collection[UUID], most: int, only: UUID | None = None
) -> tuple[UUID, ...]:
    """Give people of whom something has to be decided, none of `skip`: who came under a rule, fell out, or is due.

    `only`: nobody but this person is asked for.
    """
    found: dict[UUID, None] = {}
    for each in ruled:
        for query, person_id in _differences(work, each):
            asked = query if only is None else query.where(person_id == only)
            rows = await work.session.execute(asked.limit(most + len(skip)))
            found |= dict.fromkeys(one for one in rows.scalars() if one not in skip)
            if len(found) >= most:
                return tuple(found)[:most]
    return tuple(found)


def _differences(work: Work, each: Ruled) -> tuple[tuple[Select[UUID], ColumnElement[UUID]], ...]:
    now = work.now()
    mine = (AssignmentRuleMember.tenant_id == work.tenant_id, AssignmentRuleMember.rule_id == each.rule.id, OPEN)
    rows = select(AssignmentRuleMember.person_id).where(*mine)
    who: ColumnElement[UUID] = AssignmentRuleMember.person_id.expression
    in_turn = AssignmentRuleMember.since, AssignmentRuleMember.person_id
    moved = rows.where(or_(*_due(now), _seat_over(), _wait_over(), AssignmentRuleMember.number != each.version.number))
    if each.rule.ended_at is not None:
        leaving = AssignmentRuleMember.state == MemberState.LEAVING
        return ((rows.where(or_(~leaving, *_due(now), _seat_over())).order_by(*in_turn), who),)
    under = named(work, each.version)
    fallen = rows.where(AssignmentRuleMember.state != MemberState.LEAVING, AssignmentRuleMember.person_id.not_in(under))
    back = rows.where(
        AssignmentRuleMember.state == MemberState.LEAVING,
        AssignmentRuleMember.leaves_at.is_not(None),
        AssignmentRuleMember.person_id.in_(under),
    )
    new = under.where(Person.id.not_in(rows)).order_by(Person.id)
    ours = tuple((query.order_by(*in_turn), who) for query in (fallen, moved, back))
    return (*ours, (new, Person.id.expression))


def _due(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    row = AssignmentRuleMember  # a seat that the revocation cap keeps back is not asked for each time
    return and_(row.leaves_at <= now, or_(row.retry_at.is_(None), row.retry_at <= now)), row.retry_at <= now


def _seat_over() -> ColumnElement[bool]:
    served = (*OWN, MemberState.BY_HAND)
    over = select(Assignment.id).where(
        Assignment.tenant_id == AssignmentRuleMember.tenant_id,
        Assignment.id == AssignmentRuleMember.assignment_id,
        Assignment.released_at.is_not(None),
    )
    return and_(AssignmentRuleMember.state.in_(served), over.correlate(AssignmentRuleMember).exists())


def _wait_over() -> ColumnElement[bool]:
    over = select(SeatRequest.id).where(
        SeatRequest.tenant_id == AssignmentRuleMember.tenant_id,
        SeatRequest.id == AssignmentRuleMember.request_id,
        SeatRequest.ended_at.is_not(None),
    )
    waiting = AssignmentRuleMember.state == MemberState.WAITING
    return and_(waiting, over.correlate(AssignmentRuleMember).exists())
