"""Every SELECT of fulfillment: how a pool's seats are fulfilled, what is to be done there, and what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.catalog.models import Product, Tier
from governance.directory.models import Person
from governance.directory.queries import at_work, ownership
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL
from governance.fulfillment.models import PoolFulfillment, WorkOrder
from governance.fulfillment.rules import Fulfilled, OrderAct
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action
from policies.access.parties import Ownership

ORDER_PLACED = Placed(unit=Pool.unit_id, region=Pool.region, people=(WorkOrder.person_id,))
POOL_OF_ORDER = and_(Pool.tenant_id == WorkOrder.tenant_id, Pool.id == WorkOrder.pool_id)


@dataclass(frozen=True)
class Told:
    """What the other side is told of an order: who, of which license."""

    order: WorkOrder
    pool: Pool
    line: MetricLine
    license: Entitlement
    product: Product
    tier: Tier | None
    person: Person | None


def visible_work_orders(work: Work, action: Action = Action.SEAT_READ) -> Select[WorkOrder]:
    """Give the orders within reach, ended ones too: by their pool's unit and region, or one's own."""
    return (
        select(WorkOrder)
        .join(Pool, POOL_OF_ORDER)
        .where(WorkOrder.tenant_id == work.tenant_id, work.reach(action, ORDER_PLACED))
    )


async def work_order(work: Work, order_id: UUID, *, locked: bool = False) -> WorkOrder:
    """Give one order within reach; `locked` until the transaction ends. Raises NotFound."""
    query = visible_work_orders(work).where(WorkOrder.id == order_id)
    if locked:
        query = query.with_for_update(key_share=True, of=WorkOrder)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("work order", str(order_id))
    return row


async def order_ownership(work: Work, order: WorkOrder) -> Ownership:
    """Say whose an order is: its pool's unit and region, and the person it is about."""
    pool = await work.session.get_one(Pool, (work.tenant_id, order.pool_id))
    return await ownership(work, unit_id=pool.unit_id, region=pool.region, people=(order.person_id,))


async def fulfillment_of(work: Work, pool_id: UUID) -> PoolFulfillment | None:
    """Give how a pool's seats are fulfilled; None where they are recorded only."""
    return await work.session.get(PoolFulfillment, (work.tenant_id, pool_id))


async def last_order(work: Work, assignment_id: UUID, act: OrderAct) -> WorkOrder | None:
    """Give the latest order of that kind for an assignment, locked; None where there is none."""
    query = (
        select(WorkOrder)
        .where(WorkOrder.tenant_id == work.tenant_id, WorkOrder.assignment_id == assignment_id, WorkOrder.act == act)
        .order_by(WorkOrder.asked_at.desc(), WorkOrder.id.desc())
        .limit(1)
        .with_for_update(key_share=True)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def waiting_order(work: Work, pool_id: UUID, account: str, act: OrderAct) -> WorkOrder | None:
    """Give the order for an account that waits already; None where there is none."""
    query = select(WorkOrder).where(
        WorkOrder.tenant_id == work.tenant_id,
        WorkOrder.pool_id == pool_id,
        WorkOrder.account == account,
        WorkOrder.act == act,
        WorkOrder.state == Fulfilled.PENDING,
    )
    return (await work.session.execute(query.limit(1))).scalar_one_or_none()


async def fulfilled(work: Work, assignment_ids: Sequence[UUID]) -> dict[UUID, WorkOrder]:
    """Give of each of these assignments its latest order; one without any needs nothing done there."""
    query = (
        select(WorkOrder)
        .where(WorkOrder.tenant_id == work.tenant_id, WorkOrder.assignment_id.in_(assignment_ids))
        .order_by(WorkOrder.asked_at, WorkOrder.id)
    )
    rows = (await work.session.execute(query)).scalars()
    return {row.assignment_id: row for row in rows if row.assignment_id is not None}


async def told_of(work: Work, order_id: UUID) -> Told:
    """Give an order with all that the other side is told. For work of the house itself: of every reach."""
    query = (
        select(WorkOrder, Pool, MetricLine, Entitlement, Product, Tier, Person)
        .join(Pool, POOL_OF_ORDER)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Product, and_(Product.tenant_id == Entitlement.tenant_id, Product.id == Entitlement.product_id))
        .outerjoin(Tier, and_(Tier.tenant_id == MetricLine.tenant_id, Tier.id == MetricLine.tier_id))
        .outerjoin(Person, and_(Person.tenant_id == WorkOrder.tenant_id, Person.id == WorkOrder.person_id))
        .where(WorkOrder.tenant_id == work.tenant_id, WorkOrder.id == order_id)
    )
    return Told(*(await work.session.execute(query)).one())


async def due_orders(session: AsyncSession, now: datetime, most: int) -> Sequence[tuple[UUID, UUID]]:
    """Give tenant and id of the orders whose call has come, of all tenants at work, oldest first."""
    query = (
        select(WorkOrder.tenant_id, WorkOrder.id)
        .where(WorkOrder.state == Fulfilled.PENDING, WorkOrder.due_at <= now, at_work(WorkOrder.tenant_id))
        .order_by(WorkOrder.due_at, WorkOrder.id)
        .limit(most)
    )
    return [(tenant_id, order_id) for tenant_id, order_id in (await session.execute(query)).all()]


async def due(work: Work, order_id: UUID) -> WorkOrder | None:
    """Give an order whose call has come, locked; None where another process has it or it is over."""
    query = (
        select(WorkOrder)
        .where(
            WorkOrder.tenant_id == work.tenant_id,
            WorkOrder.id == order_id,
            WorkOrder.state == Fulfilled.PENDING,
            WorkOrder.due_at <= work.now(),
        )
        .with_for_update(skip_locked=True, key_share=True)
    )
    return (await work.session.execute(query)).scalar_one_or_none()
