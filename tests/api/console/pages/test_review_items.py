"""A board's agenda on its pages: items with frozen figures, own ones, votes by department, decisions, actions."""

from datetime import timedelta
from uuid import UUID

from governance.reviews.queries import snapshot
from governance.reviews.rules import Seat
from policies.access.parties import Role
from tests.api.console.pages.conftest import words
from tests.api.console.pages.moving import carried
from tests.governance.reviews.test_board import board, met, sits


async def convened(console, *, departments=("Sales", "Finance")):
    """A board of a chair for sales and a member for finance, and its review of a quarter that is decided as a whole."""
    estate = console.estate
    of = await board(estate)
    for who, department in zip(("board-sales", "board-finance"), departments, strict=True):
        await sits(estate, of, who, department, Seat.CHAIR if who == "board-sales" else Seat.MEMBER)
    row = await met(estate, of)
    return of, f"/reviews/{row.id}"


async def proposed(console, path, browser):
    """A proposal of a member; the address of its page."""
    asked = {"title": "Buy 20 seats", "text": "For the new office.", "kind": "PROPOSAL"}
    answer = await browser.send(f"{path}/items/new", **asked)
    assert answer.status_code == 303, words(answer.text)
    return answer.headers["location"]


async def test_the_agenda_shows_frozen_items_with_their_figures_and_own_ones_after_them(console):
    of, path = await convened(console)
    chair = await console.browser("board-sales")
    shown = await chair.page(path)
    assert "Time to first use At every review" in shown
    assert "More open findings than before, or grave ones" in shown
    assert f'href="/boards/{of.id}"' in (await chair.get(path)).text
    item = await proposed(console, path, chair)
    page = await chair.page(item)
    for said in ("Buy 20 seats", "For the new office.", "A proposal to vote on", "Board-Sales", "has not voted"):
        assert said in page
    whole = await chair.page(path)
    assert whole.index("Time to first use At every review") < whole.index("Buy 20 seats")
    finding = f"{path}/items/findings-open:over-assigned"
    assert 'href="/findings?check=over-assigned"' in (await chair.get(finding)).text
    about = await chair.page(f"{path}/items/time-to-first-use:")
    assert "First use within 30 days" in about
    assert "no review before" in about


async def test_departments_vote_and_the_item_is_decided_by_their_majority(console):
    _, path = await convened(console)
    chair, finance = await console.browser("board-sales"), await console.browser("board-finance")
    item = await proposed(console, path, chair)
    early = await chair.send(f"{item}/decide", outcome="APPROVED", text="Buy them.")
    assert early.status_code == 422
    assert "still lacks: votes of Finance" in words(early.text)
    assert (await chair.send(f"{item}/vote", choice="FOR")).headers["location"] == item
    assert "1 for" in await chair.page(path)
    assert (await finance.send(f"{item}/vote", choice="AGAINST")).status_code == 303
    assert "1 for · 1 against" in await chair.page(item)
    assert (await finance.send(f"{item}/vote", choice="FOR")).status_code == 303
    shown = await chair.page(item)
    assert "2 for" in shown
    assert "1 against" not in shown
    assert (await chair.send(f"{item}/decide", outcome="APPROVED", text="Buy them.")).headers["location"] == item
    told = await chair.page(item)
    assert "Approved Buy them." in told
    expected = carried((await chair.get(f"{item}/decide")).text, "expected")
    blind = await chair.send(f"{item}/decide", outcome="DEFERRED", text="Later.")
    assert blind.status_code == 422
    again = await chair.send(f"{item}/decide", outcome="DEFERRED", text="Later.", expected=expected)
    assert again.headers["location"] == item
    assert "Deferred" in await chair.page(path)


async def test_who_speaks_for_no_department_reads_why_they_do_not_vote(console):
    _, path = await convened(console)
    chair = await console.browser("board-sales")
    item = await proposed(console, path, chair)
    admin = await console.browser("admin", language="de")
    assert f"{item}/vote" not in (await admin.get(item)).text
    refused = await admin.send(f"{item}/vote", choice="FOR")
    assert refused.status_code == 422
    assert "Sie sprechen heute für keine Abteilung dieses Gremiums" in words(refused.text)
    auditor = await console.browser("auditor")
    assert (await auditor.get(item)).status_code == 200
    assert (await auditor.get(f"{item}/vote")).status_code == 404
    assert (await auditor.get(f"{path}/items/own:nothing")).status_code == 404


async def test_who_speaks_for_two_departments_chooses_for_which(console):
    estate = console.estate
    of, path = await convened(console)
    await sits(estate, of, "board-sales", "Support", Seat.DEPUTY)
    chair = await console.browser("board-sales")
    item = await proposed(console, path, chair)
    form = (await chair.get(f"{item}/vote")).text
    assert '<option value="Support"' in form
    assert (await chair.send(f"{item}/vote", choice="FOR", department="Support")).status_code == 303
    assert "Support For" in await chair.page(item)
    signing = (await chair.get(f"{path}/sign")).text
    assert '<option value="Support"' in signing
    sha = carried(signing, "sha256")
    assert (await chair.send(f"{path}/sign", sha256=sha, department="Support")).headers["location"] == path
    assert "Signed by Board-Sales Support" in await chair.page(path)
    finance = await console.browser("board-finance")
    assert 'name="department"' not in (await finance.get(f"{path}/sign")).text


