"""Every SELECT of a reorganization: what units have, who holds roles over them, what is planned for a day to come."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select

from governance.agreements.models import Agreement
from governance.agreements.queries import visible_agreements
from governance.directory import queries as directory
from governance.directory.models import (
    Elevation,
    Group,
    GroupMapping,
    IdentityProvider,
    MappedGrant,
    OrgUnit,
    Person,
    RoleGrant,
    ServiceAccount,
    UnitClosure,
    UnitPlacement,
)
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import (
    ENTITLEMENT_OF_LINE,
    LINE_OF_POOL,
    POOL_PLACED,
    visible_entitlements,
)
from governance.inventory.models import Device
from governance.inventory.queries import visible_devices
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from governance.reorganization.models import PlannedReorganization
from governance.reorganization.rules import Held, Kind, Principal, PrincipalKind
from governance.reviews.models import Board
from governance.reviews.queries.standing import BOARD_PLACED
from policies.access.actions import Action
from policies.access.parties import Ownership, ScopeKind


@dataclass(frozen=True)
class Having:
    """One kind of thing that units have: the right that changes whose it is, and what lies within reach of it."""

    kind: Kind
    model: Any
    name: Any
    action: Action
    within: Callable[[Work, Action], Select[Any]]


def _pools(work: Work, action: Action) -> Select[Pool]:
    return (
        select(Pool)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id, work.reach(action, POOL_PLACED))
    )


def _boards(work: Work, action: Action) -> Select[Board]:
    return select(Board).where(Board.tenant_id == work.tenant_id, work.reach(action, BOARD_PLACED))


HAD = (
    Having(Kind.PERSON, Person, Person.name, Action.PERSON_EDIT, directory.visible_people),
    Having(Kind.AGREEMENT, Agreement, Agreement.title, Action.AGREEMENT_AMEND, visible_agreements),
    Having(Kind.LICENSE, Entitlement, Entitlement.name, Action.ENTITLEMENT_CORRECT, visible_entitlements),
    Having(Kind.POOL, Pool, Pool.name, Action.POOL_CREATE, _pools),
    Having(Kind.BOARD, Board, Board.name, Action.SETTINGS_EDIT, _boards),
    Having(
        Kind.SERVICE_ACCOUNT, ServiceAccount, ServiceAccount.name, Action.TOKEN_CREATE,
        directory.visible_service_accounts,
    ),
    Having(Kind.DEVICE, Device, Device.name, Action.SEAT_ASSIGN, visible_devices),
)  # fmt: skip


@dataclass(frozen=True)
class Had:
    """One thing of a unit. `name` None: it lies outside reach."""

    kind: Kind
    id: UUID
    name: str | None
    version: int
    unit_id: UUID


async def had_by(
    work: Work, units: Collection[UUID], *, acting: bool, lock: bool = False
) -> tuple[list[Had], dict[Action, int]]:
    """Give what these units have themselves, and how many things the actor may not change, by the right they lack.

    `acting`: reach is that of the right to change whose a thing is; otherwise that of reading it.
    """
    found: list[Had] = []
    lacking: dict[Action, int] = {}
    for each in HAD:
        model = each.model
        query = select(model).where(model.tenant_id == work.tenant_id, model.unit_id.in_(units))
        if hasattr(model, "withdrawn_at"):
            query = query.where(model.withdrawn_at.is_(None))
        if lock and each.kind is Kind.POOL:
            await _hold_lines(work, units)
        elif lock:
            query = query.with_for_update(key_share=True, of=model)
        rows = (await work.session.execute(query.order_by(model.id))).scalars().all()
        action = each.action if acting else _READ[each.kind]
        within = each.within(work, action).where(model.unit_id.in_(units)).with_only_columns(model.id)
        seen = set((await work.session.execute(within)).scalars()) if rows else set()
        missed = len(rows) - len(seen.intersection(row.id for row in rows))
        if missed:
            lacking[action] = missed
        found += [
            Had(each.kind, row.id, getattr(row, each.name.key) if row.id in seen else None,
                getattr(row, "version", 0), row.unit_id)
            for row in rows
        ]  # fmt: skip
    return found, lacking


async def _hold_lines(work: Work, units: Collection[UUID]) -> None:
    """Lock the lines of the units' pools, as every change of a pool does, in one order."""
    lines = select(Pool.line_id).where(Pool.tenant_id == work.tenant_id, Pool.unit_id.in_(units))
    query = select(MetricLine.id).where(MetricLine.tenant_id == work.tenant_id, MetricLine.id.in_(lines))
    await work.session.execute(query.order_by(MetricLine.id).with_for_update(key_share=True))


