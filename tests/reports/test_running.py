"""A report as long work: asked for under a right, built under the rights of then, put in its place by one worker."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import delete

from governance.audit.models import Entry
from governance.directory.models import RoleGrant
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, IdempotencyMismatch, NotFound, Refused
from governance.kernel.work import Office, Work
from governance.runs.claims import claim_run
from governance.runs.duties import Duties
from governance.runs.errors import LeaseLost
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import LEASE, RunKind, RunState
from governance.runs.service import cancel_run
from policies.access.parties import Grant, Role, ScopeKind
from reports.running import STEPS, report_file, report_verb, request_report
from reports.shelf import Format, ReportRequest
from tests.estate import Estate
from tests.governance.holding import seat
from tests.reports.ground import furnished

AT = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)


async def asked(
    estate: Estate, request: ReportRequest, who: str = "auditor", key: str | None = None, *grants: Grant
) -> Run:
    async def ask(work: Work) -> Run:
        return await request_report(work, request, key)

    return await estate.office.perform(estate.actor(who, *grants), ask)


async def moved(estate: Estate, run: Run, folder: Path) -> Run:
    duties = Duties({RunKind.REPORT: report_verb(folder)})
    await move_run(estate.office, estate.tenant_id, run.id, duties, "w1")
    return await read(estate, run.id)


async def read(estate: Estate, run_id: UUID) -> Run:
    async with estate.office.database.read(estate.tenant_id) as session:
        return await session.get_one(Run, (estate.tenant_id, run_id))


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_a_run_leaves_a_file_of_its_own_and_an_outcome_that_proves_it(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    folder = tmp_path / "reports"
    run = await moved(estate, await asked(estate, ReportRequest("license_review")), folder)
    assert (run.state, run.error) == (RunState.DONE, None)
    assert run.outcome is not None
    assert run.outcome["file"] == "license_review_2026-03-02.xlsx"
    path = report_file(folder, run)
    assert path == folder / str(estate.tenant_id) / f"{run.id}.xlsx"
    content = path.read_bytes()
    assert run.outcome["size"] == len(content)
    assert run.outcome["sha256"] == hashlib.sha256(content).hexdigest()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert kept(folder) == [path.name]
    assert len(run.outcome["manifest"]["sheets"]) == 4
    assert openpyxl.load_workbook(path).sheetnames[0] == "Cover"
    assert run.asked == {
        "name": "license_review", "as_of": None, "known_at": None, "unit_id": None, "format": "xlsx", "locale": "en",
    }  # fmt: skip


async def test_progress_has_five_named_steps(estate: Estate, tmp_path: Path) -> None:
    run = await asked(estate, ReportRequest("position"))
    desk = await claim_run(estate.office, estate.tenant_id, run.id, "w1")
    assert desk is not None
    heard: list[str] = []
    tell = desk.progress

    async def listened(step: str, done: int, everything: int | None = None) -> None:
        heard.append(step)
        await tell(step, done, everything)

    await report_verb(tmp_path)(_listening(desk, listened))
    assert tuple(dict.fromkeys(heard)) == STEPS
    assert (await read(estate, run.id)).step == "place"


async def test_now_is_the_instant_of_asking_however_late_it_is_built(
    estate: Estate, clock: HandClock, tmp_path: Path
) -> None:
    license_ = await furnished(estate)
    run = await asked(estate, ReportRequest("seat_register", format=Format.JSONL))
    clock.advance(timedelta(hours=2))
    await seat(estate, license_, "cleo")
    done = await moved(estate, run, tmp_path)
    assert done.outcome is not None
    assert done.outcome["manifest"]["as_of"] == done.outcome["manifest"]["known_at"] == "2026-03-02T09:00:00Z"
    assert done.outcome["manifest"]["sheets"][0]["rows"] == 2


async def test_a_report_is_built_under_the_rights_of_then(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    run = await asked(estate, ReportRequest("license_review"))
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(delete(RoleGrant).where(RoleGrant.person_id == estate.people["auditor"]))
    run = await moved(estate, run, tmp_path)
    assert run.state is RunState.FAILED
    assert run.error is not None
    assert "report:request" in run.error
    assert kept(tmp_path / str(estate.tenant_id)) == []


async def test_a_taken_over_worker_puts_nothing_in_its_place(estate: Estate, clock: HandClock, tmp_path: Path) -> None:
    await furnished(estate)
    run = await asked(estate, ReportRequest("position", format=Format.CSV))
    old = await claim_run(estate.office, estate.tenant_id, run.id, "old")
    assert old is not None
    tell = old.progress
    new: list[Any] = []

    async def overtaken(step: str, done: int, everything: int | None = None) -> None:
        if step == "place":
            clock.advance(LEASE * 2)
            new.append(await claim_run(estate.office, estate.tenant_id, run.id, "new"))
        else:
            await tell(step, done, everything)

    with pytest.raises(LeaseLost):
        await report_verb(tmp_path)(_listening(old, overtaken))
    assert kept(tmp_path / str(estate.tenant_id)) == []
    outcome = await report_verb(tmp_path)(new[0])
    assert kept(tmp_path / str(estate.tenant_id)) == [f"{run.id}.csv"]
    again = await report_verb(tmp_path)(new[0])
    assert again["sha256"] == outcome["sha256"]


async def test_what_a_killed_worker_left_is_swept_by_the_next(estate: Estate, tmp_path: Path) -> None:
    run = await asked(estate, ReportRequest("position"))
    home = tmp_path / str(estate.tenant_id)
    home.mkdir()
    (home / f".{run.id}.0.xlsx-abc.tmp").write_bytes(b"half")
    await moved(estate, run, tmp_path)
    assert kept(home) == [f"{run.id}.xlsx"]


async def test_a_cancelled_report_leaves_no_file(estate: Estate, tmp_path: Path) -> None:
    run = await asked(estate, ReportRequest("position"))
    desk = await claim_run(estate.office, estate.tenant_id, run.id, "w1")
    assert desk is not None
    tell = desk.progress

    async def stopped(step: str, done: int, everything: int | None = None) -> None:
        if step == "write" and done == 0:
            await estate.office.perform(estate.actor("auditor"), _cancelling(run.id))
        await tell(step, done, everything)

    with pytest.raises(Exception, match="was cancelled"):
        await report_verb(tmp_path)(_listening(desk, stopped))
    assert kept(tmp_path) == [] or kept(tmp_path / str(estate.tenant_id)) == []


async def test_who_may_not_ask_is_refused_and_it_is_kept_in_the_trail(office: Office, estate: Estate) -> None:
    with pytest.raises(Refused):
        await asked(estate, ReportRequest("license_review"), "ada")
    with pytest.raises(Refused):
        await asked(estate, ReportRequest("trail"), "admin")
    async with office.database.read(estate.tenant_id) as session:
        acts = [entry.act for entry in (await session.execute(Entry.__table__.select())).all()]
    assert acts == ["access:refused", "access:refused"]


async def test_a_unit_outside_ones_reach_is_not_there(estate: Estate) -> None:
    owner = Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=estate.units["finance"])
    request = ReportRequest("position", unit_id=estate.units["sales"])
    with pytest.raises(NotFound):
        await asked(estate, request, "ben", None, owner)
    assert (await asked(estate, replace(request, unit_id=estate.units["finance"]), "ben", None, owner)).id


async def test_the_same_key_gives_the_same_run(estate: Estate, clock: HandClock) -> None:
    request = ReportRequest("position")
    first = await asked(estate, request, key="k1")
    clock.advance(timedelta(minutes=1))
    assert (await asked(estate, request, key="k1")).id == first.id
    with pytest.raises(IdempotencyMismatch):
        await asked(estate, replace(request, format=Format.CSV), key="k1")


async def test_moments_that_cannot_be_asked_for_are_refused_at_once(estate: Estate, clock: HandClock) -> None:
    with pytest.raises(BadInput):
        await asked(estate, ReportRequest("position", as_of=clock.now() + timedelta(days=1)))
    with pytest.raises(BadInput):
        await asked(estate, ReportRequest("position", as_of=clock.now() - timedelta(days=40_000)))


def test_a_request_survives_its_way_through_a_run() -> None:
    request = ReportRequest("position", AT, None, UUID(int=7), Format.JSONL, "de")
    assert ReportRequest.of(json.loads(json.dumps(request.asked()))) == request


def _listening(desk: Any, progress: Any) -> Any:
    """Give the same desk with another ear for progress."""
    copy = replace(desk)
    copy.progress = progress
    return copy


def _cancelling(run_id: UUID) -> Any:
    async def cancel(work: Work) -> Run:
        return await cancel_run(work, run_id)

    return cancel
