"""A template cannot disagree with its reader: what is filled into it comes in, and every column is known."""

from pathlib import Path

import pytest

from governance.imports.formats.cells import read_cells
from governance.imports.formats.columns import find_columns
from governance.imports.sheet import Row, open_sheet
from governance.imports.templates import TEMPLATES, csv_template
from governance.kernel.errors import BadInput
from governance.kernel.work import Office
from reports.fill_in import template
from tests.estate import Estate
from tests.governance.imports.people import issues, outcome_of, short


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_header_is_a_column_and_every_column_a_header(name: str) -> None:
    found = find_columns(TEMPLATES[name], csv_template(name).decode().strip().split(","))
    assert found.unknown == ()
    assert set(found.headers) == {column.name for column in TEMPLATES[name]}


async def test_the_template_filled_in_is_imported(office: Office, estate: Estate) -> None:
    filled = csv_template("people") + b"t1,Tess,tess@halden.example,sales,DE,active,ada,de-CH,2026-12-31\r\n"
    said = await outcome_of(office, estate.actor("admin"), filled)
    assert (short(said), issues(said)) == ((1, 1, 0, 1, 0, 0), [])


def test_an_unknown_template_names_those_there_are() -> None:
    with pytest.raises(BadInput, match="people"):
        csv_template("peple")


@pytest.mark.parametrize("name", sorted(TEMPLATES))
async def test_a_workbook_to_fill_in_is_read_by_its_first_sheet(name: str, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(template(name, "xlsx"))
    async with open_sheet(path) as sheet:
        assert sheet.facts.sheets == (name, "Example", "Explanations")
        assert list(sheet.headers) == [column.name for column in TEMPLATES[name]]
        assert [row async for row in sheet.rows] == []


@pytest.mark.parametrize("name", ["agreements", "licenses"])
def test_the_example_of_each_column_is_read_without_a_problem(name: str) -> None:
    values = {column.name: column.example for column in TEMPLATES[name]}
    assert all(values.values())
    cells = read_cells(TEMPLATES[name], Row(2, values), {name: name for name in values})  # type: ignore[arg-type]
    assert cells.problems == []
    assert all(choice for column in TEMPLATES[name] for choice in column.choices)
