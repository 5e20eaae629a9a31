"""One product in full: whether it may be used and who said so, its tiers with what each adds, its list prices."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from api.console import formats
from api.console.acting import actors_of, id_of
from api.console.bonds_said import bond_panels
from api.console.declare import (
    Action,
    Badge,
    Column,
    Context,
    Detail,
    Empty,
    Facts,
    Ids,
    Level,
    Missing,
    Panel,
    Part,
    Query,
    Status,
    Table,
)
from api.console.desk import provenance_of
from api.console.seat_cost_said import seat_facts_of
from api.console.standing import today_only
from governance.catalog.bands import spans
from governance.catalog.models import Approval, Feature, ListPrice, Product, Tier, TierFeature, Vendor
from governance.catalog.queries import latest_approvals, product, visible_approvals, visible_prices, visible_tiers
from governance.catalog.rules import ApprovalStatus, Stand, stand_of
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.metrics.seat_cost import SeatCostQuery, seat_costs
from governance.metrics.seat_cost_rules import CostBy
from policies.access.actions import Action as Act
from policies.access.fields import FieldClass

LEVELS: Final = {
    Stand.STANDING: Level.OK, Stand.UNDECIDED: Level.UNKNOWN, Stand.ENDED: Level.HIGH, Stand.DENIED: Level.CRITICAL,
    Stand.WITHDRAWN: Level.HIGH,
}  # fmt: skip
MOST_ADDED: Final = 4


@dataclass(frozen=True, slots=True)
class TierRow:
    """A tier, what it adds to the tiers below it, and what a seat of it costs a month by the vendor's list."""

    name: str
    code: str
    rank: int
    features: int
    adds: str
    price: Any
    status: Status


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """One product: how it stands and why, its tiers, its list prices. Raises NotFound."""
    async with ctx.work() as work:
        row = await product(work, id_of(ids["id"], "product"))
        vendor = (await work.session.get_one(Vendor, (work.tenant_id, row.vendor_id))).name
        history = visible_approvals(work).where(Approval.product_id == row.id)
        newest_first = history.order_by(Approval.recorded_at.desc(), Approval.id.desc())
        decisions = (await work.session.execute(newest_first)).scalars().all()
        by = await actors_of(ctx, work, [each.decided_by for each in decisions])
        counts = latest_approvals(work.tenant_id, as_of=work.now()).where(Approval.product_id == row.id)
        decided = (await work.session.execute(counts)).scalar_one_or_none()
        tiers = await _tiers(ctx, work, row.id)
        bonds = await bond_panels(ctx, work, row.id)
        costs = await _costs(ctx, work, row.id)
    price = Action("catalog.set_price", f"/catalog/{row.id}/price", "receipt", dialog=True, action="catalog:edit")
    bond = Action("catalog.bond", f"/catalog/{row.id}/bond", "license", dialog=True, action="catalog:edit")
    decide = Action("catalog.decide", f"/catalog/{row.id}/decide", "gavel", dialog=True, action="catalog:edit")
    below = "catalog.releases_text" if row.releases else "catalog.tiers_text"
    return Detail(
        row.name,
        ((ctx.text("catalog.title"), "/catalog"), (vendor, "")),
        (Badge(row.code),),
        parts=(
            *today_only(ctx),
            Panel(ctx.text("catalog.tiers"), (_tier_table(ctx, tiers),), sub=ctx.text(below)),
            *bonds,
            Panel(ctx.text("catalog.decisions"), (_decision_table(ctx, decisions, by),)),
        ),
        side=(Panel(ctx.text("catalog.stands"), (_facts(ctx, row, vendor, decided),)), *costs),
        actions=(price, decide, *((bond,) if tiers else ())) if ctx.may("catalog:edit") else (),
        provenance=await provenance_of(ctx),
    )


def status_of(ctx: Context, decided: Approval | None) -> Status:
    """How a product stands today by the decision that counts."""
    status, until = (decided.status, decided.until) if decided else (None, None)
    stand = stand_of(status, until, ctx.now.date())
    word = "ended" if stand is Stand.ENDED else status.value.lower() if status else "undecided"
    limited = stand is Stand.STANDING and status is not ApprovalStatus.APPROVED
    return Status(Level.WARN if limited else LEVELS[stand], ctx.text(f"catalog.status_{word}"))


async def _costs(ctx: Context, work: Work, product_id: UUID) -> tuple[Part, ...]:
    """What a seat of it costs here, and what unused ones cost; nothing to whom money or positions are not given."""
    if not (work.gate.may(work.actor, Act.POSITION_READ) and work.gate.may_read(work.actor, FieldClass.MONEY)):
        return ()
    told = await seat_costs(work, SeatCostQuery(ctx.as_of, ctx.known_at, CostBy.PRODUCT))
    found = [row for row in told.rows if row.id == product_id]
    all_ = (Action("seat_cost.all", "/spend/seats?by=product", "receipt", changes=False, action="position:read"),)
    facts = [Facts(tuple(seat_facts_of(ctx, told, row))) for row in found]
    return tuple(Panel(ctx.text("seat_cost.title"), (each,), actions=all_) for each in facts)


