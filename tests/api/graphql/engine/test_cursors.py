"""A cursor opens for whom, and for what, it was sealed; for nothing else."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.graphql.engine import BadCursor, CursorSealer

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
SEALER = CursorSealer(KEY)
VALUES = (
    "Ada",
    7,
    None,
    True,
    1.5,
    UUID(int=9),
    datetime(2026, 1, 2, 3, tzinfo=UTC),
    date(2026, 1, 2),
    Decimal("1.10"),
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    | st.uuids()
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.decimals(allow_nan=False, allow_infinity=False, places=4)
)


def test_values_come_back_with_their_types():
    opened = SEALER.open("t", "b", SEALER.seal("t", "b", VALUES))
    assert opened == VALUES
    assert [type(value) for value in opened] == [type(value) for value in VALUES]


@given(st.lists(scalars, max_size=5).map(tuple), st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_sealed_opens_again(values, tenant, binding):
    tenant, binding = tenant.encode("utf-8", "ignore").decode(), binding.encode("utf-8", "ignore").decode()
    assert SEALER.open(tenant, binding, SEALER.seal(tenant, binding, values)) == values


@pytest.mark.parametrize(("tenant", "binding"), [("u", "b"), ("t", "c"), ("tb", ""), ("", "tb"), ("t", "b ")])
def test_a_cursor_of_another_tenant_or_list_is_refused(tenant, binding):
    with pytest.raises(BadCursor):
        SEALER.open(tenant, binding, SEALER.seal("t", "b", VALUES))


def test_a_cursor_sealed_with_another_key_is_refused():
    with pytest.raises(BadCursor):
        SEALER.open("t", "b", CursorSealer(OTHER_KEY).seal("t", "b", VALUES))


def test_a_cursor_changed_in_any_one_character_is_refused():
    cursor = SEALER.seal("t", "b", ("Ada", 7))
    changed = [cursor[:i] + ("A" if c != "A" else "B") + cursor[i + 1 :] for i, c in enumerate(cursor)]
    opened = [text for text in changed if _opens(text)]
    assert [
        text for text in opened if text[:-1] != cursor[:-1]
    ] == []  # only unused bits of the last character may differ


@given(st.text(max_size=200))
def test_any_text_opens_or_is_refused(text):
    _opens(text)


@pytest.mark.parametrize("text", ["", "A" * 21, "A" * 5_000, "é", "====", "\x00", "AAAA AAAA"])
def test_no_text_of_ones_own_is_a_cursor(text):
    assert not _opens(text)


def test_a_short_key_is_refused_at_the_start():
    with pytest.raises(ValueError, match="32 bytes"):
        CursorSealer(b"short")


def _opens(text):
    try:
        SEALER.open("t", "b", text)
    except BadCursor:
        return False
    return True
