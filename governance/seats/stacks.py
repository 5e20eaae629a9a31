"""What people can use beside a seat in question: each right with its place in the book of tiers, as of an instant."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select

from governance.catalog.bonds import TierBook
from governance.catalog.models import Product
from governance.catalog.shelf import tier_book
from governance.entitlements.models import Allocation, Entitlement, LineRight, Lot, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LOT_OF_ALLOCATION, in_force, known
from governance.entitlements.rights import rights_of
from governance.entitlements.rules import RightKind
from governance.kernel.work import Work
from governance.seats import queries
from governance.seats.covered import NOT_USABLE
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT, POOL_OF_SEAT, occupied_at, state_at
from governance.seats.rules import HeldRight, Holder, PoolFacts, lost_with
from policies.access.parties import Ownership


async def pool_to_seat(
    work: Work, pool_id: UUID, *, features: bool = False, near: PoolFacts | None = None
) -> tuple[PoolFacts, Ownership]:
    """Give a pool with the book of the tiers around it, and whose it is. `features`: some are asked for.

    `near`: another pool of the product, whose book is the same. Raises NotFound.
    """
    pool, owned = await queries.pool_facts(work, pool_id)
    book = near.book if near is not None and near.product_id == pool.product_id else None
    if book is None:
        book = await tier_book(work, {pool.product_id}, lean=not features)
    beside = (await rights_of(work, (pool.line_id,), work.now())).get(pool.line_id, ())
    return with_rights(replace(pool, book=book), beside), owned


def with_rights(pool: PoolFacts, beside: Sequence[LineRight]) -> PoolFacts:
    """Give a pool with what its line grants beside the seats: older releases it may be used as, each right in words."""
    if not beside:
        return pool
    reached = [pool.book.older(pool.key, each.levels) for each in beside if each.kind is RightKind.DOWNGRADE]
    return replace(pool, downgrades=frozenset().union(*reached), rights=tuple(dict.fromkeys(map(spoken_right, beside))))


def spoken_right(row: LineRight) -> str:
    """Say a right in words."""
    until = "" if row.last_day is None else f" until {row.last_day}"
    if row.kind is RightKind.SECOND_USE:
        return f"second, portable device not counted{until}"
    reach = "any older release" if row.levels is None else f"up to {row.levels} releases back"
    return f"may be used as {reach}{until}"


async def holders_to_be(work: Work, pool: PoolFacts, person_ids: Sequence[UUID]) -> dict[UUID, Holder]:
    """Give the people within reach as holders to be of a seat of the pool, with what else they can use.

    Raises NotFound.
    """
    people = await queries.holders(work, pool.line_id, person_ids)
    beside = await stacks(work, pool.book, person_ids)
    return people | {person_id: replace(people[person_id], stack=rights) for person_id, rights in beside.items()}


async def stacks(
    work: Work, book: TierBook, person_ids: Collection[UUID], as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> dict[UUID, tuple[HeldRight, ...]]:  # fmt: skip
    """Give what each person could use at `as_of` of the lines that the book says something of, the oldest first.

    A seat that waits for an answer, is suspended, or has no lot in force is no right. One in a pool out of reach counts
    too, a base is a base whoever looks after it; but nothing more is said of it than product and tier.
    """
    if not book.tiers and not book.products:
        return {}
    at, told = as_of or work.now(), known_at or work.now()
    rows = (await work.session.execute(_seats(work, book, person_ids, at, told))).all()
    lots = await lots_of_pools(work, {row.pool_id for row in rows}, at, told)
    found: dict[UUID, list[HeldRight]] = defaultdict(list)
    for row in rows:
        if row.pool_id in lots:
            key, pool, bought = row.tier_id or row.product_id, row.pool, lots[row.pool_id]
            spoken = book.name(key) if key in book.tiers else row.product
            line = f"{row.license}/{row.line}"
            if not row.seen:
                line, pool, bought = "a line elsewhere", "a pool elsewhere", ()
            right = HeldRight(key, row.line_id, line, pool, spoken, bought, row.seat_id)
            found[row.person_id].append(right)
    return {person_id: tuple(rights) for person_id, rights in found.items()}


@dataclass(frozen=True)
class SeatLoss:
    """What somebody loses with seats that they give back: add-ons that stand on nothing then, parts covered no more."""

    person_id: UUID
    stranded: tuple[HeldRight, ...]
    uncovered: tuple[str, ...]

    def told(self) -> list[Any]:
        """Give it as a preview's token digests it."""
        return [str(self.person_id), [str(each.seat_id) for each in self.stranded], list(self.uncovered)]


