import csv
import struct
import subprocess
import sys
import textwrap
import zipfile
from contextlib import aclosing
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from governance.imports.sheet import Limits, open_sheet, read_sheet
from governance.imports.sheet_errors import (
    CellTooLong,
    DuplicateHeader,
    FileTooLarge,
    HeaderMissing,
    MalformedRow,
    NotASpreadsheet,
    SheetRefused,
    SheetTooHeavy,
    TooManyColumns,
    TooManyRows,
)
from tests.real_data import ROOT, real_file

USUAL = Limits()
CLOCK_TIME = datetime.fromisoformat("2026-01-02T03:04")  # a spreadsheet knows no zone
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


async def rows_of(path: Path, limits: Limits = USUAL):
    return [row async for row in read_sheet(path, limits)]


async def refusal_of(path: Path, limits: Limits = USUAL) -> SheetRefused:
    with pytest.raises(SheetRefused) as refused:
        await rows_of(path, limits)
    assert refused.value.message()
    return refused.value


def text_file(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = tmp_path / "upload"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def workbook_file(tmp_path: Path, rows, **cells) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for address, value in cells.items():
        book.active[address] = value
    path = tmp_path / "upload"
    book.save(path)
    return path


def with_part(path: Path, name: str, content: bytes) -> Path:
    """The workbook with one part replaced or added."""
    with zipfile.ZipFile(path) as package:
        parts = {entry.filename: package.read(entry) for entry in package.infolist()}
    parts[name] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for part, body in parts.items():
            package.writestr(part, body)
    return path


async def test_a_workbook_gives_typed_values_under_its_headers(tmp_path):
    path = workbook_file(
        tmp_path,
        [
            ["Name", "Seats", "Price", "Active", "From", "At", None],
            ["Ada, & Søn", 3, 1.5, True, date(2026, 1, 2), CLOCK_TIME, None],
            [None] * 6,
            ["Bo", None, -2, False, None, None, None],
        ],
    )
    first, second = await rows_of(path)
    assert first.number == 2
    assert first.values == {
        "Name": "Ada, & Søn",
        "Seats": 3,
        "Price": 1.5,
        "Active": True,
        "From": date(2026, 1, 2),
        "At": CLOCK_TIME,
    }
    assert type(first.values["Seats"]) is int
    assert second.number == 4
    assert second.values["Seats"] is None


async def test_a_table_that_does_not_begin_in_a1_keeps_its_row_numbers(tmp_path):
    path = workbook_file(tmp_path, [], C5="Name", D5="Unit", C6="Ada", D6="R&D")
    assert [(row.number, row.values) for row in await rows_of(path)] == [(6, {"Name": "Ada", "Unit": "R&D"})]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
async def test_csv_is_read_in_every_usual_encoding_and_dialect(tmp_path, encoding, delimiter):
    lines = [["Name", "Stadt"], ["Müller, Jö; rg", 'sagt "ja"\nzweite Zeile'], ["", ""], ["=1+1", "Ω"]]
    buffer = (tmp_path / "upload").open("w", encoding=encoding, newline="")
    with buffer:
        csv.writer(buffer, delimiter=delimiter).writerows(lines)
    async with open_sheet(tmp_path / "upload") as sheet:
        rows = [(row.number, list(row.values.values())) async for row in sheet.rows]
    assert sheet.headers == ("Name", "Stadt")
    assert sheet.facts.delimiter == {",": "comma", ";": "semicolon", "\t": "tab"}[delimiter]
    assert not sheet.facts.encoding_assumed
    assert rows == [(2, lines[1]), (4, lines[3])]


async def test_an_unmarked_windows_file_is_read_and_the_assumption_said(tmp_path):
    path = text_file(tmp_path, "Name;Preis\nMüller;5 €\n", "cp1252")
    async with open_sheet(path) as sheet:
        assert (sheet.facts.encoding, sheet.facts.encoding_assumed) == ("cp1252", True)
        assert [row.values async for row in sheet.rows] == [{"Name": "Müller", "Preis": "5 €"}]


async def test_ragged_rows_and_nul_are_reported_not_hidden(tmp_path):
    path = text_file(tmp_path, "a,b,c\n1,2\n1,2,3,4\n1,2,3,\nx\0y,2,3\n" + "1,2,3\n" * 60)
    rows = await rows_of(path)
    assert [[issue.code for issue in row.issues] for row in rows[:5]] == [
        ["TOO_FEW_CELLS"],
        ["TOO_MANY_CELLS"],
        [],
        ["NUL_REMOVED"],
        [],
    ]
    assert [row.issues[0].spoils for row in rows if row.issues] == [False, True, True]
    assert rows[3].values["a"] == "xy"


@pytest.mark.real_data
async def test_the_user_files_of_other_tools_are_read():
    users = await rows_of(real_file("seat_imports/adobe_user_sync_users_file.csv"))
    assert len(users) == 3
    assert all("@" in row.values["email"] for row in users)
    licenses = await rows_of(real_file("seat_imports/snipeit_licenses_import_excerpt.csv"))
    assert len(licenses) == 11


async def test_content_decides_not_the_name(tmp_path):
    book = workbook_file(tmp_path, [["Name"], ["Ada"]])
    (tmp_path / "people.csv").write_bytes(book.read_bytes())
    assert [row.values for row in await rows_of(tmp_path / "people.csv")] == [{"Name": "Ada"}]
    (tmp_path / "people.xlsx").write_text("Name\nAda\n")
    assert [row.values for row in await rows_of(tmp_path / "people.xlsx")] == [{"Name": "Ada"}]


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n\0\0",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"<html><table>",
        bytes(range(256)) * 9,
    ],
)
async def test_other_files_are_refused_with_a_remedy(tmp_path, content):
    refused = await refusal_of(text_file(tmp_path, content))
    assert isinstance(refused, NotASpreadsheet)
    assert "Save it as" in refused.message()


