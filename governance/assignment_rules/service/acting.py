"""Do what was decided: seats given, moved, kept, wanted back, each step through the ledger, with rule and version."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from governance.assignment_rules.rules import Act, Decision, Held, MemberState, RuleFacts
from governance.assignment_rules.service.looking import Decided
from governance.kernel.errors import BusinessError, Reason
from governance.seats import queries as seats
from governance.seats.ledger.port import Answer, Claim, Deny, Grant, Move, Outcome
from governance.seats.rules import RECLAIM_SLA, PoolFacts, ReleaseReason, SeatEvent, SeatState
from governance.seats.service import AssignSeats, SeatDesk, assign_seats
from policies.access.actions import Action
from policies.access.parties import Actor

INSTEAD = "another rule serves them now"


@dataclass
class Done:
    """What became of the acts: the seat each person has now, why not, and whose seat was not taken after all."""

    seats: dict[UUID, UUID] = field(default_factory=dict)
    reasons: dict[UUID, tuple[Reason, ...]] = field(default_factory=dict)
    taken: set[UUID] = field(default_factory=set)


async def act(desk: SeatDesk, actor: Actor, found: Decided, request_id: UUID) -> Done:
    """Do the acts: first what frees seats, then what moves, last what takes one; new refusals are kept as denials.

    Raises Unavailable, Conflict.
    """
    done, decisions = Done(), found.decisions
    await _take(desk, actor, decisions, done, request_id)
    for each in decisions:
        if each.act is Act.MOVE:
            await _move(desk, actor, each, done, request_id)
    await _give(desk, actor, decisions, done, request_id)
    await _deny(desk, actor, found, request_id)
    return done


async def _take(
    desk: SeatDesk, actor: Actor, decisions: Iterable[Decision], done: Done, request_id: UUID
) -> None:  # fmt: skip
    """Take seats back, or keep those that were to go; one that somebody moved meanwhile stays as it is."""
    asked: list[tuple[UUID, Claim]] = []
    for each in decisions:
        if each.rule is not None and each.seat is not None and each.act in {Act.RECLAIM, Act.RELEASE, Act.KEEP}:
            note = _note(each)
            asked.append((each.person_id, _claim(desk, actor, _how(desk, each, each.seat), note, request_id)))
    if not asked:
        return
    answers = await desk.ledger.submit_all([claim for _, claim in asked])
    for (person_id, _), answer in zip(asked, answers, strict=True):
        if answer.outcome is Outcome.DONE:
            done.taken.add(person_id)


def _how(desk: SeatDesk, each: Decision, seat: Held) -> Move:
    if each.act is Act.KEEP:
        return Move(seat.id, seat.line_id, seat.pool_id, SeatEvent.KEEP, only_from=seat.state)
    if each.act is Act.RECLAIM:
        due_at = desk.office.clock.now() + RECLAIM_SLA
        event = SeatEvent.PROPOSE_RECLAIM
        return Move(seat.id, seat.line_id, seat.pool_id, event, due_at=due_at, only_from=seat.state)
    return _release(seat, ReleaseReason.ADMIN)


def _release(seat: Held, reason: ReleaseReason) -> Move:
    return Move(seat.id, seat.line_id, seat.pool_id, SeatEvent.RELEASE, reason, only_from=seat.state)


def _note(each: Decision) -> str:
    assert each.rule is not None
    if each.act is Act.KEEP or each.act in {Act.GAIN, Act.MOVE}:
        return f"by {each.rule.says}"
    return f"no longer under {each.rule.says}"


async def _move(desk: SeatDesk, actor: Actor, each: Decision, done: Done, request_id: UUID) -> None:
    """End the seat and begin the next one at one instant, or neither: nobody is without a seat in between."""
    assert each.pool_id is not None
    assert each.seat is not None
    pool_id, seat = each.pool_id, each.seat
    pool, _ = await desk.look(actor, lambda work: seats.pool_facts(work, pool_id))
    invite = seat.state is SeatState.INVITED or (pool.needs_acceptance and pool.line_id != seat.line_id)
    grant = Grant(pool.id, pool.line_id, each.person_id, None, pool.version, invite)
    claims = [
        _claim(desk, actor, ask, _note(each), request_id) for ask in (_release(seat, ReleaseReason.TRANSFERRED), grant)
    ]
    ended, begun = await desk.ledger.submit_all(claims, atomic=True)
    if begun.outcome is Outcome.DONE and begun.assignment_id is not None:
        done.seats[each.person_id] = begun.assignment_id
    else:
        done.reasons[each.person_id] = _why(pool, ended, begun)


def _why(pool: PoolFacts, *answers: Answer) -> tuple[Reason, ...]:
    for answer in answers:
        if answer.reasons:
            return answer.reasons
        if answer.error is not None:
            error: BusinessError = answer.error
            return (Reason(error.code, f"pool {pool.name}", error.message(), "facts that stay as they were", "ledger"),)
    return ()


async def _give(
    desk: SeatDesk, actor: Actor, decisions: Iterable[Decision], done: Done, request_id: UUID
) -> None:  # fmt: skip
    """Seat everybody whom one rule seats in one pool in one call; what another took meanwhile is a reason."""
    asked: dict[tuple[UUID, RuleFacts], list[UUID]] = defaultdict(list)
    for each in decisions:
        if each.act is Act.GAIN and each.pool_id is not None and each.rule is not None:
            asked[each.pool_id, each.rule].append(each.person_id)
    for (pool_id, rule), people in asked.items():
        command = AssignSeats(pool_id, tuple(people), note=f"by {rule.says}")
        answers = await assign_seats(desk, actor, command, request_id)
        done.seats |= {each.person_id: each.assignment_id for each in answers.seated}
        done.reasons |= {each.person_id: each.reasons for each in answers.denied}


async def give_up_extras(desk: SeatDesk, actor: Actor, decisions: Iterable[Decision], request_id: UUID) -> None:
    """Give back the seats of rules that another rule's seat makes needless."""
    asks = [_release(seat, ReleaseReason.TRANSFERRED) for each in decisions for seat in each.extras]
    if asks:
        await desk.ledger.submit_all([_claim(desk, actor, ask, INSTEAD, request_id) for ask in asks])


