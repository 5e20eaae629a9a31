"""Licenses and agreements nobody answers for: found without an owner or with a stale one; a deputy who is here helps."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import update

from governance.agreements.models import Agreement
from governance.compliance.checks.ownerless import CHECK
from governance.entitlements.models import Entitlement
from governance.kernel.clock import HandClock
from tests.estate import Estate, License
from tests.governance.holding import leave, seat


async def looked_after(estate: Estate, owned: License, **people: str | None) -> None:
    """Name owner or deputy of a license and its agreement."""
    values = {f"{role}_id": estate.people[who] if who else None for role, who in people.items()}
    async with estate.office.database.write(estate.tenant_id) as session:
        for model, row_id in ((Entitlement, owned.entitlement_id), (Agreement, owned.agreement_id)):
            here = (model.tenant_id == estate.tenant_id, model.id == row_id)
            await session.execute(update(model).where(*here).values(**values))


def brief(rows: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(row["subject_type"], row["subject_name"], row["has"]) for row in rows}


async def test_a_license_and_an_agreement_without_an_owner_are_found_each(judge: Any, estate: Estate) -> None:
    owned = await estate.license("crm", owner=None)
    await estate.license("erp")
    found = await judge.ask(CHECK)
    assert brief(found) == {
        ("entitlement", "crm", "no owner named"),
        ("agreement", "EA-crm / crm", "no owner named"),
    }
    assert {row["subject_id"] for row in found} == {owned.entitlement_id, owned.agreement_id}
    assert {row["needs"] for row in found} == {"an owner who is here"}
    assert {row["unit_id"] for row in found} == {estate.units["halden"]}


async def test_an_owner_who_left_is_stale_from_that_instant_on(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("crm", owner="ada")
    clock.advance(timedelta(days=2))
    await leave(estate, "ada")
    said = "the owner has left, and there is no deputy"
    assert brief(await judge.ask(CHECK)) == {("entitlement", "crm", said), ("agreement", "EA-crm / crm", said)}
    assert {row["owner_id"] for row in await judge.ask(CHECK)} == {estate.people["ada"]}
    assert await judge.ask(CHECK, as_of=clock.now() - timedelta(microseconds=1), known_at=clock.now()) == []
    await looked_after(estate, owned, owner="ben")
    assert await judge.ask(CHECK) == []


async def test_a_deputy_who_is_here_stands_in_for_an_owner_who_left_only(judge: Any, estate: Estate) -> None:
    owned = await estate.license("crm", owner="ada")
    await looked_after(estate, owned, deputy="ben")
    await leave(estate, "ada")
    assert await judge.ask(CHECK) == []
    await leave(estate, "ben")
    assert {row["has"] for row in await judge.ask(CHECK)} == {"the owner has left, and so has the deputy"}
    await looked_after(estate, owned, owner=None, deputy="cleo")
    assert {row["has"] for row in await judge.ask(CHECK)} == {"no owner named"}


async def test_what_is_over_and_unused_needs_no_owner(judge: Any, estate: Estate, clock: HandClock) -> None:
    await estate.license("old", owner=None, last_day=date(2026, 3, 31))
    used = await estate.license("used", owner=None, last_day=date(2026, 3, 31))
    await seat(estate, used, "ada")
    await estate.license("perpetual", owner=None, last_day=None)
    await estate.license("coming", owner=None, first_day=date(2026, 9, 1))
    assert len(await judge.ask(CHECK)) == 8
    clock.set(datetime(2026, 4, 1, 11, 59, tzinfo=UTC))  # somewhere it is still 31 March
    assert len([row for row in await judge.ask(CHECK) if row["subject_type"] == "agreement"]) == 4
    clock.set(datetime(2026, 4, 1, 12, 0, tzinfo=UTC))
    found = {(row["subject_type"], row["subject_name"]) for row in await judge.ask(CHECK)}
    assert found == {
        ("entitlement", "used"),
        *((kind, name) for code in ("perpetual", "coming") for kind, name in (
            ("entitlement", code), ("agreement", f"EA-{code} / {code}"),
        )),
    }  # fmt: skip
