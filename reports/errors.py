"""Why a report is not made."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class ReportTooLarge(BusinessError):
    """A sheet would have more rows than a spreadsheet can hold."""

    code: ClassVar[Code] = Code.BAD_INPUT
    sheet: str
    rows: int
    most: int

    def message(self) -> str:
        return (
            f"{self.sheet} has {self.rows} rows, a workbook holds {self.most}. "
            "Ask for csv or jsonl, or for one unit at a time."
        )

    def path(self) -> tuple[str, ...]:
        return ("format",)
