"""What a run of an import shows beside its counts: its rows with their problems, and the ways on from it."""

from typing import Any, Final

from api.console.context import Context
from api.console.controls import Action, Column
from api.console.desk import desk_of
from api.console.parts import Footer, Note, Part, Table
from api.console.values import Level, Link, Status
from api.links import rows_path
from governance.imports.models import ImportRow
from governance.imports.row_report import visible_import_rows
from governance.imports.rules import RowOutcome
from governance.imports.trials import file_is_kept, is_trial
from governance.imports.undoing import can_undo, undone
from governance.runs.models import Run
from governance.runs.rules import RunKind

ROWS_SHOWN: Final = 200
LEVELS: Final = {
    RowOutcome.CREATED: Level.OK, RowOutcome.CHANGED: Level.OK, RowOutcome.UNCHANGED: Level.UNKNOWN,
    RowOutcome.REFUSED: Level.HIGH,
}  # fmt: skip


async def import_actions(ctx: Context, run: Run) -> tuple[Action, ...]:
    """The import that follows one's own trial, or the undo of an import."""
    if run.kind not in {RunKind.IMPORT_FILE, RunKind.IMPORT_PEOPLE}:
        return ()
    async with ctx.work() as work:
        if is_trial(run) and run.principal == desk_of(ctx).actor.principal and await file_is_kept(work, run):
            return (Action("imports.tried", f"/runs/{run.id}/import", "import", primary=True, post=True),)
        if can_undo(run) and await undone(work, run.id) is None:
            return (Action("imports.undo", f"/runs/{run.id}/undo", "history", action="import:undo", dialog=True),)
    return ()


async def import_parts(ctx: Context, run: Run) -> list[Part]:
    """The first rows of an import of a table, those refused before the others, and the way to all of them."""
    async with ctx.work() as work:
        query = visible_import_rows(work).where(ImportRow.run_id == run.id)
        order = ((ImportRow.outcome != RowOutcome.REFUSED), ImportRow.number)
        rows = (await work.session.execute(query.order_by(*order).limit(ROWS_SHOWN))).scalars().all()
        gone = await undone(work, run.id)
    if not rows:
        return []
    columns = (
        Column("number", "runs.issue_row", kind="number"),
        Column("name", "imports.row", strong=True),
        Column("problems", "imports.problems", value=_problems, quiet=True),
        Column("outcome", "imports.outcome", kind="status", value=lambda row: _outcome(ctx, row)),
    )
    footer = Footer(
        (Link(ctx.text("imports.all_rows"), rows_path(run.id)),), ctx.text("imports.rows_first", count=ROWS_SHOWN)
    )
    parts: list[Part] = [Table(ctx.text("imports.rows"), columns, rows, footer=footer, ident="rows")]
    if gone is not None:
        said = ctx.text("imports.was_undone", gone=gone.taken_back, kept=gone.kept)
        parts.insert(0, Note(said, "history", Level.WARN))
    return parts


def _outcome(ctx: Context, row: ImportRow) -> Status:
    return Status(LEVELS[row.outcome], ctx.text(f"imports.outcome_{row.outcome.value.lower()}"))


def _problems(row: Any) -> str:
    return "; ".join(f"{each['field']}: {each['has']} → {each['needs']}" for each in row.problems)
