"""A hybrid license: named seats first, then leases, then the meter; and nobody is moved back by itself."""

from typing import Any
from uuid import UUID

import pytest

from governance.entitlements import service as entitlements
from governance.entitlements.rules import LicenseModel, Term
from governance.kernel.errors import BadInput, Code, NotFound
from governance.kernel.work import Office
from governance.seats.models import Assignment, Denial
from governance.seats.service import (
    AcquireLease,
    ReleaseSeats,
    SeatInLicense,
    Way,
    acquire_lease,
    coming_back,
    preview_release,
    release_seats,
    seat_in_license,
)
from tests.estate import Estate
from tests.governance.entitlements.signed import allocated, bought, lot, pooled, signed
from tests.governance.seats.ground import open_desk, rows

HYBRID = (("named", LicenseModel.NAMED_USER, 1), ("floating", LicenseModel.CONCURRENT_USER, 1))


async def hybrid(estate: Estate, *, metered: bool) -> tuple[UUID, dict[str, UUID]]:
    """Give a license of one named seat and one floating one, with or without a meter behind, and its pools by line."""
    s = await signed(estate, "cad" if metered else "cae", spill_order=1)
    lines = {"named": s.line_id}
    new = [("floating", LicenseModel.CONCURRENT_USER, 2)] + [("meter", LicenseModel.METERED, 3)] * metered
    for code, model, order in new:
        line = entitlements.NewLine(code, model, Term.SUBSCRIPTION, spill_order=order)
        made = await estate.office.perform(
            estate.actor("admin"), lambda w, line=line: entitlements.add_line(w, s.entitlement_id, line)
        )
        lines[code] = made.id
    pools = {}
    for code, _, seats in HYBRID:
        held = await bought(estate, lot(lines[code], seats))
        pools[code] = (await pooled(estate, lines[code], f"{code}-{'m' * metered}")).id
        await allocated(estate, held.lot_key, pools[code], seats)
    return s.entitlement_id, lines | {f"{code} pool": pool for code, pool in pools.items()}


async def test_who_finds_a_line_full_goes_to_the_next_and_comes_back_only_if_somebody_says_so(
    office: Office, estate: Estate
) -> None:
    license_id, at = await hybrid(estate, metered=True)
    admin, people = estate.actor("admin"), [estate.people[who] for who in ("ada", "ben", "cleo")]
    async with open_desk(office) as desk:

        async def seated(*who: UUID) -> list[Any]:
            return list(await seat_in_license(desk, admin, SeatInLicense(license_id, who)))

        ada, ben = await seated(*people[:2])
        assert (ada.way, ada.line_id, ada.pool_id) == (Way.SEATED, at["named"], at["named pool"])
        assert (ben.way, ben.line_id, ben.pool_id) == (Way.LEASE, at["floating"], at["floating pool"])
        lease = await acquire_lease(desk, admin, AcquireLease(at["floating pool"], people[1], "ben@ws-1"))
        again, ben, cleo = await seated(*people)
        assert (again.way, cleo.way, cleo.line_id) == (Way.HELD, Way.METER, at["meter"])
        assert (ben.way, ben.pool_id) == (Way.HELD, at["floating pool"])
        assert await rows(office, estate, Denial) == [], "who came to another line was not refused"
        async with office.reading(admin) as work:
            assert await coming_back(work, license_id) == ()
        ask = ReleaseSeats((ada.assignment_id,))
        token = (await preview_release(desk, admin, ask)).token
        await release_seats(desk, admin, ReleaseSeats((ada.assignment_id,), token=token))
        async with office.reading(admin) as work:
            (back,) = await coming_back(work, license_id)
        assert (back.person_id, back.pool_id) == (people[1], at["named pool"])
        assert lease is not None
    assert [s.released_at is None for s in await rows(office, estate, Assignment)] == [False], "nobody was moved"


async def test_where_no_line_takes_somebody_the_refusal_is_kept_once(office: Office, estate: Estate) -> None:
    license_id, at = await hybrid(estate, metered=False)
    admin, people = estate.actor("admin"), [estate.people[who] for who in ("ada", "ben", "cleo")]
    async with open_desk(office) as desk:
        await seat_in_license(desk, admin, SeatInLicense(license_id, (people[0],)))
        await acquire_lease(desk, admin, AcquireLease(at["floating pool"], people[1], "ben@ws-1"))
        (no,) = await seat_in_license(desk, admin, SeatInLicense(license_id, (people[2],)))
        assert (no.way, {r.code for r in no.reasons}) == (Way.DENIED, {Code.LIMIT_REACHED})
        (kept,) = await rows(office, estate, Denial)
        assert (kept.person_id, kept.pool_id) == (people[2], at["named pool"])
        plain = await signed(estate, "plain")
        with pytest.raises(BadInput, match="spill order"):
            await seat_in_license(desk, admin, SeatInLicense(plain.entitlement_id, tuple(people)))
        with pytest.raises(NotFound):
            await seat_in_license(desk, estate.actor("ada"), SeatInLicense(license_id, tuple(people)))
