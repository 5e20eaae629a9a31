"""Exports in a child: the same report as here, a no passed on word for word, a cancelled run without a file."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from api.exporting import in_child
from api.settings import Settings
from governance.directory.models import RoleGrant
from governance.runs.duties import Duties
from governance.runs.moving import move_run
from governance.runs.rules import RunKind, RunState
from reports.running import Builder, build_here, report_verb
from reports.shelf import ReportRequest
from tests.estate import Estate
from tests.governance.holding import seat
from tests.reports.test_running import asked, kept, read


@pytest.fixture
def child(database_url: str, tmp_path: Path) -> Builder:
    return in_child(Settings(database_url=database_url, data_dir=tmp_path / "data"))


async def built(estate: Estate, run: Any, folder: Path, build: Builder) -> Any:
    duties = Duties({RunKind.REPORT: report_verb(folder, build)})
    await move_run(estate.office, estate.tenant_id, run.id, duties, "w1")
    return await read(estate, run.id)


async def test_a_child_builds_the_very_report_that_would_be_built_here(
    estate: Estate, tmp_path: Path, child: Builder
) -> None:
    await seat(estate, await estate.license(), "ada")
    request = ReportRequest("license_review")
    there = await built(estate, await asked(estate, request), tmp_path / "there", child)
    here = await built(estate, await asked(estate, request), tmp_path / "here", build_here)
    assert (there.state, there.error) == (RunState.DONE, None)
    sheets = {sheet["title"]: (sheet["rows"], sheet["sha256"]) for sheet in there.outcome["manifest"]["sheets"]}
    same = {sheet["title"]: (sheet["rows"], sheet["sha256"]) for sheet in here.outcome["manifest"]["sheets"]}
    del sheets["trail"], same["trail"]  # asking for the second run is itself an entry
    assert sheets == same
    assert max(rows for rows, _ in sheets.values()) >= 1
    assert len(kept(tmp_path / "there")) == 1


async def test_a_right_lost_since_is_refused_by_the_child_and_leaves_no_file(
    estate: Estate, tmp_path: Path, child: Builder
) -> None:
    run = await asked(estate, ReportRequest("position"))
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(delete(RoleGrant).where(RoleGrant.person_id == estate.people["auditor"]))
    ended = await built(estate, run, tmp_path / "reports", child)
    assert ended.state is RunState.FAILED
    assert "You may not report:request" in ended.error
    assert kept(tmp_path / "reports") == []
