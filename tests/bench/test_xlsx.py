"""The workbook beside openpyxl's own write-only mode: CPU and memory of a process each, same rows."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.bench.conftest import Say

ROWS = int(os.environ.get("LICTOR_BENCH_ROWS", "100000"))
ROOT = Path(__file__).parents[2]


def _measured(who: str, rows: int) -> dict[str, float]:
    asked = [sys.executable, "-m", "tests.bench.sheets", who, str(rows)]
    said: dict[str, float] = json.loads(subprocess.run(asked, cwd=ROOT, check=True, capture_output=True).stdout)
    return said


def test_a_big_workbook_beside_openpyxl(say: Say) -> None:
    ours, theirs = _measured("ours", ROWS), _measured("theirs", ROWS)
    few = _measured("ours", 1_000)
    note = f"{ours['seconds']:.1f} against {theirs['seconds']:.1f} s CPU at {ROWS} rows of 8"
    say("xlsx: ours / openpyxl write-only", theirs["seconds"] / ours["seconds"], 6, note=note)
    grown = f"{ours['megabytes']:.0f} MB at {ROWS} rows, {few['megabytes']:.0f} MB at 1,000, openpyxl {theirs['megabytes']:.0f} MB"
    say("xlsx: memory of many rows / few", ours["megabytes"] / few["megabytes"], 1.2, at_most=True, note=grown)
