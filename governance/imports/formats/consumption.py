"""What measured lines consumed: a row for each subject and its days, as a bill or a counter tells them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from governance.imports.formats.columns import Column
from governance.imports.rules import Issue, IssueCode
from governance.imports.sheet import Row, Value

COLUMNS = (
    Column("license", "code of the license", ("license code", "entitlement"), required=True),
    Column("line", "code of its metric line", ("metric line", "meter"), required=True),
    Column("quantity", "the units, a whole number from 0", ("units", "usage", "consumed"), required=True),
    Column("first_day", "first day of the reading, such as 2026-10-01", ("day", "date", "from"), required=True),
    Column("last_day", "last day of the reading; empty: the first", ("until", "to")),
    Column("subject", "what consumed it: a host, a cluster, a key", ("host", "resource")),
)
TEXT_MOST = {"license": 120, "line": 60, "subject": 200}
MOST = 2**53


@dataclass
class ReadingRow:
    """A row as read: which line consumed how much on which days, or what is wrong with it."""

    number: int
    license: str = ""
    line: str = ""
    subject: str = ""
    quantity: int = 0
    first_day: date = date.min
    last_day: date = date.min
    issues: list[Issue] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str, str, date]:
        return self.license, self.line, self.subject, self.first_day


def read_reading(row: Row, headers: Mapping[str, str]) -> ReadingRow:
    """Read one row; every problem of it is found at once."""
    read = ReadingRow(row.number)
    read.issues += [
        Issue(row.number, known.column, IssueCode.ROW_DAMAGED, known.message) for known in row.issues if known.spoils
    ]
    texts = {column.name: _text(row.values.get(headers.get(column.name, ""))) for column in COLUMNS}
    for column in COLUMNS:
        if column.required and not texts[column.name]:
            read.issues.append(Issue(row.number, headers[column.name], IssueCode.MISSING_VALUE, "The cell is empty."))
    for name, text in texts.items():
        if text and (needs := _kept(read, name, text)):
            said = f"{text[:40]!r} cannot be used; needs {needs}."
            read.issues.append(Issue(row.number, headers[name], IssueCode.BAD_VALUE, said))
    if not texts["last_day"]:
        read.last_day = read.first_day
    elif not read.issues and read.last_day < read.first_day:
        said = f"{texts['last_day'][:40]!r} cannot be used; needs a day from {read.first_day} on."
        read.issues.append(Issue(row.number, headers["last_day"], IssueCode.BAD_VALUE, said))
    return read


def _kept(read: ReadingRow, name: str, text: str) -> str:
    """Keep a cell in its place, or say what would be right."""
    if name in TEXT_MOST:
        setattr(read, name, text)
        return f"at most {TEXT_MOST[name]} characters" if len(text) > TEXT_MOST[name] else ""
    if name == "quantity":
        if not (text.isascii() and text.isdigit() and int(text) <= MOST):
            return "a whole number from 0, without separators"
        read.quantity = int(text)
        return ""
    try:
        setattr(read, name, date.fromisoformat(text[:10]))
    except ValueError:
        return "a day such as 2026-10-01"
    return ""


def _text(value: Value) -> str:
    return "" if value is None else str(value).strip()
