"""A role for some hours: asked for, decided by somebody else, ended by the clock."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm.attributes import set_committed_value

from governance.directory import queries
from governance.directory.elevated import (
    GOOD_FOR,
    HOURS_MOST,
    ElevationState,
    elevation,
    elevation_ownership,
    run_out,
    state_of,
)
from governance.directory.errors import OwnElevation
from governance.directory.models import Elevation, RoleGrant
from governance.directory.service.actors import operator
from governance.directory.service.grants import NewGrant, check_grant, grant_role, place_of, take_back
from governance.kernel import given
from governance.kernel.errors import BadInput, WrongState
from governance.kernel.work import Change, Office, Work
from policies.access.actions import Action
from policies.access.parties import Ownership, Role, ScopeKind

MOST = 500
NOTE_MOST = 400


@dataclass(frozen=True)
class AskElevation:
    """A role that one wants for some hours, from the decision on, over a unit's subtree, a region's, or the tenant."""

    role: Role
    scope: ScopeKind
    hours: int
    reason: str
    unit_id: UUID | None = None
    region: str | None = None


async def ask_elevation(work: Work, command: AskElevation) -> Elevation:
    """Ask for a role for oneself. Raises Refused, NotFound (the unit), BadInput."""
    person_id = work.actor.person_id
    if person_id is None:
        raise BadInput("person", work.actor.principal, "a person: service accounts are granted their roles")
    work.permit(Action.ACCESS_REQUEST, Ownership(work.tenant_id, people=frozenset({person_id})), "a role for hours")
    hours = given.whole(command.hours, "hours", least=1, most=HOURS_MOST)
    check_grant(command.scope, command.unit_id, command.region, command.reason)
    if command.scope is ScopeKind.OWN:
        raise BadInput("scope", command.scope, "unit, region or tenant: one's own is everybody's")
    await _there(work, command, person_id)
    now = work.now()
    row = Elevation(
        tenant_id=work.tenant_id, id=work.new_id(), person_id=person_id, role=command.role, scope=command.scope,
        unit_id=command.unit_id, region=command.region, hours=hours, reason=command.reason.strip(), asked_at=now,
        expires_at=now + GOOD_FOR,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    after = {"role": row.role, "scope": row.scope, "unit_id": row.unit_id, "region": row.region, "hours": hours}
    set_committed_value(row, "grant_end", None)
    await work.record(Change(Action.ACCESS_REQUEST, "elevation", row.id, after=after, reason=row.reason))
    await work.emit("ElevationAsked", row.id)
    return row


async def approve_elevation(work: Work, elevation_id: UUID, note: str | None = None) -> Elevation:
    """Give the role for the hours asked, from now on, and never longer.

    Raises NotFound, Refused (beyond one's own reach), OwnElevation, WrongState, BadInput.
    """
    row = await _to_decide(work, elevation_id, "approved")
    note = given.optional_text(note, "note", most=NOTE_MOST)
    until = work.now() + timedelta(hours=row.hours)
    command = NewGrant(
        row.role, row.scope, row.reason, person_id=row.person_id, unit_id=row.unit_id, region=row.region, end=until
    )
    grant = await grant_role(work, command)
    row.grant_id = grant.id
    await _decided(work, row, True, note)
    set_committed_value(row, "grant_end", until)
    return row


async def refuse_elevation(work: Work, elevation_id: UUID, note: str) -> Elevation:
    """Refuse it; who asked reads the note. Raises NotFound, Refused, OwnElevation, WrongState, BadInput."""
    row = await _to_decide(work, elevation_id, "refused")
    row.ended_at = work.now()
    await _decided(work, row, False, given.text(note, "note", most=NOTE_MOST))
    return row


async def withdraw_elevation(work: Work, elevation_id: UUID) -> Elevation:
    """Take one's own wish back before anybody decided. Raises NotFound, Refused for another's, WrongState."""
    row = await elevation(work, elevation_id, lock=True)
    work.permit(Action.ACCESS_REQUEST, Ownership(work.tenant_id, people=frozenset({row.person_id})), "another's wish")
    state = state_of(row, work.now())
    if state is not ElevationState.ASKED:
        raise WrongState("elevation", state, "be withdrawn")
    row.ended_at = work.now()
    row.version += 1
    await work.session.flush()
    await work.record(Change("access:withdraw", "elevation", row.id, after={"state": ElevationState.WITHDRAWN}))
    await work.emit("ElevationWithdrawn", row.id)
    return row


async def end_elevation(work: Work, elevation_id: UUID, reason: str) -> Elevation:
    """End a role for some hours early: one's own, or where one may give it; it is held no more from now on.

    Raises NotFound, Refused, WrongState (nothing is held), BadInput.
    """
    row = await elevation(work, elevation_id, lock=True)
    own = row.person_id == work.actor.person_id
    if not own:
        whose = replace(await elevation_ownership(work, row), people=frozenset())
        work.permit(Action.ACCESS_GRANT, whose, f"role {row.role}")
    reason = given.text(reason, "reason", most=NOTE_MOST)
    state = state_of(row, work.now())
    if state is not ElevationState.HELD:
        raise WrongState("elevation", state, "be ended")
    grant = await work.session.get_one(RoleGrant, (work.tenant_id, row.grant_id), with_for_update={"key_share": True})
    await take_back(work, grant, reason)
    row.ended_at = work.now()
    row.version += 1
    await work.session.flush()
    set_committed_value(row, "grant_end", row.ended_at)
    after = {"state": ElevationState.ENDED, "ended_at": row.ended_at}
    await work.record(Change("access:end_early", "elevation", row.id, after=after, reason=reason))
    await work.emit("ElevationEnded" if own else "ElevationTakenBack", row.id, reason=reason)
    return row


async def end_elevations(work: Work) -> int:
    """Note what the clock has ended, at most 500, each with one entry and one event; gives how many."""
    rows = await run_out(work, most=MOST)
    for row in rows:
        row.ended_at = row.expires_at if row.approved is None else row.grant_end
        row.version += 1
        state = ElevationState.EXPIRED if row.approved is None else ElevationState.ENDED
        ended = row.ended_at
        await work.session.flush()
        await work.record(Change("access:elapse", "elevation", row.id, after={"state": state, "ended_at": ended}))
        await work.emit("ElevationEnded", row.id)
    return len(rows)


async def sweep_elevations(office: Office) -> None:
    """Note in every tenant at work what the clock has ended."""
    async with office.database.system_read() as session:
        there = [each.id for each in await queries.tenants(session) if each.suspended_at is None]
    for tenant_id in there:
        await office.perform(operator(tenant_id, "elevations"), end_elevations)


async def _there(work: Work, command: AskElevation, person_id: UUID) -> None:
    """Let pass a place that can be named: one's own unit and those above it, or what one sees. Raises NotFound."""
    if command.unit_id is not None:
        own = await queries.person_or_self(work, person_id)
        if command.unit_id in await queries.unit_path(work, own.unit_id):
            return
    await place_of(work, command.unit_id, command.region)


async def _to_decide(work: Work, elevation_id: UUID, become: str) -> Elevation:
    """Give a wish that this actor may decide on now: never their own."""
    row = await elevation(work, elevation_id, lock=True)
    if row.person_id == work.actor.person_id:
        raise OwnElevation(row.id)
    work.permit(
        Action.ACCESS_GRANT, replace(await elevation_ownership(work, row), people=frozenset()), f"role {row.role}"
    )
    state = state_of(row, work.now())
    if state is not ElevationState.ASKED:
        raise WrongState("elevation", state, f"be {become}")
    return row


async def _decided(work: Work, row: Elevation, approved: bool, note: str | None) -> None:
    row.approved, row.note = approved, note
    row.decided_by, row.decided_at = work.actor.principal, work.now()
    row.version += 1
    grant_id = row.grant_id
    await work.session.flush()
    act = "access:approve" if approved else "access:refuse"
    await work.record(Change(act, "elevation", row.id, after={"approved": approved, "grant_id": grant_id}, reason=note))
    await work.emit("ElevationAnswered", row.id)
