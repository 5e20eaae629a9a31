"""Why a file that could be read is not what it should be: a column is missing or there twice, or no date is told."""

from dataclasses import dataclass
from typing import ClassVar

from governance.imports.sheet_errors import SheetRefused
from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class ColumnMissing(SheetRefused):
    """A column that every row needs is not there under any of its names."""

    column: str
    names: str

    def message(self) -> str:
        return f"Column {self.column!r} is missing. Add it, or name it one of: {self.names}."


@dataclass(eq=False)
class ColumnTwice(SheetRefused):
    """Two columns would both be read as the same thing."""

    column: str
    first: str
    second: str

    def message(self) -> str:
        return f"Columns {self.first!r} and {self.second!r} both mean {self.column!r}. Delete or rename one."


@dataclass(eq=False)
class NoDate(SheetRefused):
    """A log whose lines hold times of day only."""

    def message(self) -> str:
        return "No line of this log tells a date. Give the day of its first line, such as --first-day 2015-03-27."


@dataclass(eq=False)
class CannotUndo(BusinessError):
    """An import that is not taken back, and why."""

    code: ClassVar[Code] = Code.WRONG_STATE
    import_: str
    why: str

    def message(self) -> str:
        return f"This import ({self.import_}) cannot be undone: {self.why}. Nothing was changed."


@dataclass(eq=False)
class UndoUnseen(BusinessError):
    """What an undo takes back is looked at first, and done by the token of its preview."""

    code: ClassVar[Code] = Code.PREVIEW_STALE

    def message(self) -> str:
        return "An undo takes things back: look at its preview first and repeat it with the preview's token."


@dataclass(eq=False)
class NotHoldings(SheetRefused):
    """A file that is no list of what is held at a vendor."""

    why: str

    def message(self) -> str:
        return (
            f"The file is no list of holdings: {self.why}. What can be read: Microsoft Graph's users with "
            "assignedLicenses, GitHub's Copilot seats or consumed licenses (JSON), its people export (CSV), lmstat -a."
        )
