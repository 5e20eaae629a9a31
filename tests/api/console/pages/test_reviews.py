"""Reviews: prepared, decided, signed by two units upon the hash that was shown; who may not sign reads why."""

from datetime import timedelta

from sqlalchemy import update

from governance.directory.models import Session
from governance.reviews.rules import Seat
from policies.access.parties import Role
from tests.api.console.pages.conftest import words
from tests.api.console.pages.moving import carried, first_of
from tests.governance.holding import seat
from tests.governance.reviews.test_board import board, met, sits


async def prepared(console):
    built = await console.estate.license("m365", quantity=2)
    await seat(console.estate, built, "ada")
    admin = await console.browser("admin")
    asked = {"title": "Spring review", "unit": str(console.estate.units["halden"])}
    answer = await admin.send("/reviews/new", **asked)
    assert answer.status_code == 303, words(answer.text)
    return admin, answer.headers["location"]


async def decided(console, who="board-sales"):
    admin, path = await prepared(console)
    board = await console.browser(who)
    version = carried((await board.get(f"{path}/decide")).text, "version")
    answer = await board.send(f"{path}/decide", version=version, text="Keep what is used.", due_day="2026-04-01")
    assert answer.headers["location"] == path, words(answer.text)
    return admin, board, path


async def test_a_prepared_review_shows_what_was_frozen(console):
    admin, path = await prepared(console)
    shown = await admin.page(path)
    for frozen in ("Not decided yet", "m365", "+1", "Time to first use", "Snapshot hash"):
        assert frozen in shown
    assert f"{path}/sign" not in (await admin.get(path)).text
    assert first_of((await admin.get("/reviews")).text, "/reviews/") == path
    assert (await admin.get(f"{path}/decide")).status_code == 404


async def test_two_people_of_different_units_sign_what_they_were_shown(console):
    _, board, path = await decided(console)
    sha = carried((await board.get(f"{path}/sign")).text, "sha256")
    wrong = await board.send(f"{path}/sign", sha256="0" * 64)
    assert wrong.status_code == 422
    assert (await board.send(f"{path}/sign", sha256=sha)).headers["location"] == path
    assert "Signed by Board-Sales" in await board.page(path)
    again = await board.send(f"{path}/sign", sha256=sha)
    assert "You signed this review" in words(again.text)
    other = await console.browser("board-finance", language="de")
    await other.send(f"{path}/sign", sha256=sha)
    done = await other.page(path)
    assert "Unterschrieben von Board-Finance" in done
    assert "Unterschreiben" not in done


async def test_who_prepared_reads_as_has_and_needs_why_they_may_not_sign(console):
    admin, _, path = await decided(console)
    sha = carried((await admin.get(f"{path}/sign")).text, "sha256")
    refused = await admin.send(f"{path}/sign", sha256=sha)
    assert refused.status_code == 422
    said = words(refused.text)
    assert "Has You prepared this review Needs Somebody who did not prepare it" in said
    assert said.count("You prepared this review") == 1


async def test_a_sign_in_of_long_ago_asks_for_the_password_first(console):
    _, board, path = await decided(console)
    sha = carried((await board.get(f"{path}/sign")).text, "sha256")
    estate = console.estate
    async with estate.office.database.write(estate.tenant_id) as session:
        long_ago = estate.office.clock.now() - timedelta(minutes=6)
        await session.execute(update(Session).values(authenticated_at=long_ago))
    asked = await board.send(f"{path}/sign", sha256=sha)
    assert asked.status_code == 401
    assert 'type="password"' in asked.text
    assert "Signature 1" in await board.page(path)


async def test_a_person_nobody_knows_cannot_carry_a_decision_out(console):
    _, path = await prepared(console)
    board = await console.browser("board-sales")
    version = carried((await board.get(f"{path}/decide")).text, "version")
    asked = {"version": version, "text": "Keep it.", "owner": "nobody@halden.example"}
    refused = await board.send(f"{path}/decide", **asked)
    assert "nobody@halden.example is nobody here" in words(refused.text)
    held = await board.send(f"{path}/decide", **{**asked, "owner": "ada@halden.example"})
    assert held.headers["location"] == path
    assert "Who carries it out Ada" in await board.page(path)


async def test_a_boards_review_is_judged_by_its_departments_and_not_by_units(console):
    estate = console.estate
    await estate.person("board-it", "sales")  # of the same unit as board-sales, and speaks for another department
    await estate.grant("board-it", Role.BOARD_MEMBER)
    of = await board(estate, needed=("Finance",))
    await sits(estate, of, "board-sales", "Sales", Seat.CHAIR)
    await sits(estate, of, "board-it", "IT")
    path = f"/reviews/{(await met(estate, of)).id}"
    chair = await console.browser("board-sales")
    shown = await chair.page(path)
    assert "Without Finance it does not count" in shown
    assert "Without the chair it does not count" in shown
    sha = carried((await chair.get(f"{path}/sign")).text, "sha256")
    assert (await chair.send(f"{path}/sign", sha256=sha)).headers["location"] == path
    colleague = await console.browser("board-it")
    assert f"{path}/sign" in (await colleague.get(path)).text
    assert (await colleague.send(f"{path}/sign", sha256=sha)).headers["location"] == path
    stranger = await console.browser("board-finance")
    told = await stranger.page(path)
    assert "You speak for no department of this board today" in told
    assert f"{path}/sign" not in (await stranger.get(path)).text
    assert "speak for no department" in words((await stranger.send(f"{path}/sign", sha256=sha)).text)
    after = await stranger.page(path)
    assert "Without the chair it does not count" not in after
    assert "Without Finance it does not count" in after
