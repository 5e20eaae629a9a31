"""Seating people from the console: itemized before anything happens, done once, refusals with what would work."""

from sqlalchemy import func, select

from governance.directory.rules import PersonStatus
from governance.seats.models import Assignment, Denial
from tests.api.console.pages.conftest import words


async def count(console, kind):
    async with console.desk.office.reading(console.estate.actor("admin")) as work:
        query = select(func.count()).select_from(kind).where(kind.tenant_id == work.tenant_id)
        return (await work.session.execute(query)).scalar_one()


async def test_nobody_is_seated_before_the_confirmation_and_everybody_once_after_it(console):
    estate = console.estate
    built = await estate.license("m365", quantity=5)
    await estate.person("gone", status=PersonStatus.LEFT)
    admin = await console.browser("admin")
    path = f"/licenses/{built.entitlement_id}/assign"
    assert "5 free" in await admin.page(path)
    asked = {
        "pool": str(built.pools["main"]),
        "person": "ada@halden.example",
        "people": "Ben; Cleo <cleo@halden.example>\ngone@halden.example",
        "refused": "others",
    }
    preview = await admin.send(path, **asked)
    shown = words(preview.text)
    assert preview.status_code == 200
    assert "3 of 4 can be seated" in shown
    assert "Assign 3 seats" in shown
    assert "Refused" in shown
    assert await count(console, Assignment) == 0
    done = await admin.confirmed(path, **asked)
    assert done.headers["location"] == f"/licenses/{built.entitlement_id}?tab=seats"
    assert "3 seats assigned, 1 refused" in await admin.page(done.headers["location"])
    assert await count(console, Assignment) == 3
    assert await count(console, Denial) == 1


async def test_all_or_nobody(console):
    built = await console.estate.license("m365", quantity=1)
    admin = await console.browser("admin")
    asked = {"pool": str(built.pools["main"]), "people": "ada\nben", "refused": "nobody"}
    refused = await admin.send(f"/licenses/{built.entitlement_id}/assign", **asked)
    assert refused.status_code == 422
    assert "Not seated, because others are refused" in words(refused.text)


async def test_a_full_pool_names_the_pool_that_has_room(console):
    built = await console.estate.license("m365", quantity=5, pools={"first": 1, "second": 4})
    await console.seated(built, "ben", pool="first")
    admin = await console.browser("admin")
    asked = {"pool": str(built.pools["first"]), "people": "ada", "refused": "others"}
    refused = await admin.send(f"/licenses/{built.entitlement_id}/assign", **asked)
    assert "Use pool second (4 free)" in words(refused.text)
    assert f"pool={built.pools['second']}&amp;people=ada%40halden.example" in refused.text


async def test_who_is_not_known_is_named_and_nothing_happens(console):
    built = await console.estate.license("m365")
    await console.estate.person("ada two")
    admin = await console.browser("admin")
    path = f"/licenses/{built.entitlement_id}/assign"
    asked = {"pool": str(built.pools["main"]), "people": "nobody@halden.example", "refused": "others"}
    assert "nobody@halden.example is nobody within your reach" in words((await admin.send(path, **asked)).text)
    asked["people"] = ""
    assert "Name at least one person" in words((await admin.send(path, **asked)).text)
    suggested = await admin.get(f"{path}?suggest=person&person=ad")
    assert "ada@halden.example" in suggested.text


async def test_facts_that_moved_since_the_preview_refuse_its_token(console):
    built = await console.estate.license("m365", quantity=1)
    admin = await console.browser("admin")
    path = f"/licenses/{built.entitlement_id}/assign"
    asked = {"pool": str(built.pools["main"]), "people": "ada", "refused": "others"}
    token = (await admin.send(path, **asked)).text.split('name="token" value="')[1].split('"')[0]
    await console.seated(built, "ben")
    late = await admin.send(path, token=token, **asked)
    assert late.status_code == 422
    assert "The facts moved since this preview" in words(late.text)


async def test_an_auditor_has_no_such_page(console):
    built = await console.estate.license("m365")
    auditor = await console.browser("auditor")
    assert (await auditor.get(f"/licenses/{built.entitlement_id}/assign")).status_code == 404
    assert "Assign seats" not in await auditor.page(f"/licenses/{built.entitlement_id}")
