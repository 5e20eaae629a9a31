"""What the tests of reports stand on: an estate with held seats and a finding, and reports built and read back."""

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl

from governance.compliance.models import Finding, FindingStep, Scan
from governance.compliance.rules import FindingState, Severity
from governance.kernel.work import Change, Work
from policies.access.parties import Actor
from reports.manifest import Manifest
from reports.shelf import Format, ReportRequest, build_report, reader_of
from tests.estate import Estate, License
from tests.governance.holding import seat


async def furnished(estate: Estate) -> License:
    """Give a license of 3 seats, two of them held, a finding upon it and an entry of the trail."""
    license_ = await estate.license("=m365-e5", quantity=3)
    await seat(estate, license_, "ada", first_use_at=None)
    await seat(estate, license_, "ben")
    await finding(estate)

    async def remark(work: Work) -> None:
        await work.record(Change("seat:assign", "assignment", license_.line_id, after={"person": "-1+1"}))

    await estate.office.perform(estate.actor("admin"), remark)
    return license_


async def finding(estate: Estate, name: str = "=evil()", unit: str = "sales") -> UUID:
    now = estate.office.clock.now()
    scan = await estate.add(Scan(**estate.key(), as_of=now, started_at=now, roster_version="0" * 64))
    row = await estate.add(
        Finding(
            **estate.key(), check_id="over-assigned", severity=Severity.HIGH, subject_type="pool",
            subject_id=estate.office.ids.new(), unit_id=estate.units[unit], region="001", subject_name=name,
            has="4 seats", needs="3 seats", facts={}, rule_version=1, state=FindingState.OPEN, opened_at=now,
            last_seen_at=now, opened_scan_id=scan.id, last_seen_scan_id=scan.id, version=1,
        )
    )  # fmt: skip
    await estate.add(
        FindingStep(
            **estate.key(), finding_id=row.id, number=1, state=FindingState.OPEN, has="4 seats", needs="3 seats",
            at=now, recorded_at=now, actor="system:scan",
        )
    )  # fmt: skip
    return UUID(str(row.id))


async def built(
    estate: Estate, to: Path, name: str = "license_review", actor: Actor | None = None, **asked: Any
) -> Manifest:
    """Build a report as the auditor, or as somebody else."""
    request = replace(ReportRequest(name), **asked)
    return await build_report(reader_of(estate.office, actor or estate.actor("auditor")), request, to)


def hashes(manifest: Manifest) -> dict[str, str]:
    return {sheet.title: sheet.sha256 for sheet in manifest.sheets}


def cover_of(path: Path, title: str = "Cover") -> Mapping[str, Any]:
    page = openpyxl.load_workbook(path)[title]
    return {cells[0].value: cells[1].value for cells in page.iter_rows(3, max_col=2)}


def files_of(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name).decode("utf-8-sig") for name in package.namelist()}


def told(at: datetime) -> datetime:
    """Give an instant as a workbook stores it."""
    return at.replace(tzinfo=None)


__all__ = ["Format", "built", "cover_of", "files_of", "finding", "furnished", "hashes", "told"]
