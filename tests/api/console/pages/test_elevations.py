"""Roles for some hours on pages: one asks, another decides, and the clock ends it."""

import re
from datetime import timedelta

from policies.access.parties import Role


async def test_from_asking_to_the_end_by_the_clock(console):
    holder, admin = await console.browser("ben"), await console.browser("admin")
    assert "Nobody asks for a role" in await holder.page("/elevations")
    asked = {"role": Role.LICENSE_OWNER.value, "unit": str(console.estate.units["sales-emea"]), "region": ""}
    wrong = await holder.send("/elevations/ask", **asked, hours="999", reason="an audit")
    assert (wrong.status_code, "168" in wrong.text) == (422, True)
    both = await holder.send("/elevations/ask", **asked | {"region": "DE"}, hours="4", reason="an audit")
    assert "Name a unit or a region" in both.text
    done = await holder.send("/elevations/ask", **asked, hours="4", reason="an <audit>")
    assert done.status_code == 303
    assert ("Undecided" in await holder.page("/elevations"), "/approve" in (await holder.get("/elevations")).text) == (
        True, False,
    )  # fmt: skip
    page = (await admin.get("/elevations")).text
    assert "&lt;audit&gt;" in page
    [path] = set(re.findall(r'"(/elevations/[^"]+/approve)"', page))
    assert (await holder.get(path)).status_code in {403, 404}
    assert "License owner for Ben" in await admin.page(path)
    await admin.send(path, note="")
    assert "Held" in await holder.page("/elevations")
    assert (await admin.get(path)).status_code == 404
    console.desk.office.clock.advance(timedelta(hours=5))
    again = await console.browser("ben")
    assert "Nobody asks for a role" in await again.page("/elevations")
    assert "Ended" in await again.page("/elevations?state=all")


async def test_who_is_refused_reads_why(console):
    holder, admin = await console.browser("ben"), await console.browser("admin")
    given = {"role": Role.IT_ADMIN.value, "unit": "", "region": "", "hours": "1", "reason": "just so"}
    assert (await holder.send("/elevations/ask", **given)).status_code == 303
    [path] = set(re.findall(r'"(/elevations/[^"]+/refuse)"', (await admin.get("/elevations")).text))
    assert (await admin.send(path, note="")).status_code == 422
    await admin.send(path, note="ask the owner")
    assert "ask the owner" in await holder.page("/elevations?state=all")
    assert "Abgelehnt" in await (await console.browser("admin", language="de")).page("/elevations?state=all")


async def test_a_wish_is_withdrawn_and_a_role_ended_early(console):
    holder, admin = await console.browser("ben"), await console.browser("admin")
    given = {"role": Role.AUDITOR.value, "unit": "", "region": "", "hours": "2", "reason": "a look"}
    assert (await holder.send("/elevations/ask", **given)).status_code == 303
    [path] = set(re.findall(r'"(/elevations/[^"]+/withdraw)"', (await holder.get("/elevations")).text))
    assert "/withdraw" not in (await admin.get("/elevations")).text
    assert (await admin.get(path)).status_code == 404
    assert (await holder.send(path)).status_code == 303
    assert "Withdrawn" in await holder.page("/elevations?state=all")
    assert (await holder.send("/elevations/ask", **given)).status_code == 303
    [path] = set(re.findall(r'"(/elevations/[^"]+/approve)"', (await admin.get("/elevations")).text))
    await admin.send(path, note="")
    [end] = set(re.findall(r'"(/elevations/[^"]+/end)"', (await admin.get("/elevations")).text))
    assert end in (await (await console.browser("ben")).get("/elevations")).text
    assert (await admin.send(end, note="")).status_code == 422
    assert (await admin.send(end, note="the look is over")).status_code == 303
    assert "Nobody asks for a role" in await (await console.browser("ben")).page("/elevations")
