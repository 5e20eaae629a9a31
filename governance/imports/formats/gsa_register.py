"""GSA's register of IT standards: a row for each standard with its status in the agency's words and its last day.

A status is mapped onto the words of the catalog and kept as written. A last day that names a month only holds to the
end of that month; a dash or nothing is no day; anything else is refused, never guessed.
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from governance.catalog.rules import ApprovalStatus
from governance.imports.formats.columns import Column
from governance.imports.rules import Issue, IssueCode
from governance.imports.sheet import Row, Value

COLUMNS = (
    Column("name", "the standard's name, the natural key; blanks around it are cut", ("standard name",), required=True),
    Column("status", "a word of the register, such as Approved or Sunsetting", required=True),
    Column("until", "last day, 2022-03-01 or 2018-11; a dash is none", ("approval expiration date",), required=True),
    Column("description", "what it is for; line breaks become blanks"),
    Column("category", "as the register sorts it"),
    Column("deployment", "Desktop, Server, SaaS, PaaS or Other", ("deployment type",)),
)
STATUSES: Mapping[str, ApprovalStatus] = {
    "approved": ApprovalStatus.APPROVED,
    "approved - preferred": ApprovalStatus.APPROVED,
    "approved - maintain": ApprovalStatus.APPROVED,
    "exception": ApprovalStatus.RESTRICTED,
    "grandfathered exception": ApprovalStatus.RESTRICTED,
    "cto dispensation": ApprovalStatus.RESTRICTED,
    "pilot": ApprovalStatus.RESTRICTED,
    "sunsetting": ApprovalStatus.SUNSETTING,
    "denied": ApprovalStatus.DENIED,
    "proposed": ApprovalStatus.PROPOSED,
    "not yet submitted": ApprovalStatus.PROPOSED,
}
MOST = {"name": 200, "status": 60, "description": 2_000, "category": 120, "deployment": 60}
NOT_IDENTIFIED = "- not identified"
_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?", re.ASCII)


class Expiry(StrEnum):
    """How precisely a row says when it ends."""

    DAY = "day"
    MONTH = "month"
    NONE = "none"


@dataclass
class Standard:
    """A row as read: a standard and what the register says of it, or what is wrong with the row."""

    number: int
    name: str = ""
    says: str = ""
    status: ApprovalStatus | None = None
    until: date | None = None
    expiry: Expiry = Expiry.NONE
    description: str | None = None
    category: str | None = None
    deployment: str | None = None
    broken_lines: bool = False
    issues: list[Issue] = field(default_factory=list)

    @property
    def key(self) -> str:
        return name_key(self.name)

    @property
    def rejected(self) -> bool:
        return any(issue.rejects for issue in self.issues)

    def same_as(self, other: "Standard") -> bool:
        """Whether another row says the very same of this standard."""
        mine = (self.says.casefold(), self.until, self.deployment, self.category, self.description)
        return mine == (other.says.casefold(), other.until, other.deployment, other.category, other.description)


def name_key(name: str) -> str:
    """Give what two spellings of one name have in common: capitals and blanks aside."""
    return " ".join(name.split()).casefold()


def read_standard(row: Row, headers: Mapping[str, str]) -> Standard:
    """Read one row; every problem of it is found at once."""
    read = Standard(row.number)
    for known in row.issues:
        if known.spoils:
            read.issues.append(Issue(row.number, known.column, IssueCode.ROW_DAMAGED, known.message))
    cells = {name: row.values.get(header) for name, header in headers.items()}
    _name(read, cells, headers)
    _status(read, cells, headers)
    _until(read, cells["until"], headers["until"])
    for name in ("description", "category", "deployment"):
        text = _line(cells.get(name))
        _bounded(read, name, text, headers)
        setattr(read, name, None if text.casefold() in {"", "-", NOT_IDENTIFIED} else text)
    read.broken_lines = "\n" in _text(cells.get("description")).strip()
    return read


def _name(read: Standard, cells: Mapping[str, Value], headers: Mapping[str, str]) -> None:
    written = _text(cells["name"])
    read.name = " ".join(written.split())
    if not read.name:
        read.issues.append(Issue(read.number, headers["name"], IssueCode.MISSING_VALUE, "The cell is empty."))
    elif written != read.name:
        said = f"Blanks were cut from the name {read.name[:40]!r}."
        read.issues.append(Issue(read.number, headers["name"], IssueCode.BLANKS_CUT, said))
    _bounded(read, "name", read.name, headers)


def _status(read: Standard, cells: Mapping[str, Value], headers: Mapping[str, str]) -> None:
    read.says = _line(cells["status"])
    read.status = STATUSES.get(read.says.casefold())
    if not read.says:
        read.issues.append(Issue(read.number, headers["status"], IssueCode.MISSING_VALUE, "The cell is empty."))
    elif read.status is None:
        said = f"{read.says[:40]!r} is no status of the register; needs one of {', '.join(STATUSES)}."
        read.issues.append(Issue(read.number, headers["status"], IssueCode.BAD_VALUE, said))


def _until(read: Standard, cell: Value, header: str) -> None:
    if isinstance(cell, datetime | date):
        read.until, read.expiry = cell.date() if isinstance(cell, datetime) else cell, Expiry.DAY
        return
    text = _line(cell)
    if text in {"", "-"}:
        return
    found = _DAY.fullmatch(text)
    try:
        year, month = (int(found[1]), int(found[2])) if found else (0, 0)
        day = int(found[3]) if found and found[3] else calendar.monthrange(year, month)[1]
        read.until = date(year, month, day)
        read.expiry = Expiry.DAY if found and found[3] else Expiry.MONTH
    except ValueError:
        said = f"{text[:40]!r} is no day; needs 2022-03-01, a month such as 2018-11, or a dash for none."
        read.issues.append(Issue(read.number, header, IssueCode.BAD_VALUE, said))


def _bounded(read: Standard, name: str, text: str, headers: Mapping[str, str]) -> None:
    if len(text) > MOST[name]:
        said = f"The text has {len(text)} characters; at most {MOST[name]} can be kept."
        read.issues.append(Issue(read.number, headers[name], IssueCode.BAD_VALUE, said))


def _line(value: Value) -> str:
    return " ".join(_text(value).split())


def _text(value: Value) -> str:
    return "" if value is None else str(value)
