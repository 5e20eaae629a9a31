"""Numbers, money and dates read as each language and zone writes them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from api.console import formats
from governance.kernel.money import Money

NOW = datetime(2026, 11, 24, 14, 12, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seats", "shown"), [(49, "+49"), (-24, "\u221224"), (0, "0"), (1284, "+1,284"), (None, "no limit")]
)
def test_a_balance_is_signed_and_never_clamped(seats, shown):
    assert formats.balance("en", seats) == shown


def test_a_stale_balance_has_a_question_mark():
    assert formats.balance("en", 34, stale=True) == "+34?"


def test_shares_have_one_decimal():
    assert formats.percent("en", Fraction(1151, 1200)) == "95.9%"
    assert formats.percent("de", Decimal("0.959")) == "95,9\u00a0%"
    assert formats.percent("en", 0) == "0.0%"


def test_differences_of_shares_are_points():
    assert formats.points("en", 0.046) == "+4.6"
    assert formats.points("en", -0.007) == "\u22120.7"


def test_money_has_the_minor_units_of_its_currency():
    assert formats.money("en", Money(27_360_000_000, "USD")) == "$27,360.00"
    assert formats.money("en", Money(-26_676_000_000, "USD")) == "\u2212$26,676.00"
    assert formats.money("en", Money(1_200_000_000, "JPY")) == "¥1,200"
    assert formats.money("de", Money(57_000_000, "EUR")) == "57,00\u00a0€"
    assert formats.short_money("en", Money(6_420_000_000_000, "USD")) == "$6.42M"


def test_instants_name_their_zone():
    assert formats.instant("en", NOW, ZoneInfo("America/New_York")) == "Nov 24, 2026, 9:12 AM EST"
    assert formats.instant("en", NOW, ZoneInfo("Europe/Berlin")) == "Nov 24, 2026, 3:12 PM CET"
    assert formats.instant("de", NOW, ZoneInfo("Europe/Berlin")) == "24.11.2026, 15:12 MEZ"
    assert formats.instant("en", NOW, ZoneInfo("Asia/Dubai")) == "Nov 24, 2026, 6:12 PM UTC+04"
    assert formats.utc("en", NOW) == "Nov 24, 2026, 14:12:09 UTC"


def test_days_are_counted_as_days():
    assert formats.age("en", timedelta(days=21)) == "21 days"
    assert formats.relative("en", NOW + timedelta(days=7), NOW) == "in 7 days"
    assert formats.relative("en", NOW - timedelta(minutes=42), NOW) == "42 minutes ago"
    assert formats.relative("de", NOW - timedelta(days=9), NOW) == "vor 9 Tagen"
    assert formats.short_day("en", date(2026, 12, 1)) == "Dec 1"
