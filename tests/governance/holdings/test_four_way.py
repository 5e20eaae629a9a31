"""A vendor's list comes in, differences to it are named, and each is settled by its preview."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.catalog.models import Tier
from governance.entitlements.models import MetricLine
from governance.fulfillment.models import WorkOrder
from governance.fulfillment.rules import Fulfilled, Mode, OrderAct
from governance.fulfillment.service import SetFulfillment, set_fulfillment
from governance.holdings.models import HeldSeat
from governance.holdings.queries import Moment
from governance.holdings.rules import Difference, Remedy
from governance.holdings.service import FourWay, SettleDifferences, four_way, preview_settling, settle_differences
from governance.imports.errors import NotHoldings
from governance.imports.rules import FileFormat
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.seats.models import Assignment
from governance.seats.rules import SeatState
from governance.seats.service import AssignSeats, assign_seats
from governance.usage.models import UsageEvent
from policies.access.parties import Actor
from tests.estate import Estate
from tests.governance.imports.files import codes, every, outcome_of, run_of, short
from tests.governance.seats.ground import open_desk

HOLDINGS = FileFormat.HOLDINGS
E3, E5 = "05e9a617-0261-4cee-bb44-138d3ef5d965", "06ebc4ee-1bb5-47dd-8120-11324bc54e06"


def graph_users(*rows: tuple[str, tuple[str, ...]], **more: Any) -> bytes:
    users = [
        {"userPrincipalName": f"{who}@halden.example", "assignedLicenses": [{"skuId": s, "disabledPlans": []} for s in skus]}
        for who, skus in rows
    ]  # fmt: skip
    return json.dumps({"value": users, **more}).encode()


async def view(office: Office, actor: Actor, license_id: Any, at: Moment | None = None) -> FourWay:
    async with office.reading(actor) as work:
        return await four_way(work, license_id, at)


def told(found: FourWay) -> list[tuple[str, str, str]]:
    names = {one.four.key: found.people[one.four.person_id].name if one.four.person_id else "" for one in found.found}
    return [
        (one.difference.value, names[one.four.key] or one.four.account or "", one.remedy.value) for one in found.found
    ]


async def test_differences_are_named_and_settled_by_preview(office: Office, clock: HandClock) -> None:
    estate = await Estate.raised(office)
    product = await estate.product("suite", tiers=("E3", "E5"))
    tiers = {tier.code: tier for tier in await every(office, estate.actor("admin"), Tier)}
    async with office.database.write(estate.tenant_id) as session:
        for code, sku in (("E3", E3), ("E5", E5)):
            (await session.get_one(Tier, (estate.tenant_id, tiers[code].id))).external_id = sku
    license_ = await estate.license(quantity=6, product_id=product, tier_id=tiers["E5"].id)
    admin, pool = estate.actor("admin"), license_.pools["main"]
    await estate.person("dora", "sales", country="US")
    await estate.person("emil", "sales", country="US")
    async with open_desk(office) as desk:
        await office.perform(admin, lambda work: set_fulfillment(work, SetFulfillment(pool, Mode.CONNECTOR)))
        seated = tuple(estate.people[who] for who in ("cleo", "dora", "emil"))
        await assign_seats(desk, admin, AssignSeats(pool, seated))
        nothing = await view(office, admin, license_.entitlement_id)
        assert (nothing.entitled, nothing.assigned, nothing.held, nothing.used) == (6, 3, None, None)
        assert nothing.found == (), "where no list tells, nothing follows"
        clock.advance(timedelta(days=40))
        await _used(estate, clock, product, "cleo")
        content = graph_users(("cleo", (E5,)), ("dora", (E3,)), ("ben", (E5,)), ("ghost", (E5, E3)))
        tried = await outcome_of(office, admin, HOLDINGS, content, dry_run=True)
        assert await every(office, admin, HeldSeat) == []
        said = await outcome_of(office, admin, HOLDINGS, content)
        assert said == tried
        assert (short(said), said["complete"], said["seats"], said["matched"]) == ((4, 4, 0, 4, 0, 0), True, 5, 3)
        assert codes(said) == {"UNKNOWN_PERSON": 2}
        assert [one["what"] for one in said["inferred"]] == ["observed_at"]
        found = await view(office, admin, license_.entitlement_id)
        assert (found.entitled, found.assigned, found.held, found.used, found.complete) == (6, 3, 3, 1, True)
        assert told(found) == [
            ("HELD_BY_NOBODY", "ghost@halden.example", "MATCH"),
            ("HELD_NOT_ASSIGNED", "Ben", "REVOKE_THERE"),
            ("HELD_OTHER_TIER", "Dora", "GRANT_THERE"),
            ("ASSIGNED_NOT_HELD", "Emil", "GRANT_THERE"),
            ("ASSIGNED_NEVER_USED", "Dora", "RECLAIM_HERE"),
            ("ASSIGNED_NEVER_USED", "Emil", "RECLAIM_HERE"),
        ]
        await _settled(office, desk, estate, license_.entitlement_id, found)
        await _invited(office, desk, estate, license_, clock, product)
        early = Moment(clock.now() - timedelta(days=1), clock.now())
        assert (await view(office, admin, license_.entitlement_id, early)).held is None
        await _unseen(office, desk, estate, license_.entitlement_id, found)


async def _used(estate: Estate, clock: HandClock, product: Any, who: str) -> None:
    await estate.add(
        UsageEvent(
            **estate.key(), source="idp", source_id=who, type="seat.used", person_id=estate.people[who],
            product_id=product, occurred_at=clock.now(), recorded_at=clock.now(), data={},
        )
    )  # fmt: skip


async def _invited(office: Office, desk: Any, estate: Estate, license_: Any, clock: HandClock, product: Any) -> None:
    """Who uses without a seat is seated as the line wants it: here its holders accept first."""
    admin, license_id = estate.actor("admin"), license_.entitlement_id
    async with office.database.write(estate.tenant_id) as session:
        for line in (await session.execute(select(MetricLine))).scalars():
            line.needs_acceptance = True
    await estate.person("fay", "sales", country="US")
    await _used(estate, clock, product, "fay")
    found = await view(office, admin, license_id)
    keys = tuple(one.key for one in found.found if one.remedy is Remedy.ASSIGN_HERE)
    shown = await preview_settling(desk, admin, SettleDifferences(license_id, keys))
    [done] = await settle_differences(desk, admin, SettleDifferences(license_id, keys, shown.token))
    assert done.why == ""
    [seat] = await every(office, admin, Assignment, Assignment.person_id == estate.people["fay"])
    assert seat.state is SeatState.INVITED


async def _settled(office: Office, desk: Any, estate: Estate, license_id: Any, found: FourWay) -> None:
    admin = estate.actor("admin")
    by = {(one.difference, one.remedy): one.key for one in found.found}
    keys = tuple(key for (_, remedy), key in by.items() if remedy is not Remedy.MATCH)
    with pytest.raises(BadInput):
        await preview_settling(
            desk, admin, SettleDifferences(license_id, (by[Difference.HELD_BY_NOBODY, Remedy.MATCH],))
        )
    with pytest.raises(PreviewStale):
        await settle_differences(desk, admin, SettleDifferences(license_id, keys))
    shown = await preview_settling(desk, admin, SettleDifferences(license_id, keys))
    assert await every(office, admin, WorkOrder) == [], "a preview orders nothing"
    with pytest.raises(PreviewStale):
        await settle_differences(desk, admin, SettleDifferences(license_id, keys[:1], shown.token))
    done = await settle_differences(desk, admin, SettleDifferences(license_id, keys, shown.token))
    assert [one.why for one in done] == [""] * len(keys)
    orders = await every(office, admin, WorkOrder)
    assert sorted((o.act, o.state, o.account or "") for o in orders) == [
        (OrderAct.GRANT, Fulfilled.PENDING, ""), (OrderAct.GRANT, Fulfilled.PENDING, "dora@halden.example"),
        (OrderAct.REVOKE, Fulfilled.PENDING, "ben@halden.example"),
    ]  # fmt: skip
    asked = [seat.state.value for seat in await every(office, admin, Assignment)]
    assert sorted(asked) == ["ASSIGNED", "ASSIGNED", "RECLAIM_PENDING"]
    again = await preview_settling(desk, admin, SettleDifferences(license_id, keys[:1]))
    [waits] = await settle_differences(desk, admin, SettleDifferences(license_id, keys[:1], again.token))
    assert "waits" in waits.why
    assert len(await every(office, admin, WorkOrder)) == 3


async def _unseen(office: Office, desk: Any, estate: Estate, license_id: Any, found: FourWay) -> None:
    """An auditor sees and settles nothing; finance, who read no use and no seats, see no holder at all."""
    acts = [entry.act for entry in await every(office, estate.actor("admin"), Entry)]
    assert acts.count("holdings:read") == 1
    auditor = estate.actor("auditor")
    assert told(await view(office, auditor, license_id)) == told(await view(office, estate.actor("admin"), license_id))
    key = next(one.key for one in found.found if one.remedy is Remedy.REVOKE_THERE)
    with pytest.raises(Refused):
        await preview_settling(desk, auditor, SettleDifferences(license_id, (key,)))
    with pytest.raises(NotFound):
        await view(office, estate.actor("ada"), license_id)


async def test_lists_are_read_strictly(office: Office) -> None:
    estate = await Estate.raised(office)
    admin = estate.actor("admin")
    await estate.product("copilot")
    seats = {
        "total_seats": 4,
        "seats": [
            {"assignee": {"login": "ada"}, "created_at": "2026-01-01T00:00:00Z", "last_activity_at": None},
            {"assignee": {"login": ""}},
            {"assignee": {"login": "ben"}, "created_at": "yesterday"},
            {"assignee": {"login": "ADA"}},
        ],
    }
    run = await run_of(office, admin, HOLDINGS, json.dumps(seats).encode())
    assert "product" in (run.error or "")
    said = await outcome_of(office, admin, HOLDINGS, json.dumps(seats).encode(), options={"product": "copilot"})
    assert short(said) == (4, 1, 3, 1, 0, 0)
    assert [(issue["row"], issue["column"]) for issue in said["issues"]] == [
        (2, "assignee.login"), (3, "created_at"), (4, "login")
    ]  # fmt: skip
    assert said["complete"] is False, "what could not be read may hold a seat"
    part = graph_users(("ada", (E5,)), **{"@odata.nextLink": "https://graph.microsoft.com/v1.0/users?$skiptoken=x"})
    assert (await outcome_of(office, admin, HOLDINGS, part))["complete"] is False
    for bad, why in (
        (b'{"value": [1]}', "objects"), (b'{"a": NaN}', "no value"), (b'{"a": 1, "a": 2}', "twice"),
        (b'{"what": []}', "another kind"), (b"[" * 100_000, "deeply"), (b'{"value": "\xff"}', "UTF-8"),
        (b"lmstat\nUsers of f:  (Total of 1 license issued;  Total of 0 licenses in use)\n", "printed"),
    ):  # fmt: skip
        run = await run_of(office, admin, HOLDINGS, bad)
        assert why in (run.error or ""), (bad[:40], run.error)
    for options in ({"zone": "Mars/Base"}, {"observed_at": "soon"}, {"observed_at": "2099-01-01"}, {"product": "nope"}):
        run = await run_of(office, admin, HOLDINGS, part, options=options)
        assert run.error, options
    assert NotHoldings("x").message().startswith("The file is no list of holdings: x")
