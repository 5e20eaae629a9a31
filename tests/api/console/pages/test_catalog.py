"""Catalog: products with how they stand, tiers with what each adds, and a decision made from the page."""

from governance.catalog.rules import ApprovalStatus
from governance.catalog.service import ApprovalDecision, decide_approval
from tests.api.console.pages.conftest import words


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
