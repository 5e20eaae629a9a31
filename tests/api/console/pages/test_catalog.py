"""Catalog: products with how they stand, tiers with what each adds, and a decision made from the page."""

from sqlalchemy import update

from governance.catalog.models import Tier, TierBond
from governance.catalog.rules import ApprovalStatus
from governance.catalog.service import ApprovalDecision, decide_approval
from tests.api.console.pages.conftest import words
from tests.governance.seats.ground import rows as rows_of


async def decided(estate, product_id, status, reason="tried and judged"):
    async def verb(work):
        return await decide_approval(work, ApprovalDecision(product_id, status, reason))

    await estate.office.perform(estate.actor("admin"), verb)


async def test_the_list_says_how_each_product_stands_and_narrows_by_it(console):
    estate = console.estate
    await estate.product("m365")
    await decided(estate, await estate.product("fax", tiers=()), ApprovalStatus.DENIED)
    admin = await console.browser("admin")
    everything = await admin.page("/catalog")
    assert "Denied" in everything
    assert "Nobody decided" in everything
    denied = (await admin.get("/catalog?status=DENIED")).text
    assert "/catalog/" in denied
    assert "m365" not in words(denied)
    assert "fax" not in words((await admin.get("/catalog?status=undecided")).text)


async def test_a_decision_is_made_on_the_page_and_stands_in_its_history(console):
    estate = console.estate
    product_id = await estate.product("m365")
    admin = await console.browser("admin")
    shown = await admin.page(f"/catalog/{product_id}")
    assert "Nobody has decided about it" in shown
    assert "E3" in shown
    assert "no list price is known" in shown
    made = await admin.send(
        f"/catalog/{product_id}/decide", status="SUNSETTING", until="2026-12-31", reason="replaced next year"
    )
    assert made.status_code == 303, words(made.text)[-800:]
    after = await admin.page(f"/catalog/{product_id}")
    assert "Sunsetting" in after
    assert "replaced next year" in after


async def test_the_auditor_reads_and_decides_nothing(console):
    product_id = await console.estate.product("m365")
    auditor = await console.browser("auditor")
    assert "Decide" not in await auditor.page(f"/catalog/{product_id}")
    refused = await auditor.send(f"/catalog/{product_id}/decide", status="DENIED", reason="no")
    assert refused.status_code in {403, 404}


async def test_what_a_suite_contains_is_confirmed_from_what_is_suggested_and_ended_on_the_page(console):
    estate = console.estate
    product_id = await estate.product("m365")
    rows = {row.code: row.id for row in await tiers_of(estate)}
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(update(Tier).where(Tier.product_id == product_id).values(rank=0))
    await estate.features(rows["E3"], "word", "excel")
    await estate.features(rows["E5"], "word", "excel", "siem")
    admin = await console.browser("admin")
    shown = await admin.page(f"/catalog/{product_id}")
    assert "Suggested by the vendor's table" in words(shown)
    at = f"/catalog/{product_id}/bond"
    opened = (await admin.get(f"{at}?tier={rows['E5']}&part={rows['E3']}")).text
    assert "m365 / E3" in opened
    wrong = await admin.send(at, tier_id=str(rows["E5"]), kind="CONTAINS", other="m365 / E9", reason="its terms")
    assert "There is no m365 / E9" in words(wrong.text)
    made = await admin.send(at, tier_id=str(rows["E5"]), kind="CONTAINS", other="m365 / E3", reason="its terms")
    assert made.status_code == 303, words(made.text)[-800:]
    after = await admin.page(f"/catalog/{product_id}")
    assert "its terms" in after
    assert "Suggested" not in words(after)
    (bond,) = await bonds_of(estate)
    ended = await admin.send(f"{at}/{bond.id}/end", reason="sold apart")
    assert ended.status_code == 303, words(ended.text)[-800:]
    auditor = await console.browser("auditor")
    assert "Its tiers stand alone" in await auditor.page(f"/catalog/{product_id}")


async def tiers_of(estate):
    return await rows_of(estate.office, estate, Tier)


async def bonds_of(estate):
    return await rows_of(estate.office, estate, TierBond)
