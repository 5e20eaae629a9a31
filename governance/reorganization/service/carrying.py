"""What is carried from one unit to another, each thing by the verb of its room, each with its entry."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.agreements.models import Agreement
from governance.agreements.rules import ChangeReason
from governance.agreements.service import AmendAgreement, amend_agreement
from governance.directory.models import OrgUnit, Person, ServiceAccount
from governance.directory.service.grants import NewGrant, end_grant, grant_role, raise_revision
from governance.directory.service.placements import place_owned, place_people
from governance.directory.service.providers import end_mapping
from governance.directory.service.units import hang_below
from governance.entitlements.service.belonging import give_license, give_pool
from governance.inventory.models import Device
from governance.kernel.database.rows import Versioned
from governance.kernel.due import day_of
from governance.kernel.work import Change, Work
from governance.reorganization import queries
from governance.reorganization.queries import Had
from governance.reorganization.rules import Kind, PrincipalKind, RolesFate
from governance.reorganization.service.plan import Plan
from governance.reviews.models import Board
from policies.access.actions import Action
from policies.access.parties import Ownership, ScopeKind

OTHERS: Mapping[Kind, Any] = {Kind.BOARD: Board, Kind.SERVICE_ACCOUNT: ServiceAccount, Kind.DEVICE: Device}


async def carry(work: Work, goes: Sequence[Had], unit: OrgUnit, at: datetime, reason: str) -> None:
    """Let all this belong to a unit from `at` on, or from when it came to where it is, where that was later."""
    ids = {kind: [one.id for one in goes if one.kind is kind] for kind in Kind}
    for row in await queries.units_named(work, ids[Kind.UNIT]):
        place = (await queries.places_of(work, (row.id,)))[row.id]
        await hang_below(work, row, unit.id, max(at, place.start), reason)
    await _people(work, ids[Kind.PERSON], unit, at, reason)
    for each in ids[Kind.AGREEMENT]:
        await _agreement(work, each, unit, at, reason)
    for each in ids[Kind.LICENSE]:
        await give_license(work, each, unit, at, reason)
    for each in ids[Kind.POOL]:
        await give_pool(work, each, unit, at, reason)
    for kind, model in OTHERS.items():
        for each in ids[kind]:
            await _other(work, model, each, unit, at, reason)
    await work.session.flush()


async def carry_roles(work: Work, plan: Plan, unit: OrgUnit, reason: str, *, ending: bool) -> None:
    """Give the roles that go along over the other unit, and end those over a unit that ends itself."""
    for one in plan.kept:
        kind, key = one.principal.kind, one.principal.id
        command = NewGrant(
            one.role, ScopeKind.UNIT, reason, unit_id=unit.id, start=max(one.start, work.now()), end=one.end,
            person_id=key if kind is PrincipalKind.PERSON else None,
            group_id=key if kind is PrincipalKind.GROUP else None,
            service_account_id=key if kind is PrincipalKind.SERVICE_ACCOUNT else None,
        )  # fmt: skip
        await grant_role(work, command)
    if not ending:
        return
    await _newcomers(work, plan, unit, reason)
    over = await queries.held_over(work, (plan.unit.id,))
    for one in over:
        await end_grant(work, one.grant_id, reason)


async def told(work: Work, plan: Plan, unit: OrgUnit, at: datetime, reason: str) -> None:
    """Write what was done as a whole, on both units, and let it be known."""
    await raise_revision(work)
    counts = {kind.value.lower(): count for kind, count in sorted(plan.counts.items())}
    after = {"unit_id": unit.id, "at": at, "went": counts, "roles": plan.said["fate"]}
    await work.record(Change(plan.verb.value, "unit", plan.unit.id, after=after, reason=reason))
    came = {"from_unit_id": plan.unit.id, "at": at, "came": counts}
    await work.record(Change(plan.verb.value, "unit", unit.id, after=came, reason=reason))
    await work.emit("UnitsReorganized", plan.unit.id, verb=plan.verb.value, unit_id=str(unit.id))


async def _people(work: Work, ids: Sequence[UUID], unit: OrgUnit, at: datetime, reason: str) -> None:
    query = select(Person).where(Person.tenant_id == work.tenant_id, Person.id.in_(ids)).order_by(Person.id)
    rows = (await work.session.execute(query)).scalars().all() if ids else []
    had = {row.id: row.unit_id for row in rows}
    await place_people(work, rows, unit.id, at)
    await work.record_all([
        Change(Action.PERSON_EDIT.value, "person", each, before={"unit_id": was}, after={"unit_id": unit.id, "at": at},
               reason=reason)
        for each, was in had.items()
    ])  # fmt: skip


async def _agreement(work: Work, agreement_id: UUID, unit: OrgUnit, at: datetime, reason: str) -> None:
    row = await work.session.get_one(Agreement, (work.tenant_id, agreement_id))
    had = row.unit_id
    command = AmendAgreement(
        row.id, row.version, {"unit_id": unit.id}, ChangeReason.OTHER, day_of(at, row.zone), reason
    )
    await amend_agreement(work, command)
    await place_owned(work, "agreement", row.id, had, unit.id, at)


async def _other(work: Work, model: Any, key: UUID, unit: OrgUnit, at: datetime, reason: str) -> None:
    row = await work.session.get_one(model, (work.tenant_id, key))
    kind, had = str(model.__tablename__), row.unit_id
    row.unit_id = unit.id
    if isinstance(row, Versioned):
        row.version += 1
    await work.session.flush()
    await place_owned(work, kind, row.id, had, unit.id, at)
    before, after = {"unit_id": had}, {"unit_id": unit.id, "at": at}
    await work.record(Change(f"{kind}:give", kind, row.id, before=before, after=after, reason=reason))


async def _newcomers(work: Work, plan: Plan, unit: OrgUnit, reason: str) -> None:
    """Let those whom providers vouch for enter the other unit; what their groups give over the one that ends follows
    the fate of roles.
    """
    providers, mappings = await queries.newcomers_to(work, plan.unit.id)
    if providers or mappings:
        work.permit(Action.IDENTITY_EDIT, Ownership(work.tenant_id), "identity providers that name the unit")
    for provider in providers:
        provider.unit_id, provider.version = unit.id, provider.version + 1
        about = {"before": {"unit_id": plan.unit.id}, "after": {"unit_id": unit.id}}
        await work.record(Change("identity:change_provider", "identity_provider", provider.id, reason=reason, **about))
    for mapping in mappings:
        if plan.said["fate"] == RolesFate.END:
            await end_mapping(work, mapping.id, reason)
            continue
        mapping.unit_id = unit.id
        about = {"before": {"unit_id": plan.unit.id}, "after": {"unit_id": unit.id}}
        await work.record(Change("identity:map_group", "group_mapping", mapping.id, reason=reason, **about))
    await work.session.flush()
