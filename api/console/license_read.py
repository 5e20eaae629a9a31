"""One license, read within reach at the page's instant: everything that its pages rest on."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func

from api.console.context import Context
from api.console.standing import names_of, status_of, units_of
from api.console.values import Balance, SeatBar, Status
from governance.agreements.models import Agreement
from governance.agreements.queries import visible_agreements
from governance.catalog.models import Product, Vendor
from governance.entitlements.models import Entitlement, Lot, MetricLine
from governance.entitlements.queries import entitlement, visible_lines, visible_lots
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.metrics.measures import Measures
from governance.metrics.position import Dimension, Position, PositionQuery, PositionRow, position
from governance.rulebook.queries import live_thresholds
from governance.seats.models import Assignment
from governance.seats.queries import visible_assignments
from governance.seats.rules import SeatState
from policies.access.fields import FieldClass
from policies.thresholds.threshold import Lines


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool of the license, or (without an id) the seats that no pool has."""

    id: str | None
    name: str
    seats: Measures
    status: Status

    @classmethod
    def of(cls, ctx: Context, row: PositionRow, lines: Lines) -> "PoolRow":
        group, seats = row.group[1], row.measures
        name = group.name if group.id else ctx.text("license.no_pool")
        return cls(group.id, name, seats, status_of(ctx, seats.occupied, seats.allocated, lines, dense=True))

    @property
    def bar(self) -> SeatBar:
        return SeatBar(self.seats.occupied, self.seats.allocated)

    @property
    def balance(self) -> Balance:
        return Balance(None if self.seats.allocated is None else self.seats.allocated - self.seats.occupied)


async def lots_of_license(ctx: Context, work: Work, license_id: UUID) -> tuple[Lot, ...]:
    """Every lot of a license as it was known at the page's instant, the newest first."""
    query = visible_lots(work, known_at=ctx.known_at or ctx.as_of).where(MetricLine.entitlement_id == license_id)
    return tuple((await work.session.execute(query.order_by(Lot.start.desc(), Lot.id))).scalars())


@dataclass(frozen=True, slots=True)
class Read:
    """Everything the page rests on, read within reach at one instant."""

    entitlement: Entitlement
    product: Product
    vendor: Vendor
    agreement: Agreement | None
    lines: tuple[MetricLine, ...]
    lots: tuple[Lot, ...]
    pools: tuple[PoolRow, ...]
    seats: Measures | None
    told: Position
    thresholds: Lines
    names: dict[UUID, str]
    units: dict[UUID, str]
    counts: dict[str, int]
    reclaims: int
    money: bool


def license_id_of(text: str) -> UUID:
    """The id an address names. Raises NotFound for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("license", text) from None


async def read_license(ctx: Context, license_id: UUID) -> Read:
    """Read a license within reach. Raises NotFound, BadInput for an instant to come."""
    async with ctx.work() as work:
        row = await entitlement(work, license_id)
        product = await work.session.get_one(Product, (work.tenant_id, row.product_id))
        vendor = await work.session.get_one(Vendor, (work.tenant_id, product.vendor_id))
        agreement = (
            await work.session.execute(visible_agreements(work).where(Agreement.id == row.agreement_id))
        ).scalar_one_or_none()
        lines = tuple(
            (
                await work.session.execute(
                    visible_lines(work).where(MetricLine.entitlement_id == row.id).order_by(MetricLine.code)
                )
            ).scalars()
        )
        told = await position(work, PositionQuery(ctx.as_of, ctx.known_at, (Dimension.LICENSE, Dimension.POOL)))
        own = tuple(each for each in told.rows if each.group[0].id == str(row.id))
        thresholds = (await live_thresholds(work)).use
        return Read(
            row, product, vendor, agreement, lines, await lots_of_license(ctx, work, row.id),
            tuple(PoolRow.of(ctx, each, thresholds) for each in own),
            next((each.measures for each in told.grouped(Dimension.LICENSE) if each.group[0].id == str(row.id)), None),
            told, thresholds, await names_of(work, (row.owner_id, row.deputy_id)), await units_of(work, [row.unit_id]),
            await _counts(work, lines), await _reclaims(work, lines), work.gate.may_read(work.actor, FieldClass.MONEY),
        )  # fmt: skip


async def _counts(work: Work, lines: tuple[MetricLine, ...]) -> dict[str, int]:
    """How many rows the tabs hold, as now."""
    ids = [line.id for line in lines]
    open_seats = visible_assignments(work).where(Assignment.line_id.in_(ids), Assignment.released_at.is_(None))
    seats = await work.session.execute(open_seats.with_only_columns(func.count()))
    return {"seats": seats.scalar_one()}


async def _reclaims(work: Work, lines: tuple[MetricLine, ...]) -> int:
    query = visible_assignments(work).where(
        Assignment.line_id.in_([line.id for line in lines]), Assignment.state == SeatState.RECLAIM_PENDING
    )
    return (await work.session.execute(query.with_only_columns(func.count()))).scalar_one()


def license_of(ctx: Context) -> UUID:
    """The license whose address this is: `/licenses/{id}/…`. Raises NotFound."""
    return license_id_of(ctx.path.split("/")[2])
