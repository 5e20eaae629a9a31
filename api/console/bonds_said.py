"""What a product's tiers contain and require, and what the vendor's table suggests of that, as panels of its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from api.console.declare import Column, Context, Empty, Panel, Table
from governance.catalog.bonding import suggested_parts
from governance.catalog.models import Product, Tier, TierBond
from governance.catalog.queries import visible_bonds
from governance.kernel.work import Work

SUGGESTED_AT_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class BondRow:
    """A bond in words; `end` is where it is ended, None for whoever may not."""

    tier: str
    says: str
    other: str
    since: datetime
    reason: str
    end: str | None


@dataclass(frozen=True, slots=True)
class SuggestedRow:
    suite: str
    part: str
    features: int
    confirm: str | None


async def bond_panels(ctx: Context, work: Work, product_id: UUID) -> tuple[Panel, ...]:
    """The bonds of the product's tiers, and those it is part or base of; for whoever edits, what is suggested too."""
    panels = (_bonds(ctx, product_id, await _rows(ctx, work, product_id)),)
    if not ctx.may("catalog:edit"):
        return panels
    found = await suggested_parts(work, product_id, at_most=SUGGESTED_AT_MOST)
    names = await _names(work, {each for s in found for each in (s.suite.product_id, s.part.product_id)})
    rows = [
        SuggestedRow(
            f"{names[each.suite.product_id]} {each.suite.name}", f"{names[each.part.product_id]} {each.part.name}",
            each.features, f"/catalog/{each.suite.product_id}/bond?tier={each.suite.id}&part={each.part.id}",
        )
        for each in found
    ]  # fmt: skip
    return (*panels, _suggested(ctx, rows)) if rows else panels


async def _rows(ctx: Context, work: Work, product_id: UUID) -> list[BondRow]:
    own = select(Tier.id).where(Tier.tenant_id == work.tenant_id, Tier.product_id == product_id)
    query = visible_bonds(work).where(
        or_(TierBond.tier_id.in_(own), TierBond.part_id.in_(own), TierBond.product_id == product_id)
    )
    bonds = (await work.session.execute(query.order_by(TierBond.kind, TierBond.id))).scalars().all()
    ids = {each for bond in bonds for each in (bond.tier_id, bond.part_id) if each}
    tiers = select(Tier.id, Tier.name, Product.name).join(
        Product, (Product.tenant_id == Tier.tenant_id) & (Product.id == Tier.product_id)
    )
    found = await work.session.execute(tiers.where(Tier.tenant_id == work.tenant_id, Tier.id.in_(ids)))
    named = {row[0]: f"{row[2]} {row[1]}" for row in found}
    named |= await _names(work, {bond.product_id for bond in bonds if bond.product_id})
    may = ctx.may("catalog:edit")
    return [
        BondRow(
            named[bond.tier_id], ctx.text(f"catalog.bond_{bond.kind.value.lower()}"),
            named[bond.part_id or bond.product_id or bond.tier_id], bond.start, bond.reason,
            f"/catalog/{product_id}/bond/{bond.id}/end" if may else None,
        )
        for bond in bonds
    ]  # fmt: skip


async def _names(work: Work, product_ids: set[UUID]) -> dict[UUID, str]:
    query = select(Product.id, Product.name).where(Product.tenant_id == work.tenant_id, Product.id.in_(product_ids))
    return {row[0]: row[1] for row in await work.session.execute(query)}


def _bonds(ctx: Context, product_id: UUID, rows: Sequence[BondRow]) -> Panel:
    columns: tuple[Column, ...] = (
        Column("tier", "catalog.tier", strong=True),
        Column("says", "catalog.bond_says"),
        Column("other", "catalog.bond_other", sub=lambda row: row.reason),
        Column("since", "catalog.since", kind="date", leaves=3),
    )
    if any(row.end for row in rows):
        end = ctx.text("catalog.bond_end")
        columns += (Column("end", "catalog.bond_ends", value=lambda _: end, href=lambda row: row.end),)
    empty = Empty(ctx.text("catalog.no_bonds"), icon="license")
    table = Table(ctx.text("catalog.bonds"), columns, rows, bare=True, ident="bonds", empty=empty)
    return Panel(ctx.text("catalog.bonds"), (table,), sub=ctx.text("catalog.bonds_text"))


def _suggested(ctx: Context, rows: Sequence[SuggestedRow]) -> Panel:
    confirm = ctx.text("catalog.bond_confirm")
    table = Table(
        ctx.text("catalog.suggested"),
        (
            Column("suite", "catalog.bond_suite", strong=True),
            Column("part", "catalog.bond_part"),
            Column("features", "catalog.features", kind="number", leaves=3),
            Column("confirm", "catalog.bond_ends", value=lambda _: confirm, href=lambda row: row.confirm),
        ),
        rows, bare=True, ident="suggested",
    )  # fmt: skip
    return Panel(ctx.text("catalog.suggested"), (table,), sub=ctx.text("catalog.suggested_text"))
