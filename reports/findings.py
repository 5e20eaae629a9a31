"""Which rules were broken by what at an instant, as it was known at another: open, acknowledged and waived findings."""

from collections.abc import AsyncIterator, Callable

from sqlalchemy import and_

from governance.compliance.models import Finding
from governance.compliance.queries import findings_at
from governance.compliance.rules import Severity
from governance.directory.models import OrgUnit
from governance.kernel.page import Order, Window, count_all, read_page
from policies.access.actions import Action
from reports.ground import Gathered, Ground, LeftOut, Table, gathered, lacking
from reports.shape import Report
from reports.workbook import ChartKind, Column, Kind, Measure, Row, Tally

KEY = "findings"
PAGE = 500
WIDTHS = {"subject": 40, "has": 40, "needs": 40, "finding_id": 38}


async def gather(ground: Ground) -> Table | LeftOut:
    """Gather the findings that were not resolved, oldest first."""
    if not ground.may(Action.FINDING_READ):
        return lacking(ground, KEY, Action.FINDING_READ)
    found = findings_at(ground.work, ground.when.as_of, ground.when.known_at)
    return Table(
        key=KEY,
        columns=_columns(ground),
        rows=_rows(ground),
        expected=await count_all(ground.work.session, found.with_only_columns(Finding.id)),
        charts=(_chart(ground),),
        note=ground.words("note.findings"),
    )


async def _report(ground: Ground) -> Gathered:
    return gathered(await gather(ground))


REPORT = Report("findings", (Action.FINDING_READ,), _report)


def _columns(ground: Ground) -> tuple[Column, ...]:
    kinds = {"severity": Kind.STATUS, "state": Kind.STATUS, "since": Kind.INSTANT}
    keys = ("check", "severity", "subject_type", "subject", "unit", "region", "state", "has", "needs", "since")
    return tuple(
        Column(key, ground.words(f"findings.{key}"), kinds.get(key, Kind.TEXT), WIDTHS.get(key, 18))
        for key in (*keys, "finding_id")
    )


def _chart(ground: Ground) -> Tally:
    """Draw how many findings each check has, by severity, the worst first."""
    words = ground.words
    series = tuple(Measure(words(f"severity.{one.value}"), _is(one)) for one in Severity)
    return Tally(
        lambda sums: words("findings.chart", count=sum(sums), worst=sums[0]),
        "check",
        series,
        ChartKind.STACKED,
        rest=words("note.rest"),
    )


def _is(severity: Severity) -> Callable[[Row], bool]:
    return lambda row: row["severity"] == severity.value


async def _rows(ground: Ground) -> AsyncIterator[Row]:
    query = (
        findings_at(ground.work, ground.when.as_of, ground.when.known_at)
        .select_from(Finding)
        .join(OrgUnit, and_(OrgUnit.tenant_id == Finding.tenant_id, OrgUnit.id == Finding.unit_id))
        .add_columns(OrgUnit.name)
    )
    order = (Order(Finding.opened_at), Order(Finding.id))
    window: Window | None = Window(PAGE)
    while window is not None:
        page = await read_page(ground.work.session, query, order, window)
        for finding, state, has, needs, since, unit in page.rows:
            yield {
                "check": finding.check_id,
                "severity": finding.severity.value,
                "subject_type": finding.subject_type,
                "subject": finding.subject_name,
                "unit": unit,
                "region": finding.region,
                "state": state.value,
                "has": has,
                "needs": needs,
                "since": since,
                "finding_id": str(finding.id),
            }
        window = Window(PAGE, edge=page.keys[-1]) if page.has_next else None
