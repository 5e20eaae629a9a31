"""Units are moved, merged and split: shown first, and done only as it was shown, from an instant on."""

from collections.abc import Awaitable, Callable
from typing import Any

from governance.directory.models import OrgUnit
from governance.directory.service.placements import effective
from governance.directory.service.units import EndUnit, NewUnit, add_unit, end_unit, hang_below
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.reorganization.service.asked import MergeUnits, MoveUnit, SplitUnit
from governance.reorganization.service.carrying import carry, carry_roles, told
from governance.reorganization.service.plan import Plan, Preview, check_token, sealed
from governance.reorganization.service.planning import merge_plan, move_plan, split_parent, split_plan


async def preview_move(work: Work, command: MoveUnit) -> Preview:
    """Show what a move does. Raises NotFound, Refused, Conflict, WrongState, UnitBelowItself, BadInput."""
    return sealed(work, await move_plan(work, command, lock=False))


async def move_unit(work: Work, command: MoveUnit) -> OrgUnit:
    """Move a unit as it was shown. Raises what the preview raises, and PreviewStale."""
    return await move_planned(work, command, await _as_shown(work, move_plan, command))


async def move_planned(work: Work, command: MoveUnit, plan: Plan) -> OrgUnit:
    """Move a unit by a plan that was compared with what was shown."""
    parent = _goal(plan)
    await hang_below(work, plan.unit, parent.id, plan.at or work.now(), command.reason)
    await work.session.flush()
    return plan.unit


async def preview_merge(work: Work, command: MergeUnits) -> Preview:
    """Show what a merge does. Raises NotFound, Refused, WrongState, UnitBelowItself, BadInput."""
    return sealed(work, await merge_plan(work, command, lock=False))


async def merge_units(work: Work, command: MergeUnits) -> OrgUnit:
    """Give all that a unit has to another one and end it, as it was shown. Gives the other one.

    Raises what the preview raises, and PreviewStale.
    """
    return await merge_planned(work, command, await _as_shown(work, merge_plan, command))


async def merge_planned(work: Work, command: MergeUnits, plan: Plan) -> OrgUnit:
    """Merge by a plan that was compared with what was shown."""
    into, at = _goal(plan), plan.at or work.now()
    await carry(work, plan.goes, into, at, command.reason)
    await carry_roles(work, plan, into, command.reason, ending=True)
    await end_unit(work, EndUnit(plan.unit.id, command.reason, at=plan.at))
    await told(work, plan, into, at, command.reason)
    return into


async def preview_split(work: Work, command: SplitUnit) -> Preview:
    """Show what a split does. Raises NotFound, Refused, WrongState, NotOfTheUnit, BadInput."""
    return sealed(work, await split_plan(work, command, lock=False))


async def split_unit(work: Work, command: SplitUnit) -> OrgUnit:
    """Make the new unit and give it its part, as it was shown. Gives the new one.

    Raises what the preview raises, and PreviewStale.
    """
    return await split_planned(work, command, await _as_shown(work, split_plan, command))


async def split_planned(work: Work, command: SplitUnit, plan: Plan) -> OrgUnit:
    """Split by a plan that was compared with what was shown."""
    at, kind = plan.at or work.now(), command.kind or plan.unit.kind
    parent = await split_parent(work, command)
    made = await add_unit(
        work, NewUnit(command.code, command.name, kind, parent_id=parent, region=plan.unit.region, start=plan.at)
    )
    await carry(work, plan.goes, made, at, command.reason)
    await carry_roles(work, plan, made, command.reason, ending=False)
    await told(work, plan, made, at, command.reason)
    return made


async def _as_shown(work: Work, look: Callable[..., Awaitable[Plan]], command: Any) -> Plan:
    """Give the plan of what is done now, which is what was shown. Raises PreviewStale, BadInput for a day to come."""
    effective(work, command.at)
    plan = await look(work, command, lock=True)
    check_token(work, plan, command.token)
    return plan


def _goal(plan: Plan) -> OrgUnit:
    if plan.to is None:
        raise BadInput("to", "nothing", "the unit that gets it")
    return plan.to
