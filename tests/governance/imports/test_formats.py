"""Cells are read as people write them, and refused with what would be right."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.imports.checking import circles
from governance.imports.errors import ColumnMissing, ColumnTwice
from governance.imports.formats import people as people_format
from governance.imports.formats.columns import find_columns
from governance.imports.formats.countries import country_code
from governance.imports.formats.people import COLUMNS, STATUSES, read_person
from governance.imports.sheet import Row, RowIssue

ALL = {column.name: column.name for column in COLUMNS}
GOOD: dict[str, Any] = {
    "external_id": "1",
    "name": "Zoë O'Neil",
    "mail": "zoe@halden.example",
    "unit": "sales",
    "country": "DE",
}


def read(**cells: Any) -> tuple[dict[str, Any], list[str]]:
    found = read_person(Row(2, {**dict.fromkeys(ALL), **GOOD, **cells}), ALL)
    return found.values, [f"{i.column}:{i.code}" for i in found.issues]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"), ("deu", "DE"), ("Germany", "DE"), (" south korea ", "KR"), ("UK", "GB"), ("Viet Nam", "VN"),
        ("Côte d'Ivoire", "CI"), ("USA", "US"), ("Atlantis", None), ("276", None), ("", None),
    ],
)  # fmt: skip
def test_a_country_is_read_however_it_is_written(text: str, code: str | None) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("column", "given_", "value"),
    [
        ("external_id", 1001.0, "1001"),
        ("external_id", 7, "7"),
        ("contract_end", date(2026, 1, 2), "2026-01-02"),
        ("contract_end", datetime(2026, 1, 2, 9, tzinfo=UTC), "2026-01-02"),
        ("contract_end", "2.1.2026", "2026-01-02"),
        ("contract_end", "2026-01-02", "2026-01-02"),
        ("locale", "de_CH", "de-CH"),
        ("locale", "EN", "en"),
        ("status", "On-Leave", "ON_LEAVE"),
        ("status", "ACTIVE", "ACTIVE"),
        ("manager", 12.0, "12"),
        ("locale", None, None),
    ],
)
def test_a_cell_is_read_as_it_is_meant(column: str, given_: Any, value: Any) -> None:
    values, wrong = read(**{column: given_})
    assert (values[column], wrong) == (value, [])


@pytest.mark.parametrize(
    ("column", "given_"),
    [
        ("external_id", True), ("external_id", date(2026, 1, 1)), ("external_id", "x" * 121),
        ("mail", "a@b@c"), ("mail", "a b@c.example"), ("mail", "@c.example"), ("mail", "a@.example"),
        ("mail", "Ann <ann@halden.example>"), ("mail", "x" * 250 + "@c.example"), ("name", "two\nlines"),
        ("name", "x" * 201), ("country", "150"), ("status", "yes"), ("locale", "xx-YY-zz"),
        ("contract_end", "31/12/2026"), ("contract_end", "2026-02-30"), ("contract_end", 46000.5),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_is_named(column: str, given_: Any) -> None:
    assert read(**{column: given_})[1] == [f"{column}:BAD_VALUE"]


def test_a_damaged_row_is_not_trusted() -> None:
    found = read_person(Row(2, GOOD, (RowIssue("TOO_MANY_CELLS", "too many", spoils=True),)), ALL)
    assert not found.accepted


def test_the_readers_are_those_of_the_columns_and_the_page_tells_of_each() -> None:
    assert list(people_format.READERS) == [column.name for column in COLUMNS]
    assert people_format.__doc__ is not None
    for column in COLUMNS:
        assert f"| {column.name} |" in people_format.__doc__
    assert all(word == word.casefold() for word in STATUSES)


def test_columns_are_found_by_any_of_their_names() -> None:
    found = find_columns(COLUMNS, ["EMPLOYEE_ID", "Display name", "e-mail", "Org-Unit", "Country", "Reports To", "x"])
    assert found.headers["manager"] == "Reports To"
    assert found.unknown == ("x",)
    with pytest.raises(ColumnMissing):
        find_columns(COLUMNS, ["name"])
    with pytest.raises(ColumnTwice):
        find_columns(COLUMNS, ["name", "Full name"])


def test_no_header_means_two_columns() -> None:
    names = [name.replace("-", "").replace(" ", "").replace("_", "") for c in COLUMNS for name in c.names()]
    assert len(names) == len(set(names))


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"), max_size=8))
def test_circles_are_exactly_those_who_come_back_to_themselves(above: dict[str, str]) -> None:
    def comes_back(key: str) -> bool:
        at, steps = above.get(key), 0
        while at is not None and at != key and steps < 10:
            at, steps = above.get(at), steps + 1
        return at == key

    assert circles(above) == {key for key in above if comes_back(key)}
