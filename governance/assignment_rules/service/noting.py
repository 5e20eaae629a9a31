"""Note how people stand under the rules now; who waits gets a place in line, who does not any more gives it back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from governance.assignment_rules.models import AssignmentRuleMember
from governance.assignment_rules.rules import (
    LOSES,
    RETRY_AFTER,
    Act,
    Decision,
    MemberState,
    Place,
    RuleFacts,
)
from governance.assignment_rules.service.acting import Done
from governance.assignment_rules.service.looking import Decided
from governance.kernel.errors import Reason
from governance.kernel.work import Work
from governance.requests.models import SeatRequest
from governance.requests.rules import RequestOrigin, RequestState
from governance.requests.service.ending import withdraw_request
from governance.requests.service.lining_up import LineUp, line_up


async def note(work: Work, found: Decided, done: Done) -> None:
    """Write down what became of each decision. A seat that could not be taken stays with its rule until later."""
    for each in found.decisions:
        rows = {row.rule_id: await _mine(work, row) for row in found.laid.rows.get(each.person_id, ())}
        places = _after(work, each, done, rows)
        for rule_id, row in rows.items():
            if rule_id not in places:
                await _let_go(work, row)
        for rule_id, place in places.items():
            await _keep(work, each.person_id, found.rules[rule_id], place, rows.get(rule_id))
    await work.session.flush()


async def _mine(work: Work, row: AssignmentRuleMember) -> AssignmentRuleMember:
    """Read the row anew, in the transaction that writes it."""
    return await work.session.get_one(AssignmentRuleMember, (work.tenant_id, row.id))


def _after(
    work: Work, each: Decision, done: Done, rows: Mapping[UUID, AssignmentRuleMember]
) -> dict[UUID, Place]:  # fmt: skip
    """Give how the person stands once the acts are done, or were refused."""
    places = dict(each.places)
    if each.act in LOSES and each.person_id not in done.taken and each.rule is not None and each.rule.id in rows:
        row = rows[each.rule.id]
        retry = work.now() + RETRY_AFTER
        why = done.reasons.get(each.person_id, ())
        seat_id = each.seat.id if each.seat is not None else row.assignment_id
        return {each.rule.id: Place(MemberState.LEAVING, seat_id, reasons=why, leaves_at=row.leaves_at, retry_at=retry)}
    if each.act not in {Act.GAIN, Act.MOVE} or each.rule is None:
        return places
    seat_id = done.seats.get(each.person_id)
    if seat_id is not None:
        served = {MemberState.SEATED, MemberState.COVERED}
        return {key: _with(place, seat_id) if place.state in served else place for key, place in places.items()}
    why, retry = done.reasons.get(each.person_id, ()), work.now() + RETRY_AFTER
    places[each.rule.id] = Place(MemberState.REFUSED, reasons=why, retry_at=retry)
    if each.seat is not None:  # who could not be moved keeps what they have
        whose = next((key for key, row in rows.items() if row.assignment_id == each.seat.id), None)
        if whose is not None:
            places[whose] = Place(MemberState.LEAVING, each.seat.id, reasons=why, retry_at=retry)
    return places


def _with(place: Place, seat_id: UUID) -> Place:
    return Place(place.state, seat_id, place.wait_in, place.reasons, place.leaves_at, place.retry_at)


async def _let_go(work: Work, row: AssignmentRuleMember) -> None:
    """End how somebody stood; the seat's id stays, so that a return finds the same seat."""
    await _leave_line(work, row)
    if row.state is MemberState.SEATED:
        row.state = MemberState.LEAVING
    row.ended_at = row.changed_at = work.now()
    row.leaves_at = row.retry_at = None


async def _keep(
    work: Work, person_id: UUID, rule: RuleFacts, place: Place, row: AssignmentRuleMember | None
) -> None:  # fmt: skip
    now = work.now()
    if row is None:
        row = AssignmentRuleMember(
            tenant_id=work.tenant_id, id=work.new_id(), rule_id=rule.id, number=rule.number, person_id=person_id,
            state=place.state, reasons=[], since=now, changed_at=now,
        )  # fmt: skip
        work.session.add(row)
    elif row.state is not place.state or row.assignment_id != place.seat_id:
        row.changed_at = now
    if place.state is MemberState.WAITING and place.wait_in is not None:
        row.request_id = await line_up(
            work, LineUp(place.wait_in, person_id, RequestOrigin.RULE, f"by {rule.says}", rule.priority)
        )
    else:
        await _leave_line(work, row)
    row.state, row.number, row.assignment_id = place.state, rule.number, place.seat_id
    row.reasons, row.leaves_at, row.retry_at = plain(place.reasons), place.leaves_at, place.retry_at


async def _leave_line(work: Work, row: AssignmentRuleMember) -> None:
    """Take back a place in line that a rule asked for; one that somebody asked for is theirs."""
    if row.request_id is None:
        return
    request = await work.session.get_one(SeatRequest, (work.tenant_id, row.request_id))
    if request.origin is RequestOrigin.RULE and request.state is RequestState.WAITING:
        await withdraw_request(work, request.id)
    row.request_id = None


def plain(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    """Give reasons as they are kept."""
    return [{name: str(value) for name, value in asdict(reason).items()} for reason in reasons]
