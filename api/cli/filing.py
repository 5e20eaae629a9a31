"""Files at the terminal: read whole, handed in as a run, and what became of each row told the same way."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.cli.carrying import carried_out
from api.cli.exits import Exit
from api.cli.ground import answer, err, ground, run, stop
from governance.imports.filed import ImportFile, request_file_import
from governance.imports.rules import FileFormat
from governance.imports.templates import TEMPLATES

ISSUES_SHOWN = 50


def import_file(
    file_format: str,
    file: Path,
    tenant: str | None,
    options: Mapping[str, str | None] | None = None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import a file of another system as it comes, and answer what became of it."""
    content = content_of(file)
    given = {name: value for name, value in (options or {}).items() if value is not None}

    async def command() -> Mapping[str, Any]:
        async with ground(tenant) as on:
            asked = ImportFile(FileFormat(file_format), file.name, content, dry_run=dry_run, options=given)
            row = await on.office.perform(on.actor, lambda work: request_file_import(work, asked))
            outcome = await carried_out(on, row)
            return {**outcome, "run": str(row.id)} if file_format in TEMPLATES else outcome

    tell_import(run(command), dry_run=dry_run, as_json=as_json)


def content_of(file: Path) -> bytes:
    """Read a file whole; a dash is standard input. One that cannot be read ends the command."""
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        stop(Exit.BAD_INPUT, f"{file}: {error.strerror}.")


def tell_import(outcome: Mapping[str, Any], *, dry_run: bool, as_json: bool) -> None:
    """Answer what became of an import; where a row was rejected, the command ends with the code for bad input."""
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
    more = "".join(f"\n{name}: {_flat(outcome[name])}" for name in FIGURES if name in outcome)
    answer(dict(outcome), as_json=as_json, said=said + more)
    if outcome["rejected"]:
        raise SystemExit(int(Exit.BAD_INPUT))


FIGURES = (
    "statuses",
    "mapped",
    "expiry",
    "changes",
    "rates",
    "checkouts",
    "returns",
    "denials",
    "unsupported",
    "peak",
    "churned",
    "tenure_zero",
    "source",
    "observed_at",
    "complete",
    "seats",
    "matched",
    "inferred",
    "run",
)


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_flat(inner)}" for key, inner in value.items()) or "none"
    return str(value)
