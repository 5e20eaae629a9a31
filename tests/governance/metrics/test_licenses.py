"""The list of licenses shows what the position tells, in reach, in pages, in any order."""

from datetime import date, timedelta
from decimal import Decimal

from governance.entitlements.models import Entitlement
from governance.kernel.clock import HandClock
from governance.kernel.page import Order, Window, read_page
from governance.kernel.work import Office
from governance.metrics.definitions import DefinitionState, definitions
from governance.metrics.licenses import license_keys, license_overview, license_row
from governance.metrics.position import PositionQuery, position
from governance.seats.rules import SeatState
from policies.access.parties import Role
from tests.estate import Estate
from tests.governance.metrics.held import by_id, held


async def test_the_list_agrees_with_the_position(office: Office, estate: Estate, clock: HandClock) -> None:
    e5 = await estate.license("e5", quantity=5, pools={"main": 3, "it": 4})
    await estate.license("all", quantity=None)
    old = await estate.license("old", quantity=9, first_day=date(2025, 1, 1), last_day=date(2025, 12, 31))
    await held(estate, e5, "ada")
    await held(estate, e5, "ben", state=SeatState.INVITED, invitation_expires_at=clock.now() + timedelta(days=1))
    await held(estate, old, "ada")
    clock.advance(timedelta(days=2))
    async with office.reading(estate.actor("admin")) as work:
        rows = [license_row(r) for r in (await work.session.execute(license_overview(work))).all()]
        told = by_id((await position(work, PositionQuery())).rows)
    for row in rows:
        same = told[str(row.id)]
        assert (row.purchased, row.allocated, row.occupied, row.balance, row.percent) == (
            same.purchased, same.allocated, same.occupied, same.balance, same.percent,
        )  # fmt: skip
    first = next(row for row in rows if row.code == "e5")
    assert (first.purchased, first.allocated, first.occupied, first.percent) == (5, 7, 1, Decimal("20.0"))
    assert (first.owner, first.vendor, first.last_day) == ("Admin", "Vendor of product-of-e5", date(2026, 12, 31))


async def test_the_list_is_paged_in_order_of_its_figures(office: Office, estate: Estate) -> None:
    for code, quantity in (("a", 5), ("b", None), ("c", 1), ("d", 5)):
        await estate.license(code, quantity=quantity)
    async with office.reading(estate.actor("admin")) as work:
        order = (Order(license_keys(work).purchased), Order(Entitlement.code), Order(Entitlement.id))
        first = await read_page(work.session, license_overview(work), order, Window(size=3))
        after = await read_page(work.session, license_overview(work), order, Window(size=3, edge=first.keys[-1]))
    assert [license_row(r).code for r in (*first.rows, *after.rows)] == ["c", "a", "d", "b"]
    assert (first.has_next, after.has_next) == (True, False)


async def test_the_list_holds_what_is_in_reach(office: Office, estate: Estate) -> None:
    await estate.license("corp", unit="halden")
    await estate.license("own", unit="sales-emea")
    owner = estate.actor("cleo", role=Role.LICENSE_OWNER, unit="sales")
    async with office.reading(owner) as work:
        rows = (await work.session.execute(license_overview(work))).all()
    assert [license_row(r).code for r in rows] == ["own"]


def test_each_live_definition_says_what_it_is_and_who_looks_at_it_next() -> None:
    for definition in definitions().values():
        assert definition.formula
        assert definition.terms
        assert definition.state is DefinitionState.LIVE
        assert definition.next_review > date(2026, 11, 24)
        assert definition.label == f"{definition.id}/{definition.version}"
