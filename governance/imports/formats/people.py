"""The table of people: its columns with the headers they are known by, and how each cell is read.

| column | header synonyms | how it is read |
|---|---|---|
| external_id | id, employee id, employee number, personnel number, … | the source's own id, the natural key |
| name | full name, display name, employee name | as written |
| mail | e-mail, e-mail address, work e-mail, mail address | one mail address |
| unit | department, org unit, cost center, team, … | a unit's code, name, or path such as Halden/Sales |
| country | work country, country code, location country | DE, DEU or Germany |
| status | employment status, state | a word of `STATUSES`; blank keeps what is known |
| manager | manager id, supervisor, reports to, line manager | the manager's external_id; blank is none |
| locale | language, preferred language | en, de-CH; blank is none |
| contract_end | end date, termination date, contract until | 2026-12-31 or 31.12.2026; blank is none |

The first five must be there. A column that is not there leaves what is known untouched; others are ignored and named.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from babel import Locale, UnknownLocaleError

from governance.directory.rules import PersonStatus
from governance.imports.formats.columns import Column
from governance.imports.formats.countries import country_code
from governance.imports.rules import Issue, IssueCode
from governance.imports.sheet import Row, Value

COLUMNS = (
    Column(
        "external_id",
        "the source's own id of the person, the natural key",
        (
            "id",
            "employee id",
            "employee number",
            "employee no",
            "personnel number",
            "person id",
            "user id",
            "worker id",
        ),
        required=True,
        example="10042",
    ),
    Column(
        "name",
        "full name",
        ("full name", "display name", "employee name", "person"),
        required=True,
        example="Ada Keller",
    ),
    Column(
        "mail",
        "work mail address",
        ("e-mail", "email address", "work email", "mail address", "business email"),
        required=True,
        example="ada@halden.example",
    ),
    Column(
        "unit",
        "code or path of an org unit that exists",
        ("department", "org unit", "organization", "organisation", "cost center", "cost centre", "team", "unit code"),
        required=True,
        example="Halden/Sales",
    ),
    Column(
        "country",
        "work country, ISO 3166 or English name",
        ("work country", "country code", "location country"),
        required=True,
        example="DE",
    ),
    Column(
        "status",
        "active, on leave or left",
        ("employment status", "employee status", "state"),
        example="active",
        choices=("active", "on leave", "left"),
    ),
    Column(
        "manager",
        "external_id of the manager",
        ("manager id", "manager external id", "supervisor", "supervisor id", "reports to", "line manager"),
        example="10001",
    ),
    Column("locale", "language such as de-CH", ("language", "preferred language"), example="de-CH"),
    Column(
        "contract_end",
        "last day of the contract",
        ("end date", "termination date", "contract end date", "contract until", "leave date"),
        example="2027-12-31",
    ),
)

STATUSES = {
    "active": PersonStatus.ACTIVE,
    "a": PersonStatus.ACTIVE,
    "employed": PersonStatus.ACTIVE,
    "enabled": PersonStatus.ACTIVE,
    "on leave": PersonStatus.ON_LEAVE,
    "leave": PersonStatus.ON_LEAVE,
    "leave of absence": PersonStatus.ON_LEAVE,
    "parental leave": PersonStatus.ON_LEAVE,
    "sabbatical": PersonStatus.ON_LEAVE,
    "left": PersonStatus.LEFT,
    "leaver": PersonStatus.LEFT,
    "terminated": PersonStatus.LEFT,
    "inactive": PersonStatus.LEFT,
    "disabled": PersonStatus.LEFT,
}

_MAIL = re.compile(r"[^@\s\"<>,;]+@[^@\s\"<>,;.]+(?:\.[^@\s\"<>,;.]+)*")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


@dataclass
class PersonCells:
    """A row as read: values by column (only of columns that the file has), and what is wrong with them."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return not any(issue.rejects for issue in self.issues)


class Unreadable(ValueError):
    """A cell that cannot be read; the text says what would be right."""


def read_person(row: Row, headers: Mapping[str, str]) -> PersonCells:
    """Read one row. `headers` tells which header holds which column; every problem of the row is found at once."""
    cells = PersonCells(row.number)
    for known in row.issues:
        if known.spoils:
            cells.issues.append(Issue(row.number, None, IssueCode.ROW_DAMAGED, known.message))
    for column in COLUMNS:
        header = headers.get(column.name)
        if header is None:
            continue
        given = row.values.get(header)
        text = _text(given)
        if not text:
            if column.required:
                needed = f"The cell is empty; needs {column.meaning}."
                cells.issues.append(Issue(row.number, header, IssueCode.MISSING_VALUE, needed))
            cells.values[column.name] = None
            continue
        try:
            cells.values[column.name] = READERS[column.name](given, text)
        except Unreadable as wrong:
            said = f"{text[:80]!r} cannot be used; needs {wrong}."
            cells.issues.append(Issue(row.number, header, IssueCode.BAD_VALUE, said))
    return cells


def _text(given: Value) -> str:
    """Give a cell as text; a whole number from a workbook reads as one."""
    if given is None:
        return ""
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    return str(given).strip()


def _line(most: int) -> Callable[[Value, str], str]:
    def read(_given: Value, text: str) -> str:
        if len(text) > most or not text.isprintable():
            raise Unreadable(f"one line of at most {most} characters")
        return text

    return read


def _key(given: Value, text: str) -> str:
    if isinstance(given, bool | date | datetime):
        raise Unreadable("an id, not a date or a yes and no")
    return _line(120)(given, text)


def _mail(_given: Value, text: str) -> str:
    if len(text) > 254 or not _MAIL.fullmatch(text) or not text.isprintable():
        raise Unreadable("one mail address such as ada@halden.example")
    return text


def _country(_given: Value, text: str) -> str:
    code = country_code(text)
    if code is None:
        raise Unreadable("a country such as DE, DEU or Germany")
    return code


def _status(_given: Value, text: str) -> str:
    status = STATUSES.get(text.casefold().replace("_", " ").replace("-", " "))
    if status is None:
        raise Unreadable(f"one of {', '.join(sorted(STATUSES))}")
    return status.value


def _locale(_given: Value, text: str) -> str:
    try:
        locale = Locale.parse(text.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise Unreadable("a language such as en or de-CH") from None
    said = locale.language if locale.territory is None else f"{locale.language}-{locale.territory}"
    return _line(10)(None, said)


def _day(given: Value, text: str) -> str:
    if isinstance(given, datetime):
        return given.date().isoformat()
    if isinstance(given, date):
        return given.isoformat()
    dotted = _DOTTED.fullmatch(text)
    try:
        if dotted:
            return date(int(dotted[3]), int(dotted[2]), int(dotted[1])).isoformat()
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Unreadable("a day such as 2026-12-31 or 31.12.2026") from None


READERS: Mapping[str, Callable[[Value, str], str]] = {
    "external_id": _key,
    "name": _line(200),
    "mail": _mail,
    "unit": _line(400),
    "country": _country,
    "status": _status,
    "manager": _key,
    "locale": _locale,
    "contract_end": _day,
}
