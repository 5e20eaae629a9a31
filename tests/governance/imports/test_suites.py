"""Suites and rights beside seats come in from tables: tried, said, ended; what they say holds on the path to a seat."""

from datetime import date

from sqlalchemy import update

from governance.catalog.models import Tier, TierBond
from governance.entitlements.models import LineRight, MetricLine
from governance.entitlements.rules import Covered
from governance.imports.rules import FileFormat
from governance.kernel.errors import Code
from governance.kernel.work import Office
from governance.seats.rules import Ruling
from governance.seats.service import AssignSeats, Explain, assign_seats, explain_entitlement
from tests.estate import Estate
from tests.governance.imports.files import every, run_of
from tests.governance.imports.tables import file_of, problems_of, report_of
from tests.governance.seats.ground import open_desk

PART = {
    "product": "work", "tier": "E3", "says": "contains", "other_product": "write", "other_tier": "Pro", "holds": "",
    "reason": "Product terms, page 12",
}  # fmt: skip
RIGHT = {
    "license": "write-pro", "line": "named", "kind": "downgrade", "levels": "1", "first_day": "2026-01-01",
    "last_day": "", "clause": "Section 7: the release before",
}  # fmt: skip


async def test_suites_and_rights_are_imported_tried_ended_and_decide_who_is_seated(
    office: Office, estate: Estate
) -> None:
    work, write = await estate.product("work", tiers=("E3",)), await estate.product("write", tiers=("Std", "Pro"))
    tiers = {row.code: row.id for row in await every(office, estate.actor("admin"), Tier)}
    suite = await estate.license("work-e3", product_id=work, tier_id=tiers["E3"])
    part = await estate.license("write-pro", product_id=write, tier_id=tiers["Pro"])
    async with office.database.write(estate.tenant_id) as session:
        refuses = update(MetricLine).where(MetricLine.id == part.line_id).values(covered=Covered.REFUSE)
        await session.execute(refuses)
    admin, ada = estate.actor("admin"), estate.people["ada"]

    async def taken(chosen: FileFormat, base: dict[str, str], *rows: dict[str, str], trial: bool = False) -> list[str]:
        run = await run_of(office, admin, chosen, file_of(base, *rows), dry_run=trial)
        found.update(await problems_of(office, estate, run))
        return [outcome for _, outcome in await report_of(office, estate, run)]

    found: dict[int, list[tuple[str, str, str]]] = {}
    bad = {"other_tier": "Prof"}, {"product": "write", "tier": "Pro", "other_product": "work", "other_tier": "E3"}
    rows: tuple[dict[str, str], ...] = ({}, {}, *bad)
    assert await taken(FileFormat.SUITES, PART, *rows, trial=True) == ["CREATED", "UNCHANGED", "REFUSED", "REFUSED"]
    assert await every(office, admin, TierBond) == []
    assert found[4][0][:2] == ("other_tier", "Prof")
    assert await taken(FileFormat.SUITES, PART, *rows) == ["CREATED", "UNCHANGED", "REFUSED", "REFUSED"]
    async with open_desk(office) as desk:
        await assign_seats(desk, admin, AssignSeats(suite.pools["main"], (ada,)))
        told = await assign_seats(desk, admin, AssignSeats(part.pools["main"], (ada,)))
        assert [why.code for each in told.denied for why in each.reasons] == [Code.COVERED_ALREADY]
        async with office.reading(admin) as reading:
            verdict = (await explain_entitlement(reading, Explain(ada, write, tier_id=tiers["Pro"]))).verdict
        assert verdict.held is not None
        assert (verdict.held.ruling, verdict.held.right and verdict.held.right.lots) == (
            Ruling.HELD, ("lot of 2026-01-01",),
        )  # fmt: skip
        assert await taken(FileFormat.SUITES, PART, {"holds": "no", "reason": "sold apart"}) == ["CHANGED"]
        told = await assign_seats(desk, admin, AssignSeats(part.pools["main"], (ada,)))
        assert (len(told.seated), told.denied) == (1, ())
    assert await taken(FileFormat.LINE_RIGHTS, RIGHT, {}, {"license": "none"}) == ["CREATED", "REFUSED"]
    other: tuple[dict[str, str], ...] = ({}, {"clause": "other"}, {"last_day": "2026-12-31"})
    assert await taken(FileFormat.LINE_RIGHTS, RIGHT, *other) == ["UNCHANGED", "REFUSED", "CHANGED"]
    standing = [row for row in await every(office, admin, LineRight) if row.superseded_at is None]
    assert [(row.levels, row.last_day) for row in standing] == [(1, date(2026, 12, 31))]