_READ = {
    Kind.PERSON: Action.PERSON_READ, Kind.AGREEMENT: Action.AGREEMENT_READ, Kind.LICENSE: Action.ENTITLEMENT_READ,
    Kind.POOL: Action.POOL_READ, Kind.BOARD: Action.REVIEW_READ, Kind.SERVICE_ACCOUNT: Action.TOKEN_READ,
    Kind.DEVICE: Action.SEAT_READ,
}  # fmt: skip


async def units_named(work: Work, ids: Iterable[UUID]) -> list[OrgUnit]:
    """Give these units of the tenant, by code."""
    query = select(OrgUnit).where(OrgUnit.tenant_id == work.tenant_id, OrgUnit.id.in_(sorted(set(ids))))
    return list((await work.session.execute(query.order_by(OrgUnit.code))).scalars())


async def below(work: Work, unit_id: UUID) -> frozenset[UUID]:
    """Give the unit and all below it in today's tree."""
    query = select(UnitClosure.unit_id).where(
        UnitClosure.tenant_id == work.tenant_id, UnitClosure.ancestor_id == unit_id
    )
    return frozenset((await work.session.execute(query)).scalars())


async def path_of(work: Work, unit_id: UUID) -> tuple[UUID, ...]:
    """Give the unit and what lies above it in today's tree, nearest first."""
    query = select(UnitClosure.ancestor_id).where(
        UnitClosure.tenant_id == work.tenant_id, UnitClosure.unit_id == unit_id
    )
    return tuple((await work.session.execute(query.order_by(UnitClosure.depth))).scalars())


async def places_of(work: Work, ids: Collection[UUID]) -> dict[UUID, UnitPlacement]:
    """Give where each of these units hangs now, as known now; one that has ended is left out."""
    query = select(UnitPlacement).where(
        UnitPlacement.tenant_id == work.tenant_id,
        UnitPlacement.unit_id.in_(ids),
        directory.placed_at(UnitPlacement, work.now(), work.now()),
    )
    return {row.unit_id: row for row in (await work.session.execute(query)).scalars()}


async def held_over(work: Work, units: Collection[UUID], at: datetime | None = None) -> tuple[Held, ...]:
    """Give the roles held over these very units now (`at` to come: then) or from later on, whatever one's reach."""
    when = work.now() if at is None else max(work.now(), at)
    lent = [
        select(kind.grant_id).where(kind.tenant_id == work.tenant_id, kind.grant_id.is_not(None))
        for kind in (Elevation, MappedGrant)
    ]
    query = select(RoleGrant, or_(RoleGrant.id.in_(lent[0]), RoleGrant.id.in_(lent[1]))).where(
        RoleGrant.tenant_id == work.tenant_id,
        RoleGrant.scope == ScopeKind.UNIT,
        RoleGrant.unit_id.in_(units),
        or_(RoleGrant.end.is_(None), RoleGrant.end > when),
    )
    rows = (await work.session.execute(query.order_by(RoleGrant.start, RoleGrant.id))).all()
    return tuple(
        Held(row.id, _principal(row), row.role, row.unit_id, row.start, row.end, bool(lent))
        for row, lent in rows
        if row.unit_id is not None
    )


def _principal(row: RoleGrant) -> Principal:
    if row.person_id is not None:
        return Principal(PrincipalKind.PERSON, row.person_id)
    if row.service_account_id is not None:
        return Principal(PrincipalKind.SERVICE_ACCOUNT, row.service_account_id)
    return Principal(PrincipalKind.GROUP, row.group_id)


