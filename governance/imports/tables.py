"""Takes in tables that people fill in, row by row through the story's verbs; a trial goes the same way and back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, insert, or_, select

from governance.entitlements import queries as entitlements
from governance.entitlements.service.effects import settle
from governance.imports import queries
from governance.imports.agreement_rows import key_of_agreement, take_agreement
from governance.imports.device_rows import key_of_device, take_device
from governance.imports.formats import agreements, devices, licenses, line_rights, suites
from governance.imports.formats.cells import Cells, Problem, read_cells
from governance.imports.formats.columns import Column, Found, find_columns
from governance.imports.license_rows import key_of_license, take_license
from governance.imports.models import ImportRow, StagedRow
from governance.imports.names import CREATE, Names, RowRefused
from governance.imports.rest import Rest, rest_for
from governance.imports.right_rows import key_of_right, key_of_suite, take_right, take_suite
from governance.imports.rules import ISSUES_SAID, ImportOutcome, Issue, IssueCode, RowOutcome, bounded
from governance.imports.sheet import open_sheet
from governance.imports.staging import chunks
from governance.imports.taking import Taking, Took, Values
from governance.kernel.errors import BadInput, BusinessError, Refused, Unavailable
from governance.kernel.work import Work, refused
from governance.runs.desk import RunDesk

ROWS_AT_ONCE = 200
GROUP_MOST = 2_000
"""A trial takes all rows of one agreement or license together, up to so many, so that later ones see earlier ones."""


@dataclass(frozen=True)
class Table:
    """A table: its columns, what its rows have in common where they belong together, and how one row is taken."""

    columns: Sequence[Column]
    key: Callable[[Values], str]
    take: Callable[[Taking, Values], Awaitable[Took]]
    names: tuple[str, ...]


AGREEMENTS = Table(agreements.COLUMNS, key_of_agreement, take_agreement, ("number",))
DEVICES = Table(devices.COLUMNS, key_of_device, take_device, ("serial", "name"))
LICENSES = Table(licenses.COLUMNS, key_of_license, take_license, ("agreement", "license", "line", "po_number"))
SUITES = Table(suites.COLUMNS, key_of_suite, take_suite, ("product", "tier", "other_product", "other_tier"))
LINE_RIGHTS = Table(line_rights.COLUMNS, key_of_right, take_right, ("license", "line", "kind"))


async def import_agreements(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take agreements in. Options: `create` (missing vendors), `reason` (amend known ones), `effective_day`."""
    return await _import(desk, path, AGREEMENTS)


