"""What every sheet is gathered on: rights re-read, one unit if asked, both clocks, and the words of one language."""

from collections.abc import AsyncIterable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from governance.directory.models import OrgUnit
from governance.directory.narrowing import within_unit
from governance.directory.queries import ownership, visible_unit
from governance.kernel.errors import Refused
from governance.kernel.work import Work
from governance.metrics.answers import Moments, moments
from policies.access.actions import Action
from policies.access.fields import FieldClass
from reports.asking import ReportRequest
from reports.charts import Chart, Tally
from reports.tables import Column
from reports.words import Words, words_in
from reports.workbook import Row

Reader = Callable[[], AbstractAsyncContextManager[Work]]


@dataclass(frozen=True)
class Ground:
    """A reading desk cut to what the report covers. `unit` is None where it covers all that is in reach.

    `review_id` names the review that the report `review` is of; None leaves it at the newest.
    """

    work: Work
    when: Moments
    words: Words
    unit: OrgUnit | None
    review_id: UUID | None = None

    def may(self, action: Action) -> bool:
        return self.work.gate.may(self.work.actor, action)

    def may_read(self, field_class: FieldClass) -> bool:
        return self.work.gate.may_read(self.work.actor, field_class)


@dataclass(frozen=True)
class Table:
    """One sheet. `key` names it in every language, `expected` rows will come, `withheld` says why columns miss."""

    key: str
    columns: tuple[Column, ...]
    rows: Iterable[Row] | AsyncIterable[Row]
    expected: int
    totals: tuple[str, ...] = ()
    charts: tuple[Chart | Tally, ...] = ()
    note: str = ""
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A sheet that the reader's rights do not give, and what it would need."""

    key: str
    reason: str


@dataclass(frozen=True)
class Gathered:
    """Everything a report is built from; `reconciled` says how its sheets agree, where there is something to agree."""

    tables: tuple[Table, ...]
    left_out: tuple[LeftOut, ...] = ()
    reconciled: str | None = None


def gathered(*parts: Table | LeftOut, reconciled: str | None = None) -> Gathered:
    """Put the parts of a report together in their order."""
    return Gathered(
        tuple(part for part in parts if isinstance(part, Table)),
        tuple(part for part in parts if isinstance(part, LeftOut)),
        reconciled,
    )


async def permit_report(work: Work, request: ReportRequest, needs: Iterable[Action]) -> OrgUnit | None:
    """Let pass who may ask for this report, and give its unit. Raises NotFound, Refused.

    Without a unit a report covers what its reader's own rights reach, however little that is.
    """
    unit = None
    if request.unit_id is None:
        if not work.gate.may(work.actor, Action.REPORT_REQUEST):
            raise Refused(Action.REPORT_REQUEST.value, f"the report {request.name}")
    else:
        unit = await visible_unit(work, request.unit_id)
        placed = await ownership(work, unit_id=unit.id, region=unit.region)
        work.permit(Action.REPORT_REQUEST, placed, f"unit {unit.code}")
    for action in needs:
        if not work.gate.may(work.actor, action):
            raise Refused(action.value, f"the report {request.name}")
    return unit


async def ground_of(work: Work, request: ReportRequest, needs: Iterable[Action]) -> Ground:
    """Open the ground of a report. Raises NotFound, Refused, BadInput for moments that cannot be asked for."""
    unit = await permit_report(work, request, needs)
    when = moments(work, request.as_of, request.known_at)
    here = work if unit is None else await within_unit(work, unit.id)
    return Ground(here, when, words_in(request.locale), unit, request.review_id)


def lacking(ground: Ground, key: str, action: Action) -> LeftOut:
    """Leave a sheet out for want of a right."""
    return LeftOut(key, ground.words("left_out.right", action=action.value))


def withheld(ground: Ground, table: str, columns: dict[FieldClass, tuple[str, ...]]) -> tuple[str, ...]:
    """Name the columns that the reader's roles do not give, by class."""
    return tuple(
        ground.words(f"withheld.{field_class}", columns=", ".join(ground.words(f"{table}.{key}") for key in keys))
        for field_class, keys in columns.items()
        if not ground.may_read(field_class)
    )
