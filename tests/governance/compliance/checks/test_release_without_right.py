"""Older releases on devices: a right by downgrade reaches so far and so long; a second, portable device goes along."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.catalog.models import Product, Tier
from governance.compliance.checks.release_without_right import CHECK
from governance.entitlements.models import LineRight
from governance.entitlements.rights import EndLineRight, GrantLineRight, end_line_right, grant_line_right
from governance.entitlements.rules import LicenseModel, RightKind
from governance.inventory.models import Installation
from governance.inventory.rules import DeviceKind
from governance.kernel.clock import HandClock
from governance.kernel.errors import Code
from governance.kernel.work import Office
from governance.seats.rules import Ruling
from governance.seats.service import Explain, explain_entitlement
from governance.seats.service.devices import AssignDevices, assign_devices
from tests.estate import Estate, License
from tests.governance.holding import seat
from tests.governance.seats.ground import open_desk
from tests.governance.seats.test_models import registered

FIRST = date(2026, 1, 1)


async def releases(estate: Estate, **license_: Any) -> tuple[UUID, dict[str, UUID], License]:
    """Give a product of three releases, with a license of the newest."""
    product_id = await estate.product("cad", tiers=("2019", "2021", "2024"))
    async with estate.office.database.write(estate.tenant_id) as session:
        (await session.get_one(Product, (estate.tenant_id, product_id))).releases = True
        rows = (await session.execute(select(Tier).where(Tier.product_id == product_id))).scalars()
        tiers = {row.code: row.id for row in rows}
    owned = await estate.license("cad-2024", product_id=product_id, tier_id=tiers["2024"], **license_)
    return product_id, tiers, owned


async def installed(estate: Estate, product_id: UUID, device_id: UUID, release: str) -> UUID:
    now = estate.office.clock.now()
    row = Installation(
        **estate.key(), device_id=device_id, product_id=product_id, release=release, source="tests",
        first_seen_at=now, last_seen_at=now,
    )  # fmt: skip
    await estate.add(row)
    return row.id


async def test_a_downgrade_right_reaches_so_many_releases_on_its_days_in_check_choice_and_explanation(
    judge: Any, office: Office, estate: Estate, clock: HandClock
) -> None:
    product_id, tiers, owned = await releases(estate)
    await seat(estate, owned, "ada")
    device = await registered(estate, "ws-1")
    old = {code: await installed(estate, product_id, device.id, code) for code in ("2019", "2021", "2024")}

    async def found() -> set[UUID]:
        return {row["subject_id"] for row in await judge.ask(CHECK)}

    async def said(release: str) -> Any:
        async with office.reading(estate.actor("admin")) as work:
            asked = Explain(estate.people["ada"], product_id, tier_id=tiers[release])
            return (await explain_entitlement(work, asked)).verdict.weighed[0]

    assert await found() == {old["2019"], old["2021"]}
    no = await said("2021")
    assert (no.ruling, no.reasons[0].code) == (Ruling.UNFIT, Code.TIER_TOO_LOW)
    grant = GrantLineRight(owned.line_id, RightKind.DOWNGRADE, "Section 7: the release before", FIRST, levels=1)
    right = await office.perform(estate.actor("admin"), lambda work: grant_line_right(work, grant))
    assert await found() == {old["2019"]}
    yes = await said("2021")
    assert yes.ruling is Ruling.HELD
    assert yes.candidate.facts.rights == ("may be used as up to 1 releases back",)
    assert (await said("2019")).ruling is Ruling.UNFIT
    clock.advance(timedelta(days=60))
    before = clock.now()
    clock.advance(timedelta(days=1))
    ended = EndLineRight(right.id, before.date())
    await office.perform(estate.actor("admin"), lambda work: end_line_right(work, ended))
    clock.advance(timedelta(days=1))
    assert await found() == {old["2019"], old["2021"]}
    assert len(await judge.ask(CHECK, as_of=before, known_at=before)) == 1


async def test_a_second_portable_device_takes_no_seat_and_a_third_does(
    judge: Any, office: Office, estate: Estate
) -> None:
    product_id, _, owned = await releases(estate, model=LicenseModel.DEVICE, quantity=3)
    desk_device = await registered(estate, "ws-1")
    carried = await registered(estate, "nb-1", kind=DeviceKind.PORTABLE)
    third = await registered(estate, "nb-2", kind=DeviceKind.PORTABLE)
    for each in (desk_device, carried):
        await installed(estate, product_id, each.id, "2024")
    admin = estate.actor("admin")
    async with open_desk(office) as desk:
        await assign_devices(desk, admin, AssignDevices(owned.pools["main"], (desk_device.id,)))
        assert len(await judge.ask(CHECK)) == 1
        grant = GrantLineRight(owned.line_id, RightKind.SECOND_USE, "Section 9: a portable copy", FIRST)
        await office.perform(admin, lambda work: grant_line_right(work, grant))
        assert await judge.ask(CHECK) == []
        third_one = await installed(estate, product_id, third.id, "2024")
        assert {row["subject_id"] for row in await judge.ask(CHECK)} == {third_one}, "a second device, and no third"
        told = await assign_devices(desk, admin, AssignDevices(owned.pools["main"], (carried.id, third.id)))
    assert [(each.lease is None, [why.code for why in each.reasons]) for each in told] == [
        (True, [Code.ALREADY_SEATED]), (False, []),
    ]  # fmt: skip
    assert await judge.ask(CHECK) == []
    assert told[0].reasons[0].remedy == "Nothing is needed: second, portable device not counted."
    async with office.reading(admin) as work:
        rows = (await work.session.execute(select(LineRight))).scalars().all()
    assert [(row.kind, row.recorded_by) for row in rows] == [(RightKind.SECOND_USE, admin.principal)]
