"""Leases on a page: who holds what of a concurrent license, by client and until when, reached from the license."""

from governance.seats.service import AcquireLease, acquire_lease, release_lease
from tests.governance.seats.test_lease_verbs import floating


async def test_a_license_leads_to_what_it_lends(console):
    estate, desk = console.estate, console.desk
    license_ = await floating(desk.office, estate, 3)
    admin = await console.browser("admin")
    path = f"/leases?license={license_.entitlement_id}"
    assert path in (await admin.get(f"/licenses/{license_.entitlement_id}")).text
    assert "Nothing is lent" in await admin.page("/leases")
    for who in ("ada", "ben"):
        asked = AcquireLease(license_.pools["main"], estate.people[who], f"{who}@ws-1")
        got = await acquire_lease(desk, estate.actor("admin"), asked)
    await release_lease(desk, estate.actor("admin"), got.lease.id)
    page = await admin.page(path)
    assert ("ada@ws-1" in page, "ben@ws-1" in page, "Held" in page) == (True, False, True)
    assert "ben@ws-1" in await admin.page(f"{path}&state=all")
    assert "ben@ws-1" not in await admin.page(f"{path}&state=all&q=ada")
    other = await estate.license("named", pools={"main": 1})
    assert "/leases" not in (await admin.get(f"/licenses/{other.entitlement_id}")).text
    holder = await console.browser("ada", language="de")
    assert (await holder.get("/leases?license=nothing")).status_code == 404
