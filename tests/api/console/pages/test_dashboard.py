"""Dashboard: the board begins at use, time to first use, findings and what waits for it; names stay out."""

from datetime import date

from governance.reviews.service import PrepareReview, prepare_review
from policies.access.parties import Role
from tests.api.console.pages.moving import scanned
from tests.governance.holding import seat


async def test_the_board_begins_at_its_dashboard(console):
    estate = console.estate
    built = await estate.license("m365", quantity=1, last_day=date(2026, 5, 31))
    for who in ("ada", "ben"):
        await seat(estate, built, who)
    await scanned(console, await console.browser("admin"))
    command = PrepareReview("Spring review", estate.units["halden"])
    await estate.office.perform(estate.actor("admin"), lambda work: prepare_review(work, command))
    board = await console.browser("board-sales")
    assert (await board.get("/")).headers["location"] == "/dashboard"
    shown = await board.page("/dashboard")
    assert "Utilization 200.0% 2 of 1 seats in force 1 seat beyond its license" in shown
    assert "Findings not resolved" in shown
    assert "More seats occupied than in force" in shown
    assert "Spring review" in shown
    assert "needs a decision" in shown
    assert "Ada" not in shown
    assert "Renewals within 120 days" in shown
    assert "m365 EA-m365" in shown
    assert "May 31, 2026" in shown


async def test_who_owns_licenses_of_another_unit_sees_no_renewal_of_this_one(console):
    estate = console.estate
    await estate.license("m365", last_day=date(2026, 5, 31), unit="sales")
    await estate.person("owner", "it")
    await estate.grant("owner", Role.LICENSE_OWNER, unit="it")
    shown = await (await console.browser("owner")).page("/dashboard")
    assert "Renewals within 120 days" in shown
    assert "EA-m365" not in shown


async def test_finance_sees_renewals_too(console):
    await console.estate.license("m365", last_day=date(2026, 5, 31))
    await console.estate.person("fin", "finance")
    await console.estate.grant("fin", Role.FINANCE)
    german = await console.browser("fin", language="de")
    shown = await german.page("/dashboard")
    assert "Verlängerungen binnen 120 Tagen" in shown
    assert "EA-m365" in shown
    assert "31.05.2026" in shown
