"""A new license: what an agreement grants, how it is counted, its first lot, and a pool to give seats from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from api.console.declare import Context, Done, Field, FormPage, Ids, Opened, Option, Outcome, Query, Refused
from api.console.desk import desk_of
from api.console.finding_people import suggest_people
from api.console.naming import (
    agreement_called,
    people_called,
    product_called,
    suggest_agreements,
    suggest_products,
    suggest_tiers,
    tier_called,
)
from api.console.supply_fields import BANDS, BASES, PACK_SIZE, QUANTITY, UNIT_PRICE, price_given, unit_options
from governance.agreements.models import Agreement
from governance.catalog.models import Product, Tier
from governance.catalog.service import NewProduct, add_product
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.queries import visible_lines
from governance.entitlements.rules import CostBasis, Expiry, LicenseModel, Overage, Term
from governance.entitlements.service import (
    NewAllocation,
    NewEntitlement,
    NewLine,
    NewLot,
    NewPool,
    allocate,
    buy_lot,
    grant_entitlement,
    open_pool,
)
from governance.kernel.work import Work

LINE: Final = "seats"
POOL: Final = "main"
CODE_MOST: Final = 80


@dataclass(frozen=True, slots=True)
class Named:
    """What the form names, as it was found; a product that is None is to be added."""

    agreement: Agreement
    product: Product | None
    tier: Tier | None
    people: Mapping[str, UUID | None]


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A license of the agreement that the address names, if any: its unit, region, days and owner to begin with."""
    agreement = await agreement_called(ctx, query.raw.get("agreement", ""))
    units = await unit_options(ctx)
    initial = {
        "model": LicenseModel.NAMED_USER.value, "term": Term.SUBSCRIPTION.value, "overage": Overage.BLOCK.value,
        "expiry": Expiry.RESTRICT.value, "cost_basis": CostBasis.PER_SEAT.value, "invitation_days": 14,
        "included": "001", "region": "001",
        "first_day": ctx.now.astimezone(ctx.zone).date().isoformat(), "unit_id": units[0].value if units else "",
    }  # fmt: skip
    crumbs: tuple[tuple[str, str], ...] = ((ctx.text("licenses.title"), "/licenses"),)
    cancel = "/licenses"
    if agreement is not None:
        initial |= {
            "agreement": agreement.number, "unit_id": str(agreement.unit_id), "region": agreement.region,
            "first_day": agreement.first_day.isoformat(),
            "last_day": agreement.last_day.isoformat() if agreement.last_day else "",
        }  # fmt: skip
        cancel = f"/agreements/{agreement.id}"
        crumbs = ((ctx.text("agreements.title"), "/agreements"), (agreement.title, cancel))
    return Opened(ctx.text("granting.new"), initial, ctx.text("granting.new_text"), crumbs, cancel=cancel)


async def submit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Grant it, buy the first lot and give all its seats to the pool: all of it, or nothing."""
    named = await _named(ctx, values)
    if isinstance(named, Refused):
        return named
    row = await desk_of(ctx).perform(lambda work: _grant(work, values, named))
    return Done(f"/licenses/{row.id}", ctx.text("granting.granted", name=row.name))


async def _named(ctx: Context, values: Mapping[str, Any]) -> Named | Refused:
    """Everything that the form names by words; a no at each field that names nothing."""
    wrong: dict[str, str] = {}
    agreement = await agreement_called(ctx, values["agreement"])
    if agreement is None:
        wrong["agreement"] = ctx.text("granting.unknown_agreement", number=values["agreement"])
    product = await product_called(ctx, values["product"])
    if product is None and not values["new_product"]:
        wrong["product"] = ctx.text("granting.unknown_product", product=values["product"])
    tier = await tier_called(ctx, product.id, values["tier"]) if product and values["tier"] else None
    if values["tier"] and tier is None:
        wrong["tier"] = ctx.text("granting.unknown_tier", tier=values["tier"])
    people = await people_called(ctx, owner_id=values["owner_id"], deputy_id=values["deputy_id"])
    wrong |= people.errors if isinstance(people, Refused) else {}
    if wrong or agreement is None or isinstance(people, Refused):
        return Refused(wrong)
    return Named(agreement, product, tier, people)


async def _grant(work: Work, values: Mapping[str, Any], named: Named) -> Entitlement:
    """The license with its line, its lot and its pool, by the same verbs that each of them has alone."""
    agreement, product = named.agreement, named.product
    if product is None:
        product = await add_product(work, NewProduct(agreement.vendor_id, coded(values["product"]), values["product"]))
    line = NewLine(
        LINE, LicenseModel(values["model"]), Term(values["term"]), tier_id=named.tier.id if named.tier else None,
        overage=Overage(values["overage"]), overage_percent=values["overage_percent"],
        expiry=Expiry(values["expiry"]), grace_days=values["grace_days"] or 0,
        needs_acceptance=values["needs_acceptance"], invitation_days=values["invitation_days"],
    )  # fmt: skip
    unit_id, region = UUID(values["unit_id"]), values["region"].upper()
    row = await grant_entitlement(work, NewEntitlement(
        agreement.id, product.id, values["code"], values["name"], unit_id, (line,), named.people["owner_id"],
        named.people["deputy_id"], region,
    ))  # fmt: skip
    counted = visible_lines(work).where(MetricLine.entitlement_id == row.id)
    line_id = (await work.session.execute(counted)).scalar_one().id
    lot = await buy_lot(work, NewLot(
        line_id=line_id, quantity=values["quantity"], first_day=values["first_day"], last_day=values["last_day"],
        zone=agreement.zone, currency=agreement.currency, included=values["included"],
        po_number=values["po_number"], **price_given(values, agreement.currency, "cost_basis"),
    ))  # fmt: skip
    if values["pool"]:
        pool = await open_pool(work, NewPool(line_id, coded(values["pool"]), values["pool"], unit_id, region))
        await allocate(work, NewAllocation(lot.lot_key, pool.id, values["quantity"]))
    return row


def coded(name: str) -> str:
    """A code for a name: `Sales, EMEA` is `sales-emea`; a name without Latin letters or digits is `main`."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:CODE_MOST].strip("-") or POOL


