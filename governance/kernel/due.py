"""When things fall due: a named last usable day in a license's own zone becomes an instant, and back."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from governance.kernel.errors import BadInput


def zone(name: str, *, field: str = "zone") -> ZoneInfo:
    """Give the IANA zone of that name. Raises BadInput where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(field, name, "an IANA time zone such as Europe/Zurich") from None


def start_of(day: date, zone_name: str) -> datetime:
    """Give the first instant of `day` in that zone, as UTC; where midnight is skipped, the first instant after it."""
    return datetime.combine(day, time.min, tzinfo=zone(zone_name)).astimezone(UTC)


def end_after(last_usable_day: date | None, zone_name: str) -> datetime | None:
    """Give the instant at which the last usable day is over (half-open end), as UTC; None for perpetual."""
    return None if last_usable_day is None else start_of(last_usable_day + timedelta(days=1), zone_name)


def day_of(instant: datetime, zone_name: str) -> date:
    """Name the day which that instant belongs to, in that zone."""
    return instant.astimezone(zone(zone_name)).date()


def days_until(last_usable_day: date, now: datetime, zone_name: str) -> int:
    """Count the days from today (in the zone) to the last usable day: 0 on that day, negative once it is over."""
    return (last_usable_day - day_of(now, zone_name)).days


def holds_at(start: datetime, end: datetime | None, at: datetime) -> bool:
    """Tell whether the half-open interval [start, end) contains `at`."""
    return start <= at and (end is None or at < end)