async def _tiers(ctx: Context, work: Work, product_id: UUID) -> list[TierRow]:
    """The product's tiers, the lowest first, in three SELECTs however many they are."""
    ranked = visible_tiers(work).where(Tier.product_id == product_id).order_by(Tier.rank, Tier.name, Tier.id)
    tiers = (await work.session.execute(ranked)).scalars().all()
    grants = await work.session.execute(
        select(TierFeature.tier_id, Feature.name)
        .join(Feature, (Feature.tenant_id == TierFeature.tenant_id) & (Feature.id == TierFeature.feature_id))
        .join(Tier, (Tier.tenant_id == TierFeature.tenant_id) & (Tier.id == TierFeature.tier_id))
        .where(TierFeature.tenant_id == work.tenant_id, TierFeature.retired_at.is_(None), Tier.product_id == product_id)
    )
    features: dict[UUID, set[str]] = defaultdict(set)
    for tier_id, feature in grants:
        features[tier_id].add(feature)
    asked = visible_prices(work).join(Tier, (Tier.tenant_id == ListPrice.tenant_id) & (Tier.id == ListPrice.tier_id))
    prices: dict[UUID, list[ListPrice]] = defaultdict(list)
    priced = asked.where(Tier.product_id == product_id).order_by(ListPrice.currency)
    for price in (await work.session.execute(priced)).scalars():
        prices[price.tier_id].append(price)
    return [_tier(ctx, each, tiers, features, prices[each.id]) for each in tiers]


def _tier(
    ctx: Context, row: Tier, tiers: Sequence[Tier], features: dict[UUID, set[str]], prices: Sequence[ListPrice]
) -> TierRow:
    below: set[str] = set().union(*(features[each.id] for each in tiers if each.rank < row.rank))
    added = sorted(features[row.id] - below) if below else []
    more = len(added) - MOST_ADDED
    said = ", ".join(added[:MOST_ADDED]) + (ctx.text("catalog.more", count=more) if more > 0 else "")
    cost = ", ".join(_price(ctx, each) for each in prices)
    sold = Status(Level.OK, ctx.text("catalog.sold"))
    gone = Status(Level.UNKNOWN, ctx.text("catalog.retired"))
    return TierRow(
        row.name, row.code, row.rank, len(features[row.id]), said, cost or Missing(ctx.text("catalog.no_price")),
        gone if row.retired_at else sold,
    )  # fmt: skip


def _price(ctx: Context, row: ListPrice) -> str:
    """A price a seat and month; with bands each of them: `1 to 100 $57.00 · from 101 $52.00`."""
    if not row.bands:
        return formats.money(ctx.locale, Money(row.micros, row.currency))
    said = []
    for each in spans(row.price):
        first, last = (formats.number(ctx.locale, n or 1) for n in (each.first, each.last))
        key = "price.from" if each.last is None else "price.span"
        units = ctx.text(key, first=first, last=last)
        said.append(f"{units}: {formats.money(ctx.locale, Money(each.unit_price, row.currency))}")
    return f"{ctx.text(f'license.basis_{row.basis.value.lower()}')} ({' · '.join(said)})"


def _tier_table(ctx: Context, tiers: Sequence[TierRow]) -> Table:
    return Table(
        ctx.text("catalog.tiers"),
        (
            Column("name", "catalog.tier", sub=lambda each: each.code, strong=True),
            Column("rank", "catalog.rank", kind="number", leaves=2),
            Column("features", "catalog.features", kind="number", leaves=3),
            Column("adds", "catalog.adds", leaves=5, quiet=True),
            Column("price", "catalog.price", leaves=4),
            Column("status", "table.status", kind="status"),
        ),
        tiers, bare=True, ident="tiers", empty=Empty(ctx.text("catalog.no_tiers"), icon="license"),
    )  # fmt: skip


def _decision_table(ctx: Context, rows: Sequence[Approval], by: dict[str, str]) -> Table:
    shown = [
        {
            "at": each.start or each.recorded_at, "use": ctx.text(f"catalog.status_{each.status.value.lower()}"),
            "until": each.until, "by": each.source or by[each.decided_by], "reason": each.reason,
        }
        for each in rows
    ]  # fmt: skip
    return Table(
        ctx.text("catalog.decisions"),
        (
            Column("at", "catalog.since", kind="date", strong=True),
            Column("use", "catalog.use"),
            Column("until", "catalog.until", kind="date", leaves=2),
            Column("by", "catalog.by", leaves=3),
            Column("reason", "catalog.why", leaves=4, quiet=True),
        ),
        shown, bare=True, ident="decisions", empty=Empty(ctx.text("catalog.nobody"), icon="gavel"),
    )  # fmt: skip


def _facts(ctx: Context, row: Product, vendor: str, decided: Approval | None) -> Facts:
    until = decided.until if decided else None
    rows: list[tuple[str, Any]] = [
        (ctx.text("agreements.vendor"), vendor),
        (ctx.text("catalog.use"), status_of(ctx, decided)),
        (ctx.text("catalog.until"), until or Missing(ctx.text("catalog.endless"))),
        (ctx.text("catalog.why"), decided.reason if decided else Missing(ctx.text("catalog.nobody"))),
    ]
    if decided and decided.source:
        rows.append((ctx.text("catalog.source"), f"{decided.source}: {decided.source_status or ''}".rstrip(": ")))
    if row.description:
        rows.append((ctx.text("catalog.description"), row.description))
    return Facts(tuple(rows))
