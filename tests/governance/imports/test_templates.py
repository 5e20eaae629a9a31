"""A template cannot disagree with its reader: what is filled into it comes in, and every column is known."""

import pytest

from governance.imports.formats.columns import find_columns
from governance.imports.templates import TEMPLATES, csv_template
from governance.kernel.errors import BadInput
from governance.kernel.work import Office
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