@pytest.mark.parametrize("content", ["", "\n\n", " , ,\n"])
async def test_an_empty_file_has_no_header(tmp_path, content):
    assert isinstance(await refusal_of(text_file(tmp_path, content)), HeaderMissing)


async def test_a_value_under_no_header_names_its_cell(tmp_path):
    refused = await refusal_of(text_file(tmp_path, "a,,c\n1,,3\n1,2,3\n"))
    assert isinstance(refused, HeaderMissing)
    assert (refused.row, refused.column) == (3, "B")
    fine = await rows_of(text_file(tmp_path, "a,,c\n1,,3\n"))
    assert fine[0].values == {"a": "1", "c": "3"}


async def test_two_columns_of_one_name_are_refused(tmp_path):
    refused = await refusal_of(text_file(tmp_path, "E-Mail,Name,e-mail \n1,2,3\n"))
    assert isinstance(refused, DuplicateHeader)
    assert (refused.first, refused.second) == ("A", "C")


async def test_a_quote_that_is_not_closed_is_refused(tmp_path):
    refused = await refusal_of(text_file(tmp_path, 'a,b\n1,2\n"1,2\n3,4\n'))
    assert isinstance(refused, MalformedRow)
    assert refused.row == 3


async def test_bounds_of_bytes_rows_and_columns_hold(tmp_path):
    path = text_file(tmp_path, "a,b\n" + "1,2\n" * 50)
    assert isinstance(await refusal_of(path, Limits(bytes=100)), FileTooLarge)
    assert isinstance(await refusal_of(path, Limits(rows=49)), TooManyRows)
    assert isinstance(await refusal_of(path, Limits(columns=1)), TooManyColumns)
    assert len(await rows_of(path, Limits(rows=50, columns=2))) == 50
    book = workbook_file(tmp_path, [["a", "b"], *[[1, 2]] * 50])
    assert isinstance(await refusal_of(book, Limits(rows=49)), TooManyRows)
    assert isinstance(await refusal_of(book, Limits(columns=1)), TooManyColumns)
    assert isinstance(await refusal_of(book, Limits(entries=3)), FileTooLarge)
    assert isinstance(await refusal_of(book, Limits(unpacked_bytes=500)), FileTooLarge)
    assert len(await rows_of(book, Limits(rows=50, columns=2))) == 50


