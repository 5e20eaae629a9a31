"""What a template can say, field by field: how each value is read, and what would be right where it is not."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pycountry

from policies.regions.policy import IndividualUsage
from policies.regions.region import world_tree

MODELS: Final = (
    "NAMED_USER", "CONCURRENT_USER", "DEVICE", "NODE_LOCKED", "SITE", "ENTERPRISE", "CORE", "METERED", "CAPACITY",
    "OTHER",
)  # fmt: skip
TERMS: Final = ("PERPETUAL", "SUBSCRIPTION", "EVALUATION", "TRUE_UP")
OVERAGES: Final = ("BLOCK", "ALLOW_AND_FLAG", "ALLOW_TO_PERCENT", "TRUE_UP")
EXPIRIES: Final = ("RESTRICT", "REVOKE", "GRACE", "MAINTAIN")
RENEWAL_BASES: Final = ("FROM_EXPIRY", "FROM_NOW", "FROM_NOW_IF_EXPIRED")
COST_BASES: Final = ("PER_SEAT", "PACK", "FLAT")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
MOST: Final = 1_000_000_000


@dataclass(frozen=True)
class Value:
    """One value: `reads` gives it as it is kept, or raises ValueError; `needs` says what would be right."""

    needs: str
    reads: Callable[[Any], Any]


def is_code(name: str) -> bool:
    """Say whether a line or a pool may be called so within a template, a path of which its name is a part."""
    return _CODE.fullmatch(name) is not None


def _word(*words: str) -> Value:
    def reads(value: Any) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return Value(f"one of {', '.join(words)}", reads)


def _whole(least: int, most: int) -> Value:
    def reads(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise ValueError
        return value

    return Value(f"a whole number from {least} to {most}", reads)


def _text(most: int) -> Value:
    def reads(value: Any) -> str:
        if not isinstance(value, str) or not 0 < len(value.strip()) <= most or not value.strip().isprintable():
            raise ValueError
        return value.strip()

    return Value(f"a text of 1 to {most} characters", reads)


def _percent(least: int, most: int) -> Value:
    def reads(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise ValueError  # noqa: TRY004
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            raise ValueError from None
        if not number.is_finite() or not least <= number <= most or number != round(number, 2):
            raise ValueError
        return format(number.normalize(), "f")

    return Value(f"a number from {least} to {most} with at most two decimals, such as 82.5", reads)


def _price(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError  # noqa: TRY004 - a ValueError is what every value is refused by
    if not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", str(value)):
        raise ValueError
    return format(Decimal(str(value)).normalize(), "f")


def _currency(value: Any) -> str:
    known = isinstance(value, str) and re.fullmatch("[A-Z]{3}", value) and pycountry.currencies.get(alpha_3=value)
    if not known:
        raise ValueError
    return str(value)


def _zone(value: Any) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError from None


def _region(value: Any) -> str:
    if not isinstance(value, str) or value not in world_tree():
        raise ValueError
    return value


def _regions(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > 300:
        raise ValueError
    return sorted({_region(each) for each in value})


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError  # noqa: TRY004
    return value


def _days(*, falling: bool) -> Callable[[Any], list[int]]:
    def reads(value: Any) -> list[int]:
        least = 0 if falling else 1
        days = value if isinstance(value, list) and 0 < len(value) <= 40 else [None]
        if any(type(day) is not int or not least <= day <= 1000 for day in days):
            raise ValueError
        if days != sorted(set(days), reverse=falling):
            raise ValueError
        return list(days)

    return reads


SEATS: Final = _whole(0, MOST)
REGION: Final = Value("a region: 001, an M49 area such as 150, a country such as DE, or DE-BY", _region)
TERRITORY: Final = Value('a list of at most 300 regions such as ["150", "DE"]', _regions)
FLAG: Final = Value("true or false", _flag)

LINE: Final[Mapping[str, Value]] = {
    "model": _word(*MODELS), "term": _word(*TERMS), "tier": _text(80), "overage": _word(*OVERAGES),
    "overage_percent": _percent(100, 1000), "expiry": _word(*EXPIRIES), "grace_days": _whole(0, 365),
    "spill_order": _whole(0, 99), "needs_acceptance": FLAG, "invitation_days": _whole(1, 365),
    "suspended_occupies": FLAG,
}  # fmt: skip
LINE_DEFAULTS: Final[Mapping[str, Any]] = {
    "tier": None, "overage": "BLOCK", "overage_percent": None, "expiry": "RESTRICT", "grace_days": 0,
    "spill_order": None, "needs_acceptance": False, "invitation_days": 14, "suspended_occupies": True,
}  # fmt: skip
SUPPLY: Final[Mapping[str, Value]] = {
    "quantity": SEATS, "unlimited": FLAG, "months": _whole(1, 600),
    "zone": Value("an IANA time zone such as Europe/Berlin", _zone),
    "currency": Value("a currency of ISO 4217 such as EUR", _currency),
    "unit_price": Value('a price as a decimal text such as "57.00"', _price), "cost_basis": _word(*COST_BASES),
    "pack_size": _whole(1, 1_000_000), "included": TERRITORY, "excluded": TERRITORY,
}  # fmt: skip
POOL: Final[Mapping[str, Value]] = {
    "line": _text(60), "name": _text(200), "unit": _text(80), "region": REGION, "percent": _percent(0, 100),
    "seats": SEATS,
}  # fmt: skip
USE: Final[Mapping[str, Value]] = dict.fromkeys(("warn", "high", "critical", "clear_below"), _percent(0, 1000))
LADDER: Final[Mapping[str, Value]] = {
    "days_before": Value("a list of days that fall, down to 0 or above, such as [90, 30, 7, 0]", _days(falling=True)),
    "days_after": Value("a list of days that rise, from 1 or above, such as [1, 7]", _days(falling=False)),
    "then_every": _whole(1, 365),
}  # fmt: skip
JOURNEY: Final[Mapping[str, Value]] = {"value_type": _text(120), "value_feature": _text(120), "survey": FLAG}
USAGE: Final[Mapping[str, Value]] = {"individual": _word(*IndividualUsage)}
TOP: Final[Mapping[str, Value]] = {
    "title": _text(200), "product": _text(120), "region": REGION,
    "renewal_basis": _word(*RENEWAL_BASES), "four_eyes": FLAG,
}  # fmt: skip
ONLY_BASE: Final = frozenset({"title", "product", "four_eyes", "regions"})
"""What no region says otherwise: a template is for one product, whatever the region."""
