"""Imports Microsoft's table of SKUs: compared with the catalog as it stands, then merged, or only told."""

from contextlib import aclosing
from pathlib import Path
from typing import Any

from governance.imports.catalog_merging import carry_out, standing
from governance.imports.catalog_plan import batches, plan_catalog
from governance.imports.formats.columns import find_columns
from governance.imports.formats.m365_catalog import COLUMNS, CatalogFile
from governance.imports.rest import rest_for
from governance.imports.rules import ImportOutcome, Issue, IssueCode, bounded
from governance.imports.sheet import open_sheet
from governance.runs.desk import RunDesk
from policies.access.actions import Action
from policies.access.parties import Ownership


async def import_m365_catalog(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take the table in: what is new, renamed and sold again; what it names no more is retired, never deleted.

    Answers an ImportOutcome as a document, with `changes` against the catalog as it stood and what `vanished`. After a
    crash the rest of the plan is merged and the answer stays that of the whole. Raises SheetRefused, Refused.
    """
    file, issues = await _read(desk, path)
    async with desk.reading() as work:
        plan = plan_catalog(file, await standing(work))
    counts = plan.counts(file)
    outcome = ImportOutcome(
        file.rows, file.rows - file.rejected, file.rejected, counts.created, counts.updated, counts.unchanged,
        bounded(issues),
    )  # fmt: skip
    said = outcome.document() | {"changes": plan.changes(), "vanished": plan.vanished()}
    if desk.asked["dry_run"]:
        return said
    if desk.resume_at is None:
        await desk.remember({"outcome": said})
    rest, parts = rest_for(desk.office.database), list(batches(plan))
    for done, part in enumerate(parts, start=1):
        async with desk.working() as work:
            work.permit(Action.CATALOG_EDIT, Ownership(work.tenant_id), "catalog")
            await carry_out(work, part)
        await desk.progress("merge", done, len(parts))
        await rest()
    assert desk.resume_at is not None
    answer: dict[str, Any] = desk.resume_at["outcome"]
    return answer


async def _read(desk: RunDesk, path: Path) -> tuple[CatalogFile, list[Issue]]:
    file = CatalogFile()
    async with open_sheet(path) as sheet, aclosing(sheet.rows) as rows:  # type: ignore[type-var]
        found = find_columns(COLUMNS, sheet.headers)
        async for row in rows:
            file.take(row, found.headers)
            if file.rows % 1_000 == 0:
                await desk.progress("read", file.rows)
    issues = [
        Issue(1, header, IssueCode.UNKNOWN_COLUMN, f"Column {header!r} is not known and was not read.")
        for header in found.unknown
    ]
    if file.rejected:
        said = f"{file.rejected} rows could not be read, so nothing was retired: they may name what seems to be gone."
        issues.append(Issue(None, None, IssueCode.NOTHING_RETIRED, said))
    return file, issues + file.all_issues(found.headers)
