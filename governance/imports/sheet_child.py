"""Reads one uploaded file in a process of its own, which may crash, starve or be killed without harm to anybody else.

It needs little (standard library, calamine, defusedxml), so it starts fast, and it holds no secret: it knows a path and
limits, and writes one JSON value a line to standard output: facts, headers, rows, at last "end" or "refused".
"""

import json
import resource
import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from governance.imports.sheet_parts import Issues, No, Numbered, letter
from governance.imports.sheet_text import text_rows
from governance.imports.sheet_workbook import check_package, workbook_rows


def confine(limits: dict[str, int]) -> None:
    """Bound this process: address space, CPU seconds, no files written, no core dumped."""
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"], limits["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def messages(path: Path, limits: dict[str, int]) -> Iterator[list[Any]]:
    """What the file says, message by message. Raises No."""
    size = path.stat().st_size
    if size > limits["bytes"]:
        raise No("FileTooLarge", what="bytes", has=size, limit=limits["bytes"])
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK"):
        check_package(path, limits)
        facts, rows = workbook_rows(path, limits)
    else:
        facts, rows = text_rows(path, start, limits)
    yield ["facts", facts]
    yield from table(rows, limits)


def table(rows: Iterator[Numbered], limits: dict[str, int]) -> Iterator[list[Any]]:
    """Headers from the first row that is not empty, then every row below that is not empty."""
    full = (row for row in rows if row[2] or any(cell is not None for cell in row[1]))
    first = next(full, None)
    if first is None:
        raise No("HeaderMissing", row=1)
    number, cells, issues = first
    if issues:
        raise No("MalformedRow", row=number, reason=f"the header in column {letter(issues[0][1] or 0)} is no text")
    check_row(first, limits)
    headers = [None if cell is None else " ".join(str(cell).split()) for cell in cells]
    while headers[-1] is None:
        headers.pop()
    check_headers(headers)
    yield ["headers", headers]
    count = 0
    for count, row in enumerate(full, start=1):
        if count > limits["rows"]:
            raise No("TooManyRows", limit=limits["rows"])
        check_row(row, limits)
        yield ["row", row[0], *fitted(row, headers)]
    yield ["end", count]


def check_headers(headers: list[str | None]) -> None:
    seen: dict[str, int] = {}
    for index, header in enumerate(headers):
        if header is None:
            continue
        first = seen.setdefault(header.casefold(), index)
        if first != index:
            raise No("DuplicateHeader", header=header, first=letter(first), second=letter(index))


def check_row(row: Numbered, limits: dict[str, int]) -> None:
    number, cells, _ = row
    if len(cells) > limits["columns"]:
        raise No("TooManyColumns", row=number, has=len(cells), limit=limits["columns"])
    if sum(len(cell) for cell in cells if isinstance(cell, str)) > limits["row_characters"]:
        raise No("CellTooLong", row=number, limit=limits["row_characters"])


def fitted(row: Numbered, headers: list[str | None]) -> tuple[list[Any], Issues]:
    """The cells as many as there are headers, and what had to be said about it."""
    number, cells, noted = row
    issues = [issue for issue in noted if issue[1] is None or issue[1] < len(headers)]
    for index, cell in enumerate(cells):
        if cell is not None and index < len(headers) and headers[index] is None:
            raise No("HeaderMissing", row=number, column=letter(index))
    if any(cell is not None for cell in cells[len(headers) :]):
        issues.append(("TOO_MANY_CELLS", None))
    elif len(cells) < len(headers):
        issues.append(("TOO_FEW_CELLS", None))
    width = len(headers)
    return list(islice(chain(cells, [None] * width), width)), issues


def main(path: str, limits: str) -> None:
    """Write the messages; the last one is "end" or "refused", else the parent knows that we died."""
    bounds = json.loads(limits)
    confine(bounds)
    out = sys.stdout
    try:
        for message in messages(Path(path), bounds):
            out.write(json.dumps(message, ensure_ascii=False) + "\n")
    except No as no:
        out.write(json.dumps(["refused", no.kind, no.facts]) + "\n")
    except MemoryError:
        out.write(json.dumps(["refused", "SheetTooHeavy", {"limit": "memory"}]) + "\n")
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
