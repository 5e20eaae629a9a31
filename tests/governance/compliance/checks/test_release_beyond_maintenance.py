"""Releases of the time of maintenance are covered for good, later ones are found; renewed, unknown and gone ones not."""

from datetime import date, timedelta
from typing import Any

from governance.compliance.checks.release_beyond_maintenance import CHECK
from governance.entitlements.models import MetricLine
from governance.entitlements.rules import Expiry
from governance.inventory.rules import Cover, DeviceKind, Right, cover_of
from governance.inventory.service import (
    RecordInstallations,
    RegisterDevice,
    Seen,
    record_installations,
    register_device,
)
from governance.kernel.clock import HandClock
from tests.estate import Estate
from tests.governance.holding import supply

ENDED = date(2026, 3, 31)


def test_a_right_kept_for_good_covers_the_releases_of_its_time() -> None:
    kept, running = Right(False, ENDED), Right(True)
    table = [
        (ENDED, [kept], Cover.COVERED), (ENDED + timedelta(days=1), [kept], Cover.BEYOND), (None, [kept], Cover.UNKNOWN),
        (ENDED + timedelta(days=1), [kept, running], Cover.COVERED), (ENDED, [Right(False)], Cover.UNLICENSED),
    ]  # fmt: skip
    for released, rights, cover in table:
        assert cover_of(released, rights) is cover


async def test_a_later_release_is_found_until_maintenance_is_renewed(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    product_id = await estate.product("cad")
    owned = await estate.license("cad", last_day=ENDED, product_id=product_id)
    async with estate.office.database.write(estate.tenant_id) as session:
        (await session.get_one(MetricLine, (estate.tenant_id, owned.line_id))).expiry = Expiry.MAINTAIN
    admin = estate.actor("admin")
    new = RegisterDevice("WS-1", "Workstation", DeviceKind.WORKSTATION, estate.people["ada"], estate.units["sales"])
    device = await estate.office.perform(admin, lambda w: register_device(w, new))
    seen = tuple(
        Seen(product_id, release, day)
        for release, day in (("24", date(2025, 5, 1)), ("26.2", date(2026, 6, 1)), ("27", None))
    )

    async def recorded(*which: Seen) -> None:
        command = RecordInstallations(device.id, "agent", which)
        await estate.office.perform(admin, lambda w: record_installations(w, command))

    await recorded(*seen)
    assert await judge.ask(CHECK) == [], "while maintenance runs every release is covered"
    clock.at += timedelta(days=90)
    (found,) = await judge.ask(CHECK)
    assert found["subject_name"].endswith("26.2 / WS-1")
    assert (found["has"], found["needs"]) == ("a release of 2026-06-01", "one of 2026-03-31 or before")
    await recorded(*seen[:1])
    assert await judge.ask(CHECK) == [], "what a source names no more is gone"
    await recorded(*seen)
    await supply(estate, owned, 5)
    assert await judge.ask(CHECK) == []
