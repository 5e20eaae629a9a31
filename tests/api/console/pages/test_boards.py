"""Boards: set up, given members, what their quorum lacks, their quarter prepared once; the past shows as it was."""

from datetime import timedelta
from urllib.parse import quote

from governance.reviews.rules import Seat
from tests.api.console.pages.conftest import words
from tests.api.console.pages.moving import first_of
from tests.governance.reviews.test_board import board, met, sits


async def set_up(console, **more):
    admin = await console.browser("admin")
    asked = {"name": "License board", "unit": str(console.estate.units["halden"]), "quorum": "2", **more}
    answer = await admin.send("/boards/new", **asked)
    assert answer.status_code == 303, words(answer.text)
    return admin, answer.headers["location"]


async def test_a_board_is_set_up_and_says_what_its_quorum_lacks(console):
    admin, path = await set_up(console, departmentsNeeded="Finance\n", chair_needed="true")
    assert "Lacks Finance, a chair, 2 more departments" in await admin.page("/boards")
    shown = await admin.page(path)
    assert "Nobody speaks for a department yet" in shown
    assert "Finance among them nobody speaks for it" in shown
    for person, department, seat in (
        ("Board-Sales", "Sales", "CHAIR"),
        ("board-finance@halden.example", "Finance", ""),
    ):
        asked = {"person": person, "department": department, "seat": seat or "MEMBER"}
        assert (await admin.send(f"{path}/members/new", **asked)).headers["location"] == path
    shown = await admin.page(path)
    assert "2 speak for 2 departments" in shown
    assert "The chair among them Board-Sales" in shown
    assert "Complete" in await admin.page("/boards")
    assert first_of((await admin.get("/boards")).text, "/boards/") == path


async def test_a_name_that_is_taken_and_a_quorum_of_one_are_said_at_their_fields(console):
    admin, _ = await set_up(console)
    asked = {"name": "License board", "unit": str(console.estate.units["halden"])}
    taken = await admin.send("/boards/new", quorum="2", **asked)
    assert taken.status_code == 422
    assert "name-error" in taken.text
    few = await admin.send("/boards/new", quorum="1", **asked)
    assert few.status_code == 422
    assert "quorum-error" in few.text
    twice = await admin.send("/boards/new", quorum="2", departmentsNeeded="IT\nIT", **{**asked, "name": "Other"})
    assert "departmentsNeeded-error" in twice.text


async def test_a_voice_is_given_once_and_ended_with_what_then_lacks(console):
    admin, path = await set_up(console)
    asked = {"person": "Board-Sales", "department": "Sales", "seat": "MEMBER"}
    await admin.send(f"{path}/members/new", **asked)
    again = await admin.send(f"{path}/members/new", **asked)
    assert again.status_code == 422
    assert "department-error" in again.text
    nobody = await admin.send(f"{path}/members/new", **{**asked, "person": "Nobody At All"})
    assert "Nobody At All is nobody here" in words(nobody.text)
    ending = first_of((await admin.get(path)).text, f"{path}/members/") + "/end"
    assert "Without this voice: Lacks 2 more departments." in await admin.page(ending)
    console.estate.office.clock.advance(timedelta(minutes=1))
    assert (await admin.send(ending, end="")).headers["location"] == path
    assert "0 speak for 0 departments" in await admin.page(path)
    assert (await admin.send(ending, end="")).status_code == 422


async def test_a_quarter_is_prepared_once_and_its_review_leads_back(console):
    await console.estate.license("m365", quantity=2)
    admin, path = await set_up(console)
    assert "has ended and is not prepared yet" in await admin.page(path)
    prepared = await admin.send(f"{path}/prepare", title="", as_of="")
    review = prepared.headers["location"]
    assert "has ended and is not prepared yet" not in await admin.page(path)
    assert f'href="{review}"' in (await admin.get(path)).text
    assert "License board · FY2025-Q4" in await admin.page("/reviews")
    again = await admin.send(f"{path}/prepare", title="", as_of="")
    assert again.status_code == 422
    assert "has a review of FY2025-Q4 already" in words(again.text)


async def test_the_page_of_then_shows_who_sat_then_and_changes_nothing(console):
    estate = console.estate
    of = await board(estate)
    await sits(estate, of, "board-sales", "Sales", Seat.CHAIR)
    before = quote((estate.office.clock.now() + timedelta(hours=1)).isoformat())
    estate.office.clock.advance(timedelta(days=1))
    await sits(estate, of, "board-finance", "Finance")
    await met(estate, of)
    auditor = await console.browser("auditor")
    now = await auditor.page(f"/boards/{of.id}")
    assert "2 speak for 2 departments" in now
    assert "License board, FY2025-Q4" in now
    then = await auditor.page(f"/boards/{of.id}?as-of={before}")
    assert "1 speak for 1 department" in then
    assert "License board, FY2025-Q4" not in then
    admin = await console.browser("admin")
    assert f"/boards/{of.id}/members/new" not in (await admin.get(f"/boards/{of.id}?as-of={before}")).text


async def test_who_sets_nothing_up_reads_boards_and_strangers_do_not(console):
    of = await board(console.estate)
    member = await console.browser("board-sales", language="de")
    shown = await member.get(f"/boards/{of.id}")
    assert "Es fehlt" in words(shown.text)
    assert "members/new" not in shown.text
    assert (await member.get("/boards/new")).status_code == 404
    assert (await member.get(f"/boards/{of.id}/members/new")).status_code == 404
    holder = await console.browser("ada")
    assert (await holder.get("/boards")).status_code == 404
    assert (await holder.get(f"/boards/{of.id}")).status_code == 404
