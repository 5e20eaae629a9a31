"""Providers in the settings: added, changed, ended; groups mapped; errors stand beside their field; readers only read."""

import re

from sqlalchemy import select

from governance.directory.models import GroupMapping, IdentityProvider

GIVEN = {
    "name": "Halden login", "issuer": "https://login.halden.example", "client_id": "lictor",
    "client_secret": "h1dden-secret", "scopes": "openid profile email", "groups_claim": "groups", "match_claim": "",
    "joins": "no", "unit": "", "country": "",
}  # fmt: skip


async def row_of(console, kind):
    async with console.desk.office.database.read(console.estate.tenant_id) as session:
        return (await session.execute(select(kind))).scalars().one()


async def test_a_provider_is_added_changed_and_ended(console):
    browser = await console.browser("admin")
    assert "People sign in with a password" in await browser.page("/settings/sign-in")
    added = await browser.send("/settings/sign-in/new", **GIVEN)
    row = await row_of(console, IdentityProvider)
    here = f"/settings/sign-in/{row.id}"
    assert (added.status_code, added.headers["location"]) == (303, here)
    page = await browser.page(here)
    assert f"/sign-in/from/{row.id}" in page
    assert "Kept sealed" in page
    assert "h1dden-secret" not in (await browser.get(here)).text + (await browser.get(f"{here}/edit")).text
    kept = row.secret_sealed
    changed = await browser.send(f"{here}/edit", **GIVEN | {"name": "Login", "client_secret": ""})
    assert changed.status_code == 303
    row = await row_of(console, IdentityProvider)
    assert (row.name, row.secret_sealed) == ("Login", kept)
    assert (await browser.send(f"{here}/end", reason="another one")).headers["location"] == "/settings/sign-in"
    assert (await row_of(console, IdentityProvider)).ended_at is not None


async def test_what_cannot_be_stands_beside_its_field(console):
    browser = await console.browser("admin")
    for name, value, said in (
        ("issuer", "http://login.halden.example", "an https address"),
        ("match_claim", "email", "never a mail"),
        ("scopes", "profile", "openid and at most"),
        ("country", "XQ", "an ISO 3166-1 code"),
        ("joins", "yes", "where newcomers are to belong"),
    ):
        answer = await browser.send("/settings/sign-in/new", **GIVEN | {name: value})
        assert answer.status_code == 422
        assert said in answer.text, name


async def test_a_group_is_mapped_and_unmapped(console):
    browser = await console.browser("admin")
    await browser.send("/settings/sign-in/new", **GIVEN)
    here = f"/settings/sign-in/{(await row_of(console, IdentityProvider)).id}"
    unit = str(console.estate.units["it"])
    mapped = await browser.send(f"{here}/map", group_name="it", role="it_admin", unit=unit, reason="runs the machines")
    assert mapped.headers["location"] == here
    page = await browser.get(here)
    assert "runs the machines" in page.text
    end = re.search(r"/settings/sign-in/[0-9a-f-]+/map/[0-9a-f-]+/end", page.text)[0]
    assert (await browser.send(end, reason="over")).headers["location"] == here
    assert (await row_of(console, GroupMapping)).ended_at is not None
    assert (await browser.get(end)).status_code == 404


async def test_an_auditor_reads_and_a_holder_does_not(console):
    admin, auditor, holder = [await console.browser(who) for who in ("admin", "auditor", "ben")]
    await admin.send("/settings/sign-in/new", **GIVEN)
    here = f"/settings/sign-in/{(await row_of(console, IdentityProvider)).id}"
    assert "Halden login" in await auditor.page(here)
    assert (await auditor.get("/settings/sign-in/new")).status_code == 404
    assert (await auditor.send(f"{here}/end", reason="x")).status_code == 404
    for path in ("/settings/sign-in", here):
        assert (await holder.get(path)).status_code == 404
