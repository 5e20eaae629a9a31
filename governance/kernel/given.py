"""What people give us: texts, numbers, days, currencies, regions: checked alike, and refused with what is right."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

import pycountry

from governance.kernel.errors import BadInput
from policies.regions.region import RegionTree

MOST = 1_000_000_000
W = TypeVar("W", bound=StrEnum)
FIRST_YEAR, LAST_YEAR = 1970, 2200


def text(value: Any, field: str, *, most: int) -> str:
    """Give a trimmed text (NFC) of 1 to `most` characters without control characters. Raises BadInput."""
    if not isinstance(value, str):
        raise BadInput(field, shown(value), "a text")
    cleaned = unicodedata.normalize("NFC", value).strip()
    if not cleaned:
        raise BadInput(field, shown(value), "at least one character")
    if len(cleaned) > most:
        raise BadInput(field, shown(value), f"at most {most} characters (it has {len(cleaned)})")
    if any(unicodedata.category(c) in {"Cc", "Cs"} for c in cleaned):
        raise BadInput(field, shown(cleaned), "a text without control characters")
    return cleaned


def optional_text(value: Any, field: str, *, most: int) -> str | None:
    """Give the text, or None where nothing but blanks was given. Raises BadInput."""
    return None if value is None or (isinstance(value, str) and not value.strip()) else text(value, field, most=most)


def whole(value: Any, field: str, *, least: int = 0, most: int = MOST) -> int:
    """Give a whole number from `least` to `most`. Raises BadInput."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadInput(field, shown(value), f"a whole number from {least} to {most}")
    return value


def flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise BadInput(field, shown(value), "true or false")
    return value


def an_id(value: Any, field: str) -> UUID:
    if not isinstance(value, UUID):
        raise BadInput(field, shown(value), "an id")
    return value


def word(value: Any, field: str, vocabulary: type[W]) -> W:
    """Give a word of a closed vocabulary. Raises BadInput."""
    if not isinstance(value, str) or value not in set(vocabulary):
        raise BadInput(field, shown(value), f"one of {', '.join(vocabulary)}")
    return vocabulary(value)


def day(value: Any, field: str) -> date:
    """Give a day between 1970 and 2200. Raises BadInput."""
    if not isinstance(value, date) or isinstance(value, datetime) or not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise BadInput(field, shown(value), f"a day from {FIRST_YEAR} to {LAST_YEAR}, such as 2026-12-31")
    return value


def days_in_order(first: date, last: date | None, *, field: str = "last_day") -> None:
    """Let pass when the last usable day is not before the first. Raises BadInput."""
    if last is not None and last < first:
        raise BadInput(field, last.isoformat(), f"the first day, {first.isoformat()}, or a later one")


def currency(value: Any, field: str = "currency") -> str:
    """Give a currency code of ISO 4217. Raises BadInput."""
    known = isinstance(value, str) and re.fullmatch("[A-Z]{3}", value) and pycountry.currencies.get(alpha_3=value)
    if not isinstance(value, str) or not known:
        raise BadInput(field, shown(value), "a currency of ISO 4217 such as EUR")
    return value


def region(value: Any, tree: RegionTree, field: str = "region") -> str:
    """Give a code that the territory tree knows. Raises BadInput."""
    if not isinstance(value, str) or value not in tree:
        raise BadInput(field, shown(value), "a region: 001, an M49 area such as 150, a country such as DE, or DE-BY")
    return value


def known_fields(changes: Mapping[str, Any], allowed: frozenset[str], *, field: str = "changes") -> None:
    """Let pass when something is to be changed and every name may be. Raises BadInput."""
    if not changes:
        raise BadInput(field, "nothing", f"at least one of {', '.join(sorted(allowed))}")
    for name in sorted(set(changes) - allowed):
        raise BadInput(f"{field}.{name}", shown(changes[name]), f"one of {', '.join(sorted(allowed))}")


def shown(value: Any) -> str:
    """Give back what was given, short enough for a message."""
    plain = value if isinstance(value, str) else str(value)
    return plain if len(plain) <= 60 else f"{plain[:57]}..."
