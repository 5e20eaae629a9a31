"""Asking for a report as long work, and the work itself: under the asker's rights of then, into a file of their own."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.directory.rules import EVERYONE
from governance.kernel.errors import NotFound, Refused
from governance.kernel.work import Work
from governance.metrics.answers import moments
from governance.reviews.queries import review as review_by_id
from governance.runs.desk import RunDesk
from governance.runs.duties import RunVerb
from governance.runs.models import Run
from governance.runs.rules import RunKind, RunState
from governance.runs.service import RunRequest, request_run
from policies.access.actions import Action
from reports import (
    activation,
    cost_by_unit,
    findings,
    four_way,
    position,
    price_history,
    renewals_calendar,
    review,
    seat_cost,
    seat_register,
    trail,
)
from reports.asking import ReportRequest
from reports.ground import permit_report
from reports.shape import Report
from reports.shelf import build_report, report_named

SHEET_RIGHTS = {
    position.KEY: Action.POSITION_READ,
    seat_register.KEY: Action.SEAT_READ,
    findings.KEY: Action.FINDING_READ,
    trail.KEY: Action.AUDIT_READ,
    activation.FUNNEL: Action.METRIC_READ,
    activation.GROUPS: Action.METRIC_READ,
    activation.ERRORS: Action.METRIC_READ,
    activation.WAITS: Action.METRIC_READ,
    cost_by_unit.KEY: Action.POSITION_READ,
    cost_by_unit.UNITS: Action.POSITION_READ,
    seat_cost.KEY: Action.POSITION_READ,
    seat_cost.LOTS: Action.POSITION_READ,
    seat_cost.UNITS: Action.POSITION_READ,
    price_history.KEY: Action.ENTITLEMENT_READ,
    four_way.KEY: Action.SEAT_READ,
    four_way.DIFFERENCES: Action.SEAT_READ,
    renewals_calendar.KEY: Action.RENEWAL_READ,
    **dict.fromkeys(review.KEYS, Action.REVIEW_READ),
}
STEPS = ("rights", "gather", "write", "prove", "place")
CHUNK = 1 << 20
Builder = Callable[[RunDesk, ReportRequest, Path], Awaitable[dict[str, Any]]]


async def request_report(work: Work, request: ReportRequest, key: str | None = None) -> Run:
    """Ask for a report. "Now" becomes the instant of asking, so that a repeated run gives the same rows.

    Raises NotFound, Refused, BadInput, IdempotencyMismatch (the same `key` with another request).
    """
    report = report_named(request.name)
    await permit_report(work, request, report.needs)
    if request.review_id is not None:
        await review_by_id(work, request.review_id)
    moments(work, request.as_of, request.known_at)
    return await request_run(work, RunRequest(RunKind.REPORT, request.asked(), key))


async def build_here(desk: RunDesk, request: ReportRequest, draft: Path) -> dict[str, Any]:
    """Build the report at `draft` in this process, and give its manifest as JSON."""
    manifest = await build_report(partial(desk.reading, steady=True), request, draft, desk.progress)
    said: dict[str, Any] = json.loads(manifest.to_json())
    return said


def report_verb(folder: Path, build: Builder = build_here) -> RunVerb:
    """Give the verb that has reports built (`build`: here, or in a child) into `folder`, a folder a tenant."""
    return partial(_build, folder, build)


def report_file(folder: Path, run: Run) -> Path | None:
    """Give the place of a finished report; None while there is none."""
    if run.kind is not RunKind.REPORT or not run.outcome or "suffix" not in run.outcome:
        return None
    return _home(folder, run.tenant_id) / _stored(run.id, str(run.outcome["suffix"]))


async def fetchable_report(work: Work, run_id: UUID, name: str) -> Run:
    """Give the run of a finished report of this name whose file the actor may fetch now.

    A file holds what its asker's rights gave, so it is theirs alone, and only while they hold all of these rights.
    Raises NotFound, Refused.
    """
    query = select(Run).where(
        Run.tenant_id == work.tenant_id,
        Run.id == run_id,
        Run.kind == RunKind.REPORT,
        Run.state == RunState.DONE,
        Run.principal == work.actor.principal,
    )
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None or row.outcome is None or row.outcome["report"] != name:
        raise NotFound("report", str(run_id))
    rights = [Action.REPORT_READ, *(SHEET_RIGHTS[sheet["title"]] for sheet in row.outcome["manifest"]["sheets"])]
    held = {str(grant) for grant in work.actor.grants}
    if not held.issuperset(row.outcome["grants"]) or not all(work.gate.may(work.actor, right) for right in rights):
        raise Refused(Action.REPORT_READ.value, "a report built under rights that you no longer hold; ask for it anew")
    return row


async def _build(folder: Path, build: Builder, desk: RunDesk) -> dict[str, Any]:
    request, grants = await _asked(desk)
    report = report_named(request.name)
    suffix = report.suffix(request.format)
    home = _home(folder, desk.tenant_id)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for draft in _drafts(home, desk.run_id):
        draft.unlink(missing_ok=True)
    draft = home / f".{desk.run_id}.{desk.fence}.{suffix}"
    try:
        manifest = await build(desk, request, draft)
        rows = sum(sheet["rows"] for sheet in manifest["sheets"])
        await desk.progress("prove", rows, rows)
        proof, size = await asyncio.to_thread(_proof, draft)
        await desk.progress("place", rows, rows)
        async with desk.working():  # only who still holds the run puts a file in its place
            draft.replace(home / _stored(desk.run_id, suffix))
    finally:
        draft.unlink(missing_ok=True)
    return {
        "report": request.name,
        "file": _name(report, request, manifest["as_of"][:10]),
        "suffix": suffix,
        "size": size,
        "sha256": proof,
        "grants": grants,
        "manifest": manifest,
    }


async def _asked(desk: RunDesk) -> tuple[ReportRequest, list[str]]:
    """Give the request with its instants filled in, and the grants it is built under."""
    request = ReportRequest.of(desk.asked)
    async with desk.reading() as work:
        asked_at = (await work.session.get_one(Run, (desk.tenant_id, desk.run_id))).created_at
        grants = sorted(str(grant) for grant in work.actor.grants - {EVERYONE})
    return replace(request, as_of=request.as_of or asked_at, known_at=request.known_at or asked_at), grants


def _home(folder: Path, tenant_id: UUID) -> Path:
    return folder / str(tenant_id)


def _stored(run_id: UUID, suffix: str) -> str:
    return f"{run_id}.{suffix}"


def _name(report: Report, request: ReportRequest, day: str) -> str:
    """Name the file for people: from the shelf's own names and a day, never from what somebody typed."""
    return f"{report.name}_{day}.{report.suffix(request.format)}"


def _drafts(home: Path, run_id: UUID) -> Iterator[Path]:
    """Give what a worker that died left of this run."""
    return home.glob(f".{run_id}.*")


def _proof(path: Path) -> tuple[str, int]:
    """Give a file's SHA-256 and its size in bytes."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
