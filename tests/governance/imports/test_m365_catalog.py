"""Microsoft's table becomes the catalog: named by GUID, nothing guessed, nothing deleted, owners told of what goes."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from governance.audit.models import Entry
from governance.catalog.models import Feature, Product, Tier, TierFeature, Vendor
from governance.imports.filed import ImportFile, request_file_import
from governance.imports.models import Upload
from governance.imports.rules import FileFormat
from governance.kernel.errors import Refused
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.notices.models import Notice
from governance.reactions import tell_of_lost_features, tell_of_retired_tier
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import RunState
from policies.access.parties import Role
from tests.estate import Estate
from tests.governance.imports.files import DUTIES, codes, every, outcome_of, run_of, short
from tests.governance.imports.test_resume import CuttingTrail
from tests.real_data import real_file

M365 = FileFormat.M365_CATALOG
HEADERS = ("Product_Display_Name", "String_Id", "GUID", "Service_Plan_Name", "Service_Plan_Id",
           "Service_Plans_Included_Friendly_Names")  # fmt: skip


def guid(number: int) -> str:
    return str(UUID(int=number))


def line(tier: int, plan: int, **other: str) -> list[str]:
    cells = {
        "name": f"Suite {tier}", "code": f"SUITE_{tier}", "id": guid(tier), "plan_code": f"PLAN_{plan}",
        "plan_id": guid(1000 + plan), "plan_name": f"Plan {plan}",
    }  # fmt: skip
    return list((cells | other).values())


def table(*lines: list[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([HEADERS, *lines])
    return buffer.getvalue().encode()


async def catalog(office: Office, estate: Estate) -> tuple[dict[str, Tier], dict[str, Feature]]:
    admin = estate.actor("admin")
    tiers = {row.external_id: row for row in await every(office, admin, Tier)}
    return tiers, {row.external_id: row for row in await every(office, admin, Feature)}


def change(tiers: tuple[int, int], features: tuple[int, int], pairs: tuple[int, int]) -> dict[str, dict[str, int]]:
    return {
        name: {"added": added, "removed": removed}
        for name, (added, removed) in (("tiers", tiers), ("features", features), ("pairs", pairs))
    }


async def test_skus_become_tiers_and_plans_features_and_the_same_file_changes_nothing(
    office: Office, estate: Estate
) -> None:
    admin = estate.actor("admin")
    content = table(line(1, 1), line(1, 2), line(2, 2, name="Suite 2, with comma"))
    tried = await outcome_of(office, admin, M365, content, dry_run=True)
    assert (short(tried), tried["changes"]) == ((3, 3, 0, 3, 0, 0), change((2, 0), (2, 0), (3, 0)))
    assert await every(office, admin, Tier) == []
    assert await outcome_of(office, admin, M365, content) == tried
    again = await outcome_of(office, admin, M365, content)
    assert (short(again), again["changes"]) == ((3, 3, 0, 0, 0, 3), change((0, 0), (0, 0), (0, 0)))
    tiers, features = await catalog(office, estate)
    assert (tiers[guid(2)].code, tiers[guid(2)].name) == ("SUITE_2", "Suite 2, with comma")
    assert (features[guid(1002)].code, features[guid(1002)].name) == ("PLAN_2", "Plan 2")
    (product,), (vendor,) = await every(office, admin, Product), await every(office, admin, Vendor)
    assert (product.code, vendor.name, product.vendor_id) == ("microsoft-365", "Microsoft", vendor.id)
    assert {tier.product_id for tier in tiers.values()} == {product.id}
    entries = await every(office, admin, Entry, Entry.act == "catalog:edit")
    assert sorted(entry.subject_type for entry in entries) == ["feature"] * 2 + ["product"] + ["tier"] * 2 + ["vendor"]
    first = next(entry for entry in entries if entry.subject_id == tiers[guid(1)].id)
    assert first.after["features_added"] == ["PLAN_1", "PLAN_2"]
    kept = [upload.content for upload in await every(office, admin, Upload) if upload.content]
    assert kept == [content], "of the trial alone, until it is imported or swept"


async def test_what_is_unclear_is_said_and_never_guessed(office: Office, estate: Estate) -> None:
    content = table(
        line(1, 1), line(1, 1), line(1, 2, name="Suite One"), line(1, 3, name="Suite 1 "),
        line(2, 1, code="SUITE_1"), line(3, 2, plan_name="Pl\ufffdn 2"), line(4, 4, plan_name="Caf\ufffd"),
    )  # fmt: skip
    said = await outcome_of(office, estate.actor("admin"), M365, content)
    assert short(said) == (7, 7, 0, 6, 0, 1)
    assert [(i["row"], i["column"], i["code"]) for i in said["issues"]] == [
        (3, None, "SAME_ROW"),
        (4, "Product_Display_Name", "NAME_TWICE"),
        (5, "Product_Display_Name", "BLANKS_CUT"),
        (6, "String_Id", "CODE_TWICE"),
        (7, "Service_Plans_Included_Friendly_Names", "DAMAGED_TEXT"),
        (8, "Service_Plans_Included_Friendly_Names", "DAMAGED_TEXT"),
    ]
    tiers, features = await catalog(office, estate)
    assert {key: (row.code, row.name) for key, row in tiers.items()} == {
        guid(1): (guid(1), "Suite 1"),
        guid(2): (guid(2), "Suite 2"),
        guid(3): ("SUITE_3", "Suite 3"),
        guid(4): ("SUITE_4", "Suite 4"),
    }
    assert features[guid(1002)].name == "Plan 2"
    assert features[guid(1004)].name == "Caf\ufffd"


async def test_a_name_that_is_known_stays_while_the_file_has_it_and_a_whole_one_mends_a_damaged_one(
    office: Office, estate: Estate
) -> None:
    admin = estate.actor("admin")
    await outcome_of(office, admin, M365, table(line(1, 1, name="Copilot"), line(2, 2, name="Caf\ufffd")))
    mended = await outcome_of(
        office, admin, M365, table(line(1, 1, name="Agents"), line(1, 1, name="Copilot"), line(2, 2, name="Café"))
    )
    assert short(mended) == (3, 3, 0, 0, 1, 2)
    tiers, _ = await catalog(office, estate)
    assert [tiers[guid(n)].name for n in (1, 2)] == ["Copilot", "Café"]
    await outcome_of(office, admin, M365, table(line(1, 1, name="Copil\ufffdt"), line(2, 2, name="Caf\ufffd")))
    tiers, _ = await catalog(office, estate)
    assert [tiers[guid(n)].name for n in (1, 2)] == ["Copilot", "Café"]


async def test_a_row_that_cannot_be_read_is_rejected_and_then_nothing_is_retired(
    office: Office, estate: Estate
) -> None:
    admin = estate.actor("admin")
    await outcome_of(office, admin, M365, table(line(1, 1), line(2, 2)))
    said = await outcome_of(
        office, admin, M365, table(line(1, 1), line(2, 2, id="no guid"), line(3, 3, name="", plan_code="x" * 121))
    )
    assert short(said) == (3, 1, 2, 0, 0, 1)
    assert codes(said) == {"BAD_VALUE": 2, "MISSING_VALUE": 1, "NOTHING_RETIRED": 1}
    assert said["changes"] == change((0, 0), (0, 0), (0, 0))
    tiers, _ = await catalog(office, estate)
    assert all(tier.retired_at is None for tier in tiers.values())


async def test_what_vanishes_is_retired_its_license_stays_and_its_owner_is_told(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    await outcome_of(office, admin, M365, table(line(1, 1), line(1, 2), line(2, 1), line(2, 3)))
    tiers, features = await catalog(office, estate)
    for code, tier in (("one", 1), ("two", 2)):
        row = tiers[guid(tier)]
        await estate.license(code, product_id=row.product_id, tier_id=row.id, owner="ada")
    said = await outcome_of(office, admin, M365, table(line(1, 1)))
    assert said["changes"] == change((0, 1), (0, 2), (0, 3))
    assert said["vanished"]["tiers"] == [{"code": "SUITE_2", "name": "Suite 2"}]
    tiers, features = await catalog(office, estate)
    assert (tiers[guid(1)].retired_at, tiers[guid(2)].retired_at) == (None, office.clock.now())
    assert features[guid(1002)].retired_at == office.clock.now()
    granted = {(pair.tier_id, pair.feature_id): pair.retired_at for pair in await every(office, admin, TierFeature)}
    assert granted[tiers[guid(1)].id, features[guid(1002)].id] == office.clock.now()
    assert granted[tiers[guid(2)].id, features[guid(1003)].id] is None, "its holders keep what they bought"
    answers = {"TierRetired": tell_of_retired_tier, "TierLostFeatures": tell_of_lost_features}
    for event in await every(office, admin, OutboxEvent, OutboxEvent.name.in_(answers)):
        await office.perform(admin, lambda work, event=event: answers[event.name](work, event))
    notices = await every(office, admin, Notice)
    assert {(n.person_id, n.text_key, n.facts["license"], n.facts.get("features")) for n in notices} == {
        (estate.people["ada"], "tier-retired", "two", None),
        (estate.people["ada"], "tier-lost-features", "one", "Plan 2"),
    }


async def test_a_tier_that_returns_is_sold_again_with_what_the_table_grants_now(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    await outcome_of(office, admin, M365, table(line(1, 1), line(2, 1), line(2, 2)))
    await outcome_of(office, admin, M365, table(line(1, 1)))
    said = await outcome_of(office, admin, M365, table(line(1, 1), line(2, 2)))
    assert said["changes"] == change((1, 0), (1, 0), (1, 0))
    tiers, features = await catalog(office, estate)
    assert tiers[guid(2)].retired_at is None
    granted = {(pair.tier_id, pair.feature_id): pair.retired_at for pair in await every(office, admin, TierFeature)}
    assert granted[tiers[guid(2)].id, features[guid(1002)].id] is None
    assert granted[tiers[guid(2)].id, features[guid(1001)].id] is not None
    again = await outcome_of(office, admin, M365, table(line(1, 1), line(2, 2)))
    assert again["changes"] == change((0, 0), (0, 0), (0, 0))


async def test_only_who_may_edit_the_catalog_imports_it(office: Office, estate: Estate) -> None:
    content = table(line(1, 1))
    for who in (estate.actor("ada"), estate.actor("auditor"), estate.actor("cleo", role=Role.LICENSE_OWNER)):
        with pytest.raises(Refused):
            await office.perform(who, lambda work: request_file_import(work, ImportFile(M365, "skus.csv", content)))
    assert await every(office, estate.actor("admin"), Upload) == []


async def test_a_table_without_its_columns_is_refused_and_forgotten(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    run = await run_of(office, admin, M365, b"a,b\n1,2\n")
    assert run.state is RunState.FAILED
    assert "missing" in (run.error or "")
    assert {upload.content for upload in await every(office, admin, Upload)} == {b""}


async def test_an_import_that_is_cut_off_goes_on_and_answers_for_the_whole(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    content = table(*(line(tier, plan) for tier in range(60) for plan in range(40)))
    cutting = replace(office, trail=CuttingTrail(office.trail, 3))
    asked = ImportFile(M365, "skus.csv", content)
    run = await office.perform(admin, lambda work: request_file_import(work, asked))
    await move_run(cutting, run.tenant_id, run.id, DUTIES, "dies")
    there = len(await every(office, admin, TierFeature))
    assert 0 < there < 2_400
    office.clock.advance(timedelta(minutes=1))
    await move_run(office, run.tenant_id, run.id, DUTIES, "lives")
    (ended,) = await every(office, admin, Run)
    assert ended.outcome is not None, ended.error
    assert ended.outcome["changes"] == change((60, 0), (40, 0), (2_400, 0))
    assert len(await every(office, admin, TierFeature)) == 2_400
    async with office.database.read(estate.tenant_id) as session:
        of_tiers = select(func.count()).where(Entry.act == "catalog:edit", Entry.subject_type == "tier")
        assert (await session.execute(of_tiers)).scalar_one() == 60


@pytest.mark.real_data
async def test_three_snapshots_of_microsofts_table_change_the_catalog_as_counted(
    office: Office, estate: Estate
) -> None:
    admin = estate.actor("admin")
    said: dict[str, dict[str, Any]] = {}
    for day in ("2024-01-20", "2025-03-16", "2026-07-29"):
        content = real_file(f"m365_catalogue/m365_sku_service_plans_{day}.csv").read_bytes()
        said[day] = await outcome_of(office, admin, M365, content)
    assert said["2024-01-20"]["changes"] == change((524, 0), (672, 0), (4_960, 0))
    assert said["2025-03-16"]["changes"] == change((49, 4), (53, 2), (507, 19))
    assert said["2026-07-29"]["changes"] == change((50, 0), (68, 0), (511, 0))
    newest = codes(said["2026-07-29"])
    assert (said["2026-07-29"]["rows"], said["2026-07-29"]["rejected"]) == (5_990, 0)
    assert (newest["SAME_ROW"], newest["CODE_TWICE"]) == (16, 3)
    cut = {i["row"] for i in said["2026-07-29"]["issues"] if i["code"] == "BLANKS_CUT"}
    assert len(cut) == 24, "18 rows have blanks at an end, 6 have tabs within"
    twice = [i for i in said["2026-07-29"]["issues"] if i["code"] == "NAME_TWICE"]
    assert sum(i["column"] == "Product_Display_Name" for i in twice) == 3
    assert "DAMAGED_TEXT" not in newest
    assert codes(said["2024-01-20"])["DAMAGED_TEXT"] >= 87
    tiers, features = await catalog(office, estate)
    assert sum(row.retired_at is None for row in tiers.values()) == 619
    assert sum(row.retired_at is None for row in features.values()) == 791
    assert not any("\ufffd" in row.name for row in (*tiers.values(), *features.values()) if row.retired_at is None)
