"""Prices in bands on pages: bought and corrected by forms, a wrong band named at its field, a cliff told in words."""

import re

from tests.api.console.pages.conftest import words


async def test_bands_are_bought_shown_and_corrected(console):
    built = await console.estate.license("m365", quantity=5)
    admin = await console.browser("admin")
    here = f"/licenses/{built.entitlement_id}"
    asked = {
        "line": str(built.line_id), "quantity": "95", "first_day": "2026-01-01", "last_day": "2026-12-31",
        "zone": "Europe/Zurich", "currency": "USD", "basis": "VOLUME", "included": "001", "po_number": "PO-9",
        "reason": "NEW",
    }  # fmt: skip
    gap = await admin.send(f"{here}/lots/new", **asked, bands="1-50: 60\n60: 50")
    assert gap.status_code == 422
    assert "the band before ends at 50" in words(gap.text)
    assert "bands-error" in gap.text
    bare = await admin.send(f"{here}/lots/new", **asked)
    assert "unit_price-error" in bare.text
    bought = await admin.send(f"{here}/lots/new", **asked, bands="1-50: 60\n51-100: 50.50\n101: 40")
    assert bought.status_code == 303, words(bought.text)[-900:]
    lots = (await admin.get(f"{here}?tab=lots")).text
    assert "a seat, by volume" in lots
    prices = {path: words((await admin.get(path)).text) for path in set(re.findall(rf"{here}/lots/[^/]+/price", lots))}
    [(path, shown)] = [each for each in prices.items() if "PO-9" in each[1]]
    assert "101 seats would cost $4,040.00: $757.50 less than the 95 that were bought." in shown
    assert "$4,797.50" in shown
    assert "51 to 100" in shown
    assert "6 seats more: −$757.50" in shown
    assert "A seat a year" in await admin.page(here)
    assert "A year $50.50" in shown or "$50.50 A year" in shown
    correct = path.replace("/price", "/correct")
    assert "51-100: 50.50" in (await admin.get(correct)).text
    changed = {name: asked[name] for name in ("first_day", "last_day", "po_number")}
    changed |= {"quantity": "95", "cost_basis": "GRADUATED", "bands": "1-50: 60\n51: 50", "reason": "INCORRECT_INPUT"}
    assert "1-50: 60.00; 51: 50.00" in words((await admin.send(correct, **changed)).text)
    assert (await admin.confirmed(correct, **changed)).status_code == 303
    assert "$5,250.00" in await admin.page(path)
    foreign = await console.estate.license("other")
    assert (await admin.get(path.replace(str(built.entitlement_id), str(foreign.entitlement_id)))).status_code == 404


async def test_a_list_price_is_written_down_on_the_product_page(console):
    product_id = await console.estate.product("m365")
    admin = await console.browser("admin")
    path = f"/catalog/{product_id}/price"
    tier = re.search(r'<option value="([^"]+)"[^>]*>', (await admin.get(path)).text)[1]
    price = {"tier": tier, "currency": "eur", "basis": "GRADUATED"}
    kept = await admin.send(path, **price, bands="1-10: 20; 11: 18")
    assert kept.status_code == 303, words(kept.text)[-900:]
    assert "from 11: €18.00" in await admin.page(f"/catalog/{product_id}")
    auditor = await console.browser("auditor")
    assert (await auditor.send(path, **price, unit_price="5")).status_code in {403, 404}
