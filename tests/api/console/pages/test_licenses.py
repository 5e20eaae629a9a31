"""The list of licenses: worst first, narrowed, sorted, paged, as a file, within reach, in two languages."""

from policies.access.parties import Role
from tests.governance.holding import seat


async def test_the_list_shows_seats_against_their_limit_worst_first(console):
    estate = console.estate
    await estate.license("calm", quantity=10)
    tight = await estate.license("tight", quantity=1)
    await seat(estate, tight, "ada")
    await seat(estate, tight, "ben")
    admin = await console.browser("admin")
    shown = await admin.page("/licenses")
    assert shown.index("tight") < shown.index("calm")
    assert "−1" in shown
    assert "Critical 200.0%" in shown
    narrowed = await admin.page("/licenses?status=critical")
    assert "tight" in narrowed
    assert "calm" not in narrowed
    assert "calm" in await admin.page("/licenses?q=cal")
    file = await admin.get("/licenses.csv")
    assert file.headers["content-type"].startswith("text/csv")
    assert "tight" in file.text


async def test_a_page_goes_on_after_the_last_row_of_the_one_before(console):
    for number in range(52):
        await console.estate.license(f"l-{number:02}", product_id=None)
    admin = await console.browser("admin")
    first = (await admin.get("/licenses?sort=name")).text
    after = first.split("after=")[1].split('"')[0]
    second = await admin.page(f"/licenses?sort=name&after={after}")
    assert "l-50" in second
    assert "l-49" not in second
    assert (await admin.get("/licenses?after=nonsense")).status_code == 422


async def test_only_what_is_within_reach_is_listed(console):
    estate = console.estate
    await estate.license("ours", unit="sales", owner=None)
    await estate.license("theirs", unit="finance", pool_unit="finance", owner=None)
    await estate.grant("cleo", Role.LICENSE_OWNER, unit="sales")
    cleo = await console.browser("cleo")
    shown = await cleo.page("/licenses")
    assert "ours" in shown
    assert "theirs" not in shown
    admin = await console.browser("admin")
    cut = await admin.page(f"/licenses?scope={estate.units['sales']}")
    assert "ours" in cut
    assert "theirs" not in cut
    ada = await console.browser("ada")
    assert (await ada.get("/licenses")).status_code == 404


async def test_an_empty_list_teaches_and_speaks_german(console):
    admin = await console.browser("admin", language="de")
    shown = await admin.page("/licenses")
    assert "Noch keine Lizenzen" in shown
    assert "Alle Einheiten" in shown


async def test_the_past_is_shown_without_what_changes(console):
    await console.estate.license("tight")
    admin = await console.browser("admin")
    assert "tight" in await admin.page("/licenses?as-of=2026-03-02T09:00:00Z")
    future = await admin.get("/licenses?as-of=2027-01-01T00:00:00Z")
    assert future.status_code == 422
    assert (await admin.get("/licenses?as-of=yesterday")).status_code == 422
