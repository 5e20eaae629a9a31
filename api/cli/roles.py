"""Roles at the terminal, done: who holds what where, given and taken back, and decisions on roles for some hours."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from api.cli.exits import Exit
from api.cli.ground import answer, ground, run, stop
from api.cli.naming import called, unit_called
from governance.directory.elevated import ElevationState, readable_elevations, state_of
from governance.directory.models import Elevation, Group, OrgUnit, Person, RoleGrant, ServiceAccount, Tenant
from governance.directory.queries import grants
from governance.directory.rules import same_mail
from governance.directory.service.elevations import approve_elevation, end_elevation, refuse_elevation
from governance.directory.service.grants import NewGrant, end_grant, grant_role
from governance.kernel import given
from governance.kernel.due import end_after
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from policies.access.parties import Role, ScopeKind

VERBS = {"refuse": refuse_elevation, "end": end_elevation}
STANDING = frozenset({ElevationState.ASKED, ElevationState.HELD})


def listing(group: str | None, tenant: str | None, *, every: bool, as_json: bool) -> None:
    """List the roles that are held."""

    async def command() -> list[dict[str, Any]]:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            query = grants(work).order_by(RoleGrant.start, RoleGrant.id)
            if group is not None:
                query = query.where(RoleGrant.group_id == await _group(work, group))
            if not every:
                query = query.where(or_(RoleGrant.end.is_(None), RoleGrant.end > work.now()))
            return await _told(work, (await work.session.execute(query)).scalars().all())

    rows = run(command)
    lines = [f"{row['id']}  {row['role']:<14}{row['holder']:<36}{row['where']}" for row in rows]
    answer({"roles": rows}, as_json=as_json, said="\n".join(lines) or "No roles.")


def grant(
    role: str, mail: str | None, group: str | None, service_account: str | None, unit: str | None, region: str | None,
    until: str | None, reason: str, tenant: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Give a role."""
    if [mail, group, service_account].count(None) != 2:
        stop(Exit.USAGE, "Name who gets it: one of --mail, --group or --service-account.")
    if unit is not None and region is not None:
        stop(Exit.USAGE, "Name a unit or a region, not both.")

    async def verb(work: Work) -> RoleGrant:
        scope = ScopeKind.UNIT if unit else ScopeKind.REGION if region else ScopeKind.TENANT
        machine = service_account
        return await grant_role(work, NewGrant(
            given.word(role, "role", Role), scope, reason,
            person_id=None if mail is None else await called(
                work, Person, Person.mail_key == same_mail(mail), "person", mail),
            group_id=None if group is None else await _group(work, group),
            service_account_id=None if machine is None else await called(
                work, ServiceAccount, ServiceAccount.name == machine, "service account", machine),
            unit_id=None if unit is None else await unit_called(work, unit), region=region,
            end=await _until(work, until),
        ))  # fmt: skip

    async def command() -> RoleGrant:
        async with ground(tenant) as on:
            return await on.office.perform(on.actor, verb)

    made = run(command)
    answer({"id": made.id, "role": made.role}, as_json=as_json, said=f"{made.id}  {made.role} is held now.")


def end(grant_id: str, reason: str, tenant: str | None, *, as_json: bool) -> None:
    """Take a role back."""

    async def verb(work: Work) -> RoleGrant:
        return await end_grant(work, _id(grant_id, "grant"), reason)

    async def command() -> RoleGrant:
        async with ground(tenant) as on:
            return await on.office.perform(on.actor, verb)

    row = run(command)
    answer({"id": row.id, "end": row.end}, as_json=as_json, said=f"{row.role} is held no more.")


def wishes(tenant: str | None, *, every: bool, as_json: bool) -> None:
    """List roles for some hours."""

    async def command() -> list[dict[str, Any]]:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            query = readable_elevations(work).order_by(Elevation.asked_at, Elevation.id)
            rows = (await work.session.execute(query)).scalars().all()
            people = await _names(work, Person, {row.person_id for row in rows})
            units = await _names(work, OrgUnit, {row.unit_id for row in rows if row.unit_id})
            now = work.now()
        return [
            {"id": row.id, "state": state_of(row, now).value, "person": people[row.person_id], "role": row.role.value,
             "where": _where(row, units), "hours": row.hours, "reason": row.reason,
             "until": row.grant_end if row.approved else row.expires_at}
            for row in rows if every or state_of(row, now) in STANDING
        ]  # fmt: skip

    rows = run(command)
    lines = [f"{row['id']}  {row['state']:<10}{row['role']:<14}{row['person']:<28}{row['hours']} h over {row['where']}"
             for row in rows]  # fmt: skip
    answer({"elevations": rows}, as_json=as_json, said="\n".join(lines) or "Nobody asks for a role.")


def decide(verb: str, wish: str, text: str | None, tenant: str | None, *, as_json: bool) -> None:
    """Approve, refuse or end one."""

    async def act(work: Work) -> Elevation:
        if verb == "approve":
            return await approve_elevation(work, _id(wish, "wish"), text)
        return await VERBS[verb](work, _id(wish, "wish"), text or "")

    async def command() -> tuple[Elevation, ElevationState]:
        async with ground(tenant) as on:
            row = await on.office.perform(on.actor, act)
            return row, state_of(row, on.office.clock.now())

    row, state = run(command)
    answer({"id": row.id, "state": state.value}, as_json=as_json, said=f"{row.id}  {state.value}")


async def _told(work: Work, rows: Any) -> list[dict[str, Any]]:
    people = await _names(work, Person, {row.person_id for row in rows if row.person_id})
    groups = await _names(work, Group, {row.group_id for row in rows if row.group_id})
    machines = await _names(work, ServiceAccount, {row.service_account_id for row in rows if row.service_account_id})
    units = await _names(work, OrgUnit, {row.unit_id for row in rows if row.unit_id})
    told = []
    for row in rows:
        if row.group_id:
            holder = f"group {groups.get(row.group_id, '–')}"
        else:
            holder = people.get(row.person_id) or machines.get(row.service_account_id, "–")
        told.append({
            "id": row.id, "role": row.role.value, "holder": holder, "where": _where(row, units), "start": row.start,
            "end": row.end, "reason": row.reason,
        })  # fmt: skip
    return told


def _where(row: RoleGrant | Elevation, units: dict[UUID, str]) -> str:
    if row.unit_id is not None:
        return units.get(row.unit_id, "–")
    return row.region or "the whole tenant"


async def _names(work: Work, kind: Any, ids: set[UUID]) -> dict[UUID, str]:
    query = select(kind.id, kind.name).where(kind.tenant_id == work.tenant_id, kind.id.in_(sorted(ids)))
    return {row.id: row.name for row in await work.session.execute(query)}


async def _group(work: Work, name: str) -> UUID:
    return await called(work, Group, Group.name_key == name.strip().casefold(), "group", name)


async def _until(work: Work, text: str | None) -> datetime | None:
    """Give an instant, or the end of a day where the tenant is. Raises BadInput."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-10-01"):
            zone = (await work.session.get_one(Tenant, work.tenant_id)).zone
            return end_after(date.fromisoformat(text), zone)
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadInput("until", text, "a day such as 2026-10-01, or an instant such as 2026-10-01T09:00:00Z")
    return at


def _id(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(field, text, "an id, as the list shows it") from None
