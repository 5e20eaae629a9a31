"""Lend seats to clients: acquire, renew many in one call, give back, borrow until a day, leave the queue."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from governance.directory.models import Tenant
from governance.kernel import given
from governance.kernel.due import end_after
from governance.kernel.errors import BadInput, BusinessError, Code, Conflict, Reason
from governance.kernel.work import Work
from governance.seats import lease_queries, queries
from governance.seats.errors import SeatRefused, TooManyLeases
from governance.seats.leases.lease import Acquire, Ask, Beat, Borrow, GiveBack, Heartbeat, Said, StopWaiting
from governance.seats.leases.lease import Answer as LeaseAnswer
from governance.seats.ledger.port import Answer, Claim, Deny, Lend, Outcome
from governance.seats.models import Lease
from governance.seats.rules import Question, reasons
from governance.seats.service.case import needed
from governance.seats.service.desk import SeatDesk
from governance.seats.stacks import holders_to_be, pool_to_seat
from policies.access.actions import Action
from policies.access.parties import Actor

TRIES = 3
MOST_BEATS = 500
MOST_SEATS = 100_000
MOST_WAIT_S = 86_400


@dataclass(frozen=True)
class AcquireLease:
    """Seats of a pool for a client of a person. `waits_s`: how long to stand in line; None: not at all.

    `group` names whom seats are kept for, by the pool's terms. `key` makes the call safe to repeat.
    """

    pool_id: UUID
    person_id: UUID
    client: str
    quantity: int = 1
    group: str | None = None
    waits_s: int | None = None
    tier_id: UUID | None = None
    feature_ids: tuple[UUID, ...] | None = None
    key: str | None = None


@dataclass(frozen=True)
class Leased:
    """What a client has now: the lease, or its place in line (from 1)."""

    said: Said
    lease: Lease | None
    place: int | None = None
    replayed: bool = False


@dataclass(frozen=True)
class Renewed:
    """One lease of a heartbeat: until when it holds, under which token; or why it is lost."""

    lease_id: UUID
    answer: LeaseAnswer


@dataclass(frozen=True)
class _Case:
    line_id: UUID
    revision: int
    reasons: tuple[Reason, ...]


async def acquire_lease(desk: SeatDesk, actor: Actor, command: AcquireLease, request_id: UUID | None = None) -> Leased:
    """Lend a client seats, or give it the lease it has, under a token that fences off its process before.

    Raises NotFound, Refused, BadInput, SeatRefused (stored as a denial), IdempotencyMismatch, Conflict, Unavailable.
    """
    command = _checked(command)
    request_id, claim_id = request_id or desk.office.ids.new(), desk.office.ids.new()
    error: BusinessError = Conflict("policy", "one revision", "changing")
    for tried in range(TRIES):
        actor = await desk.office.refreshed(actor) if tried else actor
        case = await desk.look(actor, partial(_open, command), request_id)
        waits = None if command.waits_s is None else timedelta(seconds=command.waits_s)
        ask = Acquire(command.client, claim_id, command.quantity, command.group, waits)
        claim = Claim(
            claim_id, actor.tenant_id, actor.principal, "lease:acquire", request_id,
            Lend(command.pool_id, case.line_id, ask, command.person_id), case.revision,
            key=None if command.key is None else _key(actor, command.key), hash=_hash(command),
        )  # fmt: skip
        if case.reasons:
            claim = replace(claim, ask=Deny(command.pool_id, case.line_id, command.person_id, case.reasons), key=None)
        answer = await desk.ledger.submit(claim)
        if answer.outcome is Outcome.DONE:
            return await _leased(desk, actor, answer)
        error = _refusal(answer)
        if answer.outcome is not Outcome.CONFLICT:
            break
    raise error


async def heartbeat_leases(
    desk: SeatDesk, actor: Actor, beats: Sequence[tuple[UUID, int]], request_id: UUID | None = None
) -> tuple[Renewed, ...]:
    """Renew up to 500 leases, each answered by itself, in the order asked; one that is not within reach is lost.

    Raises BadInput, TooManyLeases, Conflict (rights kept moving), Unavailable.
    """
    if len(beats) > MOST_BEATS:
        raise TooManyLeases(len(beats), MOST_BEATS)
    if not beats or len({lease_id for lease_id, _ in beats}) != len(beats):
        raise BadInput("leases", "empty or repeated", "at least one lease, each once")
    request_id = request_id or desk.office.ids.new()
    ids = [lease_id for lease_id, _ in beats]
    error: BusinessError = Conflict("policy", "one revision", "changing")
    for tried in range(TRIES):
        actor = await desk.office.refreshed(actor) if tried else actor
        known, revision = await desk.look(actor, partial(_renewable, ids), request_id)
        asked = _by_pool(known, beats)
        claims = [
            _claim(desk, actor, "lease:renew", request_id, Lend(pool, line, Heartbeat(mine)), revision)
            for (pool, line), mine in asked.items()
        ]
        answers = await desk.ledger.submit_all(claims)
        failed = next((each for each in answers if each.outcome is not Outcome.DONE), None)
        if failed is None:
            told = {
                beat.lease_id: said
                for mine, each in zip(asked.values(), answers, strict=True)
                for beat, said in zip(mine, each.lent, strict=True)
            }
            return tuple(Renewed(lease_id, told.get(lease_id, _nowhere(lease_id))) for lease_id in ids)
        error = _refusal(failed)
    raise error


async def release_lease(
    desk: SeatDesk, actor: Actor, lease_id: UUID, token: int | None = None, request_id: UUID | None = None
) -> Lease:
    """Give a lease back: a client by its token, an admin (None) whatever it is; borrowed ones early where terms allow.

    Raises NotFound, Refused, LeaseLost, SeatRefused, Conflict, Unavailable.
    """
    rights = (Action.SEAT_LEASE, Action.SEAT_RELEASE)
    return await _do(
        desk, actor, lease_id, "lease:release", rights, lambda row: GiveBack(row.id, _of(row, token)), request_id
    )


async def borrow_lease(
    desk: SeatDesk, actor: Actor, lease_id: UUID, token: int, until: date, request_id: UUID | None = None
) -> Lease:
    """Keep a lease without heartbeats until the end of a day of the tenant's home zone; the pool's terms bound it.

    Raises NotFound, Refused, BadInput, LeaseLost, SeatRefused, Conflict, Unavailable.
    """
    until = given.day(until, "until")
    zone = await desk.look(actor, _zone)
    end = end_after(until, zone)
    assert end is not None
    rights = (Action.SEAT_LEASE,)
    return await _do(desk, actor, lease_id, "lease:borrow", rights, lambda row: Borrow(row.id, token, end), request_id)


async def stop_waiting(
    desk: SeatDesk, actor: Actor, pool_id: UUID, client: str, request_id: UUID | None = None
) -> bool:
    """Leave the queue of a pool; says whether the client stood in it.

    Raises NotFound, Refused, Conflict, Unavailable.
    """
    request_id = request_id or desk.office.ids.new()
    line_id, revision = await desk.look(actor, partial(_of_pool, pool_id), request_id)
    ask = Lend(pool_id, line_id, StopWaiting(client))
    answer = await desk.ledger.submit(_claim(desk, actor, "lease:wait", request_id, ask, revision))
    if answer.outcome is not Outcome.DONE:
        raise _refusal(answer)
    return answer.lent[0].said is Said.LEFT_THE_QUEUE


async def _do(
    desk: SeatDesk, actor: Actor, lease_id: UUID, act: str, rights: tuple[Action, ...], ask: Callable[[Lease], Ask],
    request_id: UUID | None,
) -> Lease:  # fmt: skip
    """Let something happen to one lease, and give it as it is then."""
    request_id = request_id or desk.office.ids.new()
    error: BusinessError = Conflict("policy", "one revision", "changing")
    for tried in range(TRIES):
        actor = await desk.office.refreshed(actor) if tried else actor
        row, revision = await desk.look(actor, partial(permitted_lease, lease_id, rights), request_id)
        answer = await desk.ledger.submit(
            _claim(desk, actor, act, request_id, Lend(row.pool_id, row.line_id, ask(row)), revision)
        )
        if answer.outcome is Outcome.DONE:
            async with desk.office.reading(actor) as work:
                return await work.session.get_one(Lease, (work.tenant_id, lease_id))
        error = _refusal(answer)
        if answer.outcome is not Outcome.CONFLICT:
            break
    raise error


async def _open(command: AcquireLease, work: Work) -> _Case:
    """Fetch within reach, permit, and decide by rule; whether there is room the ledger alone knows."""
    pool, owned = await pool_to_seat(work, command.pool_id, features=bool(command.feature_ids))
    holder = (await holders_to_be(work, pool, (command.person_id,)))[command.person_id]
    work.permit(Action.SEAT_LEASE, owned, f"pool {pool.name}")
    await lease_queries.lends(work, pool.line_id)
    terms = await lease_queries.terms_of(work, pool.id)
    groups = sorted(terms.reserved) if terms is not None else []
    if command.group is not None and command.group not in groups:
        raise BadInput("group", command.group, f"one of {', '.join(groups)}" if groups else "none: no seats are kept")
    need, today = await needed(work, command.feature_ids, command.tier_id), await queries.today(work)
    standing = replace(holder, seated_in=None)
    asked = Question(pool, standing, today, work.office.regions, need.tier, needs_features=need.features)
    no = tuple(reason for reason in reasons(asked) if reason.code is not Code.LIMIT_REACHED)
    return _Case(pool.line_id, await queries.revision(work), no)


async def _renewable(ids: Sequence[UUID], work: Work) -> tuple[dict[UUID, Lease], int]:
    return await lease_queries.leases_to_renew(work, ids), await queries.revision(work)


async def permitted_lease(lease_id: UUID, rights: tuple[Action, ...], work: Work) -> tuple[Lease, int]:
    """Give a lease, to which this may be done, and the policy revision. Raises NotFound, Refused."""
    row = await lease_queries.lease(work, lease_id)
    owned = await lease_queries.lease_ownership(work, row)
    if not any(work.permits(right, owned) for right in rights):
        work.permit(rights[0], owned, f"lease {row.id}")
    return row, await queries.revision(work)


async def _of_pool(pool_id: UUID, work: Work) -> tuple[UUID, int]:
    pool, owned = await queries.pool_facts(work, pool_id)
    work.permit(Action.SEAT_LEASE, owned, f"pool {pool.name}")
    return pool.line_id, await queries.revision(work)


async def _zone(work: Work) -> str:
    return (await work.session.get_one(Tenant, work.tenant_id)).zone


def _checked(command: AcquireLease) -> AcquireLease:
    if command.waits_s is not None:
        given.whole(command.waits_s, "waitsS", least=1, most=MOST_WAIT_S)
    return replace(
        command, client=given.text(command.client, "client", most=200),
        quantity=given.whole(command.quantity, "quantity", least=1, most=MOST_SEATS),
    )  # fmt: skip


def _by_pool(known: dict[UUID, Lease], beats: Sequence[tuple[UUID, int]]) -> dict[tuple[UUID, UUID], tuple[Beat, ...]]:
    found: dict[tuple[UUID, UUID], list[Beat]] = {}
    for lease_id, token in beats:
        if (row := known.get(lease_id)) is not None:
            found.setdefault((row.pool_id, row.line_id), []).append(Beat(lease_id, token))
    return {key: tuple(mine) for key, mine in found.items()}


def _claim(desk: SeatDesk, actor: Actor, act: str, request_id: UUID, ask: Lend, revision: int) -> Claim:
    return Claim(desk.office.ids.new(), actor.tenant_id, actor.principal, act, request_id, ask, revision)


async def _leased(desk: SeatDesk, actor: Actor, answer: Answer) -> Leased:
    told = answer.lent[0]
    if told.lease is None:
        return Leased(told.said, None, told.place)
    async with desk.office.reading(actor) as work:
        row = await work.session.get_one(Lease, (work.tenant_id, told.lease.id))
    return Leased(told.said, row, replayed=answer.replayed)


def _refusal(answer: Answer) -> BusinessError:
    return answer.error if answer.error is not None else SeatRefused(answer.reasons)


def _nowhere(lease_id: UUID) -> LeaseAnswer:
    needs = "a lease within reach that may be renewed"
    return LeaseAnswer(Said.LOST, reason=Reason(Code.NOT_FOUND, f"lease {lease_id}", "nothing", needs))


def _of(row: Lease, token: int | None) -> int:
    return row.token if token is None else token


def _key(actor: Actor, key: str) -> str:
    return "lease:" + hashlib.sha256(f"{actor.principal}\0{key}".encode()).hexdigest()


def _hash(command: AcquireLease) -> str:
    facts = (command.pool_id, command.person_id, command.client, command.quantity, command.group, command.tier_id)
    told = map(str, (*facts, *(command.feature_ids or ())))
    return hashlib.sha256("\0".join(told).encode()).hexdigest()