MODELS: Final = tuple(Option(each.value, f"licenses.model_{each.value.lower()}") for each in LicenseModel)
TERMS: Final = tuple(Option(each.value, f"license.term_{each.value.lower()}") for each in Term)
OVERAGES: Final = tuple(Option(each.value, f"license.overage_{each.value.lower()}") for each in Overage)
EXPIRIES: Final = tuple(Option(each.value, f"granting.expiry_{each.value.lower()}") for each in Expiry)
FORM: Final = FormPage(
    name="license-new", path="/licenses/new", opens=opens, submit=submit, button="granting.grant",
    action="entitlement:create", nav="licenses",
    fields=(
        Field("agreement", "license.agreement", longest=120, suggest=suggest_agreements,
              help="granting.agreement_help", heading="granting.what"),
        Field("product", "license.product", longest=200, suggest=suggest_products, help="granting.product_help"),
        Field("new_product", "granting.new_product", "checkbox", required=False),
        Field("tier", "granting.tier", required=False, longest=200, suggest=suggest_tiers, help="granting.tier_help"),
        Field("name", "granting.name", longest=200),
        Field("code", "agreements.code", longest=120, help="granting.code_help"),
        Field("unit_id", "license.unit", "select", options=unit_options, heading="granting.whose"),
        Field("region", "license.region", longest=10, help="supply.region_help"),
        Field("owner_id", "licenses.owner", "person", required=False, longest=254, suggest=suggest_people,
              help="boards.member_help"),
        Field("deputy_id", "agreements.deputy", "person", required=False, longest=254, suggest=suggest_people),
        Field("model", "licenses.model", "select", options=MODELS, heading="granting.how"),
        Field("term", "license.term", "select", options=TERMS),
        Field("overage", "granting.overage", "select", options=OVERAGES),
        Field("overage_percent", "granting.percent", required=False, longest=12, help="granting.percent_help"),
        Field("expiry", "granting.expiry", "select", options=EXPIRIES),
        Field("grace_days", "granting.grace", "number", required=False, minimum=0, maximum=3650,
              help="granting.grace_help"),
        Field("needs_acceptance", "granting.needs_acceptance", "checkbox", required=False),
        Field("invitation_days", "granting.invitation_days", "number", minimum=1, maximum=365),
        replace(QUANTITY, heading="granting.lot"),
        Field("first_day", "license.first_day", "date"),
        Field("last_day", "license.last_usable", "date", required=False, help="supply.perpetual"),
        replace(UNIT_PRICE, help="granting.price_help"),
        Field("cost_basis", "supply.basis", "select", options=BASES),
        PACK_SIZE,
        BANDS,
        Field("included", "supply.territory", multiple=True, longest=32, help="supply.territory_help"),
        Field("po_number", "license.order", required=False, longest=80),
        Field("pool", "granting.pool_name", required=False, longest=200, help="granting.pool_help",
              heading="granting.pool"),
    ),
)  # fmt: skip
PAGES: Final = (FORM,)
