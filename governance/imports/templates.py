"""Gives the empty table to fill in for an import: its headers are the very columns that the reader looks for."""

import csv
import io
from collections.abc import Mapping, Sequence

from governance.imports.formats import agreements, devices, licenses, line_rights, people, suites
from governance.imports.formats.columns import Column
from governance.kernel.errors import BadInput

TEMPLATES: Mapping[str, Sequence[Column]] = {
    "agreements": agreements.COLUMNS,
    "devices": devices.COLUMNS,
    "licenses": licenses.COLUMNS,
    "line-rights": line_rights.COLUMNS,
    "people": people.COLUMNS,
    "suites": suites.COLUMNS,
}
"""The tables that people fill in themselves, by name; files of other systems come as they are."""


def columns_of(name: str) -> Sequence[Column]:
    """Give the columns of a template. Raises BadInput for one that there is not."""
    if name not in TEMPLATES:
        raise BadInput("name", name, f"one of {', '.join(sorted(TEMPLATES))}")
    return TEMPLATES[name]


def csv_template(name: str) -> bytes:
    """Give a CSV (UTF-8) with the header row alone: a row of examples would be imported. Raises BadInput."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(column.name for column in columns_of(name))
    return buffer.getvalue().encode()