async def named(work: Work, who: Iterable[Principal]) -> dict[Principal, str]:
    """Give the names of these principals, where grants of theirs lie within the actor's reach."""
    seen = directory.grants(work)
    found: dict[Principal, str] = {}
    wanted = sorted(set(who))
    for kind, model, column in (
        (PrincipalKind.PERSON, Person, RoleGrant.person_id),
        (PrincipalKind.GROUP, Group, RoleGrant.group_id),
        (PrincipalKind.SERVICE_ACCOUNT, ServiceAccount, RoleGrant.service_account_id),
    ):
        ids = [each.id for each in wanted if each.kind is kind]
        if not ids:
            continue
        query = select(model.id, model.name).where(
            model.tenant_id == work.tenant_id, model.id.in_(ids), model.id.in_(seen.with_only_columns(column))
        )
        found |= {Principal(kind, row.id): row.name for row in await work.session.execute(query)}
    return found


async def pools_placed(work: Work, ids: Collection[UUID]) -> Sequence[tuple[UUID, str, UUID, UUID, str]]:
    """Give of each pool: id, license and name, product, unit, region."""
    query = (
        select(Pool.id, Entitlement.name + " / " + Pool.name, Entitlement.product_id, Pool.unit_id, Pool.region)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id, Pool.id.in_(ids))
        .order_by(Entitlement.name, Pool.name, Pool.id)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in (await work.session.execute(query)).all()]


async def newcomers_to(work: Work, unit_id: UUID) -> tuple[list[IdentityProvider], list[GroupMapping]]:
    """Give the providers whose newcomers enter this unit, and the mappings that give roles over it; locked."""
    providers = select(IdentityProvider).where(
        IdentityProvider.tenant_id == work.tenant_id, IdentityProvider.unit_id == unit_id
    )
    mappings = select(GroupMapping).where(
        and_(GroupMapping.tenant_id == work.tenant_id, GroupMapping.unit_id == unit_id),
        GroupMapping.ended_at.is_(None),
    )
    return (
        list((await work.session.execute(providers.with_for_update(key_share=True))).scalars()),
        list((await work.session.execute(mappings.with_for_update(key_share=True))).scalars()),
    )


PLANNED_PLACED = Placed(
    unit=PlannedReorganization.unit_id,
    region=select(OrgUnit.region)
    .where(OrgUnit.tenant_id == PlannedReorganization.tenant_id, OrgUnit.id == PlannedReorganization.unit_id)
    .correlate(PlannedReorganization)
    .scalar_subquery(),
)


def visible_planned(work: Work, action: Action = Action.UNIT_READ) -> Select[PlannedReorganization]:
    """Give the reorganizations of a day to come, and what became of them, of units within reach."""
    kind = PlannedReorganization
    return select(kind).where(kind.tenant_id == work.tenant_id, work.reach(action, PLANNED_PLACED))


async def planned(work: Work, planned_id: UUID, *, lock: bool = False) -> PlannedReorganization:
    """Give one within reach, locked for a change if asked. Raises NotFound."""
    query = visible_planned(work).where(PlannedReorganization.id == planned_id)
    if lock:
        query = query.with_for_update(key_share=True, of=PlannedReorganization)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("planned reorganization", str(planned_id))
    return row


async def planned_ownership(work: Work, row: PlannedReorganization) -> Ownership:
    """Say whose a planned reorganization is: that of its unit."""
    home = await directory.unit(work, row.unit_id)
    return await directory.ownership(work, unit_id=home.id, region=home.region)


async def due_by(work: Work) -> Sequence[PlannedReorganization]:
    """Give those whose day has come and that nothing became of yet, the earliest first."""
    kind = PlannedReorganization
    query = select(kind).where(kind.tenant_id == work.tenant_id, kind.ended_at.is_(None), kind.due_at <= work.now())
    return (await work.session.execute(query.order_by(kind.due_at, kind.id))).scalars().all()
