"""The empty workbook of an import: headers to fill in, an example, what each column means, lists to choose from."""

import io
from dataclasses import dataclass
from typing import Final

import openpyxl
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from governance.imports.templates import columns_of, csv_template
from reports.cells import column_letter

HEADS = ("column", "meaning", "required", "example", "also known as")
SUFFIXES = ("csv", "xlsx")
FILLED_MOST: Final = 5_000  # rows that offer their choices; more may be filled in


@dataclass(frozen=True, slots=True)
class Asked:
    """One column of a table that people fill in: its header, whether it must be filled, an example, its choices."""

    header: str
    required: bool
    example: str
    choices: tuple[str, ...]
    said: tuple[str, ...]


def fill_in_workbook(title: str, columns: tuple[Asked, ...], titles: tuple[str, str], heads: tuple[str, ...]) -> bytes:
    """Give an empty table to fill in, as XLSX: first the headers alone, then a sheet of examples, then explanations.

    `titles` name the second and third sheet, `heads` the columns of the explanations. Only the first sheet is read.
    """
    book = openpyxl.Workbook()
    table: Worksheet = book.worksheets[0]
    table.title = title
    example, about = book.create_sheet(titles[0]), book.create_sheet(titles[1])
    for sheet in (table, example):
        sheet.append([column.header for column in columns])
        sheet.freeze_panes = "A2"
    example.append([column.example for column in columns])
    about.append(heads)
    for number, column in enumerate(columns, 1):
        about.append(column.said)
        letter = column_letter(number)
        table.column_dimensions[letter].width = example.column_dimensions[letter].width = len(column.header) + 8
        table.cell(row=1, column=number).font = Font(bold=True, underline="single" if column.required else None)
        if column.choices:
            allowed = DataValidation("list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
            allowed.add(f"{letter}2:{letter}{FILLED_MOST}")
            table.add_data_validation(allowed)
    for letter, width in zip("ABCDE", (18, 60, 10, 24, 60), strict=False):
        about.column_dimensions[letter].width = width
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def template(name: str, suffix: str) -> bytes:
    """Give the template of an import as `csv` or `xlsx`. Raises BadInput for a name that there is not."""
    if suffix == "csv":
        return csv_template(name)
    columns = tuple(
        Asked(
            each.name, each.required, each.example, each.choices,
            (each.name, each.meaning, "yes" if each.required else "no", each.example, ", ".join(each.synonyms)),
        )
        for each in columns_of(name)
    )  # fmt: skip
    return fill_in_workbook(name, columns, ("Example", "Explanations"), HEADS)
