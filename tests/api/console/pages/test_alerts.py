"""Alerts: the highest level first, with seats and why; one is taken on once."""

from governance.alerts.service import evaluate_pool_use
from tests.api.console.pages.conftest import words
from tests.api.console.pages.moving import carried, first_of
from tests.governance.holding import seat


async def raised(console):
    full = await console.estate.license("full", quantity=2)
    high = await console.estate.license("high", quantity=10)
    for license_, count in ((full, 2), (high, 9)):
        for number in range(count):
            await seat(console.estate, license_, f"{license_.pools['main'].hex[:4]}-{number}")
    pools = [full.pools["main"], high.pools["main"]]
    await console.desk.office.perform(console.estate.actor("admin"), lambda work: evaluate_pool_use(work, pools))
    return await console.browser("admin")


async def test_alerts_are_listed_by_level_with_their_seats(console):
    admin = await raised(console)
    shown = await admin.page("/alerts")
    assert shown.index("Critical 100.0%") < shown.index("High 90.0%")
    assert "2 of 2 seats occupied" in shown
    only = words((await admin.get("/alerts?level=HIGH", **{"hx-request": "true"})).text)
    assert "High 90.0%" in only
    assert "Critical 100.0%" not in only


async def test_an_alert_is_taken_on_once(console):
    admin = await raised(console)
    path = first_of((await admin.get("/alerts")).text, "/alerts/") + "/acknowledge"
    version = carried((await admin.get(path)).text, "version")
    assert (await admin.send(path, version=version)).headers["location"] == "/alerts"
    assert "Acknowledged · Admin" in await admin.page("/alerts?state=ACKNOWLEDGED")
    assert (await admin.send(path, version=version)).status_code == 422
    auditor = await console.browser("auditor", language="de")
    assert "Übernommen" in await auditor.page("/alerts")
    assert (await auditor.get(path)).status_code == 404
