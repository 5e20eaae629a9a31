"""Where the real inputs lie: LICTOR_REAL_DATA, else ../shared/data beside the repository. Without them a test skips,
naming what it misses."""

import csv
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def real_data_folder() -> Path:
    return Path(os.environ.get("LICTOR_REAL_DATA") or ROOT.parent / "shared" / "data")


def real_file(name: str) -> Path:
    """The path of a real input such as `survival/lifelines_rossi.csv`; skips the test where it is missing."""
    path = real_data_folder() / name
    if not path.is_file():
        pytest.skip(f"real data missing: {path} (set LICTOR_REAL_DATA to the folder that holds {name})")
    return path


def real_rows(name: str, delimiter: str = ",") -> list[dict[str, str]]:
    with real_file(name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def published(figure_id: str) -> dict[str, str]:
    """The row of published_figures.csv with that id; skips where the file is missing, fails where only the row is."""
    rows = {row["id"]: row for row in real_rows("published_figures/published_figures.csv")}
    return rows[figure_id]
