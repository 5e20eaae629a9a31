"""How instants and days are written in the graph: RFC 3339 with an offset, and calendar days."""

import re
from datetime import UTC, date, datetime
from typing import Any

from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.scalar import ScalarDefinition

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def written_instant(value: datetime) -> str:
    """Write an instant in UTC: 2026-03-02T09:00:00Z, with fractions of a second only where there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_instant(value: Any) -> datetime:
    """Read an instant of RFC 3339. One without an offset is none: nobody could say when it was."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise StrawberryInputCoercionError(f"{str(value)[:40]!r} is no instant; needs one such as 2026-03-02T09:00:00Z.")


def read_day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise StrawberryInputCoercionError(f"{str(value)[:40]!r} is no day; needs one such as 2026-03-02.")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: ScalarDefinition(
        name="Instant",
        description="A moment, by RFC 3339 with its offset from UTC; answered in UTC.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=written_instant,
        parse_value=read_instant,
        parse_literal=None,
        origin=datetime,
    ),
    date: ScalarDefinition(
        name="Day",
        description="A day of the calendar, such as 2026-12-31.",
        specified_by_url=None,
        serialize=date.isoformat,
        parse_value=read_day,
        parse_literal=None,
        origin=date,
    ),
}
