"""The words of an import: what may be wrong with a row, and what an import answers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

ISSUES_SAID = 10_000
CHUNK = 1_000
REST_S = 0.02


class IssueCode(StrEnum):
    """What may be said of a row. Those in `NOTES` do not keep it out."""

    BAD_VALUE = "BAD_VALUE"
    BLANKS_CUT = "BLANKS_CUT"
    CODE_TWICE = "CODE_TWICE"
    DAMAGED_TEXT = "DAMAGED_TEXT"
    DUPLICATE = "DUPLICATE"
    LINE_UNREADABLE = "LINE_UNREADABLE"
    MAIL_TWICE = "MAIL_TWICE"
    MANAGER_CYCLE = "MANAGER_CYCLE"
    MANAGER_UNKNOWN = "MANAGER_UNKNOWN"
    MISSING_VALUE = "MISSING_VALUE"
    MORE_ISSUES = "MORE_ISSUES"
    NAME_TWICE = "NAME_TWICE"
    NOTHING_RETIRED = "NOTHING_RETIRED"
    OUT_OF_REACH = "OUT_OF_REACH"
    RATE_CHANGED = "RATE_CHANGED"
    REFUSED = "REFUSED"
    ROW_DAMAGED = "ROW_DAMAGED"
    SAME_ROW = "SAME_ROW"
    STRICT = "STRICT"
    UNKNOWN_COLUMN = "UNKNOWN_COLUMN"
    UNKNOWN_PERSON = "UNKNOWN_PERSON"
    UNKNOWN_TIER = "UNKNOWN_TIER"
    UNKNOWN_UNIT = "UNKNOWN_UNIT"


NOTES = frozenset(
    {
        IssueCode.BLANKS_CUT,
        IssueCode.CODE_TWICE,
        IssueCode.DAMAGED_TEXT,
        IssueCode.MAIL_TWICE,
        IssueCode.MANAGER_UNKNOWN,
        IssueCode.MORE_ISSUES,
        IssueCode.NAME_TWICE,
        IssueCode.NOTHING_RETIRED,
        IssueCode.RATE_CHANGED,
        IssueCode.SAME_ROW,
        IssueCode.STRICT,
        IssueCode.UNKNOWN_COLUMN,
        IssueCode.UNKNOWN_PERSON,
    }
)


class RowOutcome(StrEnum):
    """What became of one row of a table that people filled in; on a dry run, what would."""

    CREATED = "CREATED"
    CHANGED = "CHANGED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


class FileFormat(StrEnum):
    """The files that are taken in, each by its own reader in `formats/`: people's tables, and others' as they come."""

    AGREEMENTS = "agreements"
    CONSUMPTION = "consumption"
    DEVICES = "devices"
    ECB_RATES = "ecb-rates"
    FLEXLM_LOG = "flexlm-log"
    GSA_REGISTER = "gsa-register"
    HOLDINGS = "holdings"
    LICENSES = "licenses"
    LINE_RIGHTS = "line-rights"
    M365_CATALOG = "m365-catalog"
    M365_PRICES = "m365-prices"
    PROVIDED_CUSTOMERS = "provided-customers"
    SUITES = "suites"


@dataclass(frozen=True)
class Issue:
    """Something wrong in one place. `row` is as a spreadsheet shows it; None speaks of the file as a whole."""

    row: int | None
    column: str | None
    code: IssueCode
    message: str

    @property
    def rejects(self) -> bool:
        return self.code not in NOTES


@dataclass(frozen=True)
class Counts:
    """What became of the rows that were accepted."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


@dataclass(frozen=True)
class ImportOutcome:
    """The answer of an import. On a dry run, and of what a strict one would have done, it is a forecast."""

    rows: int
    accepted: int
    rejected: int
    created: int
    updated: int
    unchanged: int
    issues: tuple[Issue, ...] = field(default=())

    def document(self) -> dict[str, Any]:
        """Give the answer as every door gives it."""
        return asdict(self) | {"issues": [asdict(issue) for issue in self.issues]}


def bounded(issues: Sequence[Issue]) -> tuple[Issue, ...]:
    """Give at most 10,000 issues and, where there are more, a word on the others."""
    if len(issues) <= ISSUES_SAID:
        return tuple(issues)
    more = f"There are more than {ISSUES_SAID} issues; these are the first. Correct them and import again."
    return (*issues[:ISSUES_SAID], Issue(None, None, IssueCode.MORE_ISSUES, more))
