"""From a signature to a seat without leaving the console: agreement, license, another allocation, a closed pool."""

import re
from datetime import timedelta

from api.console.pages.granting import coded
from tests.api.console.pages.conftest import words
from tests.api.console.pages.moving import carried

AGREEMENT = {
    "number": "EA-7", "title": "Modeling", "side": "PROCURED", "vendor": "Nimbus Forge", "region": "150",
    "owner_id": "ben@halden.example", "first_day": "2026-01-01", "last_day": "2026-12-31", "zone": "Europe/Zurich",
    "currency": "eur", "notice_days": "90", "payment": "DUE",
}  # fmt: skip
LICENSE = {
    "agreement": "EA-7", "product": "Nimbus Modeler", "new_product": "true", "name": "Modeler", "code": "modeler",
    "region": "150", "model": "NAMED_USER", "term": "SUBSCRIPTION", "overage": "BLOCK", "expiry": "RESTRICT", "invitation_days": "14",
    "quantity": "20", "first_day": "2026-01-01", "last_day": "2026-12-31", "unit_price": "12.50",
    "cost_basis": "PER_SEAT", "included": "150", "pool": "Sales, EMEA",
}  # fmt: skip


async def test_what_was_signed_becomes_seats_which_are_given_otherwise_and_taken_back(console):
    estate, clock, admin = console.estate, console.desk.office.clock, await console.browser("admin")
    unit = str(estate.units["sales"])
    asked = {"_csrf": admin.csrf, "unit_id": unit, **AGREEMENT}
    fragment = await admin.client.post("/agreements/new", data=asked, headers={"hx-request": "true"})
    assert "unit_id-error" not in fragment.text
    assert f'<option value="{unit}" selected>' in fragment.text
    unknown = await admin.send("/agreements/new", unit_id=unit, **AGREEMENT)
    assert unknown.status_code == 422
    assert "no vendor called Nimbus Forge" in words(unknown.text)
    assert "vendor-error" in unknown.text
    signed = await admin.send("/agreements/new", unit_id=unit, new_vendor="true", **AGREEMENT)
    assert signed.status_code == 303, words(signed.text)[-1500:]
    agreement = signed.headers["location"]
    shown = await admin.page(agreement)
    assert "Nimbus Forge" in shown
    assert "90 days before the end" in shown
    assert "New license" in shown
    assert "number-error" in (await admin.send("/agreements/new", unit_id=unit, new_vendor="true", **AGREEMENT)).text

    form = (await admin.get(f"{agreement}/amend")).text
    stands = {**AGREEMENT, "title": "Modeling", "unit_id": unit, "version": carried(form, "version")}
    stands |= {"effective_day": "2026-03-01", "reason": "REQUESTED"}
    assert 'value="ben@halden.example"' in form
    wrong = await admin.send(f"{agreement}/amend", **{**stands, "last_day": "2025-01-01"})
    assert 'id="f-last_day-error"' in wrong.text
    kept = await admin.send(f"{agreement}/amend", **{**stands, "notice_days": "60", "title": "Modeling, all"})
    assert kept.headers["location"] == agreement, words(kept.text)[-800:]
    amended = await admin.page(agreement)
    assert "60 days before the end" in amended
    assert "Amendment 1, effective Mar 1, 2026" in amended
    assert "owner_id" not in amended
    stale = words((await admin.send(f"{agreement}/amend", **{**stands, "owner_id": ""})).text)
    assert "changed meanwhile" in stale

    begun = (await admin.get("/licenses/new?agreement=EA-7")).text
    assert 'value="EA-7"' in begun
    assert "Nimbus Forge" not in (await admin.get("/licenses/new?suggest=product&product=nim")).text
    wrong = await admin.send("/licenses/new", unit_id=unit, **{**LICENSE, "agreement": "EA-8", "tier": "Gold"})
    assert wrong.status_code == 422
    for field in ("agreement", "tier"):
        assert f'id="f-{field}-error"' in wrong.text
    unpriced = await admin.send("/licenses/new", unit_id=unit, **{**LICENSE, "quantity": ""})
    assert 'id="f-cost_basis-error"' in unpriced.text
    graceless = await admin.send("/licenses/new", unit_id=unit, **{**LICENSE, "overage": "ALLOW_TO_PERCENT"})
    assert 'id="f-overage_percent-error"' in graceless.text
    assert "EA-7" in (await admin.get("/licenses/new?suggest=agreement&agreement=ea")).text
    granted = await admin.send("/licenses/new", unit_id=unit, **LICENSE)
    assert granted.status_code == 303, words(granted.text)[-1500:]
    here = granted.headers["location"]
    license_ = await admin.get(here)
    assert "Allocated 20" in words(license_.text)
    assert "Sales, EMEA" in words(license_.text)
    assert "Nimbus Modeler" in (await admin.get("/licenses/new?suggest=product&product=nim")).text

    changed = re.search(rf'href="({here}/allocations/[0-9a-f-]+/change)"', license_.text)[1]
    later = {"quantity": "15", "from_day": "2026-01-01", "reason": "REQUESTED"}
    preview = words((await admin.send(changed, **later)).text)
    assert "20 15" in preview
    clock.advance(timedelta(hours=1))
    assert (await admin.confirmed(changed, **later)).headers["location"] == here
    clock.advance(timedelta(hours=1))
    assert "Allocated 15" in await admin.page(here)
    assert (await admin.get(changed)).status_code == 404

    closed = re.search(rf'href="({here}/pools/[0-9a-f-]+/close)"', license_.text)[1]
    untold = {
        "reason": "OTHER",
        "version": re.search(r'name="version" value="(\d+)"', (await admin.get(closed)).text)[1],
    }
    assert 'id="f-reason_text-error"' in (await admin.send(closed, **untold)).text
    assert (await admin.send(closed, **untold, reason_text="moved", token="9999999999.x")).status_code == 422
    done = await admin.confirmed(closed, **untold, reason_text="moved to the group")
    assert done.headers["location"] == here
    clock.advance(timedelta(hours=1))
    after = (await admin.get(here)).text
    assert "/close" not in after
    assert "Unallocated 20" in words(after)
    ada, board = await console.browser("ada"), await console.browser("board-sales")
    for path in ("/agreements/new", f"{agreement}/amend", "/licenses/new", closed, changed):
        for reader in (ada, board):
            assert (await reader.get(path)).status_code == 404, path
    german = await console.browser("admin", language="de")
    assert "Neue Lizenz" in await german.page("/licenses/new")
    taken = words((await german.send("/agreements/new", unit_id=unit, new_vendor="true", **AGREEMENT)).text)
    assert "passt nicht; nötig ist ein Wert, der noch nicht vergeben ist" in taken


def test_a_code_is_made_of_a_name():
    assert coded("Sales, EMEA") == "sales-emea"
    assert coded("営業") == "main"
