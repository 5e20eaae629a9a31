"""A suite with its part and an add-on, each licensed: what the tests of coverage and stacking stand on."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from governance.catalog.models import ListPrice, Tier, TierBond
from governance.catalog.rules import BondKind
from tests.estate import Estate, License


@dataclass
class Suites:
    """M365 E3 contains Office Pro; Security, an add-on, requires E3. E3 grants mail, Pro word, Security siem, E5 all."""

    products: dict[str, UUID]
    tiers: dict[str, UUID]
    features: dict[str, UUID]
    bonds: dict[str, UUID]
    suite: License
    part: License
    addon: License


async def suites(estate: Estate, **part: object) -> Suites:
    async with estate.at_once():
        products = {
            code: await estate.product(code, tiers=tiers)
            for code, tiers in (("m365", ("E3", "E5")), ("office", ("Std", "Pro")), ("addons", ("Security",)))
        }
        assert estate._session is not None
        rows = (await estate._session.execute(select(Tier).where(Tier.tenant_id == estate.tenant_id))).scalars()
        tiers = {row.code: row.id for row in rows}
        features: dict[str, UUID] = {}
        for code, grants in (
            ("E3", ("mail",)), ("E5", ("mail", "siem")), ("Std", ("word",)), ("Pro", ("word", "access")),
            ("Security", ("siem",)),
        ):  # fmt: skip
            features |= await estate.features(tiers[code], *grants)
        for code, micros in (("E3", 36_000_000), ("E5", 57_000_000), ("Security", 12_000_000), ("Pro", 15_000_000)):
            now = estate.office.clock.now()
            await estate.add(
                ListPrice(**estate.key(), tier_id=tiers[code], currency="USD", micros=micros, recorded_at=now)
            )
        bonds = {
            "part": await bond(estate, tiers["E3"], BondKind.CONTAINS, tiers["Pro"]),
            "base": await bond(estate, tiers["Security"], BondKind.REQUIRES, tiers["E3"]),
        }
        suite = await estate.license("m365-e3", product_id=products["m365"], tier_id=tiers["E3"])
        office = await estate.license("office-pro", product_id=products["office"], tier_id=tiers["Pro"], **part)  # type: ignore[arg-type]
        addon = await estate.license("security", product_id=products["addons"], tier_id=tiers["Security"])
    return Suites(products, tiers, features, bonds, suite, office, addon)


async def bond(
    estate: Estate, tier_id: UUID, kind: BondKind, part_id: UUID | None = None, product_id: UUID | None = None
) -> UUID:
    now = estate.office.clock.now()
    row = TierBond(
        **estate.key(), tier_id=tier_id, kind=kind, part_id=part_id, product_id=product_id, start=now, reason="the vendor's terms",
        recorded_at=now, recorded_by="system:tests",
    )  # fmt: skip
    await estate.add(row)
    return row.id
