"""Microsoft's table of SKUs and the service plans in each, as it is published: what it names, and where it is unclear.

Source: "Product names and service plan identifiers for licensing" (Microsoft Learn), a row for each plan in a SKU. A
GUID is what identifies; names come in several spellings, and the shorter codes (String_Id, Service_Plan_Name) may name
two things. All of that is reported; nothing is guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from governance.imports.formats.columns import Column
from governance.imports.rules import Issue, IssueCode
from governance.imports.sheet import Row
from governance.kernel import given
from governance.kernel.errors import BadInput

COLUMNS = (
    Column("name", "display name of the SKU", ("product display name", "product name"), required=True),
    Column("code", "short code of the SKU", ("string id", "sku part number"), required=True),
    Column("id", "the SKU's GUID, the natural key", ("guid", "sku id"), required=True),
    Column("plan_code", "short code of a service plan in it", ("service plan name",), required=True),
    Column("plan_id", "the plan's GUID, the natural key", ("service plan id",), required=True),
    Column(
        "plan_name",
        "display name of the plan",
        ("service plans included friendly names", "service plan friendly name"),
        required=True,
    ),
)
LOST = "\N{REPLACEMENT CHARACTER}"
_MOST = {"name": 200, "code": 120, "plan_code": 120, "plan_name": 300}
_BREAK = re.compile(r" *[\t\r\n]\s*")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass
class Named:
    """A SKU or plan: its GUID, and each code and name the file gives it, with the row where that stands first."""

    id: str
    codes: dict[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)

    def called(self, code: str, name: str, row: int) -> None:
        self.codes.setdefault(code, row)
        self.names.setdefault(name, row)

    def whole_names(self) -> list[str]:
        """Give the names that lost no character, in the order of the file."""
        return [name for name in self.names if LOST not in name]

    def name(self, known: str | None) -> str:
        """Choose: the known name where the file has it or has only damaged ones, else the first whole one."""
        if known is not None and (known in self.names and LOST not in known):
            return known
        whole = self.whole_names()
        if whole:
            return whole[0]
        return next(iter(self.names)) if known is None or LOST in known else known


@dataclass
class CatalogFile:
    """What the table says. `pairs` has for each plan in a SKU the rows that say so, the first one first."""

    rows: int = 0
    rejected: int = 0
    tiers: dict[str, Named] = field(default_factory=dict)
    features: dict[str, Named] = field(default_factory=dict)
    pairs: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    _seen: dict[tuple[str, ...], int] = field(default_factory=dict)

    def take(self, row: Row, headers: Mapping[str, str]) -> None:
        """Read one row; one that cannot be read is rejected with all its reasons."""
        self.rows += 1
        raw = {name: _text(row.values.get(header)) for name, header in headers.items()}
        issues = [Issue(row.number, None, IssueCode.ROW_DAMAGED, known.message) for known in row.issues if known.spoils]
        cells = {name: _cell(row.number, headers[name], name, text, issues) for name, text in raw.items()}
        self.issues += issues
        if any(issue.rejects for issue in issues):
            self.rejected += 1
            return
        self._notes(row.number, raw, headers)
        tier, feature = cells["id"], cells["plan_id"]
        self.tiers.setdefault(tier, Named(tier)).called(cells["code"], cells["name"], row.number)
        self.features.setdefault(feature, Named(feature)).called(cells["plan_code"], cells["plan_name"], row.number)
        self.pairs.setdefault((tier, feature), []).append(row.number)

    def _notes(self, number: int, raw: Mapping[str, str], headers: Mapping[str, str]) -> None:
        first = self._seen.setdefault(tuple(raw.values()), number)
        if first != number:
            said = f"Says exactly what row {first} says; it was counted once."
            self.issues.append(Issue(number, None, IssueCode.SAME_ROW, said))
        for name, text in raw.items():
            if text != trimmed(text):
                said = f"{text!r} has blanks at an end, or tabs or line breaks within; they were cut."
                self.issues.append(Issue(number, headers[name], IssueCode.BLANKS_CUT, said))
            if LOST in text:
                said = f"{text!r} lost a character when the file was saved; a whole name that is known stays."
                self.issues.append(Issue(number, headers[name], IssueCode.DAMAGED_TEXT, said))

    def all_issues(self, headers: Mapping[str, str]) -> list[Issue]:
        """Give the issues of rows and of what rows say together, in the order of the file."""
        said = [*self.issues]
        for things, code, name in ((self.tiers, "code", "name"), (self.features, "plan_code", "plan_name")):
            said += _names(things, headers[code], headers[name])
            said += _shared(things, headers[code])
        return sorted(said, key=lambda issue: issue.row or 0)


def owners(things: Mapping[str, Named]) -> dict[str, dict[str, int]]:
    """Give for each code the GUIDs it names, each with the row where it first does."""
    found: dict[str, dict[str, int]] = {}
    for thing in things.values():
        for code, row in thing.codes.items():
            found.setdefault(code, {})[thing.id] = row
    return found


def _names(things: Mapping[str, Named], code: str, name: str) -> list[Issue]:
    issues = []
    for thing in things.values():
        whole = thing.whole_names()
        for column, words in ((code, thing.codes), (name, {one: thing.names[one] for one in whole})):
            if len(words) > 1:
                said = "; ".join(f"{word!r} (row {row})" for word, row in words.items())
                rule = "The one that is known stays; where none is, the first is taken."
                row = list(words.values())[1]
                issues.append(Issue(row, column, IssueCode.NAME_TWICE, f"{thing.id} is called {said}. {rule}"))
    return issues


def _shared(things: Mapping[str, Named], column: str) -> list[Issue]:
    return [
        Issue(
            list(ids.values())[1], column, IssueCode.CODE_TWICE,
            f"{code!r} names {' and '.join(ids)}; whichever has no code yet goes by its GUID.",
        )
        for code, ids in owners(things).items()
        if len(ids) > 1
    ]  # fmt: skip


def _cell(number: int, header: str, name: str, text: str, issues: list[Issue]) -> str:
    cut = trimmed(text)
    if not cut:
        issues.append(Issue(number, header, IssueCode.MISSING_VALUE, "The cell is empty."))
        return ""
    if name in {"id", "plan_id"}:
        if not _GUID.fullmatch(cut.lower()):
            said = f"{given.shown(cut)!r} cannot be used; needs a GUID."
            issues.append(Issue(number, header, IssueCode.BAD_VALUE, said))
        return cut.lower()
    try:
        return given.text(cut, header, most=_MOST[name])
    except BadInput as wrong:
        issues.append(Issue(number, header, IssueCode.BAD_VALUE, wrong.message()))
        return ""


def trimmed(text: str) -> str:
    """Cut blanks at both ends; a tab or line break within, with the blanks around it, is one blank."""
    return _BREAK.sub(" ", text.strip())


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
