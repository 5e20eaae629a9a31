"""Why an uploaded spreadsheet was not read: what is wrong, where, and what to do about it."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


class SheetRefused(BusinessError):
    """Any reason why a file was not read to its end. Rows that came before it are not to be kept."""

    code: ClassVar[Code] = Code.FILE_REFUSED


@dataclass(eq=False)
class NotASpreadsheet(SheetRefused):
    """The content is neither CSV text nor an XLSX workbook, whatever the name says."""

    reason: str
    remedy: str = "Save it as .xlsx or as CSV and upload that."

    def message(self) -> str:
        return f"This file cannot be read as a spreadsheet: {self.reason}. {self.remedy}"


@dataclass(eq=False)
class FileTooLarge(SheetRefused):
    """The file, or what it unpacks to, is larger than may be."""

    what: str
    has: int
    limit: int

    def message(self) -> str:
        return (
            f"The file is too large: {self.what} {self.has}, at most {self.limit} are read. Split it and upload parts."
        )


@dataclass(eq=False)
class TooManyRows(SheetRefused):
    """More rows than are read at once."""

    limit: int

    def message(self) -> str:
        return f"The sheet has more than {self.limit} rows. Split it and upload parts."


@dataclass(eq=False)
class TooManyColumns(SheetRefused):
    """More columns than any import has."""

    row: int
    has: int
    limit: int

    def message(self) -> str:
        return (
            f"Row {self.row} reaches column {self.has}, at most {self.limit} are read. "
            "Delete what lies to the right of the table."
        )


@dataclass(eq=False)
class CellTooLong(SheetRefused):
    """A cell, or a whole row, with more characters than a spreadsheet can hold."""

    row: int
    limit: int

    def message(self) -> str:
        return f"Row {self.row} holds more than {self.limit} characters in a cell. Is a quote not closed?"


@dataclass(eq=False)
class MalformedRow(SheetRefused):
    """Text that breaks the rules of CSV, so that every later row would be read wrongly."""

    row: int
    reason: str

    def message(self) -> str:
        return f"Row {self.row} cannot be read: {self.reason}. Correct the quotes and upload the file again."


@dataclass(eq=False)
class HeaderMissing(SheetRefused):
    """No header row, or a column with values but no header."""

    row: int
    column: str | None = None

    def message(self) -> str:
        if self.column is None:
            return "The sheet is empty: the first row must name the columns."
        return f"Column {self.column} has a value in row {self.row} but no header. Name the column or empty it."


@dataclass(eq=False)
class DuplicateHeader(SheetRefused):
    """Two columns with one name, capitals aside."""

    header: str
    first: str
    second: str

    def message(self) -> str:
        return f"Columns {self.first} and {self.second} are both called {self.header!r}. Rename or delete one."


@dataclass(eq=False)
class SheetTooHeavy(SheetRefused):
    """Reading took more memory or time than one file may take; the reader was stopped."""

    limit: str

    def message(self) -> str:
        return (
            f"Reading was stopped: the file needs more {self.limit} than one import may use. "
            "Look for cells far outside the table, or copy the table into a new file."
        )


REFUSALS: dict[str, type[SheetRefused]] = {
    kind.__name__: kind
    for kind in (
        NotASpreadsheet,
        FileTooLarge,
        TooManyRows,
        TooManyColumns,
        CellTooLong,
        MalformedRow,
        HeaderMissing,
        DuplicateHeader,
        SheetTooHeavy,
    )
}
