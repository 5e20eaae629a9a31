"""Seat people where a product is named and no pool: for each the right that goes first, decided again if it is gone."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID

import rfc8785
from sqlalchemy import select

from governance.catalog import queries as catalog
from governance.directory.queries import ownership
from governance.kernel.errors import BadInput, BusinessError, Code, NotFound, Reason
from governance.kernel.work import Work
from governance.seats import queries
from governance.seats.candidates import At, Offer, day_at, holders_at, offers, stacked
from governance.seats.errors import TooManySeats
from governance.seats.ledger.port import Answer, Claim, Deny, Grant, Outcome
from governance.seats.models import Assignment
from governance.seats.rules import Candidate, Holder, Matter, SeatState, Verdict, choose
from governance.seats.service.assign import AT_MOST, TRIES, Denied, SeatAnswers, Seated, claim_keys
from governance.seats.service.case import needed
from governance.seats.service.desk import SeatDesk
from policies.access.actions import Action
from policies.access.parties import Actor, Ownership


@dataclass(frozen=True)
class AssignByProduct:
    """Who shall use which product, with which of its features (by id); the pool is chosen for each of them.

    `invite` None: as the chosen line wants it. Atomic: all are seated, or nobody. `key` makes the call safe to repeat.
    """

    product_id: UUID
    person_ids: tuple[UUID, ...]
    feature_ids: tuple[UUID, ...] | None = None
    tier_id: UUID | None = None
    atomic: bool = False
    invite: bool | None = None
    key: str | None = None


@dataclass(frozen=True)
class _Placed:
    """Where one person's claim goes: a grant of the candidate, or a refusal kept there.

    `before`: this very call has seated them already.
    """

    candidate: Candidate
    holder: Holder
    invite: bool
    reasons: tuple[Reason, ...] = ()
    before: bool = False


@dataclass(frozen=True)
class _Look:
    placed: Mapping[UUID, _Placed]
    revision: int


@dataclass
class _Said:
    answers: dict[UUID, Answer] = field(default_factory=dict)
    pools: dict[UUID, UUID] = field(default_factory=dict)
    conflict: BusinessError | None = None


async def assign_by_product(
    desk: SeatDesk, actor: Actor, command: AssignByProduct, request_id: UUID | None = None
) -> SeatAnswers:
    """Seat each person in the pool that goes first for them; where it has filled meanwhile, in the next one.

    Raises NotFound (also where no pool of the product is within reach), Refused, BadInput, TooManySeats,
    IdempotencyMismatch, Conflict, Unavailable. Refusals are answers, kept with every reason.
    """
    _check(command)
    request_id = request_id or desk.office.ids.new()
    said = _Said()
    for tried in range(TRIES):
        actor = await desk.office.refreshed(actor) if tried else actor
        waiting = tuple(p for p in command.person_ids if p not in said.answers)
        look = await desk.look(actor, partial(_look, actor, command, waiting), request_id)
        await _claim(desk, actor, command, look, said, request_id, last=tried == TRIES - 1)
        if len(said.answers) == len(command.person_ids):
            return _answers(command, said)
    assert said.conflict is not None
    raise said.conflict


async def preview_by_product(
    desk: SeatDesk, actor: Actor, command: AssignByProduct, request_id: UUID | None = None
) -> SeatAnswers:
    """Say what `assign_by_product` would answer now, and write nothing. Raises what it raises, besides Conflict."""
    _check(command)
    look = await desk.look(actor, partial(_look, actor, command, command.person_ids), request_id)
    said = _Said(pools={p: each.candidate.facts.id for p, each in look.placed.items()})
    for person_id, each in look.placed.items():
        state = SeatState.INVITED if each.invite else SeatState.ASSIGNED
        seat = Answer(Outcome.DONE, desk.office.ids.new(), state, _beyond(each.candidate))
        said.answers[person_id] = Answer(Outcome.DENIED, reasons=each.reasons) if each.reasons else seat
    if command.atomic and any(each.reasons for each in look.placed.values()):
        said.answers = {p: a for p, a in said.answers.items() if a.outcome is Outcome.DENIED}
    return _answers(command, said)


def _check(command: AssignByProduct) -> None:
    people = command.person_ids
    if not people:
        raise BadInput("personIds", "[]", "at least one person")
    if len(people) > AT_MOST:
        raise TooManySeats(len(people), AT_MOST)
    if len(set(people)) != len(people):
        raise BadInput("personIds", "the same person twice", "each person once")


async def _look(actor: Actor, command: AssignByProduct, person_ids: tuple[UUID, ...], work: Work) -> _Look:
    product = await catalog.product(work, command.product_id)
    at = At(work.now(), work.now())
    there = await _permitted(work, command, await offers(work, product.id, person_ids, at))
    if not there:
        raise NotFound("pool of the product", product.code)
    people = await stacked(work, there, await holders_at(work, person_ids, at), at)
    need = await needed(work, command.feature_ids, command.tier_id)
    today, before = await day_at(work, at), await _before(work, actor, command, person_ids)
    taken: dict[UUID, int] = defaultdict(int)
    placed = {}
    for person_id in person_ids:
        matter = Matter(people[person_id], need, today, tuple(each.to(person_id) for each in there))
        verdict = choose(matter, work.office.regions, taken)
        one = _place(command, verdict, people[person_id], before.get(person_id))
        placed[person_id] = one
        if not one.reasons and not one.before:
            taken[one.candidate.facts.id] += 1
            taken[one.candidate.facts.line_id] += 1
    return _Look(placed, await queries.revision(work))


async def _permitted(work: Work, command: AssignByProduct, found: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """Give the pools from which the actor may seat people; where that is none, say no as for the first."""
    owned = [(offer, await _whose(work, offer)) for offer in found]
    mine = tuple(offer for offer, whose in owned if work.permits(_right(command, offer.candidate), whose))
    if found and not mine:
        first, whose = owned[0]
        work.permit(_right(command, first.candidate), whose, f"pool {first.candidate.facts.name}")
    return mine


async def _whose(work: Work, offer: Offer) -> Ownership:
    return await ownership(work, unit_id=offer.unit_id, region=offer.candidate.region, people=offer.people)


def _right(command: AssignByProduct, candidate: Candidate) -> Action:
    return Action.SEAT_INVITE if _invites(command, candidate) else Action.SEAT_ASSIGN


def _invites(command: AssignByProduct, candidate: Candidate) -> bool:
    """Say whether the holder must accept: a line that wants it is never overruled."""
    return candidate.facts.needs_acceptance or bool(command.invite)


def _place(command: AssignByProduct, verdict: Verdict, holder: Holder, before: UUID | None) -> _Placed:
    all_of = {each.candidate.facts.id: each for each in verdict.weighed}
    if before is not None and before in all_of:
        candidate = all_of[before].candidate
        return _Placed(candidate, holder, _invites(command, candidate), before=True)
    first = verdict.weighed[0]
    candidate = first.candidate
    if verdict.taken is not None:
        return _Placed(candidate, holder, _invites(command, candidate))
    return _Placed(candidate, holder, _invites(command, candidate), _why_not(verdict))


def _why_not(verdict: Verdict) -> tuple[Reason, ...]:
    """Give the reasons of a no: the seat that is held already, or what stands against each candidate, each once."""
    if (held := verdict.held) is not None:
        subject, has = f"product {held.candidate.facts.product}", f"a seat in pool {held.candidate.facts.name}"
        remedy = "It grants all that was asked for: leave it as it is, or name a pool."
        needs = "no seat that does the same"
        return (Reason(Code.ALREADY_SEATED, subject, has, needs, "assignments", remedy),)
    return tuple(dict.fromkeys(reason for each in verdict.weighed for reason in each.reasons))


def _beyond(candidate: Candidate) -> bool:
    return candidate.facts.free == 0


async def _before(work: Work, actor: Actor, command: AssignByProduct, person_ids: tuple[UUID, ...]) -> dict[UUID, UUID]:
    """Give the pools of people whom this very call seated before."""
    every = claim_keys(actor, command.key, command.person_ids)
    keys = {every[p]: p for p in person_ids if p in every}
    if not keys:
        return {}
    query = select(Assignment.claim_key, Assignment.pool_id).where(
        Assignment.tenant_id == work.tenant_id, Assignment.claim_key.in_(keys)
    )
    return {keys[key]: pool_id for key, pool_id in await work.session.execute(query) if key is not None}


async def _claim(
    desk: SeatDesk, actor: Actor, command: AssignByProduct, look: _Look, said: _Said, request_id: UUID, *, last: bool
) -> None:
    """Ask the ledger for everybody; who lost the last seat to another, or whose facts moved, is looked at again."""
    no = [p for p, each in look.placed.items() if each.reasons]
    asked = no if command.atomic and no else list(look.placed)
    keys = claim_keys(actor, command.key, command.person_ids)
    digest = _body_hash(command) if keys else None
    claims = [
        replace(each, key=keys.get(p), hash=digest) if isinstance(each.ask, Grant) else each
        for p, each in ((p, _claim_of(desk, actor, look, p, request_id)) for p in asked)
    ]
    answers = await desk.ledger.submit_all(claims, atomic=command.atomic and not no)
    again = False
    for person_id, answer in zip(asked, answers, strict=True):
        if answer.outcome is Outcome.FAILED:
            assert answer.error is not None
            raise answer.error
        if answer.outcome is Outcome.CONFLICT:
            said.conflict, again = answer.error, True
        elif answer.outcome is Outcome.DENIED and not look.placed[person_id].reasons and not last:
            again = True
        else:
            said.answers[person_id] = answer
            said.pools[person_id] = look.placed[person_id].candidate.facts.id
    if command.atomic and again:
        said.answers.clear()
    elif command.atomic and no:
        for person_id in look.placed:
            said.answers.setdefault(person_id, Answer(Outcome.UNDONE))


def _claim_of(desk: SeatDesk, actor: Actor, look: _Look, person_id: UUID, request_id: UUID) -> Claim:
    placed = look.placed[person_id]
    facts = placed.candidate.facts
    act = Action.SEAT_INVITE if placed.invite else Action.SEAT_ASSIGN
    grant = Grant(facts.id, facts.line_id, person_id, placed.holder.version, facts.version, placed.invite)
    bare = Claim(desk.office.ids.new(), actor.tenant_id, actor.principal, act.value, request_id, grant, look.revision)
    if placed.reasons:
        return replace(bare, ask=Deny(facts.id, facts.line_id, person_id, placed.reasons))
    return bare


def _body_hash(command: AssignByProduct) -> str:
    body: dict[str, Any] = {
        "product": str(command.product_id), "people": [str(p) for p in command.person_ids],
        "features": [str(f) for f in command.feature_ids or ()], "atomic": command.atomic, "invite": command.invite,
        "tier": None if command.tier_id is None else str(command.tier_id),
    }  # fmt: skip
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def _answers(command: AssignByProduct, said: _Said) -> SeatAnswers:
    seated, denied = [], []
    for person_id in command.person_ids:
        answer = said.answers.get(person_id)
        if answer is not None and answer.outcome is Outcome.DONE:
            assert answer.assignment_id is not None
            assert answer.state is not None
            pool_id = said.pools[person_id]
            seated.append(
                Seated(answer.assignment_id, person_id, answer.state, answer.overage, answer.replayed, pool_id)
            )
        elif answer is not None and answer.outcome is Outcome.DENIED:
            denied.append(Denied(person_id, answer.reasons, None))
    return SeatAnswers(tuple(seated), tuple(denied))
