"""Suites, add-ons and releases: what a holder is covered for, what would do most cheaply, what a table suggests."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.catalog import queries
from governance.catalog.bonding import BondTiers, EndTierBond, bond_tiers, end_tier_bond, suggested_parts
from governance.catalog.bonds import Bond, TierBook, TierFacts, WouldDo, bases_of, cheapest, contained_in, ways
from governance.catalog.models import Product, Tier
from governance.catalog.rules import BondKind
from governance.catalog.shelf import tier_book
from governance.imports.formats.columns import find_columns
from governance.imports.formats.m365_catalog import COLUMNS, CatalogFile
from governance.imports.sheet import open_sheet
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused
from governance.kernel.work import Office
from tests.estate import Estate

SKUS = Path("/work/shared/data/m365_catalogue/m365_sku_service_plans_2026-07-29.csv")
M365, OFFICE, WINDOWS, SECURITY = (UUID(int=each) for each in (1, 2, 3, 4))


def tier(number: int, product: UUID, code: str, rank: int = 0, *grants: str, price: int | None = None) -> TierFacts:
    name = {M365: "M365", OFFICE: "Office", WINDOWS: "Windows", SECURITY: "Security"}[product]
    return TierFacts(UUID(int=number), product, name, code, code, rank, grants=frozenset(grants), micros=price)


E3, E5 = tier(103, M365, "E3", 3, price=36), tier(105, M365, "E5", 5, "siem", "phone", price=57)
STD, PRO = tier(201, OFFICE, "Standard", 1, "word"), tier(202, OFFICE, "Pro", 2, "word", "access", price=12)
SIEM, PHONE = tier(401, SECURITY, "SIEM", 1, "siem", price=12), tier(402, SECURITY, "Phone", 1, "phone", price=8)
BONDS = (
    Bond(E3.id, BondKind.CONTAINS, part_id=PRO.id),
    Bond(E3.id, BondKind.CONTAINS, product_id=WINDOWS),
    Bond(SIEM.id, BondKind.REQUIRES, part_id=E3.id),
    Bond(PHONE.id, BondKind.REQUIRES, product_id=M365),
)
BOOK = TierBook({each.id: each for each in (E3, E5, STD, PRO, SIEM, PHONE)}, BONDS, {WINDOWS: "Windows"})


def test_a_suite_covers_its_parts_and_all_below_them_and_nothing_above() -> None:
    assert BOOK.covers(E5.id) == {E5.id, E3.id, PRO.id, STD.id, WINDOWS}
    assert BOOK.covers(PRO.id) == {PRO.id, STD.id}
    assert BOOK.covers(OFFICE) == {OFFICE}, "a right to the product as such names no tier"
    assert BOOK.parts(E3.id) == {PRO.id, STD.id, WINDOWS}
    assert BOOK.suites_of([STD.id]) == {E3.id, E5.id}
    assert BOOK.grants(E3.id) == {"word", "access"}
    assert BOOK.would_close(Bond(STD.id, BondKind.CONTAINS, part_id=E5.id))
    assert not BOOK.would_close(Bond(E5.id, BondKind.CONTAINS, part_id=SIEM.id))


def test_releases_do_not_cover_older_ones_by_rank() -> None:
    old, new = (replace(each, releases=True) for each in (STD, PRO))
    book = replace(BOOK, tiers={**BOOK.tiers, old.id: old, new.id: new})
    assert book.covers(new.id) == {new.id}


def test_an_addon_stands_on_a_base_on_what_covers_one_and_on_any_tier_of_a_product() -> None:
    assert BOOK.stands(SIEM.id, [E3.id])
    assert BOOK.stands(SIEM.id, [E5.id])
    assert BOOK.stands(PHONE.id, [E3.id])
    assert not BOOK.stands(SIEM.id, [PRO.id, SIEM.id])
    assert not BOOK.stands(PHONE.id, [])
    assert cheapest(bases_of(BOOK, SIEM.id)) == WouldDo((E3,))
    assert bases_of(BOOK, PRO.id) == ()


@pytest.mark.parametrize(
    ("features", "held", "answer"),
    [
        ({"siem"}, (), "M365 E3 with Security SIEM"),  # 48 a month, E5 57
        ({"siem"}, (E3.id,), "Security SIEM"),
        ({"siem", "phone"}, (), "M365 E5"),
        ({"siem", "phone"}, (E3.id, SIEM.id), "Security Phone"),
        ({"word"}, (), "Office Pro"),  # Standard has no price: what is known to cost less goes first
        ({"teleport"}, (), None),
    ],
)
def test_the_cheapest_way_to_features_counts_what_is_held_and_the_base(
    features: set[str], held: tuple[UUID, ...], answer: str | None
) -> None:
    found = cheapest(ways(BOOK, frozenset(features), frozenset(held)))
    assert (None if found is None else found.spoken) == answer


def test_what_one_tier_grants_beside_another_suggests_a_suite_the_nearest_first() -> None:
    grants = {
        E5.id: frozenset("abcd"), E3.id: frozenset("abc"), PRO.id: frozenset("ab"), SIEM.id: frozenset("a"),
        PHONE.id: frozenset("xy"),
    }  # fmt: skip
    assert contained_in(grants) == (
        (E3.id, PRO.id), (E5.id, E3.id), (PRO.id, SIEM.id), (E3.id, SIEM.id), (E5.id, PRO.id), (E5.id, SIEM.id),
    )  # fmt: skip
    many = {UUID(int=1000 + each): frozenset({"carrier", f"f{each}"}) for each in range(30)}
    assert contained_in({**many, E5.id: frozenset({"f1", "f2"})}) == (
        (E5.id, UUID(int=1001)), (E5.id, UUID(int=1002)),
    )  # fmt: skip


@pytest.mark.skipif(not SKUS.exists(), reason="Microsoft's table is not here")
async def test_microsofts_own_table_says_that_e3_contains_office_windows_and_ems() -> None:
    file = CatalogFile()
    async with open_sheet(SKUS) as sheet:
        found = find_columns(COLUMNS, sheet.headers)
        async for row in sheet.rows:
            file.take(row, found.headers)
    ids = {key: UUID(key) for key in file.tiers}
    grants: dict[UUID, set[str]] = {}
    for key, plan in file.pairs:
        grants.setdefault(ids[key], set()).add(plan)
    by_code = {code: ids[key] for key, named in file.tiers.items() for code in named.codes}
    pairs = set(contained_in({key: frozenset(plans) for key, plans in grants.items()}))
    for suite, part in (
        ("SPE_E3", "EMS"), ("SPE_E3", "ENTERPRISEPACK"), ("SPE_E3", "WIN10_PRO_ENT_SUB"), ("SPE_E3", "INTUNE_A"),
        ("SPE_E5", "EMSPREMIUM"), ("SPE_E5", "ENTERPRISEPREMIUM"),
    ):  # fmt: skip
        assert (by_code[suite], by_code[part]) in pairs, f"{suite} contains {part}"
    for suite, part in (("EMS", "SPE_E3"), ("SPE_E3", "VISIOCLIENT"), ("SPE_E3", "EMSPREMIUM")):
        assert (by_code[suite], by_code[part]) not in pairs
    lacking = [grants[part] - grants[suite] for suite, part in pairs]
    assert set().union(*lacking) == {"113feb6c-3fe4-4440-bddc-54d774bf0318"}, "the plan that only carries others"


async def test_bonds_are_said_once_ended_by_whoever_may_and_read_as_of_then(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    suite_id, part_id = await estate.product("suite"), await estate.product("part", tiers=("Std", "Pro"))
    bare_id = await estate.product("bare", tiers=())
    async with office.reading(estate.actor("admin")) as work:
        rows = (await work.session.execute(select(Tier))).scalars()
        ids = {(row.product_id, row.code): row.id for row in rows}
    e3, pro = ids[suite_id, "E3"], ids[part_id, "Pro"]
    admin, before = estate.actor("admin"), clock.now()
    clock.advance(timedelta(hours=1))
    command = BondTiers(e3, BondKind.CONTAINS, "the vendor's terms", (pro, pro), (bare_id,))
    bonds = await office.perform(admin, lambda work: bond_tiers(work, command))
    again = await office.perform(admin, lambda work: bond_tiers(work, command))
    assert [each.id for each in again] == [each.id for each in bonds]
    for wrong in (
        BondTiers(pro, BondKind.CONTAINS, "round", (e3,)), BondTiers(e3, BondKind.CONTAINS, "itself", (e3,)),
        BondTiers(e3, BondKind.CONTAINS, "nothing"), BondTiers(e3, BondKind.CONTAINS, "own", product_ids=(suite_id,)),
        BondTiers(e3, BondKind.REQUIRES, "to come", (pro,), since=clock.now() + timedelta(days=1)),
    ):  # fmt: skip
        with pytest.raises(BadInput):
            await office.perform(admin, partial(bond_tiers, command=wrong))
    with pytest.raises(Refused):
        await office.perform(estate.actor("auditor"), lambda work: bond_tiers(work, command))
    clock.advance(timedelta(hours=1))
    now = clock.now()
    ended = await office.perform(admin, lambda work: end_tier_bond(work, EndTierBond(bonds[0].id, "sold apart")))
    with pytest.raises(NotFound):
        await office.perform(admin, lambda work: end_tier_bond(work, EndTierBond(ended.id, "again")))
    async with office.reading(admin) as work:
        said = (await work.session.execute(queries.visible_bonds(work))).scalars().all()
        assert [(each.tier_id, each.product_id) for each in said] == [(e3, bare_id)]
        books = [await tier_book(work, {suite_id}, at, at) for at in (before, now - timedelta(minutes=1), now)]
        later = await tier_book(work, {suite_id}, now, now - timedelta(minutes=1))
        acts = (await work.session.execute(select(Entry.subject_id, Entry.reason).order_by(Entry.id))).all()
    assert [pro in book.covers(e3) for book in books] == [False, True, False]
    assert pro in later.covers(e3), "as known a minute before, it had not been ended"
    assert [reason for subject, reason in acts if subject == e3] == ["the vendor's terms"] * 2 + ["sold apart"]
    assert set(books[1].products.values()) >= {"BARE"}


async def test_suggestions_name_what_is_not_said_yet(office: Office, estate: Estate) -> None:
    suite_id, part_id = await estate.product("suite", tiers=("E3",)), await estate.product("part", tiers=("Pro",))
    async with office.database.write(estate.tenant_id) as session:
        rows = {row.code: row for row in (await session.execute(select(Tier))).scalars()}
        vendor = (await session.execute(select(Product.vendor_id).where(Product.id == suite_id))).scalar_one()
        part = (await session.execute(select(Product).where(Product.id == part_id))).scalar_one()
        part.vendor_id = vendor
    await estate.features(rows["E3"].id, "word", "excel", "teams")
    await estate.features(rows["Pro"].id, "word", "excel")
    async with office.reading(estate.actor("admin")) as work:
        (found,) = await suggested_parts(work, suite_id)
        assert (found.suite.code, found.part.code, found.features) == ("E3", "Pro", 2)
        assert len(await suggested_parts(work, part_id)) == 1
    confirm = BondTiers(found.suite.id, BondKind.CONTAINS, "confirmed", (found.part.id,))
    await office.perform(estate.actor("admin"), lambda work: bond_tiers(work, confirm))
    async with office.reading(estate.actor("admin")) as work:
        assert await suggested_parts(work, suite_id) == ()
