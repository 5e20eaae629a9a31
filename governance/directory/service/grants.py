"""Roles given and taken back: each change raises the policy revision, so that no process acts on old rights."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from governance.directory import provisioned, queries
from governance.directory.models import GroupGrant, PolicyRevision, RoleGrant
from governance.directory.standing import unit_there
from governance.kernel.database.insert import insert_new
from governance.kernel.errors import BadInput, NotFound, WrongState
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership, Role, ScopeKind


@dataclass(frozen=True)
class NewGrant:
    """A role for one person, one group or one service account, at a unit's subtree, a region's, or the tenant."""

    role: Role
    scope: ScopeKind
    reason: str
    person_id: UUID | None = None
    service_account_id: UUID | None = None
    unit_id: UUID | None = None
    region: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    group_id: UUID | None = None


async def grant_role(work: Work, command: NewGrant) -> RoleGrant:
    """Give a role. Raises NotFound, Refused (beyond one's own reach), BadInput."""
    _check(command)
    if command.person_id is not None:
        await queries.person(work, command.person_id)
    elif command.service_account_id is not None:
        await queries.service_account(work, command.service_account_id)
    elif command.group_id is not None:
        await provisioned.group(work, command.group_id, lock=True)  # nobody joins or leaves meanwhile
    whose = await place_of(work, command.unit_id, command.region)
    work.permit(Action.ACCESS_GRANT, whose, f"role {command.role}")
    if command.unit_id is not None:
        await unit_there(work, command.unit_id)
    row = RoleGrant(
        tenant_id=work.tenant_id, id=work.new_id(), person_id=command.person_id,
        service_account_id=command.service_account_id, role=command.role, scope=command.scope, unit_id=command.unit_id,
        region=command.region, start=command.start or work.now(), end=command.end, reason=command.reason.strip(),
        granted_by=work.actor.principal,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    set_committed_value(row, "group_id", command.group_id)
    after = _described(row)
    if command.group_id is not None:
        held = {"tenant_id": work.tenant_id, "grant_id": row.id, "group_id": command.group_id}
        work.session.add(GroupGrant(id=work.new_id(), **held))
        await work.session.flush()
        after["group_id"] = command.group_id
    await raise_revision(work)
    await work.record(Change(Action.ACCESS_GRANT, "grant", row.id, after=after, reason=row.reason))
    return row


async def end_grant(work: Work, grant_id: UUID, reason: str) -> RoleGrant:
    """Take a role back, from now on. Raises NotFound, Refused, WrongState when it had ended."""
    query = queries.grants(work).where(RoleGrant.id == grant_id).with_for_update(key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("grant", str(grant_id))
    work.permit(Action.ACCESS_GRANT, await grant_ownership(work, row), f"role {row.role}")
    if row.end is not None and row.end <= work.now():
        raise WrongState("grant", "ENDED", "end")
    await take_back(work, row, reason)
    return row


async def take_back(work: Work, row: RoleGrant, reason: str) -> None:
    """End a grant that holds, from now on. For verbs that fetched it locked and asked for the right."""
    before = row.end
    row.end = work.now()
    await work.session.flush()
    await raise_revision(work)
    await work.record(
        Change("access:end", "grant", row.id, before={"end": before}, after=_described(row), reason=reason)
    )


async def raise_revision(work: Work) -> int:
    """Raise the number of the tenant's rights, in the transaction that changes them; gives the new one.

    Whoever is under way under the old number looks at their rights again before they commit.
    """
    work.raised += 1
    whose = PolicyRevision.tenant_id == work.tenant_id
    raised = (
        update(PolicyRevision)
        .where(whose)
        .values(revision=PolicyRevision.revision + 1)
        .execution_options(synchronize_session=False)
    )
    touched = await work.session.execute(raised)
    if not touched.rowcount:  # type: ignore[attr-defined]
        first = {"tenant_id": work.tenant_id, "id": work.new_id(), "revision": 0}
        await insert_new(work.session, PolicyRevision, [first])  # who comes at the same time waits here for the other
        await work.session.execute(raised)
    return int((await work.session.execute(select(PolicyRevision.revision).where(whose))).scalar_one())


async def place_of(work: Work, unit_id: UUID | None, region: str | None) -> Ownership:
    """Say whose a place is: a unit's, a region's, or the whole tenant's. Raises NotFound, BadInput."""
    if unit_id is not None:
        unit = await queries.visible_unit(work, unit_id)
        return await queries.ownership(work, unit_id=unit.id, region=unit.region)
    if region is not None:
        if region not in work.office.regions.nodes:
            raise BadInput("region", region, "a region of the territory tree such as 150 or DE")
        return Ownership(work.tenant_id, region_path=work.office.regions.path(region))
    return Ownership(work.tenant_id)


async def grant_ownership(work: Work, row: RoleGrant) -> Ownership:
    """Say whose a grant is: that of the place it is held over, and of the person who holds it."""
    place = Ownership(work.tenant_id)
    if row.unit_id is not None:
        unit = await queries.unit(work, row.unit_id)
        place = await queries.ownership(work, unit_id=unit.id, region=unit.region)
    elif row.region is not None:
        place = Ownership(work.tenant_id, region_path=work.office.regions.path(row.region))
    return replace(place, people=frozenset() if row.person_id is None else frozenset({row.person_id}))


def _check(command: NewGrant) -> None:
    named = [one for one in (command.person_id, command.service_account_id, command.group_id) if one is not None]
    if len(named) != 1:
        raise BadInput("person_id", str(command.person_id), "one person, one group or one service account")
    check_grant(command.scope, command.unit_id, command.region, command.reason)
    if command.start and command.end and command.end <= command.start:
        raise BadInput("end", command.end.isoformat(), "an instant after the start")


def check_grant(scope: ScopeKind, unit_id: UUID | None, region: str | None, reason: str) -> None:
    """Let pass a place and a reason that belong together. Raises BadInput."""
    if (unit_id is not None) != (scope is ScopeKind.UNIT):
        raise BadInput("unit_id", str(unit_id), "a unit exactly when the scope is unit")
    if bool(region) != (scope is ScopeKind.REGION):
        raise BadInput("region", str(region), "a region exactly when the scope is region")
    if not 0 < len(reason.strip()) <= 400:
        raise BadInput("reason", reason, "1 to 400 characters")


def _described(row: RoleGrant) -> dict[str, object]:
    return {
        "person_id": row.person_id, "service_account_id": row.service_account_id, "role": row.role, "scope": row.scope,
        "unit_id": row.unit_id, "region": row.region, "start": row.start, "end": row.end,
    }  # fmt: skip