async def test_one_line_of_ten_megabytes_is_refused(tmp_path):
    assert isinstance(await refusal_of(text_file(tmp_path, "x" * 10_000_000)), CellTooLong)
    assert isinstance(await refusal_of(text_file(tmp_path, "x," * 5_000_000)), TooManyColumns)
    assert isinstance(await refusal_of(text_file(tmp_path, "a\n" + "x" * 10_000_000)), CellTooLong)


async def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path):
    path = workbook_file(tmp_path, [["a"], [1]])
    with_part(path, "xl/media/bomb.xml", b"\0" * 100_000_000)
    refused = await refusal_of(path)
    assert isinstance(refused, FileTooLarge)
    assert refused.what == "compression ratio"


async def test_a_directory_that_lies_about_a_size_is_refused(tmp_path):
    path = with_part(workbook_file(tmp_path, [["a"], [1]]), "xl/media/bomb.xml", b" " * 30_000_000)
    data = bytearray(path.read_bytes())
    honest = struct.pack("<I", 30_000_000)
    while (at := data.find(honest)) >= 0:
        data[at : at + 4] = struct.pack("<I", 30_000)
    path.write_bytes(data)
    assert isinstance(await refusal_of(path), NotASpreadsheet)


async def test_a_truncated_workbook_is_refused(tmp_path):
    whole = workbook_file(tmp_path, [["a"], [1]]).read_bytes()
    for length in (4, 100, len(whole) // 2, len(whole) - 5):
        assert isinstance(await refusal_of(text_file(tmp_path, whole[:length])), NotASpreadsheet)


async def test_a_workbook_with_a_damaged_byte_is_refused(tmp_path):
    whole = bytearray(workbook_file(tmp_path, [["a"], [1]]).read_bytes())
    whole[60] ^= 0xFF
    assert isinstance(await refusal_of(text_file(tmp_path, bytes(whole))), NotASpreadsheet)


async def test_an_archive_that_is_no_workbook_is_refused(tmp_path):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("readme.txt", "hello")
    assert isinstance(await refusal_of(text_file(tmp_path, buffer.getvalue())), NotASpreadsheet)


async def test_entities_and_document_types_are_refused(tmp_path):
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
        + (
            f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'
            "</sheetData></worksheet>"
        ).encode()
    )
    path = with_part(workbook_file(tmp_path, [["a"]]), "xl/worksheets/sheet1.xml", bomb)
    refused = await refusal_of(path)
    assert isinstance(refused, NotASpreadsheet)
    assert "document type" in refused.message()
    utf16 = with_part(workbook_file(tmp_path, [["a"]]), "xl/worksheets/sheet1.xml", bomb.decode().encode("utf-16"))
    assert isinstance(await refusal_of(utf16), NotASpreadsheet)


async def test_links_to_other_workbooks_are_refused(tmp_path):
    path = with_part(workbook_file(tmp_path, [["a"]]), "xl/externalLinks/externalLink1.xml", b"<externalLink/>")
    assert "Break the links" in (await refusal_of(path)).message()


async def test_a_cell_at_the_far_end_ends_the_child_not_the_server(tmp_path):
    far = workbook_file(tmp_path, [["a"], [1]], XFD1048576="far")
    refused = await refusal_of(far)
    assert isinstance(refused, SheetTooHeavy), refused
    near = workbook_file(tmp_path, [["a"], [1]])
    assert len(await rows_of(near)) == 1


