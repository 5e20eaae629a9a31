"""The console's doors: strangers sign in first, failures read alike, links do one thing, languages are kept."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from governance.directory.rules import LinkPurpose
from governance.directory.service import NewAccount, create_account, make_link, operator
from governance.kernel.event import OutboxEvent
from governance.notices.models import Notice
from governance.reactions import seat_links
from governance.seats.queries import assignment
from governance.seats.rules import SeatState
from governance.seats.service import AssignSeats, assign_seats, propose_reclaim
from governance.seats.service.telling import TEXT, tell_of_proposal
from tests.api.console.pages.conftest import words
from tests.governance.holding import seat

PASSWORD = "correct horse battery"


async def with_password(console, who="admin"):
    estate = console.estate
    command = NewAccount(estate.people[who], f"{who}@halden.example", PASSWORD)
    await console.desk.office.perform(estate.actor("admin"), lambda work: create_account(work, command))


async def test_who_signs_in_goes_on_to_where_they_wanted(console):
    await with_password(console)
    browser = await console.browser()
    first = await browser.get("/")
    assert first.headers["location"] == "/sign-in?next=%2F"
    entered = await browser.send(
        "/sign-in", login="admin@halden.example", password=PASSWORD, next="/licenses?sort=name"
    )
    assert (entered.status_code, entered.headers["location"]) == (303, "/licenses?sort=name")
    assert "lictor" in entered.cookies
    assert (await browser.get("/sign-in?next=/licenses")).headers["location"] == "/licenses"


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"])
async def test_no_door_leads_to_another_site(console, elsewhere):
    await with_password(console)
    browser = await console.browser()
    entered = await browser.send("/sign-in", login="admin@halden.example", password=PASSWORD, next=elsewhere)
    assert entered.headers["location"] == "/"


async def test_every_failure_at_the_door_reads_alike(console):
    await with_password(console)
    browser = await console.browser()
    wrong = await browser.send("/sign-in", login="admin@halden.example", password="wrong password")
    nobody = await browser.send("/sign-in", login="nobody@halden.example", password="wrong password")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text.replace("admin@", "") == nobody.text.replace("nobody@", "")
    assert "Sign-in failed" in words(wrong.text)
    assert (await browser.send("/sign-in", login="admin@halden.example")).status_code == 422


async def test_a_form_of_another_session_changes_nothing_and_says_so(console):
    browser = await console.browser("admin")
    browser.csrf = "somebody-else-s-token"
    answer = await browser.send("/language", locale="de")
    assert answer.status_code == 403
    assert "This form is not of your session" in words(answer.text)
    assert "lictor-language" not in answer.cookies


async def test_the_chosen_language_is_kept(console):
    browser = await console.browser("admin", language="de")
    answer = await browser.send("/language", locale="en", next="/licenses")
    assert answer.headers["location"] == "/licenses"
    assert answer.cookies["lictor-language"] == "en"


async def test_who_signs_out_is_at_the_door(console):
    browser = await console.browser("admin")
    assert (await browser.send("/sign-out")).headers["location"] == "/sign-in"
    assert (await browser.get("/")).headers["location"].startswith("/sign-in")


async def test_a_link_accepts_one_seat_once_without_a_login(console):
    estate, office = console.estate, console.desk.office
    license_ = await estate.license(needs_acceptance=True)
    ends = office.clock.now() + timedelta(days=7)
    seat_id = await seat(estate, license_, "ada", state=SeatState.INVITED, invitation_expires_at=ends)
    secret = await office.perform(
        estate.actor("admin"), lambda work: make_link(work, estate.people["ada"], LinkPurpose.ACCEPT_SEAT, seat_id)
    )
    browser = await console.browser()
    offered = await browser.page(f"/l/{secret}")
    assert "m365-e5" in offered
    accepted = await browser.send(f"/l/{secret}", answer="accept")
    assert "The seat is yours" in words(accepted.text)
    async with office.reading(estate.actor("admin")) as work:
        assert (await assignment(work, seat_id)).state is SeatState.ASSIGNED
    again = await browser.send(f"/l/{secret}", answer="decline")
    assert again.status_code == 404
    assert (await browser.get("/l/nothing-of-ours")).text == (await browser.get(f"/l/{secret}")).text


@pytest.mark.parametrize(("answer", "said", "left"), [("keep", "You keep the seat", SeatState.ASSIGNED),
                                                    ("forego", "You gave the seat up", SeatState.RELEASED)])  # fmt: skip
async def test_a_link_keeps_a_seat_or_gives_it_up_and_does_nothing_else(console, answer, said, left):
    """The mail of the proposal brings it; any other answer changes nothing, and it is of no use elsewhere or again."""
    estate, office = console.estate, console.desk.office
    seated = AssignSeats((await estate.license()).pools["main"], (estate.people["ada"],), invite=False)
    seat_id = (await assign_seats(console.desk, estate.actor("admin"), seated)).seated[0].assignment_id
    await propose_reclaim(console.desk, estate.actor("admin"), seat_id)
    async with office.reading(operator(estate.tenant_id)) as work:
        query = select(OutboxEvent).where(OutboxEvent.name == "ReclaimProposed")
        told = (await work.session.execute(query)).scalar_one()
    await office.perform(operator(estate.tenant_id), lambda work: tell_of_proposal(work, told))
    link = seat_links(lambda secret: secret)
    secret = await office.perform(
        operator(estate.tenant_id), lambda work: link(work, estate.people["ada"], LinkPurpose.KEEP_SEAT, seat_id)
    )
    async with office.reading(operator(estate.tenant_id)) as work:
        [notice] = (await work.session.execute(select(Notice).where(Notice.text_key == TEXT))).scalars()
        assert (notice.person_id, notice.facts["subject_id"]) == (estate.people["ada"], str(seat_id))
    browser = await console.browser()
    assert "m365-e5" in await browser.page(f"/l/{secret}")
    for other in ("accept", "decline", ""):
        assert (await browser.send(f"/l/{secret}", answer=other)).status_code == 409
    async with office.reading(estate.actor("admin")) as work:
        assert (await assignment(work, seat_id)).state is SeatState.RECLAIM_PENDING
    assert said in words((await browser.send(f"/l/{secret}", answer=answer)).text)
    async with office.reading(estate.actor("admin")) as work:
        assert (await assignment(work, seat_id)).state is left
    assert (await browser.send(f"/l/{secret}", answer="keep")).status_code == 404


async def test_who_is_signed_in_proves_again_who_they_are(console):
    await with_password(console)
    browser = await console.browser()
    await browser.send("/sign-in", login="admin@halden.example", password=PASSWORD)
    page = await browser.get("/sign-in/again?next=/licenses")
    browser.csrf = page.text.split('name="_csrf" value="')[1].split('"')[0]
    wrong = await browser.send("/sign-in/again", password="not this one", next="/licenses")
    assert wrong.status_code == 401
    assert "That did not match" in words(wrong.text)
    proved = await browser.send("/sign-in/again", password=PASSWORD, next="/licenses")
    assert proved.headers["location"] == "/licenses"


async def test_what_is_nowhere_says_so_to_everybody(console):
    for who in (None, "admin"):
        answer = await (await console.browser(who)).get("/nowhere")
        assert answer.status_code == 404
        assert "Not found" in words(answer.text)


async def test_failures_of_a_reader_come_as_pages_with_their_sentence(console):
    browser = await console.browser("admin")
    answer = await browser.get("/licenses?as-of=tomorrow")
    assert answer.status_code == 422
    assert "needs an instant such as" in words(answer.text)
    swapped = await browser.get("/licenses?as-of=tomorrow", **{"hx-request": "true", "accept": "*/*"})
    assert swapped.headers["content-type"].startswith("text/html")
    assert (await browser.get("/licenses?scope=nowhere")).status_code == 404
    assert (await browser.get(f"/licenses?scope={console.estate.tenant_id}")).status_code == 404
