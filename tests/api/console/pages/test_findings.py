"""Findings: listed worst first, shown with has, needs and why, taken on and waived upon the version that was shown."""

from tests.api.console.pages.conftest import words
from tests.api.console.pages.moving import carried, first_of, scanned
from tests.governance.holding import leave, seat


async def over_and_left(console, owner="admin"):
    """A pool with two seats too many, one of them held by somebody who left."""
    built = await console.estate.license("m365", quantity=1, owner=owner)
    for who in ("ada", "ben", "cleo"):
        await seat(console.estate, built, who)
    await leave(console.estate, "cleo")
    admin = await console.browser("admin")
    await scanned(console, admin)
    return admin


async def test_findings_are_listed_worst_first_and_narrowed(console):
    admin = await over_and_left(console)
    shown = await admin.page("/findings")
    assert shown.index("More seats occupied than in force") < shown.index("Leaver holds a seat")
    assert "Scan complete" in shown
    only = words((await admin.get("/findings?severity=MEDIUM", **{"hx-request": "true"})).text)
    assert "Leaver holds a seat" in only
    assert "More seats occupied" not in only
    assert "hides every row" in await admin.page("/findings?state=waived")
    file = (await admin.get("/findings.csv?check=over-assigned")).text
    assert "m365 / main" in file


async def test_one_finding_tells_has_needs_why_and_what_mends_it(console):
    admin = await over_and_left(console)
    path = first_of((await admin.get("/findings?check=over-assigned")).text, "/findings/")
    shown = await admin.page(path)
    assert "Has 3 seats occupied" in shown
    assert "Needs At most 1 seat, the supply in force" in shown
    assert "Not compliant rule over-assigned, version" in shown
    assert "2 more than in force" in shown
    assert "Release seats" in shown
    left = await admin.page(first_of((await admin.get("/findings?check=leaver-holds-seat")).text, "/findings/"))
    assert "Preview release" in left
    assert "Cleo" in left


async def test_a_finding_is_taken_on_and_then_not_waived_by_the_same_hands(console):
    admin = await over_and_left(console)
    path = first_of((await admin.get("/findings?check=over-assigned")).text, "/findings/")
    version = carried((await admin.get(f"{path}/acknowledge")).text, "version")
    taken = await admin.send(f"{path}/acknowledge", version=version, note="asked the vendor")
    assert taken.headers["location"] == path
    shown = await admin.page(path)
    assert "Acknowledged" in shown
    assert "asked the vendor" in shown
    late = await admin.send(f"{path}/acknowledge", version=version)
    assert late.status_code == 422
    now = carried((await admin.get(f"{path}/waive")).text, "version")
    waived = await admin.send(f"{path}/waive", version=now, reason="for a time", until="2026-06-30")
    assert waived.status_code == 422
    assert "acknowledged it" in words(waived.text)


async def test_a_waiver_holds_through_its_day_and_needs_one_to_come(console):
    admin = await over_and_left(console, owner="ada")
    path = first_of((await admin.get("/findings?check=over-assigned")).text, "/findings/")
    version = carried((await admin.get(f"{path}/waive")).text, "version")
    past = await admin.send(f"{path}/waive", version=version, reason="for a time", until="2026-03-01")
    assert "Choose today or a later day" in words(past.text)
    done = await admin.send(f"{path}/waive", version=version, reason="for a time", until="2026-06-30")
    assert done.headers["location"] == path
    assert "Waived until Jul 1, 2026" in await admin.page(path)


async def test_the_board_reads_findings_without_names_and_changes_none(console):
    await over_and_left(console)
    board = await console.browser("board-sales")
    listed = await board.page("/findings")
    assert "A seat" in listed
    assert "Cleo" not in listed
    path = first_of((await board.get("/findings?check=leaver-holds-seat")).text, "/findings/")
    shown = await board.page(path)
    assert "Cleo" not in shown
    assert "Acknowledge" not in shown.replace("Acknowledged", "")
    assert (await board.get(f"{path}/acknowledge")).status_code == 404
    assert (await board.send("/findings/scan")).status_code == 404


async def test_findings_of_the_past_stand_as_they_did(console):
    admin = await over_and_left(console)
    path = first_of((await admin.get("/findings?check=over-assigned")).text, "/findings/")
    before = "2026-03-01T09:00:00Z"
    assert "More seats occupied than in force" not in words(
        (await admin.get(f"/findings?as-of={before}", **{"hx-request": "true"})).text
    )
    assert (await admin.get(f"{path}?as-of={before}")).status_code == 404
    german = await console.browser("auditor", language="de")
    assert "3 Plätze belegt" in await german.page(path)
