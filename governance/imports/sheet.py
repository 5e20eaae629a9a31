"""Reads an uploaded CSV or XLSX row by row, without letting the file do harm: a limited child process opens it."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from governance.imports.sheet_errors import REFUSALS, NotASpreadsheet, SheetRefused, SheetTooHeavy

Value = str | int | float | bool | date | datetime | None

_HOUSE = Path(__file__).parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from governance.imports.sheet_child import main; main(*sys.argv[2:])"
)
_LINE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost. Bytes, characters, counts; seconds for CPU and for waiting on the child."""

    bytes: int = 50 << 20
    entries: int = 2_000
    unpacked_bytes: int = 512 << 20
    ratio: int = 200
    rows: int = 250_000
    columns: int = 256
    cell_characters: int = 32_767
    row_characters: int = 1_000_000
    memory_bytes: int = 1 << 30
    cpu_seconds: int = 60
    wall_seconds: int = 120


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What was found and what was assumed. `encoding_assumed`: nothing in the file proves the encoding."""

    kind: str
    encoding: str | None = None
    encoding_assumed: bool = False
    delimiter: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowIssue:
    """Something about a row that its reader must know, with the header of the column where it is about one.

    Where `spoils` is True, the row is not to be trusted.
    """

    code: str
    message: str
    spoils: bool
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row under its headers; `number` is the row as a spreadsheet shows it. Blank cells are None."""

    number: int
    values: dict[str, Value]
    issues: tuple[RowIssue, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """An opened table; `rows` can be walked once."""

    facts: SheetFacts
    headers: tuple[str, ...]
    rows: AsyncIterator[Row]


_ISSUES = {
    "NUL_REMOVED": RowIssue("NUL_REMOVED", "The cell holds NUL characters; they were taken out.", spoils=True),
    "ERROR_VALUE": RowIssue(
        "ERROR_VALUE", "The cell shows an error such as #N/A; correct its formula and save the file.", spoils=True
    ),
    "FORMULA_WITHOUT_VALUE": RowIssue(
        "FORMULA_WITHOUT_VALUE",
        "The formula was never calculated; open the file in a spreadsheet program and save it.",
        spoils=True,
    ),
    "TOO_MANY_CELLS": RowIssue("TOO_MANY_CELLS", "The row has more cells than there are headers.", spoils=True),
    "TOO_FEW_CELLS": RowIssue("TOO_FEW_CELLS", "The row is shorter than the header; the rest is blank.", spoils=False),
}


class _Child:
    """The running child: its messages, and how it ended."""

    def __init__(self, process: asyncio.subprocess.Process, limits: Limits) -> None:
        self._process = process
        self._patience = float(limits.wall_seconds)

    async def message(self) -> list[Any]:
        """The next message. Only time spent waiting for the child counts. Raises SheetRefused."""
        clock = asyncio.get_running_loop().time
        asked = clock()
        try:
            async with asyncio.timeout(self._patience):
                line = await self._lines.readline()
        except TimeoutError:
            raise SheetTooHeavy(limit="time") from None
        self._patience -= clock() - asked
        if not line.endswith(b"\n"):
            raise await self._how_it_died()
        message: list[Any] = json.loads(line)
        if message[0] == "refused":
            raise REFUSALS[message[1]](**message[2])
        return message

    async def stop(self) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        # What is still in the pipe must go, else the transport keeps it open.
        await self._lines.read()
        await self._process.wait()

    @property
    def _lines(self) -> asyncio.StreamReader:
        assert self._process.stdout is not None
        return self._process.stdout

    async def _how_it_died(self) -> SheetRefused:
        ended = await self._process.wait()
        if ended in {-signal.SIGXCPU, -signal.SIGKILL}:
            return SheetTooHeavy(limit="computing time")
        if ended in {-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS}:
            return SheetTooHeavy(limit="memory")
        return NotASpreadsheet(reason="its content breaks the reader")


@asynccontextmanager
async def open_sheet(path: Path, limits: Limits = Limits()) -> AsyncIterator[Sheet]:
    """Open a CSV or XLSX file, whatever its name; facts and headers are known before the first row.

    Raises SheetRefused (a subclass names what is wrong), here or while the rows are walked. The child ends with the
    block, however it is left.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",  # neither the working directory nor the environment can add code
        "-X",
        "utf8",
        "-c",
        _START,
        str(_HOUSE),
        str(path),
        json.dumps(asdict(limits)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_LINE_BYTES,
        env={},  # no secret of the server reaches the child
        close_fds=True,
    )
    child = _Child(process, limits)
    try:
        _, facts = await child.message()
        _, headers = await child.message()
        async with aclosing(_rows(child, headers)) as rows:
            yield Sheet(
                facts=SheetFacts(**{**facts, "sheets": tuple(facts.get("sheets", ()))}),
                headers=tuple(header for header in headers if header is not None),
                rows=rows,
            )
    finally:
        await child.stop()


async def read_sheet(path: Path, limits: Limits = Limits()) -> AsyncGenerator[Row, None]:
    """The rows of a CSV or XLSX file, one by one; memory stays flat. Raises SheetRefused as open_sheet does.

    Who stops early closes it (contextlib.aclosing), so that the child ends at once.
    """
    async with open_sheet(path, limits) as sheet:
        async for row in sheet.rows:
            yield row


async def _rows(child: _Child, headers: list[str | None]) -> AsyncGenerator[Row, None]:
    while True:
        message = await child.message()
        if message[0] == "end":
            return
        _, number, cells, issues = message
        values = {header: _value(cell) for header, cell in zip(headers, cells, strict=True) if header is not None}
        yield Row(number, values, tuple(_issue(code, index, headers) for code, index in issues))


def _issue(code: str, index: int | None, headers: list[str | None]) -> RowIssue:
    return _ISSUES[code] if index is None else replace(_ISSUES[code], column=headers[index])


def _value(cell: Any) -> Value:
    if isinstance(cell, dict):
        if "date" in cell:
            return date.fromisoformat(cell["date"])
        return datetime.fromisoformat(cell["datetime"])
    value: Value = cell
    return value
