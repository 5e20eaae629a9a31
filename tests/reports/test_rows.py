from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from reports.cells import TONES, Kind, column_letter, value_cell
from reports.rows import column_writer

STYLES = {
    name: number for number, name in enumerate([*Kind, "guarded", "good", "warn", "bad", *(f"total-{k}" for k in Kind)])
}
texts = st.text(max_size=12) | st.sampled_from([*TONES, "=1", "a_x0041_b", "a_b", "x" * 40_000, "&<>", "\t", "-"])
numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.booleans() | st.just(Decimal("1E+20"))
values = {
    Kind.TEXT: texts | numbers,
    Kind.STATUS: texts,
    Kind.INTEGER: numbers,
    Kind.DECIMAL: numbers,
    Kind.MONEY: numbers,
    Kind.PERCENT: numbers,
    Kind.DATE: st.dates() | st.just(date(1900, 2, 28)) | st.just(date(1900, 3, 1)),
    Kind.INSTANT: st.datetimes(min_value=datetime.fromisoformat("1901-01-01"), timezones=st.just(UTC)),
}
cases = st.sampled_from(Kind).flatmap(lambda kind: st.tuples(st.just(kind), values[kind] | st.none()))


@given(cases, st.integers(1, 10**6))
def test_the_short_way_writes_what_the_long_way_writes(case, row):
    kind, value = case
    assert column_writer("C", kind, STYLES)(row, value) == value_cell(f"C{row}", value, kind, STYLES)


def test_columns_are_named_as_a_spreadsheet_names_them():
    assert [column_letter(number) for number in (1, 26, 27, 52, 702, 703, 16_384)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "ZZ",
        "AAA",
        "XFD",
    ]
