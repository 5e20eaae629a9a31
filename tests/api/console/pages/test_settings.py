"""Keeping the house: supply is bought, pooled, allocated, corrected; tokens are shown once; files become runs."""

import re

from governance.directory.errors import SignInAgain
from governance.directory.service import actor_of_token
from governance.entitlements.queries import lot
from tests.api.console.pages.conftest import words


async def test_supply_is_bought_pooled_and_allocated(console):
    estate = console.estate
    built = await estate.license("m365", quantity=5)
    admin = await console.browser("admin")
    here = f"/licenses/{built.entitlement_id}"
    assert "Europe/Zurich" in (await admin.get(f"{here}/lots/new")).text
    bought = await admin.send(
        f"{here}/lots/new", line=str(built.line_id), quantity="40", first_day="2026-03-01", last_day="2026-12-31",
        zone="Europe/Zurich", unit_price="12.50", currency="USD", basis="PER_SEAT", included="150\nCH",
        po_number="PO-7", reason="NEW",
    )  # fmt: skip
    assert bought.status_code == 303, words(bought.text)[-1500:]
    lots = await admin.page(f"{here}?tab=lots")
    assert "PO-7" in lots
    assert "$12.50" in lots
    opened = await admin.send(
        f"{here}/pools/new", line=str(built.line_id), name="Service", code="service", unit_id=str(estate.units["sales"]),
        region="150",
    )  # fmt: skip
    assert opened.headers["location"] == here
    form = (await admin.get(f"{here}/allocate")).text
    chosen = re.search(r'<option value="([^"]+)"[^>]*>PO-7', form)[1]
    pool = re.search(r'<option value="([^"]+)"[^>]*>Service', form)[1]
    given = await admin.send(f"{here}/allocate", lot=chosen, pool=pool, quantity="30", reason="NEW")
    assert given.headers["location"] == here
    shown = await admin.page(here)
    assert "Service Europe" in shown
    assert "Allocated 35" in shown


async def test_a_wrong_answer_stands_at_its_field_and_changes_nothing(console):
    built = await console.estate.license("m365")
    admin = await console.browser("admin")
    refused = await admin.send(
        f"/licenses/{built.entitlement_id}/lots/new", line=str(built.line_id), quantity="-1", first_day="2026-03-01",
        zone="Nowhere/Land", unit_price="12", currency="USD", basis="PER_SEAT", included="001", reason="NEW",
    )  # fmt: skip
    assert refused.status_code == 422
    assert "quantity-error" in refused.text


async def test_a_correction_shows_first_whom_it_leaves_over(console):
    built = await console.estate.license("m365", quantity=3)
    await console.seated(built, "ada", "ben")
    admin = await console.browser("admin")
    path = f"/licenses/{built.entitlement_id}/lots/{built.lot_key}/correct"
    asked = {"quantity": "1", "first_day": "2026-01-01", "last_day": "2026-12-31", "reason": "INCORRECT_INPUT"}
    asked |= {"cost_basis": "PER_SEAT", "unit_price": "57.00", "pack_size": "1"}
    preview = words((await admin.send(path, **asked)).text)
    assert "Nobody loses a seat by this" in preview
    done = await admin.confirmed(path, **asked)
    assert done.status_code == 303
    async with console.desk.office.reading(console.estate.actor("admin")) as work:
        assert (await lot(work, built.lot_key)).quantity == 1


async def test_a_token_is_shown_once_and_revoked(console):
    admin = await console.browser("admin")
    path = "/settings/tokens/new"
    asked = {"name": "nightly import", "owner": "me", "actions": "person:read"}
    made = await admin.send(path, **asked)
    secret = re.search(r"lic_[A-Za-z0-9_-]{43}", made.text)[0]
    actor = await actor_of_token(console.desk.office, secret)
    assert {str(action) for action in actor.token_actions} == {"person:read"}
    token = re.search(r'name="token" value="([^"]*)"', made.text)[1]
    kept = await admin.send(path, token=token, **asked)
    assert kept.headers["location"] == "/settings/tokens"
    listed = (await admin.get("/settings/tokens")).text
    assert secret not in listed
    assert "nightly import" in listed
    revoke = re.search(r"/settings/tokens/[0-9a-f-]+/revoke", listed)[0]
    assert (await admin.confirmed(revoke)).status_code == 303
    try:
        await actor_of_token(console.desk.office, secret)
        raise AssertionError("a revoked token opens nothing")
    except SignInAgain:
        pass


async def test_a_file_of_people_becomes_a_run(console):
    admin = await console.browser("admin")
    answer = await admin.client.post(
        "/settings/imports/new",
        data={"_csrf": admin.csrf, "mode": "try"},
        files={"file": ("people.csv", b"id,name,mail,unit,country\n1,Zoe,zoe@halden.example,sales,DE\n", "text/csv")},
        headers={"accept": "text/html"},
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/runs/")


async def test_settings_say_what_holds(console):
    admin = await console.browser("admin")
    shown = await admin.page("/settings")
    assert "Warn from 80.0%" in shown
    assert "As shipped" in await admin.page("/settings/policies")
    german = await console.browser("auditor", language="de")
    assert "Schwellen und Tage" in await german.page("/settings")
