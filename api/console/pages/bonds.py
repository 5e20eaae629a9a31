"""Suites and add-ons: what a tier contains, or which bases it stands on, is said and ended, each for a reason."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from api.console.acting import id_of
from api.console.context import Context, Query
from api.console.controls import Option
from api.console.desk import desk_of
from api.console.forms import Done, Field, FormPage, Ids, Opened, Outcome, Refused
from api.console.naming import product_called, suggest_tiers_with_products, tier_called
from governance.catalog.bonding import BondTiers, EndTierBond, bond_tiers, end_tier_bond
from governance.catalog.models import Product, Tier
from governance.catalog.queries import bond, product, tier, tiers_on_sale
from governance.catalog.rules import BondKind
from governance.kernel.errors import NotFound

KINDS: Final = tuple(Option(each.value, f"catalog.bond_{each.value.lower()}") for each in BondKind)


async def own_tiers(ctx: Context) -> tuple[Option, ...]:
    """The tiers of the product that the address names, the lowest first."""
    product_id = id_of(ctx.path.split("/")[2], "product")
    async with ctx.work() as work:
        query = tiers_on_sale(work).where(Tier.product_id == product_id).order_by(Tier.rank, Tier.name, Tier.id)
        rows = (await work.session.execute(query)).scalars().all()
    return tuple(Option(str(row.id), text=row.name) for row in rows)


async def _opened(ctx: Context, ids: Ids, title: str, initial: Mapping[str, Any]) -> Opened:
    async with ctx.work() as work:
        row = await product(work, id_of(ids["id"], "product"))
    here = f"/catalog/{row.id}"
    crumbs = ((ctx.text("catalog.title"), "/catalog"), (row.name, here))
    return Opened(ctx.text(title), initial, ctx.text("catalog.bonds_text"), crumbs, cancel=here)


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What a tier contains or requires; with a suggestion's suite and part to begin with. Raises NotFound."""
    initial: dict[str, Any] = {"kind": BondKind.CONTAINS.value}
    if (given := query.raw.get("part", "")) and (suite := query.raw.get("tier", "")):
        async with ctx.work() as work:
            part = await tier(work, id_of(given, "tier"))
            code = select(Product.code).where(Product.tenant_id == work.tenant_id, Product.id == part.product_id)
            of_product = (await work.session.execute(code)).scalar_one()
        reason = ctx.text("catalog.bond_by_table")
        initial |= {"tier_id": suite, "other": f"{of_product} / {part.code}", "reason": reason}
    return await _opened(ctx, ids, "catalog.bond", initial)


async def submit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Say it; what is said already stays."""
    product_id = id_of(ids["id"], "product")
    code, _, name = values["other"].partition(" / ")
    found = await product_called(ctx, code)
    part = await tier_called(ctx, found.id, name) if found and name else None
    if found is None or (name and part is None):
        return Refused({"other": ctx.text("catalog.bond_nothing", named=values["other"])})
    parts, products = ((part.id,), None) if part else (None, (found.id,))
    command = BondTiers(UUID(values["tier_id"]), BondKind(values["kind"]), values["reason"], parts, products)
    await desk_of(ctx).perform(lambda work: bond_tiers(work, command))
    return Done(f"/catalog/{product_id}", ctx.text("catalog.bonded"))


async def opens_end(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Why a bond ends. Raises NotFound."""
    async with ctx.work() as work:
        if (await bond(work, id_of(ids["bond"], "bond"))).end is not None:
            raise NotFound("tier bond", ids["bond"])
    return await _opened(ctx, ids, "catalog.bond_end_title", {})


async def submit_end(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """End it, from now on."""
    command = EndTierBond(id_of(ids["bond"], "bond"), values["reason"])
    await desk_of(ctx).perform(lambda work: end_tier_bond(work, command))
    return Done(f"/catalog/{id_of(ids['id'], 'product')}", ctx.text("catalog.bond_ended"))


BOND: Final = FormPage(
    name="product-bond", path="/catalog/{id}/bond", opens=opens, submit=submit, button="catalog.bond",
    action="catalog:edit", nav="licenses",
    fields=(
        Field("tier_id", "catalog.tier", "select", options=own_tiers),
        Field("kind", "catalog.bond_says", "choice", options=KINDS),
        Field("other", "catalog.bond_other", suggest=suggest_tiers_with_products, longest=250,
              help="catalog.bond_other_help"),
        Field("reason", "catalog.why", "textarea", longest=400),
    ),
)  # fmt: skip
END: Final = FormPage(
    name="product-bond-end", path="/catalog/{id}/bond/{bond}/end", opens=opens_end, submit=submit_end,
    button="catalog.bond_end", action="catalog:edit", nav="licenses",
    fields=(Field("reason", "catalog.why", "textarea", longest=400),),
)  # fmt: skip
PAGES: Final = (BOND, END)
