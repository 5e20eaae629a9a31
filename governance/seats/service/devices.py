"""Give devices seats, or cores: one holding of a line for each, kept until somebody releases it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from governance.directory.queries import person
from governance.entitlements.models import MetricLine
from governance.entitlements.rights import rights_of
from governance.entitlements.rules import LicenseModel, OwnDevice, RightKind
from governance.inventory.models import Device
from governance.inventory.queries import device, machines
from governance.inventory.rules import HELD_BY_DEVICES, DeviceKind, Taken, taken_by
from governance.kernel.errors import BadInput, BusinessError, Code, Conflict, Reason
from governance.kernel.work import Change, Work
from governance.seats import device_queries, lease_queries, queries
from governance.seats.errors import SeatRefused, TooManySeats
from governance.seats.leases.lease import Acquire
from governance.seats.ledger.port import Answer, Claim, Deny, Lend, Outcome
from governance.seats.models import Lease, LeaseTerms
from governance.seats.rules import PoolFacts, Question, reasons
from governance.seats.service.assign import AT_MOST, TRIES
from governance.seats.service.desk import SeatDesk
from governance.seats.stacks import spoken_right
from policies.access.actions import Action
from policies.access.parties import Actor

NOT_OURS = frozenset({Code.LIMIT_REACHED, Code.ALREADY_SEATED, Code.WRONG_STATE})
"""What the rules of people's seats say that a device is judged on apart, or that the ledger alone knows."""


@dataclass(frozen=True)
class AssignDevices:
    """Which devices shall have a seat of a pool, each answered by itself."""

    pool_id: UUID
    device_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class DeviceAnswer:
    """What became of a device: the holding that counts it, which may be its host's; or every reason why not."""

    device_id: UUID
    lease: Lease | None = None
    reasons: tuple[Reason, ...] = ()
    replayed: bool = False


@dataclass(frozen=True)
class DeviceCase:
    """A device in a pool: who keeps it, what it takes, by which device, and every reason against it."""

    row: Device
    taken: Taken
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class _Case:
    pool: PoolFacts
    each: tuple[DeviceCase, ...]
    revision: int
    has_terms: bool


async def assign_devices(
    desk: SeatDesk, actor: Actor, command: AssignDevices, request_id: UUID | None = None
) -> tuple[DeviceAnswer, ...]:
    """Give devices their seats, in the order asked; one that has its seat in this pool is told of it again.

    Refusals by rule or for want of room are answers, stored as denials under who keeps the device. Raises NotFound,
    Refused, BadInput, TooManySeats, Conflict, Unavailable.
    """
    _check(command)
    request_id = request_id or desk.office.ids.new()
    error: BusinessError = Conflict("policy", "one revision", "changing")
    for tried in range(TRIES):
        actor = await desk.office.refreshed(actor) if tried else actor
        case = await desk.look(actor, partial(_open, command), request_id)
        if not case.has_terms:
            await desk.office.perform(actor, partial(keep_until_released, command.pool_id), request_id)
        answers = await desk.ledger.submit_all([_claim(desk, actor, case, one, request_id) for one in case.each])
        failed = next((a for a in answers if a.outcome not in {Outcome.DONE, Outcome.DENIED}), None)
        if failed is None:
            return await _answered(desk, actor, case, answers)
        error = failed.error if failed.error is not None else SeatRefused(failed.reasons)
        if failed.outcome is not Outcome.CONFLICT:
            break
    raise error


async def preview_devices(work: Work, command: AssignDevices) -> tuple[DeviceCase, ...]:
    """Say of each device what it would take and every reason against it, room included; nothing is written.

    Raises NotFound, Refused, BadInput, TooManySeats.
    """
    _check(command)
    case = await _open(command, work)
    told, free = [], case.pool.free
    for one in case.each:
        if one.reasons or free is None:
            told.append(one)
        elif one.taken.quantity > free:
            has = f"{free} free in pool {case.pool.name}"
            why = Reason(Code.LIMIT_REACHED, f"device {one.row.code}", has, f"{one.taken.quantity} free", "room")
            told.append(replace(one, reasons=(why,)))
        else:
            free -= one.taken.quantity
            told.append(one)
    return tuple(told)


async def _open(command: AssignDevices, work: Work) -> _Case:
    """Fetch within reach, permit, and decide by rule; whether there is room the ledger alone knows."""
    pool, owned = await queries.pool_facts(work, command.pool_id)
    work.permit(Action.SEAT_ASSIGN, owned, f"pool {pool.name}")
    each = await judged(work, pool, [await device(work, device_id) for device_id in command.device_ids])
    terms = await lease_queries.terms_of(work, pool.id)
    return _Case(pool, each, await queries.revision(work), terms is not None)


async def judged(
    work: Work, pool: PoolFacts, rows: Sequence[Device], leaving: UUID | None = None
) -> tuple[DeviceCase, ...]:
    """Say of devices what they take of a pool and what stands against each by rule; `leaving` is held no more then.

    Raises BadInput (a line that counts no devices).
    """
    line = await work.session.get_one(MetricLine, (work.tenant_id, pool.line_id))
    if line.model not in HELD_BY_DEVICES:
        needs = f"a pool of a line that counts devices: {', '.join(sorted(HELD_BY_DEVICES))}"
        raise BadInput("pool_id", f"{pool.name}, {line.model.value}", needs)
    known = await machines(work, rows)
    taken = {row.id: taken_by(known[row.id], line.model, line.least_cores, line.vm_cores) for row in rows}
    return tuple([await _judged(work, pool, line, row, taken[row.id], leaving) for row in rows])


