"""Why a file that could be read is not what it should be: a column is missing or there twice, or no date is told."""

from dataclasses import dataclass

from governance.imports.sheet_errors import SheetRefused


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
