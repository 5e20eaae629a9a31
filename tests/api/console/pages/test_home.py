"""The first page: what is over, ended or due stands on top; a calm estate says so."""

from datetime import UTC, date, datetime

from sqlalchemy import update

from governance.agreements.models import Agreement
from governance.alerts.models import Alert
from governance.alerts.rules import POOL_USE, AlertState
from policies.thresholds.threshold import Level
from tests.governance.holding import seat


async def test_a_calm_estate_says_so_and_shows_its_positions(console):
    await console.estate.license("m365")
    admin = await console.browser("admin")
    first = await admin.get("/")
    assert first.headers["location"] == "/home"
    shown = await admin.page("/home")
    assert "Nothing needs you" in shown
    assert "m365" in shown
    assert "Assign seats" in shown


async def test_what_is_over_ended_and_due_stands_on_top(console):
    estate = console.estate
    over = await estate.license("over", quantity=1)
    ended = await estate.license("old", quantity=5, last_day=date(2026, 2, 1))
    due = await estate.license("due", last_day=date(2026, 4, 15))
    for license_, who in ((over, "ada"), (over, "ben"), (ended, "cleo")):
        await seat(estate, license_, who)
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(
            update(Agreement).where(Agreement.id == due.agreement_id).values(notice_days=30, auto_renews=True)
        )
    admin = await console.browser("admin")
    shown = await admin.page("/home")
    assert "1 more seat of over in use than purchased" in shown
    assert "1 person still uses old, which has ended" in shown
    assert "Decide on due before its notice deadline" in shown
    german = await console.browser("auditor", language="de")
    assert "1 Platz von over mehr belegt als gekauft" in await german.page("/home")


async def test_what_began_in_another_year_names_the_year(console):
    estate = console.estate
    built = await estate.license("m365")
    since = datetime(2025, 2, 9, 12, tzinfo=UTC)
    await estate.add(
        Alert(
            **estate.key(), rule=POOL_USE, pool_id=built.pools["main"], level=Level.CRITICAL, state=AlertState.OPEN,
            facts={"license": "m365", "pool": "main"}, raised_at=since, level_since=since,
        )
    )  # fmt: skip
    admin = await console.browser("admin")
    assert "Since Feb 9, 2025" in await admin.page("/home")


async def test_which_license_is_asked_where_none_is_at_hand(console):
    built = await console.estate.license("m365")
    admin = await console.browser("admin")
    chosen = await admin.send("/assign", license=str(built.entitlement_id))
    assert chosen.headers["location"] == f"/licenses/{built.entitlement_id}/assign"
