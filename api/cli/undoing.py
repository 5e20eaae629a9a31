"""Imports looked back at from the terminal: the report row by row, and the undo."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from api.cli.exits import Exit
from api.cli.ground import answer, err, ground, run, stop
from governance.imports.row_report import report_lines
from governance.imports.undoing import UndoPreview, preview_undo, undo_import

SHOWN = 50


def give_report(run_id: str, out: Path | None, tenant: str | None) -> None:
    """Write what became of each row; a file that is there already is never written over."""
    which = _id(run_id)

    async def command() -> bytes:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            return "".join([lines async for lines in report_lines(work, which)]).encode()

    content = run(command)
    if out is None:
        sys.stdout.buffer.write(content)
        return
    try:
        with out.open("xb") as file:
            file.write(content)
    except OSError as error:
        stop(Exit.BAD_INPUT, f"{out}: {error.strerror}.")


def undo(run_id: str, tenant: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Take an import back by the token of what would happen now, or only say what that is."""
    which = _id(run_id)

    async def command() -> UndoPreview:
        async with ground(tenant) as on:
            async with on.office.reading(on.actor) as work:
                preview = await preview_undo(work, which)
            if not dry_run:
                await on.office.perform(on.actor, lambda work: undo_import(work, which, preview.token))
            return preview

    preview = run(command)
    if not as_json:
        for each in preview.kept[:SHOWN]:
            err.print(f"row {each.number}, {each.name}: the {each.kind} stays: {each.why}", markup=False)
    answer(_document(preview), as_json=as_json, said=_said(preview, dry_run=dry_run))


def _document(preview: UndoPreview) -> dict[str, Any]:
    return {
        "run": str(preview.run_id), "taken_back": dict(preview.taken_back),
        "kept": [asdict(each) for each in preview.kept],
    }  # fmt: skip


def _said(preview: UndoPreview, *, dry_run: bool) -> str:
    what = ", ".join(f"{count} {kind}" for kind, count in preview.taken_back.items()) or "nothing"
    return f"{'Would take back' if dry_run else 'Taken back'}: {what}; {len(preview.kept)} stay."


def _id(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        stop(Exit.BAD_INPUT, f"{said!r} is no run; needs an id as `lictor import` and the page of the run tell it.")
