"""Write down what a vendor's list asks for a tier: a seat and month, one price for all or by bands."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from api.console.acting import id_of
from api.console.declare import Context, Done, Field, FormPage, Ids, Opened, Option, Outcome, Query
from api.console.desk import desk_of
from api.console.supply_fields import BANDS, UNIT_PRICE, price_given
from governance.catalog.bands import BY_SEAT, CostBasis
from governance.catalog.list_prices import SetListPrice, set_list_price
from governance.catalog.models import Tier
from governance.catalog.queries import product, visible_tiers
from governance.directory.models import Tenant


async def tier_options(ctx: Context) -> tuple[Option, ...]:
    """The tiers of the product that the vendor still lists, the lowest first."""
    return await _tiers(ctx, id_of(ctx.path.split("/")[2], "product"))


async def _tiers(ctx: Context, product_id: UUID) -> tuple[Option, ...]:
    async with ctx.work() as work:
        query = visible_tiers(work).where(Tier.product_id == product_id, Tier.retired_at.is_(None))
        rows = (await work.session.execute(query.order_by(Tier.rank, Tier.name, Tier.id))).scalars().all()
    return tuple(Option(str(row.id), text=row.name) for row in rows)


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The first tier, in the tenant's currency. Raises NotFound."""
    async with ctx.work() as work:
        row = await product(work, id_of(ids["id"], "product"))
        currency = (await work.session.get_one(Tenant, work.tenant_id)).currency
    tiers = await _tiers(ctx, row.id)
    initial = {"tier": tiers[0].value if tiers else "", "currency": currency, "basis": CostBasis.PER_SEAT.value}
    crumbs = ((ctx.text("catalog.title"), "/catalog"), (row.name, f"/catalog/{row.id}"))
    title = ctx.text("catalog.set_price")
    return Opened(title, initial, ctx.text("catalog.set_price_text"), crumbs, cancel=f"/catalog/{row.id}")


async def submit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Keep the price; the one before stays readable."""
    currency = values["currency"].upper()
    told = price_given({**values, "pack_size": 1}, currency)
    command = SetListPrice(UUID(values["tier"]), currency, told["unit_price"], told["cost_basis"], told["bands"])
    await desk_of(ctx).perform(lambda work: set_list_price(work, command))
    return Done(f"/catalog/{ids['id']}", ctx.text("catalog.price_set"))


BASES: Final = tuple(Option(each.value, f"supply.basis_{each.value.lower()}") for each in CostBasis if each in BY_SEAT)
FORM: Final = FormPage(
    name="list-price", path="/catalog/{id}/price", opens=opens, submit=submit, button="catalog.set_price",
    action="catalog:edit", nav="licenses",
    fields=(
        Field("tier", "catalog.tier", "select", options=tier_options),
        Field("currency", "agreements.currency", longest=3),
        Field("basis", "supply.basis", "select", options=BASES), replace(UNIT_PRICE, label="catalog.price"), BANDS,
    ),
)  # fmt: skip
PAGES: Final = (FORM,)
