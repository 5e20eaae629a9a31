"""Why this seat, and where else: rights explained on pages, a holder, an allocation and a whole lot moved by preview."""

import re
from datetime import timedelta

from sqlalchemy import select

from governance.entitlements.models import Entitlement, Pool
from tests.api.console.pages.conftest import words


async def test_a_right_is_explained_and_what_is_there_is_moved(console):
    estate, admin = console.estate, await console.browser("admin")
    license_ = await estate.license(quantity=9, pools={"main": 5, "spare": 4}, included=("001",))
    console.desk.office.clock.advance(timedelta(hours=1))
    (seat,) = await console.seated(license_, "ada")
    async with estate.office.database.read(estate.tenant_id) as session:
        product_id = (await session.execute(select(Entitlement.product_id))).scalar_one()
    ada = estate.people["ada"]
    person = await admin.page(f"/people/{ada}")
    assert "What may they use?" in person
    rights = await admin.page(f"/people/{ada}/rights")
    assert "Held already main" in rights
    shown = (await admin.get(f"/seats/{seat}")).text
    why = re.search(r'href="(/people/[^"]+/rights/[^"]+)"', shown)[1].replace("&amp;", "&")
    before = await admin.page(why)
    assert "Would be taken" in before
    assert "Nothing goes before it" in before
    assert "$57.00" in before
    now = await admin.page(f"/people/{ada}/rights/{product_id}")
    assert "Held already" in now
    assert "a seat in pool main, needs no open seat on this line" in now
    assert (await admin.get(f"/people/{license_.line_id}/rights")).status_code == 404

    opened = (await admin.get(f"/seats/{seat}/transfer")).text
    assert re.search(rf'value="{license_.pools["spare"]}"[^>]*selected', opened)
    same = await admin.send(f"/seats/{seat}/transfer", pool=str(license_.pools["main"]))
    assert same.status_code == 422
    moved = await admin.confirmed(f"/seats/{seat}/transfer", pool=str(license_.pools["spare"]))
    assert moved.status_code == 303, words(moved.text)[:2000]
    assert "spare" in await admin.page(moved.headers["location"])

    here = f"/licenses/{license_.entitlement_id}"
    move = re.search(rf'href="({here}/allocations/[0-9a-f-]+/move)"', (await admin.get(here)).text)[1]
    assert "main has 5 seats" in await admin.page(move)
    asked = {"pool": str(license_.pools["spare"]), "quantity": "2", "reason": "REQUESTED"}
    done = await admin.confirmed(move, **asked)
    assert done.status_code == 303, words(done.text)[:2000]
    lots = (await admin.get(f"{here}?tab=lots")).text
    split = re.search(rf'href="({here}/lots/[0-9a-f-]+/split)"', lots)[1]
    assert "main = 3" in (await admin.get(split)).text
    for wrong, said in (("main = 9\nnowhere = 0", "nowhere"), ("main = 8", "These are 8 seats; the order has 9")):
        answer = await admin.send(split, shares=wrong, reason="REQUESTED")
        assert answer.status_code == 422
        assert said in words(answer.text)
    done = await admin.confirmed(split, shares="main = 1\nspare = 8", reason="REQUESTED")
    assert done.status_code == 303, words(done.text)[:2000]
    async with estate.office.database.read(estate.tenant_id) as session:
        assert len((await session.execute(select(Pool.id))).all()) == 2
    auditor = await console.browser("auditor")
    for path in (split, move, f"/seats/{seat}/transfer"):
        assert (await auditor.get(path)).status_code in {403, 404}
    assert "Would be taken" in await auditor.page(why)


async def test_a_pool_is_chosen_for_each_person_and_shown_before(console):
    estate, admin = console.estate, await console.browser("admin")
    license_ = await estate.license(quantity=2, pools={"main": 1, "spare": 1}, included=("150",))
    here = f"/licenses/{license_.entitlement_id}/assign"
    assert "Chosen for each person" in await admin.page(here)
    asked = {"pool": "chosen", "people": "ada@halden.example\nben@halden.example\ncleo@halden.example"}
    preview = words((await admin.send(here, refused="others", **asked)).text)
    assert "2 of 3 can be seated" in preview
    assert "in main" in preview
    assert "in spare" in preview
    none = await admin.send(here, refused="nobody", **asked)
    assert none.status_code == 422
    done = await admin.confirmed(here, refused="others", **asked)
    assert done.status_code == 303, words(done.text)[:2000]
    assert "2 seats assigned, 1 refused" in await admin.page(done.headers["location"])
    again = await admin.send(here, refused="others", **asked)
    assert again.status_code == 422
    assert "a seat in pool main" in words(again.text)
