"""Work at the terminal: imports, scans and reports, with progress, each resumable and each telling what came of it."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from sqlalchemy import func, select

from api.cli.exits import Exit
from api.cli.ground import Ground, answer, err, ground, run, stop
from api.duties import duties_of
from api.worker import worker_name
from governance.compliance.models import Finding
from governance.compliance.queries import visible_findings
from governance.compliance.rules import Severity
from governance.compliance.service import start_scan
from governance.directory.models import Tenant
from governance.imports.service import ImportPeople, request_people_import
from governance.kernel.due import start_of
from governance.kernel.errors import BadInput, NotFound
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import ENDED, RunState
from reports.asking import Format, ReportRequest
from reports.shelf import SHELF, build_report, reader_of

LOOK_EVERY_S = 0.2
ISSUES_SHOWN = 50
INSTANTS = "an instant such as 2026-10-31T23:59:59Z, or a day such as 2026-10-31"


def import_people(file: Path, tenant: str | None, *, dry_run: bool, strict: bool, as_json: bool) -> None:
    """Import people from a file and answer what became of each row."""
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        stop(Exit.BAD_INPUT, f"{file}: {error.strerror}.")

    async def command() -> Mapping[str, Any]:
        async with ground(tenant) as on:
            asked = ImportPeople(file.name, content, dry_run=dry_run, strict=strict)
            row = await on.office.perform(on.actor, lambda work: request_people_import(work, asked))
            return await _carried_out(on, row)

    outcome = run(command)
    if not as_json:
        for issue in outcome["issues"][:ISSUES_SHOWN]:
            where = "file" if issue["row"] is None else f"row {issue['row']}"
            err.print(f"{where}, {issue['column'] or '-'}: {issue['code']} {issue['message']}", markup=False)
        if len(outcome["issues"]) > ISSUES_SHOWN:
            err.print(f"and {len(outcome['issues']) - ISSUES_SHOWN} more: use --json for all of them", markup=False)
    said = (
        f"{'Would change' if dry_run else 'Done'}: {outcome['rows']} rows, {outcome['accepted']} accepted, "
        f"{outcome['rejected']} rejected; {outcome['created']} created, {outcome['updated']} updated, "
        f"{outcome['unchanged']} unchanged."
    )
    answer(dict(outcome), as_json=as_json, said=said)
    if outcome["rejected"]:
        raise SystemExit(int(Exit.BAD_INPUT))


def scan(tenant: str | None, fail_on: str | None, *, as_json: bool) -> None:
    """Run every check, and end with its own code when something as severe as `fail_on` is open."""
    order = list(Severity)
    try:
        worst = None if fail_on is None else order.index(Severity(fail_on.upper()))
    except ValueError:
        stop(Exit.USAGE, "--fail-on takes " + ", ".join(s.value.lower() for s in order) + ".")

    async def command() -> tuple[Mapping[str, Any], dict[str, int]]:
        async with ground(tenant) as on:
            outcome = await _carried_out(on, await on.office.perform(on.actor, start_scan))
            async with on.office.reading(on.actor) as work:
                still = visible_findings(work).where(Finding.resolved_at.is_(None)).subquery()
                rows = await work.session.execute(select(still.c.severity, func.count()).group_by(still.c.severity))
                return outcome, {severity.value: count for severity, count in rows.all()}

    outcome, still_open = run(command)
    listed = ", ".join(f"{still_open[s.value]} {s.value.lower()}" for s in order if s.value in still_open) or "none"
    said = f"Scan {'complete' if outcome['complete'] else 'INCOMPLETE: a check errored'}. Open findings: {listed}."
    answer({**outcome, "open": still_open}, as_json=as_json, said=said)
    if not outcome["complete"] or (worst is not None and any(s.value in still_open for s in order[: worst + 1])):
        raise SystemExit(int(Exit.FOUND))


def report(
    name: str, output: Path | None, as_of: str | None, known_at: str | None, file_format: str, tenant: str | None,
    *, as_json: bool,
) -> None:  # fmt: skip
    """Write a report to a file, with its manifest as the answer; `list` names the reports."""
    if name == "list":
        rows = [{"name": each.name, "formats": [f.value for f in Format]} for each in SHELF]
        answer({"reports": rows}, as_json=as_json, said="\n".join(each.name for each in SHELF))
        return
    if file_format not in {each.value for each in Format}:
        stop(Exit.USAGE, "--format takes " + ", ".join(each.value for each in Format) + ".")

    async def command() -> tuple[Path, Mapping[str, Any]]:
        async with ground(tenant) as on:
            async with on.office.database.system_read() as session:
                zone = (await session.execute(select(Tenant.zone).where(Tenant.id == on.actor.tenant_id))).scalar_one()
            now = on.office.clock.now()
            request = ReportRequest(
                name,
                _instant("as-of", as_of, zone, now),
                _instant("known-at", known_at, zone, now),
                format=Format(file_format),
            )
            return await _built(on, request, output)

    path, manifest = run(command)
    counts = ", ".join(f"{sheet['rows']} {sheet['title']}" for sheet in manifest["sheets"])
    answer({"file": str(path), "manifest": manifest}, as_json=as_json, said=f"{path}: {counts}.")


async def _built(on: Ground, request: ReportRequest, output: Path | None) -> tuple[Path, Mapping[str, Any]]:
    found = next((each for each in SHELF if each.name == request.name), None)
    if found is None:
        raise NotFound("report", request.name)
    path = output or Path(f"{request.name}.{found.suffix(request.format)}")
    with _bar() as bar:
        task = bar.add_task("rights", total=None)

        async def told(step: str, done: int, rows: int | None) -> None:
            bar.update(task, description=step, completed=done, total=rows)

        manifest = await build_report(reader_of(on.office, on.actor), request, path, told)
    return path, json.loads(manifest.to_json())


async def _carried_out(on: Ground, row: Run) -> Mapping[str, Any]:
    """Carry a run out here, or watch it where another process took it. Raises BadInput when it failed."""
    duties = duties_of(on.desk, on.settings)
    with _bar() as bar:
        task = bar.add_task("waiting", total=None)
        while True:
            moving = asyncio.create_task(move_run(on.office, row.tenant_id, row.id, duties, worker_name()))
            while not moving.done():
                await asyncio.wait({moving}, timeout=LOOK_EVERY_S)
                with suppress(NotFound):
                    now = await _look(on, row.id)
                    bar.update(task, description=now.step or "working", completed=now.rows_done, total=now.rows_all)
            await moving
            now = await _look(on, row.id)
            if now.state in ENDED:
                break
            await asyncio.sleep(LOOK_EVERY_S)
    if now.state is not RunState.DONE:
        raise BadInput("run", now.state.value, now.error or "nothing to stand in its way")
    return now.outcome or {}


async def _look(on: Ground, run_id: UUID) -> Run:
    async with on.office.reading(on.actor) as work:
        row = await work.session.get(Run, (work.tenant_id, run_id))
    if row is None:
        raise NotFound("run", str(run_id))
    return row


def _instant(option: str, said: str | None, zone: str, now: datetime) -> datetime | None:
    """Read an instant; a day means its end in the tenant's zone, one that is not over yet means now.

    Raises BadInput.
    """
    if said is None:
        return None
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise BadInput(option, said, INSTANTS) from None
    if len(said) == len("2026-10-31"):
        end = start_of(date.fromisoformat(said) + timedelta(days=1), zone) - timedelta(microseconds=1)
        begun = start_of(date.fromisoformat(said), zone) <= now
        return None if begun and now < end else end
    if at.tzinfo is None:
        raise BadInput(option, said, "a zone, such as a Z at its end for UTC")
    return at


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=err, transient=True,
    )  # fmt: skip