def _claim(desk: SeatDesk, actor: Actor, ask: Move | Grant | Deny, note: str, request_id: UUID) -> Claim:
    if isinstance(ask, Deny):
        word = Action.SEAT_ASSIGN.value
    elif isinstance(ask, Grant):
        word = Action.SEAT_TRANSFER.value
    elif ask.event is SeatEvent.KEEP:
        word = "seat:keep"
    elif ask.event is SeatEvent.PROPOSE_RECLAIM:
        word = Action.SEAT_RECLAIM.value
    else:
        moved = ask.reason is ReleaseReason.TRANSFERRED
        word = (Action.SEAT_TRANSFER if moved else Action.SEAT_RELEASE).value
    return Claim(desk.office.ids.new(), actor.tenant_id, actor.principal, word, request_id, ask, note=note)


async def _deny(desk: SeatDesk, actor: Actor, found: Decided, request_id: UUID) -> None:
    """Keep a refusal once, and again only where its reasons are others: a retry in vain is none."""
    claims = []
    for each in found.decisions:
        before = {row.rule_id: row for row in found.laid.rows.get(each.person_id, ())}
        for rule_id, place in each.places.items():
            if place.state is not MemberState.REFUSED or place.wait_in is None:
                continue
            row = before.get(rule_id)
            if row is not None and row.state is MemberState.REFUSED and _same(row.reasons, place.reasons):
                continue
            ask = Deny(place.wait_in, found.weigher.line_of(place.wait_in), each.person_id, place.reasons)
            note = f"by {found.rules[rule_id].says}"
            claims.append(_claim(desk, actor, ask, note, request_id))
    if claims:
        await desk.ledger.submit_all(claims)


def _same(kept: Sequence[Mapping[str, Any]], now: Sequence[Reason]) -> bool:
    return {(each["code"], each["subject"], each["needs"]) for each in kept} == {
        (each.code.value, each.subject, each.needs) for each in now
    }
