"""A table of readings comes in once, corrects when said again, and says row by row what it cannot take."""

from governance.audit.models import Entry
from governance.entitlements.models import Consumption
from governance.entitlements.rules import LicenseModel
from governance.imports.rules import FileFormat
from governance.kernel.work import Office
from tests.estate import Estate
from tests.governance.entitlements.signed import bought, lot, signed
from tests.governance.imports.files import codes, every, outcome_of, short

HEAD = "license,line,quantity,first_day,last_day,subject"


def table(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows]).encode()


async def test_readings_come_in_once_and_are_corrected(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    s = await signed(estate, "api", model=LicenseModel.METERED, measure="calls")
    await bought(estate, lot(s.line_id, 1_000))
    await signed(estate, "office")
    content = table("api,named,400,2026-01-01,2026-01-31,eu", "api,named,30,2026-01-01,,us")
    tried = await outcome_of(office, admin, FileFormat.CONSUMPTION, content, dry_run=True)
    assert (short(tried), await every(office, admin, Consumption)) == ((2, 2, 0, 2, 0, 0), [])
    said = await outcome_of(office, admin, FileFormat.CONSUMPTION, content, options={"source": "bill"})
    assert (said["consumed"], said["source"]) == ({"api/named": 430}, "bill")
    again = table(
        "api,named,500,2026-01-01,2026-01-31,eu", "api,named,30,2026-01-01,,us", "api,named,1,2026-01-01,,us",
        "office,named,1,2026-01-01,,", "api,nowhere,1,2026-01-01,,", "api,named,1.5,2026-01-01,2025-12-31,",
        "api,named,1,2026-02-01,2026-01-31,", ",named,1,soon,,",
    )  # fmt: skip
    said = await outcome_of(office, admin, FileFormat.CONSUMPTION, again, options={"source": "bill"})
    assert short(said) == (8, 2, 6, 0, 1, 1)
    assert codes(said) == {"DUPLICATE": 1, "OUT_OF_REACH": 2, "BAD_VALUE": 3, "MISSING_VALUE": 1}
    standing = await every(office, admin, Consumption, Consumption.superseded_at.is_(None))
    assert {(row.subject, row.quantity, row.source) for row in standing} == {("eu", 500, "bill"), ("us", 30, "bill")}
    assert len(await every(office, admin, Consumption)) == 3, "what was known before stays readable"
    trail = await every(office, admin, Entry, Entry.subject_type == "metric_line", Entry.act == "entitlement:correct")
    assert [entry.after["readings"] for entry in trail] == [2, 1]
