"""The trail: acts in words, filters, and the story of one object with before and after; for who may read it."""

from uuid import uuid4

from tests.api.console.pages.conftest import words


async def test_the_trail_lists_acts_in_words_and_narrows(console):
    built = await console.estate.license("m365", quantity=2)
    await console.seated(built, "ada")
    auditor = await console.browser("auditor")
    shown = await auditor.page("/trail")
    assert "Seat assigned" in shown
    assert "Seat of Ada" in shown
    assert "Admin" in shown
    only = words((await auditor.get("/trail?subject=run", **{"hx-request": "true"})).text)
    assert "Seat assigned" not in only
    assert "seat:assign" not in shown.replace("Seat assigned", "")


async def test_the_story_of_a_seat_tells_before_and_after_by_name(console):
    built = await console.estate.license("m365", quantity=2)
    [seat_id] = await console.seated(built, "ada")
    auditor = await console.browser("auditor", language="de")
    shown = await auditor.page(f"/trail/assignment/{seat_id}")
    assert "Platz von Ada" in shown
    assert "Platz zugewiesen" in shown
    assert "Pool: aus keine Angabe wurde main" in shown
    assert str(built.pools["main"]) not in shown
    assert "#1" in shown


async def test_what_has_no_entries_is_not_there_and_the_admin_has_no_trail(console):
    auditor = await console.browser("auditor")
    assert (await auditor.get(f"/trail/person/{uuid4()}")).status_code == 404
    assert (await auditor.get("/trail/person/no-id")).status_code == 404
    admin = await console.browser("admin")
    assert (await admin.get("/trail")).status_code == 404
