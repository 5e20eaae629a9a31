"""What a move, a merge or a split would do, gathered and judged: the same for the preview and for the act."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from governance.directory import queries as directory
from governance.directory.errors import UnitBelowItself
from governance.directory.models import OrgUnit
from governance.directory.standing import hold_units
from governance.entitlements.models import MetricLine, Pool
from governance.inventory.models import Device
from governance.kernel import given
from governance.kernel.errors import BadInput, Conflict
from governance.kernel.work import Work
from governance.reorganization import queries
from governance.reorganization.errors import NotOfTheUnit
from governance.reorganization.queries import Had
from governance.reorganization.rules import (
    AccessChange,
    Held,
    Kind,
    Over,
    RolesFate,
    Verb,
    access_changes,
    carried,
)
from governance.reorganization.service.asked import MergeUnits, MoveUnit, SplitUnit
from governance.reorganization.service.plan import Plan, counted, lines_changed, since, unit_to_change, what_goes

REASON_MOST = 400


async def move_plan(work: Work, command: MoveUnit, *, lock: bool) -> Plan:
    """Say what a move does. Raises NotFound, Refused, Conflict, WrongState, UnitBelowItself, BadInput."""
    await _hold(work, lock, command.unit_id, command.parent_id)
    row = await unit_to_change(work, command.unit_id, lock=lock)
    parent = await unit_to_change(work, command.parent_id, lock=lock)
    if command.expected_version is not None and row.version != command.expected_version:
        raise Conflict(f"unit {row.code}", str(command.expected_version), str(row.version))
    subtree = await queries.below(work, row.id)
    if parent.id in subtree:
        raise UnitBelowItself(row.code, parent.code)
    along, _ = await queries.had_by(work, sorted(subtree), acting=False)
    before, above = await queries.path_of(work, row.id), await queries.path_of(work, parent.id)
    held = await queries.held_over(work, {*before, *above}, command.at)
    went = {}
    for unit in subtree:
        path = await queries.path_of(work, unit)
        went[unit] = (*path[: path.index(row.id) + 1], *above)
    counts = {**counted(along), Kind.UNIT: len(subtree)}
    plan = _draft(Verb.MOVE, row, parent, await since(work, command.at, row, parent), command.reason)
    access = access_changes(held, before, (row.id, *above), (), Over.WHAT_MOVES)
    lines = await lines_changed(work, [one.id for one in along if one.kind is Kind.POOL], went)
    goes = (Had(Kind.UNIT, row.id, row.name, row.version, row.id),)
    said = {**plan.said, "along": sorted(f"{kind} {count}" for kind, count in counts.items())}
    return await _named(work, replace(plan, goes=goes, counts=counts, lines=tuple(lines), said=said), access)


async def merge_plan(work: Work, command: MergeUnits, *, lock: bool) -> Plan:
    """Say what a merge does. Raises NotFound, Refused, WrongState, UnitBelowItself, BadInput."""
    await _hold(work, lock, command.unit_id, command.into_id)
    row = await unit_to_change(work, command.unit_id, lock=lock)
    into = await unit_to_change(work, command.into_id, lock=lock)
    if into.id in await queries.below(work, row.id):
        raise UnitBelowItself(row.code, into.code)
    goes = await what_goes(work, row.id, lock=lock)
    before, there = await queries.path_of(work, row.id), await queries.path_of(work, into.id)
    held = await queries.held_over(work, {*before, *there}, command.at)
    kept = carried(held, row.id, command.roles)
    plan = _draft(Verb.MERGE, row, into, await since(work, command.at, row, into), command.reason)
    plan = await _filled(work, plan, goes, there, _roles(held, row), kept, command.roles)
    return await _named(work, plan, (
        *access_changes(held, before, there, kept, Over.WHAT_MOVES),
        *access_changes(held, there, there, kept, Over.WHAT_WAS_THERE),
    ))  # fmt: skip


async def split_plan(work: Work, command: SplitUnit, *, lock: bool) -> Plan:
    """Say what a split does. Raises NotFound, Refused, WrongState, NotOfTheUnit, BadInput."""
    parent_id = await split_parent(work, command)
    await _hold(work, lock, command.unit_id, parent_id)
    row = await unit_to_change(work, command.unit_id, lock=lock)
    parent = await unit_to_change(work, parent_id, lock=lock)
    had = await what_goes(work, row.id, lock=lock)
    goes = _chosen(command, had, row, await _implied(work, command))
    if parent.id in {one.id for one in goes}:
        raise BadInput("parent_id", parent.code, "a unit that is not split off itself")
    before, above = await queries.path_of(work, row.id), await queries.path_of(work, parent.id)
    held = await queries.held_over(work, {*before, *above}, command.at)
    kept = carried(held, row.id, command.roles)
    plan = _draft(Verb.SPLIT, row, None, await since(work, command.at, row, parent), command.reason)
    kind = (command.kind or row.kind).value
    plan = replace(plan, said={**plan.said, "made": [command.code, command.name, kind, str(parent.id)]})
    plan = await _filled(work, plan, goes, above, (), kept, command.roles)
    return await _named(work, plan, access_changes(held, before, above, kept, Over.WHAT_MOVES))


async def split_parent(work: Work, command: SplitUnit) -> UUID:
    """Give the unit below which the new one hangs: as asked, or beside the one that is split, or below a root."""
    return command.parent_id or await directory.parent_of(work, command.unit_id) or command.unit_id


async def _hold(work: Work, lock: bool, unit_id: UUID, other_id: UUID) -> None:
    """Lock both units and those below the first before all that they have, in the order that every verb keeps."""
    if lock:
        await hold_units(work, (unit_id, other_id, *await directory.children_of(work, unit_id)), changing=True)


def _draft(verb: Verb, row: OrgUnit, to: OrgUnit | None, at: datetime | None, reason: str) -> Plan:
    said = {"reason": given.text(reason, "reason", most=REASON_MOST)}
    return Plan(verb, row, to, at, (), {}, (), (), (), (), {}, said)


async def _filled(
    work: Work, plan: Plan, goes: Sequence[Had], path: tuple[UUID, ...], roles: tuple[Held, ...],
    kept: tuple[Held, ...], fate: RolesFate,
) -> Plan:  # fmt: skip
    """Add what goes along, by which lines its pools are watched then, and what becomes of roles."""
    pools = [one.id for one in goes if one.kind is Kind.POOL]
    lines = await lines_changed(work, pools, {plan.unit.id: path})
    said = {**plan.said, "fate": fate.value}
    return replace(plan, goes=tuple(goes), counts=counted(goes), lines=tuple(lines), roles=roles, kept=kept, said=said)


async def _named(work: Work, plan: Plan, access: Sequence[AccessChange]) -> Plan:
    who = [one.principal for one in access] + [one.principal for one in (*plan.roles, *plan.kept)]
    return replace(plan, access=tuple(access), names=await queries.named(work, who))


def _roles(held: Sequence[Held], row: OrgUnit) -> tuple[Held, ...]:
    return tuple(one for one in held if one.unit_id == row.id)


def _chosen(command: SplitUnit, had: Sequence[Had], row: OrgUnit, implied: frozenset[UUID]) -> list[Had]:
    """Pick what is split off, with what goes along with it. Raises NotOfTheUnit, BadInput."""
    asked = (
        (Kind.UNIT, "children", command.children),
        (Kind.PERSON, "people", command.people),
        (Kind.AGREEMENT, "agreements", command.agreements),
        (Kind.LICENSE, "licenses", command.licenses),
        (Kind.POOL, "pools", command.pools),
    )
    there = {(one.kind, one.id) for one in had}
    for kind, field, ids in asked:
        for each in ids:
            if (kind, each) not in there:
                raise NotOfTheUnit(field, str(each), row.code)
    wanted = {(kind, each) for kind, _, ids in asked for each in ids}
    goes = [one for one in had if (one.kind, one.id) in wanted or one.id in implied]
    if not goes:
        raise BadInput("children", "nothing", "at least one unit, person, agreement, license or pool to split off")
    return goes


async def _implied(work: Work, command: SplitUnit) -> frozenset[UUID]:
    """Give the pools that chosen licenses have in the unit, and the devices there that chosen people keep."""
    pools = (
        select(Pool.id)
        .join(MetricLine, (MetricLine.tenant_id == Pool.tenant_id) & (MetricLine.id == Pool.line_id))
        .where(
            Pool.tenant_id == work.tenant_id,
            Pool.unit_id == command.unit_id,
            MetricLine.entitlement_id.in_(command.licenses),
        )
    )
    devices = select(Device.id).where(
        Device.tenant_id == work.tenant_id, Device.unit_id == command.unit_id, Device.person_id.in_(command.people)
    )
    return frozenset((await work.session.execute(pools.union_all(devices))).scalars())
