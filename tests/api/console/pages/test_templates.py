"""Templates on pages: drafted, published, a license made, what differs shown, a version applied, a difference kept."""

import re
from typing import Any

from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.rules import Overage
from governance.seats.service import ChangeLine, change_line, preview_change_line
from tests.api.console.pages.conftest import Browser, words
from tests.governance.seats.ground import rows

SEATS = """
title = "Seats by the year"
product = "design"
[lines.named]
model = "NAMED_USER"
term = "SUBSCRIPTION"
[lines.named.supply]
quantity = 10
months = 12
[pools.main]
percent = 60
[alerts.use]
warn = 70
[regions.DE]
usage.individual = "PSEUDONYMOUS"
"""


async def confirmed(browser: Browser, path: str, **given: Any) -> tuple[str, str]:
    """Send a form, read its preview, and confirm exactly that: what was shown, and where it leads."""
    shown = (await browser.send(path, **given)).text
    token = re.search(r'name="token" value="([^"]+)"', shown)
    assert token is not None, words(shown)
    done = await browser.send(path, **given, token=token[1])
    assert done.status_code == 303, words(done.text)
    return words(shown), done.headers["location"]


async def templated(console, admin: Browser) -> tuple[str, str]:
    """Publish a template, make a license of it, change that by hand: paths of the template and of the license held."""
    estate = console.estate
    await estate.product("design")
    await estate.license("signed")
    drafted = await admin.send("/templates/new", code="seats", content=SEATS, note="What seats have in common")
    assert drafted.status_code == 303, words(drafted.text)
    version = drafted.headers["location"]
    await confirmed(admin, f"{version}/publish", reason="agreed")
    given = {
        "agreement": "EA-signed", "name": "Design, Germany", "code": "design-de", "region": "DE",
        "unit_id": str(estate.units["halden"]), "first_day": "2026-01-01", "last_day": "", "owner_id": "",
        "po_number": "", "overrides": "pools.main.seats = 5",
    }  # fmt: skip
    shown, _ = await confirmed(admin, f"{version}/make", **given)
    assert "Purchase named quantity 10" in shown
    held = re.search(r"/templates/held/[0-9a-f-]+", (await admin.get(version)).text)
    assert held is not None
    await _by_hand(console, "design-de")
    return version, held[0]


async def _by_hand(console, code: str) -> None:
    estate = console.estate
    (license_,) = await rows(estate.office, estate, Entitlement, Entitlement.code == code)
    (line,) = await rows(estate.office, estate, MetricLine, MetricLine.entitlement_id == license_.id)
    change = ChangeLine(line.id, line.version, {"overage": Overage.TRUE_UP})
    async with estate.office.reading(estate.actor("admin")) as work:
        token = (await preview_change_line(work, change)).token
    done = ChangeLine(line.id, line.version, {"overage": Overage.TRUE_UP}, token)
    await estate.office.perform(estate.actor("admin"), lambda work: change_line(work, done))


async def test_a_template_is_published_made_use_of_and_brought_along(console) -> None:
    admin = await console.browser("admin")
    wrong = await admin.send("/templates/new", code="seats", content=SEATS.replace("percent", "percnt"), note="so")
    assert "percent, if that is meant" in words(wrong.text)
    version, held = await templated(console, admin)
    assert "Changed by hand" in await admin.page(version)
    differs = await admin.page(held)
    assert "lines.named.overage BLOCK TRUE_UP Changed by hand" in differs
    assert "pools.main.seats 6 5 Meant" in differs
    (license_,) = [
        row for row in await rows(console.desk.office, console.estate, Entitlement) if row.code == "design-de"
    ]
    on_license = await admin.get(f"/licenses/{license_.id}")
    assert f'href="{held}"' in on_license.text
    assert "2 values, 1 of them changed by hand" in words(on_license.text)
    assert "lines.named.overage BLOCK TRUE_UP Changed by hand" in words(on_license.text)
    kept = await admin.send(f"{held}/keep", paths="keep:lines.named.overage", version="1")
    assert kept.status_code == 303, words(kept.text)
    newer = SEATS.replace("warn = 70", "warn = 60").replace(
        '"SUBSCRIPTION"', '"SUBSCRIPTION"\noverage = "ALLOW_AND_FLAG"'
    )
    second = (await admin.send("/templates/new", code="seats", content=newer, note="Earlier")).headers["location"]
    shown, _ = await confirmed(admin, f"{second}/publish", reason="agreed")
    assert "alerts.use.warn 70 60" in shown
    shown, back = await confirmed(admin, f"{second}/apply", held=held.rpartition("/")[2], restore="")
    assert "alerts.use.warn 70 60 Changes" in shown
    assert "lines.named.overage TRUE_UP ALLOW_AND_FLAG Kept: meant" in shown
    assert "Design, Germany 2 DE" in await admin.page(back)
    assert "Seats by the year" in await admin.page("/templates")
    auditor = await console.browser("auditor")
    assert "Apply this version" not in await auditor.page(second)
