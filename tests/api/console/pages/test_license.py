"""One license and its seats: figures that add up, tabs, what is out of reach, a seat given back by its preview."""

import re
from datetime import timedelta

from governance.seats.queries import assignment
from governance.seats.rules import SeatState
from governance.seats.service import AssignSeats, assign_seats
from tests.api.console.pages.conftest import words
from tests.governance.holding import seat
from tests.governance.seats.suites import suites


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


async def test_the_past_is_shown_as_it_was_and_says_what_is_of_today(console):
    estate, clock = console.estate, console.desk.office.clock
    built = await estate.license("m365", quantity=5)
    before = clock.now()
    clock.advance(timedelta(hours=1))
    await console.seated(built, "ada")
    clock.advance(timedelta(hours=1))
    admin = await console.browser("admin")
    as_of = before.isoformat().replace("+00:00", "Z")
    then = await admin.page(f"/licenses/{built.entitlement_id}?as-of={as_of}")
    assert "Occupied 0" in then
    assert "Assign seats" not in then
    assert "Ada" not in await admin.page(f"/licenses/{built.entitlement_id}?tab=seats&as-of={as_of}")
    assert "Ada" in await admin.page(f"/licenses/{built.entitlement_id}?tab=seats")
    assert "What stands here is as of today" in await admin.page(f"/people?as-of={as_of}")
    assert (await admin.get(f"/licenses/{built.entitlement_id}/assign?as-of={as_of}")).status_code == 409


async def test_what_suites_carry_and_what_lines_grant_beside_seats_stands_on_the_page(console):
    estate, clock = console.estate, console.desk.office.clock
    made = await suites(estate)
    await seat(estate, made.part, "ada")
    await seat(estate, made.part, "ben")
    clock.advance(timedelta(hours=1))
    await seat(estate, made.suite, "ada")
    admin = await console.browser("admin")
    path = f"/licenses/{made.part.entitlement_id}"
    shown = words(await admin.page(path))
    assert "Of 2 occupied seats 1 need a right of this license; purchased less needed is +2" in shown
    assert "M365 E3 m365-e3 lot of 2026-01-01 1" in shown
    given = {"line": str(made.part.line_id), "kind": "DOWNGRADE", "levels": "1", "last_day": "",
             "first_day": "2026-01-01", "clause": "Section 7: the release before"}  # fmt: skip
    wrong = await admin.send(f"{path}/rights/new", **given | {"kind": "SECOND_USE"})
    assert "SECOND_USE reaches no releases" in words(wrong.text)
    assert (await admin.send(f"{path}/rights/new", **given)).status_code == 303
    page = (await admin.get(f"{path}?tab=lots")).text
    assert "Older releases 1 release back" in words(page)
    (end,) = set(re.findall(rf"{path}/rights/[0-9a-f-]+/end", page))
    assert (await admin.send(end, last_day="2026-12-31")).status_code == 303
    assert (await admin.send(end, last_day="2026-12-31")).status_code in {303, 404}
    line = {"tier": "Pro", "overage": "BLOCK", "overage_percent": "", "expiry": "RESTRICT", "grace_days": "0",
            "spill_order": "", "measure": "", "resets": "TERM", "own_device": "TWICE", "covered": "TELL", "least_cores": "0",
            "vm_cores": "OWN"}  # fmt: skip
    change = f"{path}/lines/{made.part.line_id}/change"
    assert "only METERED sums up" in words((await admin.send(change, **line | {"resets": "MONTH"})).text)
    seen = (await admin.send(change, **line)).text
    assert "Now 3 0 +3 After 3 0 +3" in words(seen), "its seats were laid as rows, past the ledger's counter"
    token = re.search(r'name="token" value="([^"]+)"', seen)
    assert token is not None
    assert (await admin.send(change, **line, token=token[1])).status_code == 303
    asked = AssignSeats(made.part.pools["main"], (estate.people["cleo"],))
    await assign_seats(console.desk, estate.actor("admin"), asked)
    given = {"people": "cleo@halden.example", "pool": str(made.suite.pools["main"]), "note": ""}
    assert "No seat of this license: Admin" in words(
        (await admin.send(f"{path}/retier", **given | {"people": "Admin"})).text
    )
    seen = (await admin.send(f"{path}/retier", **given)).text
    assert "From OFFICE Pro To M365 E3, main Features gained mail" in words(seen)
    assert "$15.00 → $36.00" in words(seen)
    token = re.search(r'name="token" value="([^"]+)"', seen)
    assert token is not None
    assert (await admin.send(f"{path}/retier", **given, token=token[1])).status_code == 303
    auditor = await console.browser("auditor")
    read = (await auditor.get(f"{path}?tab=lots")).text
    assert "Dec 31, 2026" in words(read)
    assert "/rights/" not in read
    assert (await auditor.send(f"{path}/rights/new", **given)).status_code in {403, 404}
