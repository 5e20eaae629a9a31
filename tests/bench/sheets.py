"""One big workbook in a process of its own, ours or openpyxl's: says how long it took and how much memory it needed."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from reports.workbook import Column, Kind, Sheet, Workbook

AT = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = (
    Column("name", "Name"), Column("mail", "Mail"), Column("seats", "Seats", Kind.INTEGER),
    Column("cost", "Cost", Kind.MONEY), Column("day", "Day", Kind.DATE), Column("at", "At", Kind.INSTANT),
    Column("pool", "Pool"), Column("state", "State", Kind.STATUS),
)  # fmt: skip


def rows(count: int) -> Iterator[dict[str, Any]]:
    for n in range(count):
        yield {
            "name": f"Person {n}", "mail": f"p{n}@x.example", "seats": n % 7, "cost": Decimal(n % 1000),
            "day": date(2026, 1, 1) + timedelta(days=n % 300), "at": AT + timedelta(seconds=n), "pool": f"Pool {n % 40}",
            "state": ("COMPLIANT", "PARTIAL")[n % 2],
        }  # fmt: skip


def most_memory() -> int:
    """Give the most memory this process ever held, in KB; rusage would count its parent's before it."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def ours(path: Path, count: int) -> None:
    book = Workbook("Bench", lambda: (("Rows", count),), (Sheet("Seats", COLUMNS, rows(count)),), AT)
    asyncio.run(book.save(path))


def theirs(path: Path, count: int) -> None:
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("Seats")
    page.append([column.title for column in COLUMNS])
    for row in rows(count):
        page.append([value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in row.values()])
    book.save(path)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        {"ours": ours, "theirs": theirs}[sys.argv[1]](Path(folder) / "book.xlsx", int(sys.argv[2]))
        taken = time.process_time() - start
    memory = most_memory() // 1024
    sys.stdout.write(json.dumps({"seconds": taken, "megabytes": memory}))
