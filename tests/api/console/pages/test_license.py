"""One license and its seats: figures that add up, tabs, what is out of reach, a seat given back by its preview."""

from governance.seats.queries import assignment
from governance.seats.rules import SeatState
from tests.governance.holding import seat


async def test_a_license_shows_its_position_and_what_comes_next(console):
    estate = console.estate
    built = await estate.license("m365", quantity=100, pools={"sales": 60, "service": 30})
    await seat(estate, built, "ada", pool="sales")
    await seat(estate, built, "ben", pool="service")
    admin = await console.browser("admin")
    shown = await admin.page(f"/licenses/{built.entitlement_id}")
    assert "Occupied 2" in shown
    assert "Allocated 90" in shown
    assert "Unallocated 10" in shown
    assert "Balance +98" in shown
    assert "Dec 31, 2026 Last usable day" in shown
    assert "EA-m365" in shown
    assert "Seats over time" in shown
    lots = await admin.page(f"/licenses/{built.entitlement_id}?tab=lots")
    assert "$57.00" in lots
    seats = await admin.page(f"/licenses/{built.entitlement_id}?tab=seats")
    assert "Ada" in seats
    german = await console.browser("auditor", language="de")
    assert "Letzter Nutzungstag" in await german.page(f"/licenses/{built.entitlement_id}")


async def test_what_is_out_of_reach_reads_like_what_is_not_there(console):
    built = await console.estate.license()
    ada = await console.browser("ada")
    admin = await console.browser("admin")
    hidden = await ada.get(f"/licenses/{built.entitlement_id}")
    assert hidden.status_code == 404
    for nothing in (console.estate.tenant_id, "no-id-at-all"):
        assert (await admin.get(f"/licenses/{nothing}")).status_code == 404


async def test_seats_are_listed_narrowed_and_released_after_a_preview(console):
    estate = console.estate
    built = await estate.license("m365", quantity=2)
    seat_id, _ = await console.seated(built, "ada", "ben")
    admin = await console.browser("admin")
    assert "Ada" in await admin.page(f"/seats?license={built.entitlement_id}&pool={built.pools['main']}")
    assert "Ben" not in await admin.page("/seats?q=ada")
    path = f"/seats/{seat_id}/release"
    preview = await admin.send(path, reason="ADMIN")
    assert "Loses m365" in preview.text
    wrong = await admin.send(path, reason="ADMIN", token="9999999999.wrong")
    assert wrong.status_code == 422
    released = await admin.confirmed(path, reason="ADMIN", note="no longer needed")
    assert (released.status_code, released.headers["location"]) == (303, f"/people/{estate.people['ada']}")
    async with console.desk.office.reading(estate.actor("admin")) as work:
        assert (await assignment(work, seat_id)).state is SeatState.RELEASED
    assert (await admin.get(path)).status_code == 404
    assert "Ada Sales-Emea" not in await admin.page("/seats")
    assert "Ada" in await admin.page("/seats?state=all")