async def test_a_child_that_needs_too_much_memory_or_time_is_stopped(tmp_path):
    path = workbook_file(tmp_path, [["a"], *[[f"{n} " * 400] for n in range(20_000)]])
    starved = Limits(memory_bytes=100 << 20, wall_seconds=5)  # a starved reader may crash or hang: both end
    assert isinstance(await refusal_of(path, starved), SheetTooHeavy | NotASpreadsheet)
    assert len(await rows_of(path)) == 20_000
    assert isinstance(await refusal_of(path, Limits(wall_seconds=0)), SheetTooHeavy)


async def test_formulas_are_never_calculated(tmp_path):
    path = workbook_file(tmp_path, [["a", "b"], [1, "=1+1"], ["=A2", "x"]])
    rows = await rows_of(path)
    assert [row.values for row in rows] == [{"a": 1, "b": None}, {"a": None, "b": "x"}]
    assert [[(issue.column, issue.code, issue.spoils) for issue in row.issues] for row in rows] == [
        [("b", "FORMULA_WITHOUT_VALUE", True)],
        [("a", "FORMULA_WITHOUT_VALUE", True)],
    ]
    csv_path = text_file(tmp_path, "a,b\n=cmd|' /C calc'!A0,+1\n")
    assert [row.values for row in await rows_of(csv_path)] == [{"a": "=cmd|' /C calc'!A0", "b": "+1"}]


async def test_an_error_in_a_cell_is_reported_and_a_calculated_formula_gives_its_value(tmp_path):
    xml = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="e"><f>NA()</f><v>#N/A</v></c></row>'
        '<row r="3"><c r="B3" t="e"><v>#REF!</v></c></row></sheetData></worksheet>'
    ).encode()
    path = with_part(workbook_file(tmp_path, [["a"]]), "xl/worksheets/sheet1.xml", xml)
    first, second = await rows_of(path)
    assert first.values == {"a": 2, "b": None}
    assert [(issue.column, issue.code) for issue in first.issues] == [("b", "ERROR_VALUE")]
    assert (second.number, [issue.code for issue in second.issues]) == (3, ["ERROR_VALUE"])


async def test_who_stops_early_leaves_no_child_behind(tmp_path):
    path = text_file(tmp_path, "a\n" + "1\n" * 200_000)
    async with aclosing(read_sheet(path)) as rows:
        async for row in rows:
            assert row.number == 2
            break
    assert not [line for line in children() if "sheet_child" in line]


def _read(path: Path) -> str:
    """What a file of /proc says; nothing once its thread has ended."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children() -> list[str]:
    """The command lines of this process's children."""
    pids = [pid for task in Path("/proc/self/task").iterdir() for pid in _read(task / "children").split()]
    return [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids]


def test_thirty_thousand_rows_stay_flat_in_memory(tmp_path):
    for kind in ("csv", "xlsx"):
        path = tmp_path / f"people.{kind}"
        if kind == "csv":
            path.write_text("id,name,mail\n" + "".join(f"{n},Name {n},n{n}@example.org\n" for n in range(30_000)))
        else:
            book = openpyxl.Workbook(write_only=True)
            sheet = book.create_sheet("people")
            sheet.append(["id", "name", "mail"])
            for n in range(30_000):
                sheet.append([n, f"Name {n}", f"n{n}@example.org"])
            book.save(path)
        script = textwrap.dedent("""
            import asyncio, resource, sys
            from pathlib import Path
            from governance.imports.sheet import read_sheet
            async def count():
                return sum([1 async for _ in read_sheet(Path(sys.argv[1]))])
            peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            before = peak()
            print(asyncio.run(count()), peak() - before)
        """)
        done = subprocess.run(
            [sys.executable, "-c", script, path], cwd=ROOT, capture_output=True, text=True, check=True
        )
        rows, growth_kib = map(int, done.stdout.split())
        assert rows == 30_000
        assert growth_kib < 12 * 1024
