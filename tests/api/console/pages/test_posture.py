"""Posture: the auditor begins at findings by severity, scans, sources, the head of the trail and reports."""

from governance.compliance.queries import visible_findings
from governance.compliance.rules import FindingState, Severity
from governance.kernel.page import count_all
from tests.api.console.pages.moving import scanned
from tests.governance.holding import seat


async def open_high(console):
    async with console.desk.office.reading(console.estate.actor("auditor")) as work:
        return await count_all(work.session, visible_findings(work, (FindingState.OPEN,), Severity.HIGH))


async def test_the_auditor_begins_at_the_posture(console):
    built = await console.estate.license("m365", quantity=1)
    for who in ("ada", "ben"):
        await seat(console.estate, built, who)
    await scanned(console, await console.browser("admin"))
    auditor = await console.browser("auditor")
    assert (await auditor.get("/")).headers["location"] == "/posture"
    shown = await auditor.page("/posture")
    assert f"High {await open_high(console)} not resolved" in shown
    assert "checks ran" in shown
    assert "Scan ended" in shown
    assert "Complete" in shown
    then = await auditor.page("/posture?as-of=2026-03-01T09:00:00Z")
    assert "High 0 not resolved" in then