async def test_an_item_leads_only_where_its_reader_may_go(console):
    _, path = await convened(console)
    chair, admin = await console.browser("board-sales"), await console.browser("admin")
    license_id = await _license_of(console, path)
    asked = {"title": "Less", "text": "Fewer.", "kind": "TOPIC", "subject": license_id}
    item = (await chair.send(f"{path}/items/new", **asked)).headers["location"]
    assert f'href="/licenses/{license_id}"' in (await admin.get(item)).text
    assert f'href="/licenses/{license_id}"' not in (await chair.get(item)).text


async def _license_of(console, path):
    async with console.estate.office.reading(console.estate.actor("admin")) as work:
        frozen = await snapshot(work, UUID(path.rpartition("/")[2]))
    return frozen.content["position"]["rows"][0]["license_id"]


async def test_minutes_are_kept_and_a_signed_review_takes_no_more(console):
    _, path = await convened(console)
    chair, finance = await console.browser("board-sales"), await console.browser("board-finance")
    item = await proposed(console, path, chair)
    assert (await finance.send(f"{item}/note", text="The office opens in May.")).headers["location"] == item
    assert "The office opens in May. Board-Finance" in await chair.page(item)
    for browser in (chair, finance):
        sha = carried((await browser.get(f"{path}/sign")).text, "sha256")
        assert (await browser.send(f"{path}/sign", sha256=sha)).status_code == 303
    done = (await chair.get(item)).text
    for act in ("vote", "decide", "note", "actions/new"):
        assert f"{item}/{act}" not in done
    late = await chair.send(f"{item}/note", text="Too late.")
    assert late.status_code == 422
    assert f"{path}/items/new" not in (await chair.get(path)).text


async def test_an_action_has_an_owner_and_a_day_and_is_overdue_by_the_clock(console):
    estate = console.estate
    _, path = await convened(console)
    chair = await console.browser("board-sales")
    item = await proposed(console, path, chair)
    today = estate.office.clock.now().date()
    due = today + timedelta(days=3)
    asked = {"what": "Order the seats", "owner": "ada@halden.example", "dueDay": due.isoformat()}
    late = await chair.send(f"{item}/actions/new", **{**asked, "dueDay": (today - timedelta(days=9)).isoformat()})
    assert late.status_code == 422
    assert "dueDay-error" in late.text
    half = await chair.send(f"{item}/actions/new", **asked, target="80")
    assert "An aim has a figure, a target and a day to judge it." in words(half.text)
    aim = {"measure": "first_use_within_30|", "direction": "UP", "target": "80 %",
           "judgeDay": (due + timedelta(days=60)).isoformat()}  # fmt: skip
    given = await chair.send(f"{item}/actions/new", **asked, **aim)
    assert given.status_code == 303, words(given.text)
    action = given.headers["location"]
    shown = await chair.page(action)
    assert "First use within 30 days: at least 80.0%" in shown
    assert "Overdue" not in shown
    ada = await console.browser("ada")
    assert "Order the seats" in await ada.page("/my-licenses")
    estate.office.clock.advance(timedelta(days=5))
    finance = await console.browser("board-finance")
    for place in (item, path, action):
        assert "Overdue" in await finance.page(place)


async def test_its_owner_closes_an_action_and_a_stranger_never_sees_it(console):
    estate = console.estate
    of, path = await convened(console)
    chair = await console.browser("board-sales")
    due = estate.office.clock.now().date() + timedelta(days=3)
    asked = {"what": "Order the seats", "owner": "Ada", "dueDay": due.isoformat()}
    action = (await chair.send(f"{path}/actions/new", **asked)).headers["location"]
    assert "Order the seats" in await chair.page(f"/boards/{of.id}")
    ada, ben = await console.browser("ada"), await console.browser("ben")
    auditor = await console.browser("auditor")
    assert (await ben.get(action)).status_code == 404
    assert f"{action}/close" not in (await auditor.get(action)).text
    assert f"{action}/close" in (await ada.get(action)).text
    dropped = await ada.send(f"{action}/close", state="DROPPED")
    assert dropped.status_code == 422
    assert "reason-error" in dropped.text
    assert (await ada.send(f"{action}/close", state="DONE")).headers["location"] == action
    assert "Done" in await ada.page(action)
    assert (await chair.send(f"{action}/close", state="DONE")).status_code == 422
    assert f"{action}/close" not in (await ada.get(action)).text


async def test_a_board_learns_on_which_day_it_meets(console):
    estate = console.estate
    of, path = await convened(console)
    admin = await console.browser("admin")
    day = estate.office.clock.now().date() + timedelta(days=8)
    assert (await admin.send(f"{path}/day", day=day.isoformat())).headers["location"] == path
    assert f'value="{day.isoformat()}"' in (await admin.get(f"{path}/day")).text
    assert "no day is set" not in await admin.page(f"/boards/{of.id}")
    past = await admin.send(f"{path}/day", day=(day - timedelta(days=30)).isoformat())
    assert "day-error" in past.text


async def test_a_review_of_no_board_takes_items_and_no_votes(console):
    estate = console.estate
    await estate.license("m365", quantity=2)
    admin = await console.browser("admin")
    unit = str(estate.units["halden"])
    path = (await admin.send("/reviews/new", title="Spring", unit=unit)).headers["location"]
    item = await proposed(console, path, admin)
    shown = await admin.get(item)
    assert f"{item}/vote" not in shown.text
    assert "Votes" not in words(shown.text)
    await estate.grant("ada", Role.BOARD_MEMBER)
    member = await console.browser("ada")
    told = await member.send(f"{item}/vote", choice="FOR")
    assert told.status_code == 422
    assert "no board's" in words(told.text)
