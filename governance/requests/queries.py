"""Every SELECT of requests: who asked for what, who waits in which order, and which pools one may ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from governance.catalog.models import Product
from governance.directory.models import Person, UnitClosure
from governance.directory.queries import ownership
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL, there, visible_pools
from governance.entitlements.rules import LicenseModel
from governance.kernel.errors import NotFound
from governance.kernel.page import count_all
from governance.kernel.work import Placed, Work
from governance.requests.models import SeatRequest
from governance.requests.rules import RequestState
from policies.access.actions import Action
from policies.access.parties import Ownership

REQUEST_PLACED = Placed(unit=Pool.unit_id, region=Pool.region, people=(SeatRequest.person_id,))
POOL_OF_REQUEST = and_(Pool.tenant_id == SeatRequest.tenant_id, Pool.id == SeatRequest.pool_id)
PERSON_OF_REQUEST = and_(Person.tenant_id == SeatRequest.tenant_id, Person.id == SeatRequest.person_id)
IN_LINE = (SeatRequest.priority.desc(), SeatRequest.waiting_since, SeatRequest.id)


@dataclass(frozen=True)
class Askable:
    """A pool that somebody may ask for a seat of, as they read it: of which license, of which product."""

    pool_id: UUID
    pool: str
    line_id: UUID
    license: str
    product_id: UUID
    product: str


def visible_requests(work: Work, action: Action = Action.SEAT_READ) -> Select[SeatRequest]:
    """Give the requests within reach, ended ones too: by their pool's unit and region, or one's own."""
    return (
        select(SeatRequest)
        .join(Pool, POOL_OF_REQUEST)
        .where(SeatRequest.tenant_id == work.tenant_id, work.reach(action, REQUEST_PLACED))
    )


def undecided(work: Work) -> ColumnElement[bool]:
    """Say which requests still wait for a decision now, swept or not."""
    return and_(SeatRequest.state == RequestState.ASKED, SeatRequest.expires_at > work.now())


def stands(work: Work, state: RequestState) -> ColumnElement[bool]:
    """Say which requests stand like this now, swept or not."""
    if state is RequestState.ASKED:
        return undecided(work)
    if state is RequestState.EXPIRED:
        late = and_(SeatRequest.state == RequestState.ASKED, SeatRequest.expires_at <= work.now())
        return or_(SeatRequest.state == RequestState.EXPIRED, late)
    return SeatRequest.state == state


async def seat_request(work: Work, request_id: UUID, *, locked: bool = False) -> SeatRequest:
    """Give one request within reach; `locked` until the transaction ends. Raises NotFound."""
    query = visible_requests(work).where(SeatRequest.id == request_id)
    if locked:
        query = query.with_for_update(key_share=True, of=SeatRequest)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("seat request", str(request_id))
    return row


async def request_ownership(work: Work, row: SeatRequest) -> Ownership:
    """Say whose a request is: its pool's unit and region, and the person it is for."""
    pool = await work.session.get_one(Pool, (work.tenant_id, row.pool_id))
    return await ownership(work, unit_id=pool.unit_id, region=pool.region, people=(row.person_id,))