async def losses_with(work: Work, seats: Sequence[Assignment], to: UUID | None = None) -> tuple[SeatLoss, ...]:
    """Say who loses what when these seats are given back, by person. `to`: the key of what each gets instead."""
    lines = {seat.line_id for seat in seats}
    of_lines = select(Entitlement.product_id).join(MetricLine, ENTITLEMENT_OF_LINE)
    query = of_lines.where(MetricLine.tenant_id == work.tenant_id, MetricLine.id.in_(lines)).distinct()
    products = set((await work.session.execute(query)).scalars())
    book = await tier_book(work, products, lean=True)
    held = await stacks(work, book, {seat.person_id for seat in seats}) if book.bonds else {}
    found = []
    for person_id in sorted(held):
        leaving = frozenset(seat.line_id for seat in seats if seat.person_id == person_id)
        loss = lost_with(book, held[person_id], leaving, to)
        if loss:
            found.append(SeatLoss(person_id, loss.stranded, tuple(book.name(each) for each in loss.uncovered)))
    return tuple(found)


def _seats(
    work: Work, book: TierBook, person_ids: Collection[UUID], at: datetime, known_at: datetime
) -> Select[*tuple[Any, ...]]:
    products = {tier.product_id for tier in book.tiers.values()} | set(book.products)
    seen = queries.visible_assignments(work).with_only_columns(Assignment.id)
    return (
        select(
            Assignment.person_id, Assignment.line_id, Assignment.pool_id, Assignment.id.label("seat_id"),
            MetricLine.tier_id, MetricLine.code.label("line"), Entitlement.code.label("license"),
            Entitlement.product_id, Product.name.label("product"), Pool.name.label("pool"),
            Assignment.id.in_(seen).label("seen"),
        )
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Product, and_(Product.tenant_id == Entitlement.tenant_id, Product.id == Entitlement.product_id))
        .join(Pool, POOL_OF_SEAT)
        .where(
            Assignment.tenant_id == work.tenant_id, Assignment.person_id.in_(person_ids),
            Entitlement.product_id.in_(products), occupied_at(at, known_at),
            state_at(at, known_at).not_in(NOT_USABLE),
        )
        .order_by(Assignment.started_at, Assignment.id)
    )  # fmt: skip


async def lots_of_pools(
    work: Work, pool_ids: Iterable[UUID], at: datetime, known_at: datetime
) -> dict[UUID, tuple[str, ...]]:
    """Give for each pool that has lots in force the numbers of their orders, those of no number by license terms."""
    dated = [wanted for row in (Allocation, Lot) for wanted in (known(row, known_at), in_force(row, at))]
    query = (
        select(Allocation.pool_id, Lot.po_number, Lot.first_day)
        .join(Lot, LOT_OF_ALLOCATION)
        .where(Allocation.tenant_id == work.tenant_id, Allocation.pool_id.in_(sorted(pool_ids)), *dated)
        .order_by(Lot.start, Lot.lot_key)
    )
    found: dict[UUID, dict[str, None]] = defaultdict(dict)
    for pool_id, number, first_day in await work.session.execute(query):
        found[pool_id][number or f"lot of {first_day}"] = None
    return {pool_id: tuple(names) for pool_id, names in found.items()}
