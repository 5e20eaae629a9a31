"""Units on pages: looked at, merged and split as it was shown; what a leaver answers for is handed over."""

import re
from uuid import UUID

from sqlalchemy import select

from governance.compliance.models import Finding, FindingStep, Scan
from governance.compliance.rules import FindingState, Severity
from governance.directory.models import OrgUnit
from governance.directory.service import mark_left
from governance.entitlements.models import Entitlement, Pool
from policies.access.parties import Role
from tests.estate import Estate, License


def token_of(answer) -> str:
    return re.search(r'name="token" value="([^"]+)"', answer.text)[1]


async def ownerless(estate: Estate, owned: License, owner: UUID) -> UUID:
    now = estate.office.clock.now()
    scan = await estate.add(Scan(**estate.key(), as_of=now, started_at=now, roster_version="1"))
    row = Finding(
        **estate.key(), check_id="ownerless", severity=Severity.MEDIUM, subject_type="entitlement",
        subject_id=owned.entitlement_id, unit_id=estate.units["halden"], region="001", owner_id=owner,
        subject_name="m365", has="the owner has left, and there is no deputy", needs="an owner who is here",
        facts={"owner_left_at": now.isoformat(), "deputy_id": None},
        rule_version=1, opened_at=now, last_seen_at=now, opened_scan_id=scan.id, last_seen_scan_id=scan.id,
    )  # fmt: skip
    await estate.add(row)
    step = FindingStep(
        **estate.key(), finding_id=row.id, number=1, state=FindingState.OPEN, has=row.has, needs=row.needs, at=now,
        recorded_at=now, actor="system:tests",
    )  # fmt: skip
    await estate.add(step)
    return row.id


async def test_a_unit_is_merged_and_split_as_it_was_shown(console):
    estate, admin = console.estate, await console.browser("admin")
    owned = await estate.license("m365", unit="sales-emea", pool_unit="sales-emea")
    await estate.grant("cleo", Role.LICENSE_OWNER, unit="sales")
    emea, it = estate.units["sales-emea"], estate.units["it"]
    assert "Sales-Emea" in await admin.page("/units")
    page = (await admin.get(f"/units/{emea}")).text
    assert ("m365" in page, f"/units/{emea}/merge" in page) == (True, True)
    asked = {"into": str(it), "roles": "END", "at": "", "reason": "one desk"}
    seen = await admin.send(f"/units/{emea}/merge", **asked)
    assert seen.status_code == 200, seen.text
    for said in ("Ada", "License owner", "Loses", "2", "what goes along"):
        assert said in seen.text, said
    done = await admin.send(f"/units/{emea}/merge", **asked, token=token_of(seen))
    assert (done.status_code, done.headers["location"]) == (303, f"/units/{it}")
    assert (await admin.get(f"/units/{emea}/merge")).status_code == 404
    ended = (await admin.get(f"/units/{emea}")).text
    assert ("Ended" in ended, f"/units/{emea}/merge" in ended) == (True, False)
    assert "Ada" in await admin.page("/people")
    ahead = {"parent": str(it), "at": "2026-04-01", "reason": "nearer"}
    path = f"/units/{estate.units['finance']}/move"
    assert "carried out then only if" in (await admin.send(path, **ahead)).text
    assert (await admin.confirmed(path, **ahead)).headers["location"] == "/planned-changes"
    listed = (await admin.get("/planned-changes")).text
    withdraw = re.search(r'"(/planned-changes/[^"]+/withdraw)"', listed)[1]
    assert "Waiting for its day" in listed
    assert (await admin.send(withdraw, reason="not needed")).status_code == 303
    assert (await admin.get(withdraw)).status_code == 404
    assert "not needed" in (await admin.get("/planned-changes?state=all")).text
    part = {"name": "Desk", "code": "desk", "kind": "DEPARTMENT", "parent": "", "people": "ada@halden.example",
            "licenses": str(owned.entitlement_id), "roles": "CARRY", "at": "", "reason": "grown"}  # fmt: skip
    nobody = await admin.send(f"/units/{it}/split", **part | {"people": "zed"})
    assert (nobody.status_code, "called zed" in nobody.text) == (422, True)
    seen = await admin.send(f"/units/{it}/split", **part)
    done = await admin.send(f"/units/{it}/split", **part, token=token_of(seen))
    assert done.status_code == 303, done.text
    async with estate.office.database.read(estate.tenant_id) as session:
        made = (await session.execute(select(OrgUnit.id).where(OrgUnit.code == "desk"))).scalar_one()
        assert (await session.execute(select(Entitlement.unit_id))).scalar_one() == made
        assert (await session.execute(select(Pool.unit_id))).scalar_one() == made
    german = await console.browser("admin", language="de")
    assert "Zusammenlegen" in await german.page(f"/units/{made}")
    moved = await admin.send(f"/units/{made}/move", parent=str(estate.units["finance"]), at="", reason="books")
    assert "Nobody gains or loses access" in moved.text


async def test_what_a_leaver_answers_for_is_found_and_handed_over(console):
    estate, admin = console.estate, await console.browser("admin")
    assert "Every owner can answer" in await admin.page("/stale-owners")
    owned = await estate.license("m365", owner="ada")
    ada, ben = estate.people["ada"], estate.people["ben"]
    await estate.office.perform(estate.actor("admin"), lambda work: mark_left(work, ada))
    way = f"/people/{ada}/hand-over"
    assert way in (await admin.get("/stale-owners")).text
    assert way in (await admin.get(f"/people/{ada}")).text
    assert (
        way in (await admin.get(f"/findings/{await ownerless(estate, owned, ada)}")).text
    )  # the remedy is the handover
    assert (await admin.get(f"/people/{ben}/hand-over")).status_code == 404
    seen = await admin.send(way, taker="ben@halden.example", reason="she left")
    assert ("m365" in seen.text, "What goes to Ben" in seen.text) == (True, True)
    done = await admin.send(way, taker="ben@halden.example", reason="she left", token=token_of(seen))
    assert done.headers["location"] == f"/people/{ben}"
    assert "Every owner can answer" in await admin.page("/stale-owners")
    async with estate.office.database.read(estate.tenant_id) as session:
        assert (await session.get(Entitlement, (estate.tenant_id, owned.entitlement_id))).owner_id == ben