async def open_request(work: Work, pool_id: UUID, person_id: UUID) -> SeatRequest | None:
    """Give the person's open request for this pool, locked; None where there is none."""
    query = (
        select(SeatRequest)
        .where(
            SeatRequest.tenant_id == work.tenant_id,
            SeatRequest.pool_id == pool_id,
            SeatRequest.person_id == person_id,
            SeatRequest.ended_at.is_(None),
        )
        .with_for_update(key_share=True)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def in_line(work: Work, line_id: UUID, *, most: int) -> Sequence[SeatRequest]:
    """Give who waits for seats of a line, in the order in which they are served."""
    query = (
        select(SeatRequest)
        .join(Pool, POOL_OF_REQUEST)
        .where(
            SeatRequest.tenant_id == work.tenant_id,
            SeatRequest.state == RequestState.WAITING,
            Pool.line_id == line_id,
        )
        .order_by(*IN_LINE)
        .limit(most)
    )
    return (await work.session.execute(query)).scalars().all()


async def waiting_in(work: Work, pool_ids: Sequence[UUID]) -> int:
    """Count the requests within reach that wait in line for seats of these pools."""
    waiting = visible_requests(work).where(SeatRequest.pool_id.in_(pool_ids), SeatRequest.state == RequestState.WAITING)
    return await count_all(work.session, waiting)


async def place_of(work: Work, row: SeatRequest) -> int | None:
    """Give the place of a request in the line of its pool, from 1; None where it does not wait."""
    if row.state is not RequestState.WAITING:
        return None
    earlier = or_(
        SeatRequest.priority > row.priority,
        and_(SeatRequest.priority == row.priority, SeatRequest.waiting_since < row.waiting_since),
        and_(
            SeatRequest.priority == row.priority, SeatRequest.waiting_since == row.waiting_since,
            SeatRequest.id < row.id,
        ),
    )  # fmt: skip
    query = select(func.count()).where(
        SeatRequest.tenant_id == work.tenant_id,
        SeatRequest.pool_id == row.pool_id,
        SeatRequest.state == RequestState.WAITING,
        earlier,
    )
    return (await work.session.execute(query)).scalar_one() + 1


async def askable_pools(work: Work, person: Person, product_id: UUID | None = None) -> tuple[Askable, ...]:
    """Give the open pools that serve this person: of their unit or one above it, of a region their country lies in."""
    above = select(UnitClosure.ancestor_id).where(
        UnitClosure.tenant_id == work.tenant_id, UnitClosure.unit_id == person.unit_id
    )
    query = (
        select(Pool, Entitlement, Product)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Product, and_(Product.tenant_id == Entitlement.tenant_id, Product.id == Entitlement.product_id))
        .where(
            Pool.tenant_id == work.tenant_id,
            Pool.closed_at.is_(None),
            Pool.unit_id.in_(above),
            Pool.region.in_(sorted(work.office.regions.path(person.country))),
            MetricLine.model != LicenseModel.CONCURRENT_USER,
            there(MetricLine, None),
            there(Entitlement, None),
        )
        .order_by(Entitlement.name, Pool.name, Pool.id)
    )
    if product_id is not None:
        query = query.where(Product.id == product_id)
    return tuple(
        Askable(pool.id, pool.name, pool.line_id, license_.name, product.id, product.name)
        for pool, license_, product in (await work.session.execute(query)).all()
    )


async def pool_asked_for(work: Work, pool_id: UUID) -> Askable:
    """Give a pool within reach as one that is asked for. Raises NotFound."""
    query = (
        visible_pools(work)
        .join(Product, and_(Product.tenant_id == Entitlement.tenant_id, Product.id == Entitlement.product_id))
        .where(Pool.id == pool_id)
        .with_only_columns(Pool, Entitlement, Product)
    )
    row = (await work.session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("pool", str(pool_id))
    pool, license_, product = row
    return Askable(pool.id, pool.name, pool.line_id, license_.name, product.id, product.name)


async def overdue(work: Work, *, most: int) -> Sequence[SeatRequest]:
    """Give requests that nobody decided on in time, the oldest first, locked."""
    query = (
        select(SeatRequest)
        .where(
            SeatRequest.tenant_id == work.tenant_id,
            SeatRequest.state == RequestState.ASKED,
            SeatRequest.expires_at <= work.now(),
        )
        .order_by(SeatRequest.expires_at, SeatRequest.id)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return (await work.session.execute(query)).scalars().all()


async def lines_waited_for(work: Work) -> Sequence[UUID]:
    """Give the lines for whose seats somebody waits."""
    query = (
        select(Pool.line_id)
        .join(SeatRequest, POOL_OF_REQUEST)
        .where(SeatRequest.tenant_id == work.tenant_id, SeatRequest.state == RequestState.WAITING)
        .distinct()
        .order_by(Pool.line_id)
    )
    return (await work.session.execute(query)).scalars().all()
