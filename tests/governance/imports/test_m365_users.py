"""Microsoft's tables of users with their licenses: products found by the names of tiers, use and day as they tell."""

from datetime import date

from governance.catalog.models import Tier
from governance.holdings.models import HeldSeat, HoldingsReading
from governance.imports.rules import FileFormat
from governance.kernel.work import Office
from tests.estate import Estate
from tests.governance.imports.files import codes, every, outcome_of, short

REPORT = """Report Refresh Date,User Principal Name,Is Deleted,Last Activity Date,Assigned Products,Report Period
2026-02-20,{ada},False,2026-02-14,MICROSOFT 365 E3+POWER BI (FREE),7
2026-02-20,30B283368E548933B1D03A64A6B14A89,False,,Microsoft 365 E3,7
2026-02-20,{ben},True,,Microsoft 365 E3,7
2026-02-20,{ada},False,,,7
2026-02-20,{cleo},False,soon,,7
"""


async def test_a_report_by_user_and_an_export_of_the_admin_center_come_in(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    product = await estate.product("m365", tiers=("E3",))
    (tier,) = await every(office, admin, Tier, Tier.product_id == product)
    async with office.database.write(estate.tenant_id) as session:
        (await session.get_one(Tier, (estate.tenant_id, tier.id))).name = "Microsoft 365 E3"
    mails = {who: f"{who}@halden.example" for who in ("ada", "ben", "cleo")}
    said = await outcome_of(office, admin, FileFormat.HOLDINGS, REPORT.format(**mails).encode())
    assert (short(said), said["seats"], said["complete"]) == ((5, 3, 2, 3, 0, 0), 3, False)
    assert said["observed_at"].startswith("2026-02-19T23:00")
    assert codes(said)["DUPLICATE"] == codes(said)["BAD_VALUE"] == 1
    held = await every(office, admin, HeldSeat)
    mine = [row for row in held if row.tier_id == tier.id]
    assert len(mine) == 2, "known by its name, capitals aside"
    assert {row.product_id for row in mine} == {product}
    assert [row.used_at.date() for row in held if row.used_at] == [date(2026, 2, 14)] * 2
    export = f"Display name,User principal name,Licenses\nAda,{mails['ada']},Microsoft 365 E3\nBen,{mails['ben']},Unlicensed\n"
    said = await outcome_of(office, admin, FileFormat.HOLDINGS, export.encode())
    assert (said["seats"], said["matched"], said["source"], said["complete"]) == (1, 1, "m365", True)
    assert len(await every(office, admin, HoldingsReading)) == 2
