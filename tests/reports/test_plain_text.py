"""CSV for people with spreadsheets: no text becomes a formula, and no number is damaged for it."""

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.plain_text import BATCH, csv_lines, guarded, said
from reports.tables import Column, Sheet
from reports.workbook import Kind

HOSTILE = [
    "=1+1", "+1+1", "-1-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1+1", "＠x", "=cmd|' /C calc'!A0", "-", "+a",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "+41", "-1.50", "-1,50", "plain", "a=b", "", " ", "Søn & Co", "1-2"])
def test_numbers_and_plain_text_are_left_alone(text: str) -> None:
    assert guarded(text) == text


def test_values_are_said_exactly() -> None:
    assert said(-7) == "-7"
    assert said(Decimal("-12.500000")) == "-12.500000"
    assert said(None) == ""
    assert said(date(2026, 1, 31)) == "2026-01-31"
    assert said(datetime(2026, 1, 2, 14, tzinfo=timezone(timedelta(hours=14)))) == "2026-01-02T00:00:00Z"
    assert said(value=True) == "true"
    assert said(2**60) == "1152921504606846976"


async def test_headers_are_guarded_too_and_many_rows_come_in_pieces() -> None:
    rows = [{"a": f'=x"{n}\n,', "n": -n} for n in range(BATCH + 2)]
    sheet = Sheet("s", (Column("a", "=evil"), Column("n", "N", Kind.INTEGER)), rows)
    pieces = [piece async for piece in csv_lines(sheet)]
    assert len(pieces) == 2
    read = list(csv.reader(io.StringIO(b"".join(pieces).decode(), newline="")))
    assert read[0] == ["'=evil", "N"]
    assert read[1:] == [[f"'=x\"{n}\n,", str(-n)] for n in range(BATCH + 2)]


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_text_begins_as_a_formula_does(text: str) -> None:
    shown = guarded(text)
    assert shown in (text, f"'{text}")
    if shown[:1] in "=+-@\t\r\n＝＋－＠" and shown.strip():
        assert float(shown.replace(",", ".")) is not None


def test_the_instant_of_a_header_names_its_zone() -> None:
    assert said(datetime(2026, 3, 2, 9, tzinfo=UTC)).endswith("Z")
