"""Reorganizations of a day to come: planned by what was shown, carried out by the clock, stopped where it moved."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from governance.directory import queries as directory
from governance.directory.models import OrgUnit
from governance.directory.service.actors import operator
from governance.kernel import given
from governance.kernel.errors import BadInput, BusinessError, RightsMoved, Unavailable, WrongState
from governance.kernel.work import Change, Office, Work
from governance.reorganization import queries
from governance.reorganization.errors import PlanMoved
from governance.reorganization.models import PlannedReorganization
from governance.reorganization.rules import PlannedState, Verb
from governance.reorganization.service.asked import MergeUnits, MoveUnit, SplitUnit
from governance.reorganization.service.plan import Plan, check_token
from governance.reorganization.service.planning import (
    REASON_MOST,
    merge_plan,
    move_plan,
    split_parent,
    split_plan,
)
from governance.reorganization.service.units import merge_planned, move_planned, split_planned
from governance.runs.principals import actor_of
from policies.access.actions import Action

log = logging.getLogger("lictor.reorganization")
Command = MoveUnit | MergeUnits | SplitUnit


@dataclass(frozen=True)
class Way:
    """How one verb is asked for, looked at and done."""

    command: type[Any]
    look: Callable[..., Awaitable[Plan]]
    act: Callable[..., Awaitable[OrgUnit]]


WAYS: Final[Mapping[Verb, Way]] = {
    Verb.MOVE: Way(MoveUnit, move_plan, move_planned),
    Verb.MERGE: Way(MergeUnits, merge_plan, merge_planned),
    Verb.SPLIT: Way(SplitUnit, split_plan, split_planned),
}
NOT_KEPT: Final = {"token", "expected_version", "at"}


async def plan_ahead(work: Work, command: Command) -> PlannedReorganization:
    """Plan for its `at`, to come, exactly what was shown. Raises what the preview raises, PreviewStale, BadInput."""
    if command.at is None or command.at <= work.now():
        has = "nothing" if command.at is None else command.at.isoformat()
        raise BadInput("at", has, f"an instant after {work.now().isoformat()}")
    verb = next(verb for verb, way in WAYS.items() if isinstance(command, way.command))
    plan = await WAYS[verb].look(work, command, lock=True)
    check_token(work, plan, command.token)
    to_id = plan.to.id if isinstance(command, MoveUnit | MergeUnits) and plan.to else None
    if isinstance(command, SplitUnit):
        to_id = await split_parent(work, command)
    acts = work.actor.token_actions
    row = PlannedReorganization(
        tenant_id=work.tenant_id, id=work.new_id(), verb=verb, unit_id=plan.unit.id, to_id=to_id, due_at=command.at,
        reason=plan.said["reason"], shown=plan.digest(),
        asked=TypeAdapter(type(command)).dump_python(command, mode="json", exclude=NOT_KEPT),
        counts={kind.value: count for kind, count in sorted(plan.counts.items())}, principal=work.actor.principal,
        narrowed=None if acts is None else sorted(acts), planned_at=work.now(), state=PlannedState.PLANNED,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    after = {"verb": verb, "unit_id": row.unit_id, "to_id": to_id, "due_at": row.due_at, "counts": row.counts}
    await work.record(Change("unit:plan", "planned_reorganization", row.id, after=after, reason=row.reason))
    return row


async def withdraw_planned(work: Work, planned_id: UUID, reason: str) -> PlannedReorganization:
    """Take a plan back before its day, as who may change the unit. Raises NotFound, Refused, WrongState, BadInput."""
    row = await queries.planned(work, planned_id, lock=True)
    work.permit(Action.UNIT_EDIT, await queries.planned_ownership(work, row), "a planned reorganization")
    reason = given.text(reason, "reason", most=REASON_MOST)
    if row.state is not PlannedState.PLANNED:
        raise WrongState("planned reorganization", row.state.value, "be withdrawn")
    await _end(work, row, PlannedState.WITHDRAWN, "unit:withdraw-plan", reason)
    return row


async def sweep_planned(office: Office) -> None:
    """Carry out, in every tenant at work, what is due."""
    async with office.database.system_read() as session:
        there = [each.id for each in await directory.tenants(session) if each.suspended_at is None]
    for tenant_id in there:
        async with office.reading(operator(tenant_id, "reorganizations")) as work:
            due = [row.id for row in await queries.due_by(work)]
        for planned_id in due:
            try:
                await carry_out(office, tenant_id, planned_id)
            except Exception:  # what breaks one tenant's plan does not keep the others' waiting; it is tried again
                log.exception("planned reorganization %s of tenant %s failed", planned_id, tenant_id)


async def carry_out(office: Office, tenant_id: UUID, planned_id: UUID) -> None:
    """Do what was planned, as of its day, under its planner's rights of now; or stop it, and say why.

    Where it was ended meanwhile, nothing happens; where rights moved under it, or the database could not be reached,
    the next look tries again.
    """
    house = operator(tenant_id, "reorganizations")
    async with office.reading(house) as work:
        row = await queries.planned(work, planned_id)
    narrowed = None if row.narrowed is None else frozenset(Action(each) for each in row.narrowed)
    try:
        async with office.database.read(tenant_id) as session:
            actor = await actor_of(session, tenant_id, row.principal, office.clock.now(), narrowed)
        await office.perform(actor, lambda work: _act(work, planned_id))
    except (RightsMoved, Unavailable):
        return
    except BusinessError as error:
        why = error.message()
        await office.perform(house, lambda work: _stop(work, planned_id, why))


async def _act(work: Work, planned_id: UUID) -> None:
    row = await _still_planned(work, planned_id)
    if row is None:
        return
    way = WAYS[row.verb]
    command = replace(TypeAdapter(way.command).validate_python(row.asked), at=row.due_at)
    plan = await way.look(work, command, lock=True)
    if plan.digest() != row.shown:
        raise PlanMoved(row.verb.value, plan.unit.code)
    await way.act(work, command, plan)
    await _end(work, row, PlannedState.DONE, "unit:carry-out", None)
    await work.emit("ReorganizationCarriedOut", row.id)


async def _stop(work: Work, planned_id: UUID, why: str) -> None:
    row = await _still_planned(work, planned_id)
    if row is not None:
        await _end(work, row, PlannedState.STOPPED, "unit:stop-plan", why[:REASON_MOST])
        await work.emit("ReorganizationStopped", row.id)


async def _still_planned(work: Work, planned_id: UUID) -> PlannedReorganization | None:
    """Hold the plan until this transaction ends; None where something became of it already."""
    row = await work.session.get_one(
        PlannedReorganization, (work.tenant_id, planned_id), with_for_update={"key_share": True}
    )
    return row if row.state is PlannedState.PLANNED else None


async def _end(work: Work, row: PlannedReorganization, state: PlannedState, act: str, why: str | None) -> None:
    row.state, row.why = state, why
    row.ended_at, row.ended_by = work.now(), work.actor.principal
    row.version += 1
    await work.session.flush()
    before, after = {"state": PlannedState.PLANNED}, {"state": state, "due_at": row.due_at}
    await work.record(Change(act, "planned_reorganization", row.id, before, after, why))
