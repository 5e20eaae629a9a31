"""What a check is: one rule with its reasons, and a SELECT of who breaks it, with what they have and what is needed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select

from governance.compliance.facts import Facts
from governance.compliance.rules import Severity

COLUMNS = ("subject_type", "subject_id", "subject_name", "unit_id", "region", "owner_id", "has", "needs")
"""What every SELECT of violations yields, one row a subject; any further column is a fact of the finding."""


@dataclass(frozen=True)
class Check:
    """One rule. `title` says the good state; `rule_version` rises whenever the rule judges anything differently."""

    id: str
    title: str
    severity: Severity
    risk: str
    remedy: str
    sources: tuple[str, ...]
    rule_version: int
    violations: Callable[[Facts], Select[*tuple[Any, ...]]]
