"""Assignment rules on pages: what one would do is shown, applied, changed and ended; nobody stands there unseen."""

import re

from sqlalchemy import select

from governance.assignment_rules.models import AssignmentRule
from governance.assignment_rules.service import reconcile
from governance.entitlements.models import Entitlement


async def test_from_the_form_to_everybody_under_it(console):
    estate = console.estate
    license_ = await estate.license("cad", quantity=100, pools={"main": 2})
    async with estate.office.database.read(estate.tenant_id) as session:
        product_id = (await session.execute(select(Entitlement.product_id))).scalar_one()
    admin = await console.browser("admin")
    assert "No assignment rules" in await admin.page("/assignment-rules")
    said = {
        "name": "CAD for <sales>", "code": "sales-cad", "product": str(product_id), "unit": str(estate.units["sales"]),
        "group": "", "region": "", "employment": "", "except_group": "", "tier": "", "pool": str(license_.pools["main"]),
        "priority": "2", "leaving": "RELEASE", "settle": "0", "reason": "drawings",
    }  # fmt: skip
    shown = await admin.send("/assignment-rules/new", **said)
    assert ("Gains a seat 2 · Waits in line 2" in shown.text, "114.00 gained" in shown.text) == (True, True)
    token = re.search(r'name="token" value="([^"]+)"', shown.text)[1]
    done = await admin.send("/assignment-rules/new", **said, token=token)
    assert done.status_code == 303
    await reconcile(console.desk, estate.tenant_id)
    page = await admin.page(done.headers["location"])
    assert ("&lt;sales&gt;" in page, page.count("Seated by this rule"), page.count("In line")) == (True, 2, 2)
    assert "Some not served" in await admin.page("/assignment-rules")
    async with estate.office.database.read(estate.tenant_id) as session:
        rule = (await session.execute(select(AssignmentRule))).scalar_one()
    here = f"/assignment-rules/{rule.id}"
    for path, values in (("change", said | {"unit": "", "region": "US"}), ("end", {"keep": "no", "reason": "over"})):
        assert (await admin.get(f"{here}/{path}")).status_code == 200
        shown = await admin.send(f"{here}/{path}", **values)
        assert "Loses the seat" in shown.text, path
        token = re.search(r'name="token" value="([^"]+)"', shown.text)[1]
        assert (await admin.send(f"{here}/{path}", **values, token=token)).status_code == 303
    await reconcile(console.desk, estate.tenant_id)
    assert "Nobody falls under this rule" in await admin.page(here)
    assert (await (await console.browser("ada")).get("/assignment-rules")).status_code in {403, 404}
    assert "Zuweisungsregeln" in await (await console.browser("auditor", language="de")).page("/assignment-rules")