async def _judged(
    work: Work, pool: PoolFacts, line: MetricLine, row: Device, taken: Taken, leaving: UUID | None
) -> DeviceCase:
    keeper = (await queries.holders(work, pool.line_id, (row.person_id,)))[row.person_id]
    holder = replace(keeper, country=row.region, own_device=None)
    asked = Question(pool, holder, await queries.today(work), work.office.regions)
    found = [reason for reason in reasons(asked) if reason.code not in NOT_OURS]
    if row.retired_at is not None:
        why = f"retired {row.retired_at:%Y-%m-%d}"
        found.insert(0, Reason(Code.WRONG_STATE, f"device {row.code}", why, "a device that is there", "inventory"))
    if line.model is not LicenseModel.CORE and line.own_device is OwnDevice.ONCE and keeper.seated_in is not None:
        who = await person(work, row.person_id)
        found.append(
            Reason(
                Code.ALREADY_SEATED, f"device {row.code}", f"{who.name} has a seat in pool {keeper.seated_in}",
                "one seat for a person and their own device", "metric line",
                "Nothing is needed: that seat counts for the device too.",
            )
        )  # fmt: skip
    found += await _second_use(work, pool, row, leaving)
    held = await device_queries.held_by(work, (taken.by.code,))
    beside = [one for one in held if one.line_id == pool.line_id and one.id != leaving]
    if beside and beside[0].pool_id != pool.id:
        found.append(
            Reason(
                Code.ALREADY_SEATED, f"device {taken.by.code}", "a seat in another pool of the line",
                "no other seat on this line", "leases", "Move it, or release that seat first.",
            )
        )  # fmt: skip
    return DeviceCase(row, taken, tuple(found))


async def _second_use(work: Work, pool: PoolFacts, row: Device, leaving: UUID | None) -> list[Reason]:
    """Say that a second, portable device needs no seat, where their other one has it and the line grants that."""
    if row.kind is not DeviceKind.PORTABLE:
        return []
    beside = (await rights_of(work, (pool.line_id,), work.now())).get(pool.line_id, ())
    right = next((each for each in beside if each.kind is RightKind.SECOND_USE), None)
    if right is None:
        return []
    first = await device_queries.other_device(work, pool.line_id, row, leaving)
    if first is None:
        return []
    return [
        Reason(
            Code.ALREADY_SEATED, f"device {row.code}", f"their device {first} has a seat",
            "one seat for somebody's device and their second, portable one", "metric line",
            f"Nothing is needed: {spoken_right(right)}.",
        )
    ]  # fmt: skip


def _claim(desk: SeatDesk, actor: Actor, case: _Case, one: DeviceCase, request_id: UUID) -> Claim:
    pool, claim_id = case.pool, desk.office.ids.new()
    ask: Lend | Deny = Deny(pool.id, pool.line_id, one.row.person_id, one.reasons)
    if not one.reasons:
        client = device_queries.client_of(one.taken.by.code)
        ask = Lend(pool.id, pool.line_id, Acquire(client, claim_id, one.taken.quantity), one.row.person_id)
    act = Action.SEAT_ASSIGN.value
    return Claim(claim_id, actor.tenant_id, actor.principal, act, request_id, ask, case.revision)


async def _answered(desk: SeatDesk, actor: Actor, case: _Case, answers: Sequence[Answer]) -> tuple[DeviceAnswer, ...]:
    told = []
    async with desk.office.reading(actor) as work:
        for one, answer in zip(case.each, answers, strict=True):
            if answer.outcome is Outcome.DENIED:
                told.append(DeviceAnswer(one.row.id, reasons=answer.reasons))
                continue
            lent = answer.lent[0]
            assert lent.lease is not None
            row = await work.session.get_one(Lease, (work.tenant_id, lent.lease.id))
            told.append(DeviceAnswer(one.row.id, row, replayed=answer.replayed))
    return tuple(told)


async def keep_until_released(pool_id: UUID, work: Work) -> None:
    """Let the pool keep what it gives to devices until that is released, without heartbeats."""
    pool, owned = await queries.pool_facts(work, pool_id)
    work.permit(Action.SEAT_ASSIGN, owned, f"pool {pool.name}")
    if await lease_queries.terms_of(work, pool_id) is None:
        work.session.add(LeaseTerms(tenant_id=work.tenant_id, id=pool.id, term_s=None, version=1))
        await work.session.flush()
        await work.record(Change("lease:terms", "pool", pool.id, after={"term_s": None}))


def _check(command: AssignDevices) -> None:
    if not command.device_ids or len(set(command.device_ids)) != len(command.device_ids):
        raise BadInput("device_ids", "empty or repeated", "at least one device, each once")
    if len(command.device_ids) > AT_MOST:
        raise TooManySeats(len(command.device_ids), AT_MOST)
