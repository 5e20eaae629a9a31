"""A register's statuses become decisions that hold from its day; what it says twice over, or unreadably, is told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from governance.audit.models import Entry
from governance.catalog.models import Approval, Product, Vendor
from governance.catalog.queries import latest_approvals
from governance.catalog.rules import ApprovalStatus
from governance.imports.rules import FileFormat
from governance.kernel.clock import HandClock
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from tests.estate import Estate
from tests.governance.imports.files import codes, every, outcome_of, run_of, short
from tests.real_data import real_file

GSA = FileFormat.GSA_REGISTER
HEAD = "Standard Name,Description,Category,Status,Deployment Type,Approval Expiration Date\n"
FILES = "public_sector/gsa_it_standards_{}.csv"


async def taken(office: Office, estate: Estate, rows: str, day: str, **options: Any) -> dict[str, Any]:
    asked = {"options": {"day": day}, **options}
    return await outcome_of(office, estate.actor("admin"), GSA, (HEAD + rows).encode(), **asked)


async def standing(
    office: Office, estate: Estate, as_of: datetime | None = None, known_at: datetime | None = None
) -> dict[str, ApprovalStatus]:
    admin = estate.actor("admin")
    names = {row.id: row.name for row in await every(office, admin, Product)}
    async with office.reading(admin) as work:
        query = latest_approvals(work.tenant_id, known_at, as_of or work.now())
        return {names[row.product_id]: row.status for row in (await work.session.execute(query)).scalars()}


async def test_standards_become_products_with_decisions_from_the_registers_day(office: Office, estate: Estate) -> None:
    rows = (
        ' Slack ,"one\ntwo",Chat,Approved,SaaS,2022-03-01\n'
        "Paint,x,Tool,Exception,Desktop,2021-11\nFlash,x,Tool,Denied,-,-\nNew,x,Tool,Proposed,Other,-\n"
    )
    tried = await taken(office, estate, rows, "2021-04-19", dry_run=True)
    assert (short(tried), await every(office, estate.actor("admin"), Product)) == ((4, 4, 0, 4, 0, 0), [])
    said = await taken(office, estate, rows, "2021-04-19")
    assert said == tried
    assert said["statuses"] == {"Approved": 1, "Exception": 1, "Denied": 1, "Proposed": 1}
    assert said["mapped"] == {"APPROVED": 1, "RESTRICTED": 1, "DENIED": 1, "PROPOSED": 1}
    assert (said["expiry"], said["broken_lines"]) == ({"day": 1, "month": 1, "none": 2}, 1)
    assert codes(said) == {"BLANKS_CUT": 1}
    admin = estate.actor("admin")
    products = {row.name: row for row in await every(office, admin, Product)}
    kept = {row.product_id: row for row in await every(office, admin, Approval)}
    slack, paint = kept[products["Slack"].id], kept[products["Paint"].id]
    assert (products["Slack"].code, products["Slack"].description) == ("gsa/slack", "one two")
    assert (slack.start, slack.until) == (datetime(2021, 4, 19, tzinfo=UTC), date(2022, 3, 1))
    assert (slack.source, slack.source_status, slack.deployment) == ("gsa-register", "Approved", "SaaS")
    assert paint.until == date(2021, 11, 30), "a month holds to its end"
    assert [row.name for row in await every(office, admin, Vendor)] == ["Vendor not stated (GSA register)"]
    again = await taken(office, estate, rows, "2021-04-19")
    assert (short(again), len(await every(office, admin, Approval))) == ((4, 4, 0, 0, 0, 4), 4)


async def test_registers_in_order_keep_their_history_on_both_clocks(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    await taken(office, estate, "A,,,Approved,,2017-01\nB,,,Denied,,-\n", "2016-12-21")
    between = clock.now()
    clock.advance(timedelta(seconds=60))
    said = await taken(office, estate, "A,,,Sunsetting,,2019-01\nC,,,Pilot,,-\n", "2018-03-01")
    assert said["changes"] == {"added": 1, "removed": 1, "status": 1, "wording": 0, "expiry": 1}
    assert said["changed"]["removed"] == [{"name": "B", "was": "Denied"}]
    assert said["changed"]["status"] == [
        {"name": "A", "status": "Sunsetting", "until": "2019-01-31", "was": "Approved", "was_until": "2017-01-31"}
    ]
    assert await standing(office, estate) == {"A": "SUNSETTING", "B": "WITHDRAWN", "C": "RESTRICTED"}
    then = datetime(2017, 6, 1, tzinfo=UTC)
    assert await standing(office, estate, then) == {"A": "APPROVED", "B": "DENIED"}
    assert await standing(office, estate, then, datetime(2017, 6, 1, tzinfo=UTC)) == {}, "nobody here knew it then"
    assert await standing(office, estate, clock.now(), between) == {"A": "APPROVED", "B": "DENIED"}
    told = [e.after["status"] for e in await every(office, estate.actor("admin"), Entry) if "source" in e.after]
    assert sorted(told) == ["APPROVED", "DENIED", "RESTRICTED", "SUNSETTING", "WITHDRAWN"]
    events = await every(office, estate.actor("admin"), OutboxEvent, OutboxEvent.name == "RegisterImported")
    assert len(events) == 2
    early = await run_of(
        office, estate.actor("admin"), GSA, (HEAD + "A,,,Denied,,-\n").encode(), options={"day": "2017-01-01"}
    )
    assert early.error is not None
    assert "2018-03-01 or later" in str(early.error)


async def test_what_cannot_be_read_is_named_and_nothing_is_taken_for_gone(office: Office, estate: Estate) -> None:
    await taken(office, estate, "A,,,Approved,,-\nB,,,Approved,,-\nD,,,Approved,,-\n", "2020-01-01")
    rows = (
        "A,,,Denied,,-\na ,,,Approved,,-\nB,,,Approved,,5/18\nC,,,Splendid,,-\n"
        ",,,Denied,,-\nD,,,Approved,,-\nD,,,Approved,,-\n"
    )
    said = await taken(office, estate, rows, "2021-01-01")
    assert short(said) == (7, 2, 5, 0, 0, 2)
    assert codes(said) == {"BLANKS_CUT": 1, "BAD_VALUE": 2, "MISSING_VALUE": 1, "DUPLICATE": 2, "SAME_ROW": 1}
    assert said["changes"]["removed"] == 0
    assert set((await standing(office, estate)).values()) == {"APPROVED"}
    tool = next(issue["message"] for issue in said["issues"] if issue["code"] == "DUPLICATE")
    assert tool == "'A' is Denied until no day, but row 3 says Approved until no day; keep one of them."


async def test_a_standard_speaks_of_the_product_that_has_its_very_name(office: Office, estate: Estate) -> None:
    product_id = await estate.product("cad")
    admin = estate.actor("admin")
    (product,) = await every(office, admin, Product)
    said = await taken(office, estate, f"{product.name.upper()},,,Denied,,-\n", "2021-01-01")
    assert said["known"] == [product.name.upper()]
    assert [row.product_id for row in await every(office, admin, Approval)] == [product_id]
    assert len(await every(office, admin, Product)) == 1


@pytest.mark.real_data
async def test_gsas_three_registers_come_in_as_published(office: Office, estate: Estate) -> None:
    said = {}
    for day in ("2016-12-21", "2018-03-01", "2021-04-19"):
        content = real_file(FILES.format(day)).read_bytes()
        said[day] = await outcome_of(office, estate.actor("admin"), GSA, content, options={"day": day})
    last = said["2021-04-19"]
    assert last["rows"] == 1808
    assert last["statuses"] == {
        "Approved": 1175, "Denied": 280, "Exception": 143, "Sunsetting": 96, "Proposed": 71, "Pilot": 43,
    }  # fmt: skip
    assert (last["rejected"], codes(last)) == (0, {"BLANKS_CUT": 30}), "27 around a name, 3 within"
    assert last["expiry"] == {"day": 1473, "month": 0, "none": 335}
    assert said["2018-03-01"]["expiry"]["month"] == 909
    assert codes(said["2018-03-01"])["BAD_VALUE"] == 1, "a day written 05/18 some other way is no day"
    then = await standing(office, estate, datetime(2017, 1, 1, tzinfo=UTC))
    assert len(then) == said["2016-12-21"]["rows"] == 1176
