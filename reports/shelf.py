"""The reports there are, in one tuple you can read, and how one of them is built."""

from functools import partial
from pathlib import Path
from uuid import UUID

from governance.kernel.errors import NotFound
from governance.kernel.work import Office
from policies.access.parties import Actor
from reports import (
    activation,
    cost_by_unit,
    findings,
    four_way,
    license_review,
    position,
    price_history,
    renewals_calendar,
    review,
    seat_cost,
    seat_register,
    trail,
)
from reports.asking import Format as Format
from reports.asking import ReportRequest as ReportRequest
from reports.ground import Reader
from reports.making import Progress, make_report
from reports.manifest import Manifest
from reports.shape import Report

SHELF: tuple[Report, ...] = (
    license_review.REPORT,
    position.REPORT,
    activation.REPORT,
    seat_register.REPORT,
    findings.REPORT,
    trail.REPORT,
    cost_by_unit.REPORT,
    seat_cost.REPORT,
    price_history.REPORT,
    four_way.REPORT,
    renewals_calendar.REPORT,
    review.REPORT,
)


def report_named(name: str) -> Report:
    """Give the report of this name. Raises NotFound."""
    for report in SHELF:
        if report.name == name:
            return report
    raise NotFound("report", name)


def reader_of(office: Office, actor: Actor, request_id: UUID | None = None) -> Reader:
    """Give what a report reads through: a desk of this actor whose reads all see one moment."""
    return partial(office.reading, actor, request_id, steady=True)


async def untold(_step: str, _done: int, _all: int | None) -> None:
    """Tell nobody of the progress."""


async def build_report(desk_reader: Reader, request: ReportRequest, to: Path, progress: Progress = untold) -> Manifest:
    """Build the report asked for at `to` (its folder exists), which appears whole or not at all.

    `progress` hears (step, rows done, rows in all) and may raise to stop it. Raises NotFound for the report or unit,
    Refused, BadInput, ReportTooLarge.
    """
    return await make_report(desk_reader, report_named(request.name), request, to, progress)
