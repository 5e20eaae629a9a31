"""What a region asks for: currency, language, zone, support hours, retention, and who may see individual usage."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pycountry

from policies.regions.region import RegionTree, world_tree

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")
_FIELDS = frozenset(
    {
        "currency",
        "locale",
        "zone",
        "support_days",
        "support_opens",
        "support_closes",
        "retention_days",
        "data_residency",
        "individual_usage",
    }
)


class IndividualUsage(StrEnum):
    """Who may be shown what one person did."""

    ALLOWED = "ALLOWED"
    PSEUDONYMOUS = "PSEUDONYMOUS"
    AGGREGATE_ONLY = "AGGREGATE_ONLY"


class InvalidRegionPolicy(ValueError):
    def __init__(self, code: str, field: str, reason: str) -> None:
        super().__init__(f"region {code!r}, {field}: {reason}")
        self.code = code
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SupportHours:
    """Weekdays (1 is Monday) and a half-open span of wall-clock time in the region's zone."""

    days: frozenset[int]
    opens: time
    closes: time

    def are_open(self, instant: datetime, zone: str) -> bool:
        """Whether an aware `instant` falls into the hours as the clocks of `zone` show it."""
        local = instant.astimezone(ZoneInfo(zone))
        return local.isoweekday() in self.days and self.opens <= local.time() < self.closes


@dataclass(frozen=True, slots=True)
class RegionPolicy:
    """The policy in force in one region. `retention_days`: how far back as-of reads reach."""

    code: str
    currency: str
    locale: str
    zone: str
    support_hours: SupportHours
    retention_days: int
    data_residency: str
    individual_usage: IndividualUsage


@dataclass(frozen=True)
class RegionPolicies:
    """What is said about which region; what a region does not say it inherits, the world saying everything."""

    tree: RegionTree
    said: Mapping[str, Mapping[str, Any]]

    def of(self, code: str) -> RegionPolicy:
        """The policy in force in a region. Raises UnknownRegion."""
        merged: dict[str, Any] = {}
        for region in (*reversed(self.tree.ancestors(code)), code):
            merged |= self.said.get(region, {})
        return _policy(code, merged, self.tree)


def region_policies(said: Mapping[str, Mapping[str, Any]], tree: RegionTree) -> RegionPolicies:
    """Policies by region code, checked. Raises UnknownRegion, InvalidRegionPolicy (naming region, field, reason)."""
    tree.check(sorted(said))
    for code, fields in said.items():
        for field in sorted(set(fields) - _FIELDS):
            raise InvalidRegionPolicy(code, field, f"unknown field; known are {', '.join(sorted(_FIELDS))}")
    policies = RegionPolicies(tree, MappingProxyType({code: MappingProxyType(dict(said[code])) for code in said}))
    for code in said:
        policies.of(code)
    return policies


@cache
def default_policies() -> RegionPolicies:
    """What regions.toml says, over the tree without groupings."""
    document = tomllib.loads(Path(__file__).with_name("regions.toml").read_text(encoding="utf-8"))
    return region_policies(document["policies"], world_tree())


def region_policy(code: str) -> RegionPolicy:
    """The default policy of a region. Raises UnknownRegion."""
    return default_policies().of(code)


def _policy(code: str, fields: Mapping[str, Any], tree: RegionTree) -> RegionPolicy:
    for field in sorted(_FIELDS - set(fields)):
        raise InvalidRegionPolicy(code, field, "said neither here nor in any region above")
    if pycountry.currencies.get(alpha_3=str(fields["currency"])) is None:
        raise InvalidRegionPolicy(code, "currency", f"{fields['currency']!r} is no ISO 4217 currency")
    if not _LOCALE.fullmatch(str(fields["locale"])):
        raise InvalidRegionPolicy(code, "locale", f"{fields['locale']!r} is no language tag such as de-AT")
    if fields["data_residency"] not in tree:
        raise InvalidRegionPolicy(code, "data_residency", f"{fields['data_residency']!r} is no region")
    days = fields["retention_days"]
    if type(days) is not int or days < 1:
        raise InvalidRegionPolicy(code, "retention_days", f"{days!r} is no whole number of days above 0")
    return RegionPolicy(
        code=code,
        currency=fields["currency"],
        locale=fields["locale"],
        zone=_zone(code, fields["zone"]),
        support_hours=_support_hours(code, fields),
        retention_days=days,
        data_residency=fields["data_residency"],
        individual_usage=_individual_usage(code, fields["individual_usage"]),
    )


def _zone(code: str, name: object) -> str:
    try:
        return ZoneInfo(str(name)).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise InvalidRegionPolicy(code, "zone", f"{name!r} is no IANA time zone") from unknown


def _individual_usage(code: str, value: object) -> IndividualUsage:
    try:
        return IndividualUsage(str(value))
    except ValueError as unknown:
        raise InvalidRegionPolicy(
            code, "individual_usage", f"{value!r} is none of {', '.join(IndividualUsage)}"
        ) from unknown


def _support_hours(code: str, fields: Mapping[str, Any]) -> SupportHours:
    days, opens, closes = fields["support_days"], fields["support_opens"], fields["support_closes"]
    if not isinstance(days, list | tuple) or not set(days) <= set(range(1, 8)):
        raise InvalidRegionPolicy(code, "support_days", f"{days!r} is no list of weekdays 1 (Monday) to 7")
    if not isinstance(opens, time) or not isinstance(closes, time) or opens >= closes:
        raise InvalidRegionPolicy(code, "support_opens", f"{opens} to {closes} is no span of one day")
    return SupportHours(frozenset(days), opens, closes)
