"""Every SELECT of alerts: what is visible, how full pools are at this instant, where they hang, and what ends soon."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.agreements.models import Agreement
from governance.alerts.models import Alert
from governance.alerts.rules import POOL_USE, AlertState, DatedLot, PoolUse
from governance.directory.models import Tenant, UnitClosure
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool, RenewalLink
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL, POOL_PLACED, known
from governance.entitlements.supply import supply_of_lines, supply_of_pools
from governance.kernel.database import Word
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.notices.models import Notice
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, VersionState
from governance.seats.lease_queries import lent_by_pool
from governance.seats.models import Assignment, Lease
from governance.seats.queries import LINE_OF_SEAT, occupied_at
from policies.access.actions import Action


def visible_alerts(work: Work, states: Sequence[AlertState] = (), action: Action = Action.ALERT_READ) -> Select[Alert]:
    """Give the alerts within reach: those of pools that are within reach. `states` narrows them."""
    query = (
        select(Alert)
        .join(Pool, and_(Pool.tenant_id == Alert.tenant_id, Pool.id == Alert.pool_id))
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Alert.tenant_id == work.tenant_id, work.reach(action, POOL_PLACED))
    )
    return query.where(Alert.state.in_(states)) if states else query


def state_at(at: datetime | None) -> ColumnElement[Any]:
    """Give how an alert raised by then stood at an instant: resolved, else taken on, else open."""
    if at is None:
        return Alert.state.expression
    resolved, taken, stands = (
        literal(each, Word(AlertState)) for each in (AlertState.RESOLVED, AlertState.ACKNOWLEDGED, AlertState.OPEN)
    )
    return case((Alert.resolved_at <= at, resolved), (Alert.acknowledged_at <= at, taken), else_=stands)


async def alert(work: Work, alert_id: UUID, *, lock: bool = False) -> Alert:
    """Give one alert within reach. Raises NotFound."""
    query = visible_alerts(work).where(Alert.id == alert_id)
    if lock:
        query = query.with_for_update(of=Alert, key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("alert", str(alert_id))
    return row


async def license_of(work: Work, pool_id: UUID) -> tuple[Pool, Entitlement]:
    """Give a pool of the tenant with its license, for reactions and for `permit`. Raises NotFound."""
    row = (
        await work.session.execute(
            select(Pool, Entitlement)
            .join(MetricLine, LINE_OF_POOL)
            .join(Entitlement, ENTITLEMENT_OF_LINE)
            .where(Pool.tenant_id == work.tenant_id, Pool.id == pool_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("pool", str(pool_id))
    return row[0], row[1]


async def pools_of_lines(work: Work, line_ids: Collection[UUID]) -> Sequence[UUID]:
    """Give the pools of these metric lines."""
    query = select(Pool.id).where(Pool.tenant_id == work.tenant_id, Pool.line_id.in_(line_ids))
    return (await work.session.execute(query)).scalars().all()


async def pools_to_look_at(work: Work) -> Sequence[UUID]:
    """Give every pool in which somebody sits or whose alert is unresolved, in the order of their ids."""
    taken = select(Assignment.pool_id).where(Assignment.tenant_id == work.tenant_id, Assignment.released_at.is_(None))
    alerted = select(Alert.pool_id).where(Alert.tenant_id == work.tenant_id, Alert.resolved_at.is_(None))
    query = (
        select(Pool.id)
        .where(Pool.tenant_id == work.tenant_id, or_(Pool.id.in_(taken), Pool.id.in_(alerted)))
        .order_by(Pool.id)
    )
    return (await work.session.execute(query)).scalars().all()


async def unresolved(work: Work, pool_ids: Collection[UUID], rule: str = POOL_USE) -> dict[UUID, Alert]:
    """Give the unresolved alert of a rule of each of these pools, locked until this work ends."""
    query = (
        select(Alert)
        .where(
            Alert.tenant_id == work.tenant_id,
            Alert.rule == rule,
            Alert.pool_id.in_(pool_ids),
            Alert.resolved_at.is_(None),
        )
        .order_by(Alert.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {row.pool_id: row for row in (await work.session.execute(query)).scalars()}


async def pool_use(work: Work, pool_ids: Collection[UUID]) -> Sequence[PoolUse]:
    """Say how full these pools are at this instant, counted from supply and seats themselves, not from a counter."""
    now = work.now()
    supply = (
        supply_of_pools(work.tenant_id, now, for_good=True).where(Allocation.pool_id.in_(pool_ids)).subquery("supply")
    )
    held = (
        select(Assignment.pool_id, func.count().label("occupied"))
        .join(MetricLine, LINE_OF_SEAT)
        .where(Assignment.tenant_id == work.tenant_id, Assignment.pool_id.in_(pool_ids), occupied_at(now, now))
        .group_by(Assignment.pool_id)
        .subquery("held")
    )
    lent = lent_by_pool(work.tenant_id, now).where(Lease.pool_id.in_(pool_ids)).subquery("lent")
    query: Any = (
        select(
            Pool.id, Pool.name, Entitlement.name, Entitlement.product_id, Pool.unit_id, Pool.region,
            case((supply.c.pool_id.is_(None), 0), else_=supply.c.supply),
            func.coalesce(held.c.occupied, 0) + func.coalesce(lent.c.seats, 0),
        )
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .outerjoin(supply, supply.c.pool_id == Pool.id)
        .outerjoin(held, held.c.pool_id == Pool.id)
        .outerjoin(lent, lent.c.pool_id == Pool.id)
        .where(Pool.tenant_id == work.tenant_id, Pool.id.in_(pool_ids))
        .order_by(Pool.id)
    )  # fmt: skip
    return [PoolUse(*row) for row in (await work.session.execute(query)).all()]


async def lines_in_use_without_supply(work: Work) -> frozenset[UUID]:
    """Give the metric lines in which somebody sits although no lot is in force any more."""
    now = work.now()
    supplied = supply_of_lines(work.tenant_id, now, for_good=True).with_only_columns(Lot.line_id)
    ended = select(Lot.line_id).where(Lot.tenant_id == work.tenant_id, known(Lot, None), Lot.end <= now)
    query = (
        select(Assignment.line_id)
        .join(MetricLine, LINE_OF_SEAT)
        .where(
            Assignment.tenant_id == work.tenant_id,
            Assignment.line_id.in_(ended),
            Assignment.line_id.not_in(supplied),
            occupied_at(now, now),
        )
        .distinct()
    )
    return frozenset((await work.session.execute(query)).scalars())


async def lines_ending(
    work: Work, first: date, last: date, besides: Collection[UUID]
) -> Sequence[tuple[MetricLine, Entitlement]]:
    """Give the metric lines with a lot whose last usable day lies from `first` to `last`, and those `besides`."""
    ending = select(Lot.line_id).where(
        Lot.tenant_id == work.tenant_id, known(Lot, None), Lot.last_day.between(first, last)
    )
    query = (
        select(MetricLine, Entitlement)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(MetricLine.tenant_id == work.tenant_id, or_(MetricLine.id.in_(ending), MetricLine.id.in_(besides)))
        .order_by(MetricLine.id)
    )
    return [(line, license_) for line, license_ in (await work.session.execute(query)).all()]


async def agreements_ending(work: Work, first: date) -> Sequence[Agreement]:
    """Give the agreements that ask for notice and whose last day is `first` or later."""
    query = (
        select(Agreement)
        .where(
            Agreement.tenant_id == work.tenant_id,
            Agreement.withdrawn_at.is_(None),
            Agreement.last_day >= first,
            Agreement.notice_days.is_not(None),
        )
        .order_by(Agreement.id)
    )
    return (await work.session.execute(query)).scalars().all()


async def lines_of_agreements(
    work: Work, agreement_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[tuple[MetricLine, Entitlement]]]:
    """Give the metric lines of each of these agreements, with their license."""
    query = (
        select(MetricLine, Entitlement)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(
            MetricLine.tenant_id == work.tenant_id,
            MetricLine.withdrawn_at.is_(None),
            Entitlement.agreement_id.in_(agreement_ids),
        )
        .order_by(Entitlement.name, MetricLine.id)
    )
    found: dict[UUID, list[tuple[MetricLine, Entitlement]]] = defaultdict(list)
    for line, license_ in (await work.session.execute(query)).all():
        found[license_.agreement_id].append((line, license_))
    return found


async def dated_lots(work: Work, line_ids: Collection[UUID]) -> Mapping[UUID, Sequence[DatedLot]]:
    """Give all lots of these metric lines as known today, oldest first."""
    query = (
        select(
            Lot.line_id, Lot.lot_key, Lot.quantity, Lot.start, Lot.end, Lot.last_day, Lot.zone, Lot.renewal_of,
        )
        .where(Lot.tenant_id == work.tenant_id, Lot.line_id.in_(line_ids), known(Lot, None))
        .order_by(Lot.line_id, Lot.start, Lot.lot_key)
    )  # fmt: skip
    found: dict[UUID, list[DatedLot]] = defaultdict(list)
    rows = (await work.session.execute(query)).all()
    renews, until = await _linked(work, [row.lot_key for row in rows])
    for line_id, key, quantity, start, end, last_day, zone, prior in rows:
        links = frozenset(renews[key]), tuple(until[key])
        found[line_id].append(DatedLot(key, quantity, start, end, last_day, zone, prior, *links))
    return found


async def _linked(
    work: Work, keys: Collection[UUID]
) -> tuple[Mapping[UUID, Sequence[UUID]], Mapping[UUID, Sequence[datetime | None]]]:
    """Give which lots each of these is linked to renew, and when the lots end that are linked to renew it."""
    query = (
        select(RenewalLink.old_key, RenewalLink.new_key, Lot.end)
        .join(Lot, and_(Lot.tenant_id == RenewalLink.tenant_id, Lot.lot_key == RenewalLink.new_key))
        .where(
            RenewalLink.tenant_id == work.tenant_id, RenewalLink.superseded_at.is_(None), known(Lot, None),
            or_(RenewalLink.old_key.in_(keys), RenewalLink.new_key.in_(keys)),
        )
        .order_by(RenewalLink.recorded_at, RenewalLink.id)
    )  # fmt: skip
    renews: dict[UUID, list[UUID]] = defaultdict(list)
    until: dict[UUID, list[datetime | None]] = defaultdict(list)
    for old, new, end in (await work.session.execute(query)).all() if keys else ():
        renews[new].append(old)
        until[old].append(end)
    return renews, until


async def told_under(work: Work, dedupe_keys: Collection[str]) -> frozenset[str]:
    """Give those of the keys under which a notice exists."""
    query = select(Notice.dedupe_key).where(Notice.tenant_id == work.tenant_id, Notice.dedupe_key.in_(dedupe_keys))
    return frozenset((await work.session.execute(query)).scalars())


async def unit_paths(work: Work, unit_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Give each unit's path in today's tree, the unit itself first."""
    query = (
        select(UnitClosure.unit_id, UnitClosure.ancestor_id)
        .where(UnitClosure.tenant_id == work.tenant_id, UnitClosure.unit_id.in_(unit_ids))
        .order_by(UnitClosure.unit_id, UnitClosure.depth)
    )
    paths: dict[UUID, tuple[UUID, ...]] = {}
    for unit_id, ancestor_id in (await work.session.execute(query)).all():
        paths[unit_id] = (*paths.get(unit_id, ()), ancestor_id)
    return paths


async def thresholds_drawn(work: Work) -> dict[str, Any] | None:
    """Give the tenant's own lines as its rulebook has them live; None where it draws none."""
    query = select(PolicyVersion.content).where(
        PolicyVersion.tenant_id == work.tenant_id,
        PolicyVersion.kind == PolicyKind.THRESHOLDS,
        PolicyVersion.state == VersionState.LIVE,
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def all_tenants(session: AsyncSession) -> Sequence[UUID]:
    """Give every tenant that is at work, for sweeps."""
    query = select(Tenant.id).where(Tenant.suspended_at.is_(None)).order_by(Tenant.id)
    return (await session.execute(query)).scalars().all()