async def import_devices(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take devices in: who keeps each, where, and which are there no more."""
    return await _import(desk, path, DEVICES)


async def import_licenses(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take purchases in with their licenses, lines and pools. Option: `create` (missing products and tiers)."""
    return await _import(desk, path, LICENSES)


async def import_suites(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take in what suites contain and on which bases add-ons stand."""
    return await _import(desk, path, SUITES)


async def import_line_rights(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take in what lines grant beside their seats."""
    return await _import(desk, path, LINE_RIGHTS)


async def _import(desk: RunDesk, path: Path, table: Table) -> dict[str, Any]:
    """Go on from where the run stands: stage the file, take its rows, sum up. Raises SheetRefused, LeaseLost."""
    rest, at = rest_for(desk.office.database), desk.resume_at or {"step": "read"}
    if at["step"] == "read":
        unknown = await _stage(desk, path, table, rest)
        at = {"step": "take", "unknown": unknown, "key": "", "number": 0}
        await desk.remember(at)
    while at["step"] == "take":
        at = await _take(desk, table, at)
        await rest()
    await _forget_staged(desk, rest)
    return await _outcome(desk, at["unknown"])


async def _stage(desk: RunDesk, path: Path, table: Table, rest: Rest) -> list[str]:
    async with open_sheet(path) as sheet, aclosing(sheet.rows) as rows:  # type: ignore[type-var]
        found, staged = find_columns(table.columns, sheet.headers), 0
        async for chunk in chunks(rows):
            async with desk.working() as work:
                last = await queries.last_number(work, desk.run_id)
                read = [read_cells(table.columns, row, found.headers) for row in chunk if row.number > last]
                await _keep_read(work, desk.run_id, read, table, found)
            staged += len(chunk)
            await desk.progress("read", staged)
            await rest()
    return list(found.unknown)


async def _keep_read(work: Work, run_id: UUID, read: Sequence[Cells], table: Table, found: Found) -> None:
    """Stage what was read; what cannot be used is refused at once."""
    if not read:
        return
    staged: list[dict[str, Any]] = [
        {
            "tenant_id": work.tenant_id, "id": work.new_id(), "run_id": run_id, "number": cells.number,
            "accepted": not cells.problems, "noted": False, "mail_key": None, "manager_key": None, "unit_id": None,
            "key": None if cells.problems else table.key(cells.values), "values": cells.values, "issues": [],
        }
        for cells in read
    ]  # fmt: skip
    await work.session.execute(insert(StagedRow), staged)
    bad = [_refused(work, run_id, cells.number, _name(table, cells.values), cells.problems)
           for cells in read if cells.problems]  # fmt: skip
    if bad:
        await work.session.execute(insert(ImportRow), bad)


async def _take(desk: RunDesk, table: Table, at: dict[str, Any]) -> dict[str, Any]:
    """Take the next rows in one transaction with their report and the mark where to go on; on a trial only these."""
    trial = bool(desk.asked["dry_run"])
    async with desk.working() as work:
        rows = await _next(work, desk.run_id, at, whole_groups=trial)
        if not rows:
            at = {"step": "done", "unknown": at["unknown"]}
            await desk.remember(at)
            return at
        async with work.session.begin_nested() as point:
            told = await _take_rows(work, desk, table, rows)
            if trial:
                await point.rollback()
        await work.session.execute(insert(ImportRow), told)
        at = at | {"key": rows[-1].key, "number": rows[-1].number}
        await desk.remember(at)
    await desk.progress("try" if trial else "merge", at.get("done", 0) + len(rows))
    return at | {"done": at.get("done", 0) + len(rows)}


async def _take_rows(work: Work, desk: RunDesk, table: Table, rows: Sequence[StagedRow]) -> list[dict[str, Any]]:
    options = {name: str(value) for name, value in desk.asked.items() if name in OPTIONS}
    taking = Taking(work, Names(work, creates=options.get(CREATE) == "yes"), options)
    told: list[dict[str, Any]] = []
    lines: set[UUID] = set()
    for row in rows:
        name = _name(table, row.values)
        try:
            async with work.session.begin_nested():
                took = await table.take(taking, row.values)
                await work.session.flush()
        except (RowRefused, BusinessError) as no:
            if isinstance(no, Unavailable):
                raise
            taking.names.forget()
            if isinstance(no, Refused):
                await work.record(refused(no, work.actor))
            told.append(_refused(work, desk.run_id, row.number, name, _problems(no)))
        else:
            told.append(_taken(work, desk.run_id, row.number, name, took))
            lines |= set() if took.line_id is None else {took.line_id}
    for line_id in sorted(lines):
        line, _ = await entitlements.line(work, line_id)
        await settle(work, line)
    return told


OPTIONS = frozenset({CREATE, "reason", "reason_text", "effective_day"})


async def _next(work: Work, run_id: UUID, at: Mapping[str, Any], *, whole_groups: bool) -> Sequence[StagedRow]:
    """Give the next rows, those of one group after each other; whole groups where nothing will stay."""
    after = or_(StagedRow.key > at["key"], and_(StagedRow.key == at["key"], StagedRow.number > at["number"]))
    query = (
        select(StagedRow)
        .where(queries.of_run(work, run_id), StagedRow.accepted.is_(True), after)
        .order_by(StagedRow.key, StagedRow.number)
    )
    rows = list((await work.session.execute(query.limit(ROWS_AT_ONCE))).scalars())
    if not (rows and whole_groups):
        return rows
    same = query.where(StagedRow.key == rows[-1].key, StagedRow.number > rows[-1].number)
    return rows + list((await work.session.execute(same.limit(GROUP_MOST))).scalars())


def _problems(no: RowRefused | BusinessError) -> list[Problem]:
    if isinstance(no, RowRefused):
        return list(no.problems)
    if isinstance(no, BadInput):
        return [Problem(no.field.removeprefix("changes."), no.has, no.needs)]
    return [Problem("row", no.code.value, no.message())]


def _name(table: Table, values: Values) -> str:
    return " / ".join(str(values[name]) for name in table.names if values.get(name))[:260]


def _refused(work: Work, run_id: UUID, number: int, name: str, problems: Sequence[Problem]) -> dict[str, Any]:
    return _row(work, run_id, number, name, RowOutcome.REFUSED) | {"problems": [asdict(each) for each in problems]}


def _taken(work: Work, run_id: UUID, number: int, name: str, took: Took) -> dict[str, Any]:
    about = {"subject_type": took.subject_type, "subject_id": took.subject_id, "version_after": took.version_after}
    return _row(work, run_id, number, name, took.outcome) | about | {"made": took.made.items}


def _row(work: Work, run_id: UUID, number: int, name: str, outcome: RowOutcome) -> dict[str, Any]:
    return {
        "tenant_id": work.tenant_id, "id": work.new_id(), "run_id": run_id, "number": number, "outcome": outcome,
        "name": name, "problems": [], "subject_type": None, "subject_id": None, "version_after": None, "made": [],
    }  # fmt: skip


async def _outcome(desk: RunDesk, unknown: Sequence[str]) -> dict[str, Any]:
    """Sum the report up; each problem of a refused row is an issue, up to a bound."""
    issues = [Issue(1, name, IssueCode.UNKNOWN_COLUMN, f"Column {name!r} is not known and was not read.")
              for name in unknown]  # fmt: skip
    async with desk.reading() as work:
        here = (ImportRow.tenant_id == work.tenant_id, ImportRow.run_id == desk.run_id)
        query = select(ImportRow.outcome, func.count()).where(*here).group_by(ImportRow.outcome)
        counts = {row[0]: row[1] for row in await work.session.execute(query)}
        refusals = select(ImportRow.number, ImportRow.problems).where(*here, ImportRow.outcome == RowOutcome.REFUSED)
        rows = await work.session.execute(refusals.order_by(ImportRow.number).limit(ISSUES_SAID + 1))
        issues += [
            Issue(number, each["field"], IssueCode.REFUSED, f"{each['has']!r} cannot be used; needs {each['needs']}.")
            for number, problems in rows.all()
            for each in problems
        ]
    all_rows, bad = sum(counts.values()), counts.get(RowOutcome.REFUSED, 0)
    made, changed, same = (counts.get(each, 0) for each in list(RowOutcome)[:3])
    outcome = ImportOutcome(all_rows, all_rows - bad, bad, made, changed, same, bounded(issues))
    return outcome.document()


async def _forget_staged(desk: RunDesk, rest: Rest) -> None:
    """Delete what was staged, by the thousand; the report stays."""
    while True:
        async with desk.working() as work:
            here = queries.of_run(work, desk.run_id)
            ids = (await work.session.execute(select(StagedRow.id).where(here).limit(1_000))).scalars().all()
            if not ids:
                return
            await work.session.execute(delete(StagedRow).where(here, StagedRow.id.in_(ids)))
        await rest()
