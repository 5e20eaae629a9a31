"""Access review: a role is given, found by who can and by what one can, taken back in all processes; the past stays."""

import re
from datetime import timedelta

from governance.directory.service.groups import GroupFacts, provision_group
from policies.access.parties import Role
from tests.api.console.pages.conftest import words


async def test_a_role_is_given_seen_from_every_side_and_taken_back(console, clock):
    estate = console.estate
    admin, ada = await console.browser("admin"), estate.people["ada"]
    assert "Ada" not in await admin.page("/access-review")
    given = await admin.send(
        "/access-review/grants/new", person="ada@halden.example", role="license_owner", unit=str(estate.units["sales"]),
        reason="owns Sales",
    )  # fmt: skip
    assert given.headers["location"] == f"/access-review/person:{ada}", words(given.text)[-800:]
    assert "License owner" in await admin.page("/access-review?role=license_owner")
    able = (await admin.get(f"/access-review/person:{ada}")).text
    assert "seat:assign" in able
    assert "Sales and below" in able
    assert "license_owner" in able
    who = await admin.page(f"/access-review/who-can?unit={estate.units['sales']}")
    assert "Ada" in who
    assert "Ada" not in await admin.page("/access-review/who-can")
    clock.advance(timedelta(hours=2))
    listed = (await admin.get("/access-review?role=license_owner")).text
    end = re.search(r"/access-review/grants/[0-9a-f-]+/end", listed)[0]
    preview = words((await admin.send(end, reason="moved on")).text)
    assert "no longer License owner" in preview
    done = await admin.confirmed(end, reason="moved on")
    assert done.headers["location"] == "/access-review"
    assert "Ada is no longer License owner" in await admin.page("/access-review")
    assert "Ada" not in await admin.page("/access-review")
    assert "Ended" in await admin.page("/access-review?state=ended")
    then = (clock.now() - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert "Ada" in await admin.page(f"/access-review?as-of={then}")
    assert "Sales and below" in await admin.page(f"/access-review/person:{ada}?as-of={then}")


async def test_what_cannot_be_given_is_said_at_its_field(console):
    admin = await console.browser("admin")
    path, asked = "/access-review/grants/new", {"role": "auditor", "reason": "looks"}
    nobody = await admin.send(path, person="nobody@halden.example", **asked)
    assert nobody.status_code == 422
    assert "Nobody within your reach" in nobody.text
    both = await admin.send(
        path, person="ada@halden.example", unit=str(console.estate.units["sales"]), region="DE", **asked
    )
    assert "not both" in both.text
    past = await admin.send(path, person="ada@halden.example", until="2020-01-01", **asked)
    assert past.status_code == 422
    unknown = await admin.send(path, person="ada@halden.example", region="XX", **asked)
    assert unknown.status_code == 422
    assert "territory tree" in words(unknown.text)


async def test_who_reaches_a_unit_gives_nothing_beyond_it(console):
    await console.estate.grant("cleo", Role.IT_ADMIN, unit="sales")
    cleo = await console.browser("cleo")
    wide = await cleo.send("/access-review/grants/new", person="ada@halden.example", role="it_admin", reason="more")
    assert wide.status_code == 422
    assert "may not" in words(wide.text)
    assert (await (await console.browser("ada")).get("/access-review")).status_code == 404


async def test_the_pages_speak_german(console):
    admin = await console.browser("admin", "de")
    assert "Zugriffsprüfung" in await admin.page("/access-review")
    assert "ganzes Unternehmen" in await admin.page("/access-review/who-can")


async def test_a_group_is_given_a_role_and_its_page_says_who_holds_it(console):
    estate = console.estate
    facts = GroupFacts("Auditors", "auditors", members=(estate.people["ada"],))
    group = await console.desk.office.perform(estate.actor("admin"), lambda work: provision_group(work, facts))
    admin = await console.browser("admin")
    asked = {"role": "auditor", "reason": "the audit of the year", "group": str(group.id)}
    both = await admin.send("/access-review/grants/new", person="ada@halden.example", **asked)
    assert "one of them" in words(both.text)
    given = await admin.send("/access-review/grants/new", **asked)
    assert given.headers["location"] == "/access-review", words(given.text)[-800:]
    assert "Group Auditors" in await admin.page("/access-review?role=auditor")
    assert "Auditors" in await admin.page("/groups")
    page = await admin.page(f"/groups/{group.id}")
    assert "Ada" in page
    assert "the audit of the year" in page
    assert "audit:read" in (await admin.get(f"/access-review/person:{estate.people['ada']}")).text
