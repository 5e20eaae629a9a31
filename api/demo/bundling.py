"""What Halden Group knows of suites and add-ons: what its office suite contains, what stands on it, a second device."""

from datetime import timedelta
from functools import partial

from sqlalchemy import select

from api.demo.living import Life
from governance.catalog.bonding import BondTiers, bond_tiers
from governance.catalog.models import Product, Tier
from governance.catalog.rules import BondKind
from governance.catalog.service import NewProduct, NewTier, add_product, add_tier
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.rights import GrantLineRight, grant_line_right
from governance.entitlements.rules import RightKind
from governance.kernel.due import day_of
from governance.kernel.work import Work

SAID_BEFORE = timedelta(days=90)
SUITE, TOOL, DRAWING = "microsoft-365", "matlab", "visio"


def plan_suites(life: Life) -> None:
    """Put on the agenda what is said of the catalog, some months ago."""
    life.plan(life.until - SAID_BEFORE, partial(_say, life))


async def _say(life: Life) -> None:
    await life.desk.office.perform(life.company.admin, _said)


async def _said(work: Work) -> None:
    suite = (await work.session.execute(select(Product).where(Product.code == SUITE))).scalar_one()
    of_suite = (await work.session.execute(select(Tier).where(Tier.product_id == suite.id))).scalars()
    tiers = {row.name: row.id for row in of_suite}
    office = await add_product(work, NewProduct(suite.vendor_id, "office-365", "Office 365"))
    parts = {name: (await add_tier(work, NewTier(office.id, name.lower(), name, rank))).id
             for rank, name in enumerate(("E1", "E3", "E5"), start=1)}  # fmt: skip
    security = await add_product(work, NewProduct(suite.vendor_id, "microsoft-365-security", "Microsoft 365 Security"))
    addon = await add_tier(work, NewTier(security.id, "e5-security", "E5 Security", 1))
    for name in ("E3", "E5"):
        says = "all its service plans are in the suite, by the vendor's table"
        await bond_tiers(work, BondTiers(tiers[name], BondKind.CONTAINS, says, (parts[name],)))
    drawing = select(Tier.id).join(Product, Product.id == Tier.product_id).where(Product.code == DRAWING)
    plan = (await work.session.execute(drawing.where(Tier.name == "Plan 2"))).scalar_one()
    enrolled = "amendment 3 to our enrollment: E5 includes Visio Plan 2"
    await bond_tiers(work, BondTiers(tiers["E5"], BondKind.CONTAINS, enrolled, (plan,)))
    terms = "product terms: requires Microsoft 365 E3"
    await bond_tiers(work, BondTiers(addon.id, BondKind.REQUIRES, terms, (tiers["E3"],)))
    line = select(MetricLine.id).join(Entitlement, Entitlement.id == MetricLine.entitlement_id)
    line_id = (await work.session.execute(line.where(Entitlement.code == TOOL))).scalar_one()
    clause = "Section 4: a second copy on a portable device of the same person"
    right = GrantLineRight(line_id, RightKind.SECOND_USE, clause, day_of(work.now(), "Europe/Zurich"))
    await grant_line_right(work, right)
