"""Work at the terminal: imports, scans and reports, with progress, each resumable and each telling what came of it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from api.cli.carrying import carried_out, progress_bar
from api.cli.exits import Exit
from api.cli.filing import content_of, tell_import
from api.cli.ground import Ground, answer, ground, run, stop
from api.cli.instants import instants_of
from governance.compliance.models import Finding
from governance.compliance.queries import visible_findings
from governance.compliance.rules import Severity
from governance.compliance.service import start_scan
from governance.imports.service import ImportPeople, resume_people_import
from governance.kernel.errors import BadInput, NotFound
from reports.asking import Format, ReportRequest
from reports.icalendar import renewals_calendar
from reports.shelf import SHELF, build_report, reader_of

CALENDAR, ICS = "renewals_calendar", ".ics"


def import_people(file: Path, tenant: str | None, *, dry_run: bool, strict: bool, as_json: bool) -> None:
    """Import people from a file and answer what became of each row."""
    content = content_of(file)

    async def command() -> Mapping[str, Any]:
        async with ground(tenant) as on:
            asked = ImportPeople(file.name, content, dry_run=dry_run, strict=strict)
            row = await on.office.perform(on.actor, lambda work: resume_people_import(work, asked))
            return await carried_out(on, row)

    tell_import(run(command), dry_run=dry_run, as_json=as_json)


def scan(tenant: str | None, fail_on: str | None, *, as_json: bool) -> None:
    """Run every check, and end with its own code when something as severe as `fail_on` is open."""
    order = list(Severity)
    try:
        worst = None if fail_on is None else order.index(Severity(fail_on.upper()))
    except ValueError:
        stop(Exit.USAGE, "--fail-on takes " + ", ".join(s.value.lower() for s in order) + ".")

    async def command() -> tuple[Mapping[str, Any], dict[str, int]]:
        async with ground(tenant) as on:
            outcome = await carried_out(on, await on.office.perform(on.actor, start_scan))
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
    as_calendar = output is not None and output.suffix.lower() == ICS
    if as_calendar and name != CALENDAR:
        stop(Exit.USAGE, f"{ICS} is a calendar, and only {CALENDAR} is one; --output takes .xlsx, .csv.zip or .jsonl.")
    if file_format not in {each.value for each in Format}:
        stop(Exit.USAGE, "--format takes " + ", ".join(each.value for each in Format) + ".")

    async def command() -> tuple[Path, Mapping[str, Any]]:
        async with ground(tenant) as on:
            async with on.office.reading(on.actor) as work:
                request = ReportRequest(name, *await instants_of(work, as_of, known_at), format=Format(file_format))
            if as_calendar and output is not None:
                return output, {"calendar": await _calendar(on, request, output)}
            return await _built(on, request, output)

    path, manifest = run(command)
    if as_calendar:
        said = str(manifest["calendar"])
        path.write_bytes(said.encode())
        events = said.count("BEGIN:VEVENT")
        answer({"file": str(path), "events": events}, as_json=as_json, said=f"{path}: {events} events.")
        return
    counts = ", ".join(f"{sheet['rows']} {sheet['title']}" for sheet in manifest["sheets"])
    answer({"file": str(path), "manifest": manifest}, as_json=as_json, said=f"{path}: {counts}.")


async def _calendar(on: Ground, request: ReportRequest, path: Path) -> str:
    """Give the calendar of renewals, which any calendar program opens."""
    if not path.parent.is_dir():
        raise BadInput("output", str(path), "a file in a folder that exists")
    async with on.office.reading(on.actor) as work:
        return await renewals_calendar(work, request.locale, request.as_of, request.known_at)


async def _built(on: Ground, request: ReportRequest, output: Path | None) -> tuple[Path, Mapping[str, Any]]:
    found = next((each for each in SHELF if each.name == request.name), None)
    if found is None:
        raise NotFound("report", request.name)
    path = output or Path(f"{request.name}.{found.suffix(request.format)}")
    if not path.parent.is_dir():
        raise BadInput("output", str(path), "a file in a folder that exists")
    with progress_bar() as bar:
        task = bar.add_task("rights", total=None)

        async def told(step: str, done: int, rows: int | None) -> None:
            bar.update(task, description=step, completed=done, total=rows)

        manifest = await build_report(reader_of(on.office, on.actor), request, path, told)
    return path, json.loads(manifest.to_json())
