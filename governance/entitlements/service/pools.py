"""Pools are opened for a unit and region, and closed; closing revokes nobody and shows first whom it leaves over."""

from dataclasses import dataclass, replace
from uuid import UUID

from governance.agreements.rules import ChangeReason, check_reason
from governance.directory import queries as directory
from governance.directory.standing import unit_there
from governance.entitlements import queries
from governance.entitlements.models import Allocation, Entitlement, MetricLine, Pool
from governance.entitlements.service.allocations import supersede
from governance.entitlements.service.effects import (
    Preview,
    foresee,
    given_by,
    learned,
    need_preview,
    seal,
    settle,
    supply_of,
    why,
)
from governance.kernel import given
from governance.kernel.errors import Conflict, WrongState
from governance.kernel.unique import add_single
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership


@dataclass(frozen=True)
class NewPool:
    line_id: UUID
    code: str
    name: str
    unit_id: UUID
    region: str = "001"


@dataclass(frozen=True)
class ClosePool:
    """`token` is that of the preview; a pool is never closed without one."""

    pool_id: UUID
    expected_version: int
    reason: ChangeReason
    reason_text: str | None = None
    token: str | None = None


VERB = "pool:close"


@dataclass(frozen=True)
class _Plan:
    line: MetricLine
    pool: Pool
    allocations: tuple[Allocation, ...]
    preview: Preview
    reason_text: str | None


async def open_pool(work: Work, new: NewPool) -> Pool:
    """Open a pool of a line, empty until seats are allocated. Raises NotFound, BadInput, Refused."""
    await unit_there(work, new.unit_id)  # before the line: whoever merges units locks in that order
    line, entitlement = await queries.line(work, new.line_id, locked=True)
    pool = Pool(
        tenant_id=work.tenant_id,
        id=work.new_id(),
        line_id=line.id,
        code=given.text(new.code, "code", most=80),
        name=given.text(new.name, "name", most=200),
        unit_id=new.unit_id,
        region=given.region(new.region, work.office.regions),
        opened_at=work.now(),
        version=1,
    )
    work.permit(Action.POOL_CREATE, await whose_pool(work, pool, entitlement), f"pool {pool.code}")
    await add_single(work, pool, field="code", has=pool.code)
    names = ("line_id", "code", "name", "unit_id", "region")
    after = {name: getattr(pool, name) for name in names}
    await work.record(Change(Action.POOL_CREATE.value, "pool", pool.id, after=after))
    await settle(work, line)
    return pool


async def open_again(work: Work, pool: Pool) -> Pool:
    """Open a pool that was closed, empty until seats are allocated. Raises Refused, WrongState where it is open."""
    line, entitlement = await queries.line_of_pool(work, pool.id, locked=True)
    work.permit(Action.POOL_CREATE, await whose_pool(work, pool, entitlement), f"pool {pool.code}")
    if pool.closed_at is None:
        raise WrongState("pool", "OPEN", "open again")
    before, pool.closed_at, pool.version = pool.closed_at, None, pool.version + 1
    await work.session.flush()
    change = Change(Action.POOL_CREATE.value, "pool", pool.id, before={"closed_at": before}, after={"closed_at": None})
    await work.record(change)
    await settle(work, line)
    return pool


async def preview_close_pool(work: Work, command: ClosePool) -> Preview:
    """Show whom closing a pool would leave over. Raises NotFound, Refused, Conflict, WrongState, BadInput."""
    return (await _plan(work, command, locked=False)).preview


async def close_pool(work: Work, command: ClosePool) -> Pool:
    """Close a pool: its seats go back to the line from now on; holders keep theirs until somebody releases them.

    Raises NotFound, Refused, Conflict, WrongState where it is closed, BadInput, PreviewNeeded, PreviewStale.
    """
    plan = await _plan(work, command, locked=True)
    need_preview(work, plan.preview, command.token, always=True)
    pool, now = plan.pool, work.now()
    pool.closed_at = now
    pool.version += 1
    for row in plan.allocations:
        if row.start < now:
            supersede(work, row, quantity=row.quantity, start=row.start, end=now, reason=command.reason)
        else:
            row.superseded_at = learned(work, row)
    await work.session.flush()
    why_text = why(command.reason.value, plan.reason_text)
    await work.record(Change(VERB, "pool", pool.id, after={"closed_at": now}, reason=why_text))
    await settle(work, plan.line, plan.preview.rooms)
    await work.emit("PoolClosed", pool.id)
    return pool


async def _plan(work: Work, command: ClosePool, *, locked: bool) -> _Plan:
    pool = await queries.pool(work, command.pool_id)
    line, entitlement = await queries.line_of_pool(work, pool.id, locked=locked)
    work.permit(Action.POOL_CREATE, await whose_pool(work, pool, entitlement), f"pool {pool.code}")
    await work.session.refresh(pool)
    if pool.closed_at is not None:
        raise WrongState("pool", "CLOSED", "close")
    if pool.version != command.expected_version:
        raise Conflict(f"Pool {pool.code}", str(command.expected_version), str(pool.version))
    reason_text = given.optional_text(command.reason_text, "reason_text", most=400)
    check_reason(given.word(command.reason, "reason", ChangeReason), reason_text)
    now = work.now()
    allocations = tuple(
        row
        for row in await queries.allocations_of(work, line.id)
        if row.pool_id == pool.id and (row.end is None or row.end > now)
    )
    supply = await supply_of(work, line.id)
    ended = {given_by(row) for row in allocations}
    left = tuple(replace(part, part=replace(part.part, end=now)) if part in ended else part for part in supply.given)
    rooms = await foresee(work, line, supply, replace(supply, given=left))
    preview = seal(work, VERB, pool.id, {"version": pool.version}, rooms)
    return _Plan(line, pool, allocations, preview, reason_text)


async def whose_pool(work: Work, pool: Pool, entitlement: Entitlement) -> Ownership:
    """Say whose a pool is: its unit's and region's, and those who answer for its license."""
    return await directory.ownership(
        work,
        unit_id=pool.unit_id,
        region=pool.region,
        people=(entitlement.owner_id, entitlement.deputy_id),
    )
