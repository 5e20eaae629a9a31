"""Numbers, money and dates as a reader of that language and zone expects them; nothing is rounded away silently."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, format_timedelta, get_timezone_name
from babel.numbers import format_compact_currency, format_currency, format_decimal, format_percent
from babel.units import format_unit

from api.console.texts import text
from governance.kernel.money import Money

MINUS = "\u2212"
HOUR, DAY = 60, 1440
Numeric = int | float | Decimal | Fraction


def _decimal(value: Numeric) -> Decimal | int | float:
    return Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else value


def _minus(shown: str) -> str:
    return shown.replace("-", MINUS) if shown.startswith("-") else shown


def number(locale: str, value: Numeric) -> str:
    """`1,284` or `3.2`: grouped, at most three decimals."""
    return _minus(format_decimal(_decimal(value), locale=locale))


def rate(locale: str, value: Decimal) -> str:
    """An exchange rate with at most six decimals: `1.102515`."""
    return format_decimal(value, format="#,##0.0#####", locale=locale)


def balance(locale: str, seats: int | None, *, stale: bool = False) -> str:
    """`+49`, `−24` with U+2212, `0`; without limit in words; `+34?` where the use is stale."""
    if seats is None:
        return text(locale, "seats.no_limit")
    sign = "+" if seats > 0 else ""
    return f"{sign}{number(locale, seats)}{'?' if stale else ''}"


def percent(locale: str, share: Numeric) -> str:
    """A share (1 = 100 %) with one decimal: `95.9%`."""
    sign = "\u00a0%" if format_percent(0.5, locale=locale).endswith("\u00a0%") else "%"
    return _minus(format_decimal(_decimal(share * 100), format="#,##0.0", locale=locale)) + sign


def points(locale: str, difference: Numeric) -> str:
    """A difference of shares in points, signed: `+4.6`."""
    shown = format_decimal(_decimal(difference * 100), format="#,##0.0", locale=locale)
    return _minus(shown if difference <= 0 else f"+{shown}")


def money(locale: str, amount: Money, *, signed: bool = False) -> str:
    """An amount with its currency's minor units: `$27,360.00`."""
    shown = format_currency(amount.decimal(), amount.currency, locale=locale)
    plus = "+" if signed and amount.micros > 0 else ""
    return plus + _minus(shown)


def short_money(locale: str, amount: Money) -> str:
    """An amount for charts: `$6.42M`."""
    return _minus(format_compact_currency(amount.decimal(), amount.currency, fraction_digits=2, locale=locale))


def day(locale: str, value: date) -> str:
    """`Nov 24, 2026`."""
    return format_date(value, "medium", locale=locale)


def short_day(locale: str, value: date) -> str:
    """`Nov 24`, for lines whose year is plain."""
    return format_date(value, "MMM d" if locale == "en" else "d. MMM", locale=locale)


def instant(locale: str, value: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """`Nov 24, 2026, 9:12 AM EST`: always with the zone's name. `value` must be aware."""
    local = value.astimezone(zone)
    name = _zone(local, locale)
    if seconds:
        return f"{day(locale, local.date())}, {local:%H:%M:%S} {name}"
    return f"{day(locale, local.date())}, {clock(locale, local)} {name}"


def _zone(local: datetime, locale: str) -> str:
    """The zone's short name: the language's own (`MEZ`), else the zone database's (`CET`), else its offset."""
    name = get_timezone_name(local, width="short", locale="en_US" if locale == "en" else locale)
    if not name.startswith(("+", "-")):
        return name
    name = local.tzname() or name
    return name if not name.startswith(("+", "-")) else f"UTC{_minus(name)}"


def utc(locale: str, value: datetime) -> str:
    """`Nov 24, 2026, 14:12:09 UTC`, for provenance."""
    return instant(locale, value, ZoneInfo("UTC"), seconds=True)


def clock(locale: str, local: datetime) -> str:
    """`9:12 AM` of a local instant."""
    return format_time(local.time(), "short", locale=locale).replace("\u202f", " ")


def month(locale: str, value: date) -> str:
    """`Dec`."""
    return format_datetime(datetime(value.year, value.month, value.day), "MMM", locale=locale)  # noqa: DTZ001


def relative(locale: str, moment: datetime, now: datetime) -> str:
    """`in 7 days`, `42 minutes ago`; shown only beside the absolute time."""
    return _span(locale, moment - now, direction=True)


def age(locale: str, span: timedelta) -> str:
    """`21 days`, `42 minutes`: days are counted as days, never as weeks or months."""
    amount, unit = _whole(span)
    return format_unit(amount, unit, "long", locale=locale)


def brief_age(locale: str, span: timedelta) -> str:
    """`21d`, `5 hr`, `42 min`: an age in a narrow column, in whole units, cut; it does not break."""
    amount, unit = _whole(span)
    return _unbroken(format_unit(amount, unit, "narrow" if unit == "day" else "short", locale=locale))


def source(name: str) -> str:
    """`telemetry.halden.example/tableau`: where use is told from, without the scheme that all have alike."""
    return name.removeprefix("https://")


def _whole(span: timedelta) -> tuple[int, str]:
    """The age in its largest unit, cut: what is 44 days and 20 hours old is 44 days old on every page."""
    minutes = max(int(span.total_seconds() // 60), 1)
    if minutes >= DAY:
        return minutes // DAY, "day"
    return (minutes // HOUR, "hour") if minutes >= HOUR else (minutes, "minute")


def _unbroken(said: str) -> str:
    return said.replace(" ", "\u00a0")


def _span(locale: str, span: timedelta, *, direction: bool) -> str:
    if abs(span) >= timedelta(days=1):
        return format_timedelta(span, "day", threshold=10_000, add_direction=direction, locale=locale)
    return format_timedelta(span, "minute", threshold=1.1, add_direction=direction, locale=locale)
