"""The checks in force, in one tuple you can read, and what a reader is told of each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import rfc8785

from governance.compliance.check import Check
from governance.compliance.checks import (
    addon_without_base,
    covered_by_suite,
    expired_in_use,
    leaver_holds_seat,
    over_assigned,
    over_consumed,
    ownerless,
    redundant_tier,
    region_mismatch,
    release_beyond_maintenance,
    release_without_right,
    two_bases,
    unapproved_in_use,
    unserved_by_rule,
)
from governance.compliance.rules import Severity

CHECKS: tuple[Check, ...] = (
    over_assigned.CHECK,
    over_consumed.CHECK,
    expired_in_use.CHECK,
    leaver_holds_seat.CHECK,
    region_mismatch.CHECK,
    unapproved_in_use.CHECK,
    redundant_tier.CHECK,
    covered_by_suite.CHECK,
    addon_without_base.CHECK,
    two_bases.CHECK,
    ownerless.CHECK,
    release_beyond_maintenance.CHECK,
    release_without_right.CHECK,
    unserved_by_rule.CHECK,
)


@dataclass(frozen=True)
class CheckDescription:
    """A check as documents, terminal and console tell it."""

    id: str
    title: str
    severity: Severity
    risk: str
    remedy: str
    sources: tuple[str, ...]
    rule_version: int


def describe_checks(checks: Sequence[Check] = CHECKS) -> tuple[CheckDescription, ...]:
    """Describe the checks in the order of the roster."""
    return tuple(
        CheckDescription(c.id, c.title, c.severity, c.risk, c.remedy, c.sources, c.rule_version) for c in checks
    )


def roster_version(checks: Sequence[Check] = CHECKS) -> str:
    """Give the SHA-256 (hex) over id, severity and version of each check: which rules a scan judged by."""
    told = [[c.id, c.severity.value, c.rule_version] for c in sorted(checks, key=lambda check: check.id)]
    return hashlib.sha256(rfc8785.dumps(told)).hexdigest()
