"""Seat people: every reason for a no at once, the rest decided by the ledger, and what would work instead."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import rfc8785

from governance.kernel.errors import BadInput, BusinessError, Code, Reason
from governance.kernel.work import Work
from governance.seats.errors import TooManySeats
from governance.seats.ledger.port import Answer, Claim, Deny, Grant, Outcome
from governance.seats.rules import HeldRight, SeatState
from governance.seats.service.case import Case, Nearest, nearest, open_case
from governance.seats.service.desk import SeatDesk
from policies.access.actions import Action
from policies.access.parties import Actor

AT_MOST = 1_000
TRIES = 3
LEDGER_SAYS = frozenset({Code.LIMIT_REACHED, Code.ALREADY_SEATED})
"""What only the ledger knows for sure: a seat may come free between looking and asking."""


@dataclass(frozen=True)
class AssignSeats:
    """Who shall sit in which pool. `invite` None: as the line wants it; `tier_id`: the least tier that will do;
    `feature_ids`: what the seat must grant, with what its holder has already.

    Atomic: all are seated, or nobody. `key` makes the call safe to repeat: same key, same seats. `note`: what the trail
    says of why.
    """

    pool_id: UUID
    person_ids: tuple[UUID, ...]
    atomic: bool = False
    invite: bool | None = None
    key: str | None = None
    tier_id: UUID | None = None
    feature_ids: tuple[UUID, ...] | None = None
    note: str | None = None


@dataclass(frozen=True)
class Seated:
    """Who got which seat; `pool_id`: where, if the pool was chosen and not named.

    `covered_by`: what they held already that covers it: the seat is one too many, said and not refused.
    """

    assignment_id: UUID
    person_id: UUID
    state: SeatState
    overage: bool
    replayed: bool = False
    pool_id: UUID | None = None
    covered_by: HeldRight | None = None


@dataclass(frozen=True)
class Denied:
    person_id: UUID
    reasons: tuple[Reason, ...]
    nearest: Nearest | None


@dataclass(frozen=True)
class SeatAnswers:
    """Who was seated and who was not, in the order asked; a failed atomic call names only who stood in the way."""

    seated: tuple[Seated, ...] = ()
    denied: tuple[Denied, ...] = ()


@dataclass
class _Outcomes:
    said: dict[UUID, Answer] = field(default_factory=dict)
    covered: dict[UUID, HeldRight] = field(default_factory=dict)
    conflict: BusinessError | None = None


async def assign_seats(
    desk: SeatDesk, actor: Actor, command: AssignSeats, request_id: UUID | None = None
) -> SeatAnswers:
    """Assign or invite people to a pool.

    Raises NotFound, Refused, BadInput, TooManySeats, IdempotencyMismatch, Conflict (the facts kept moving),
    Unavailable. Refusals by rule or for want of room are answers, stored as denials.
    """
    _check(command)
    request_id = request_id or desk.office.ids.new()
    outcomes = _Outcomes()
    for tried in range(TRIES):
        actor = await desk.office.refreshed(actor) if tried else actor
        open_ids = tuple(p for p in command.person_ids if p not in outcomes.said)
        case = await desk.look(actor, partial(_open, actor, command, open_ids), request_id)
        await _claim(desk, actor, command, case, outcomes, request_id)
        if len(outcomes.said) == len(command.person_ids):
            break
    else:
        assert outcomes.conflict is not None
        raise outcomes.conflict
    denied = {p: a.reasons for p, a in outcomes.said.items() if a.outcome is Outcome.DENIED}
    beside = await desk.look(actor, lambda work: nearest(work, case.pool, denied, case.need)) if denied else {}
    return SeatAnswers(
        tuple(
            _seated(p, a, outcomes.covered.get(p))
            for p in command.person_ids
            if (a := outcomes.said[p]).outcome is Outcome.DONE
        ),
        tuple(Denied(p, denied[p], beside.get(p)) for p in (command.person_ids if denied else ()) if p in denied),
    )


async def preview_assignment(
    desk: SeatDesk, actor: Actor, command: AssignSeats, request_id: UUID | None = None
) -> SeatAnswers:
    """Say what `assign_seats` would answer now, and write nothing; ids of seats to be are those of nobody yet.

    Raises what `assign_seats` raises, besides Conflict and Unavailable.
    """
    _check(command)
    case = await desk.look(actor, partial(_open, actor, command, command.person_ids), request_id)
    state = SeatState.INVITED if case.invite else SeatState.ASSIGNED
    seated: list[Seated] = []
    denied: dict[UUID, tuple[Reason, ...]] = {}
    for person_id in command.person_ids:
        if person_id in case.replays:
            continue
        if found := case.reasons(person_id, taken=len(seated)):
            denied[person_id] = found
        else:
            overage = case.pool.free is not None and len(seated) >= case.pool.free
            by = case.covered_by(person_id)
            seated.append(Seated(desk.office.ids.new(), person_id, state, overage, covered_by=by))
    beside = await desk.look(actor, lambda work: nearest(work, case.pool, denied, case.need)) if denied else {}
    kept = () if command.atomic and denied else tuple(seated)
    return SeatAnswers(kept, tuple(Denied(p, r, beside.get(p)) for p, r in denied.items()))


async def _open(actor: Actor, command: AssignSeats, person_ids: tuple[UUID, ...], work: Work) -> Case:
    keys = claim_keys(actor, command.key, command.person_ids)
    return await open_case(work, command, person_ids, {keys[p]: p for p in person_ids if p in keys})


def _check(command: AssignSeats) -> None:
    if not command.person_ids:
        raise BadInput("personIds", "[]", "at least one person")
    if len(command.person_ids) > AT_MOST:
        raise TooManySeats(len(command.person_ids), AT_MOST)
    if len(set(command.person_ids)) != len(command.person_ids):
        raise BadInput("personIds", "the same person twice", "each person once")


async def _claim(
    desk: SeatDesk, actor: Actor, command: AssignSeats, case: Case, outcomes: _Outcomes, request_id: UUID
) -> None:
    """Ask the ledger for everybody of the case; what is in conflict stays open for another look."""
    no = {p: found for p in case.person_ids if (found := case.reasons(p)) and not _ledger_decides(found)}
    asked = tuple(no) if command.atomic and no else case.person_ids
    claims = _claims_of(desk, actor, command, case, asked, no, request_id)
    answers = await desk.ledger.submit_all(claims, atomic=command.atomic and not no)
    for person_id, answer in zip(asked, answers, strict=True):
        if answer.outcome is Outcome.FAILED:
            assert answer.error is not None
            raise answer.error
        if answer.outcome is Outcome.CONFLICT:
            outcomes.conflict = answer.error
        else:
            outcomes.said[person_id] = answer
            if (by := case.covered_by(person_id)) is not None:
                outcomes.covered[person_id] = by
    if command.atomic and any(a.outcome is Outcome.CONFLICT for a in answers):
        outcomes.said.clear()
    elif command.atomic and no:
        for person_id in case.person_ids:
            outcomes.said.setdefault(person_id, Answer(Outcome.UNDONE))


def _ledger_decides(found: tuple[Reason, ...]) -> bool:
    return LEDGER_SAYS.issuperset(reason.code for reason in found)


def _claims_of(
    desk: SeatDesk, actor: Actor, command: AssignSeats, case: Case, person_ids: Sequence[UUID],
    no: Mapping[UUID, tuple[Reason, ...]], request_id: UUID,
) -> list[Claim]:  # fmt: skip
    pool, act = case.pool, (Action.SEAT_INVITE if case.invite else Action.SEAT_ASSIGN).value
    keys = claim_keys(actor, command.key, command.person_ids)
    digest = body_hash(command) if keys else None
    found = []
    for claim_id, person_id in zip(desk.office.ids.several(len(person_ids)), person_ids, strict=True):
        why = no.get(person_id)
        version = case.holders[person_id].version
        ask: Grant | Deny = Grant(pool.id, pool.line_id, person_id, version, pool.version, case.invite)
        key, said = (keys.get(person_id), digest) if why is None else (None, None)
        if why is not None:
            ask = Deny(pool.id, pool.line_id, person_id, why)
        found.append(
            Claim(
                claim_id, actor.tenant_id, actor.principal, act, request_id, ask, case.revision, key, said, command.note
            )
        )
    return found


def claim_keys(actor: Actor, key: str | None, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Scope a client's key to the principal and to each person's place in the call; none without a key."""
    if key is None:
        return {}
    scoped = hashlib.sha256(f"{actor.principal}\0{key}".encode()).hexdigest()
    return {person_id: f"{scoped}:{index}" for index, person_id in enumerate(person_ids)}


def body_hash(command: AssignSeats) -> str:
    """Digest what was asked, whatever the key."""
    body: dict[str, Any] = {
        "pool": str(command.pool_id), "people": [str(p) for p in command.person_ids], "atomic": command.atomic,
        "invite": command.invite, "tier": None if command.tier_id is None else str(command.tier_id),
    }  # fmt: skip
    if command.feature_ids:
        body["features"] = [str(each) for each in command.feature_ids]
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def _seated(person_id: UUID, answer: Answer, by: HeldRight | None) -> Seated:
    assert answer.assignment_id is not None
    assert answer.state is not None
    return Seated(answer.assignment_id, person_id, answer.state, answer.overage, answer.replayed, covered_by=by)
