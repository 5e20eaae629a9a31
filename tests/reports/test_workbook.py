import subprocess
import sys
import textwrap
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from reports.workbook import Chart, ChartKind, Column, Kind, Measure, Row, Sheet, Tally, Workbook
from tests.real_data import ROOT

CREATED = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0"]
COLUMNS = (
    Column("name", "Name"),
    Column("seats", "Seats", Kind.INTEGER),
    Column("share", "Share", Kind.DECIMAL),
    Column("cost", "Cost", Kind.MONEY),
    Column("day", "Last day", Kind.DATE),
    Column("at", "Seen at", Kind.INSTANT),
    Column("use", "Use", Kind.PERCENT),
    Column("state", "State", Kind.STATUS),
)


def seat(number: int) -> Row:
    return {
        "name": f"Søn & Co, <{number}> 測試",
        "seats": number - 3,
        "share": Decimal(number) / 4,
        "cost": Decimal(number) * Decimal("12.34"),
        "day": date(2026, 1, 1) + timedelta(days=number % 700),
        "at": datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=14))) + timedelta(seconds=number),
        "use": None if number % 5 == 0 else Decimal(number % 120),
        "state": ("COMPLIANT", "NON_COMPLIANT", "PARTIAL", "SOMETHING")[number % 4],
    }


def seats(count: int, **changes) -> Sheet:
    sheet = Sheet("Seats", COLUMNS, [seat(n) for n in range(count)], totals=("seats", "cost"), note="Seats as booked.")
    return replace(sheet, **changes)


def workbook(*sheets: Sheet, facts=(("Tenant", "Acme"),)) -> Workbook:
    return Workbook("Compliance pack", lambda: facts, sheets, CREATED)


async def saved(tmp_path: Path, *sheets: Sheet, **more) -> Path:
    path = tmp_path / "out.xlsx"
    await workbook(*sheets, **more).save(path)
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        for name in package.namelist():
            etree.fromstring(package.read(name))
    return path


def single(title: str, values: list[str], column: str = "Text") -> Sheet:
    return Sheet(title, (Column("text", column),), [{"text": value} for value in values])


@pytest.mark.parametrize("count", [0, 1, 40, 6_001])
async def test_every_value_comes_back_in_both_readers(tmp_path, count):
    path = await saved(tmp_path, seats(count))
    ours = [seat(n) for n in range(count)]
    page = openpyxl.load_workbook(path)["Seats"]
    table = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Seats").to_python(skip_empty_area=False)
    titles = ["Name", "Seats", "Share", "Cost", "Last day", "Seen at (UTC)", "Use", "State"]
    assert [cell.value for cell in page[1]] == titles
    assert table[0] == titles
    for expected, cells, plain in zip(ours, page.iter_rows(2, count + 1), table[1:], strict=False):
        utc = expected["at"].astimezone(UTC).replace(tzinfo=None)
        used = None if expected["use"] is None else float(expected["use"] / 100)
        exact = [expected["name"], expected["seats"], float(expected["share"]), float(expected["cost"])]
        assert [cell.value for cell in cells] == [
            *exact,
            datetime.combine(expected["day"], datetime.min.time()),
            utc,
            used,
            expected["state"],
        ]
        assert plain == [*exact, expected["day"], utc, "" if used is None else used, expected["state"]]
    assert page.cell(count + 2, 1).value == "Total"
    assert page.cell(count + 2, 2).value == sum(row["seats"] for row in ours)
    assert page.cell(count + 2, 4).value == float(sum((row["cost"] for row in ours), Decimal(0)))
    assert page.cell(count + 4, 1).value == "Seats as booked."
    assert page.max_row == count + 4
    assert (page.freeze_panes, page.auto_filter.ref) == ("A2", f"A1:H{count + 1}")


async def test_numbers_dates_and_states_wear_native_styles(tmp_path):
    page = openpyxl.load_workbook(await saved(tmp_path, seats(3)))["Seats"]
    formats = [cell.number_format for cell in page[3]]
    assert formats[1:7] == ["#,##0", "#,##0.00####", "#,##0.00", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "0.0%"]
    assert page["H3"].fill.fgColor.rgb.endswith("FBDDDD")
    assert page["H2"].fill.fgColor.rgb.endswith("DDF3E4")
    assert page["A1"].font.bold
    assert page["B5"].font.bold
    assert page.column_dimensions["A"].width == 18


async def test_no_text_header_title_or_cover_line_becomes_a_formula(tmp_path):
    sheets = [single(hostile, HOSTILE, column=hostile) for hostile in HOSTILE]
    path = await saved(tmp_path, *sheets, facts=[(hostile, hostile) for hostile in HOSTILE])
    book = openpyxl.load_workbook(path)
    assert len(book.worksheets) == len(HOSTILE) + 1
    for page in book.worksheets:
        for cells in page.iter_rows():
            for cell in cells:
                assert cell.data_type in {"s", "n"}, cell.coordinate
                assert cell.data_type == "s" or cell.value is None
                if cell.value in HOSTILE:
                    assert cell.quotePrefix
    for page, hostile in zip(book.worksheets[1:], HOSTILE, strict=True):
        assert [cell.value for cell in page["A"]] == [hostile, *HOSTILE]
    with zipfile.ZipFile(path) as package:
        parts = [package.read(name) for name in package.namelist() if name.startswith("xl/worksheets/")]
    assert not any(b"<f>" in part or b"<f " in part for part in parts)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], min_codepoint=32), min_size=1), min_size=1))
async def test_any_text_comes_back_as_it_was(tmp_path, values):
    kept = [value.replace("￾", "�").replace("￿", "�") for value in values]
    path = await saved(tmp_path, single("Texts", values))
    assert [cell.value for cell in openpyxl.load_workbook(path)["Texts"]["A"]][1:] == kept


async def test_what_xml_cannot_carry_is_replaced_and_overlong_text_is_cut(tmp_path):
    path = await saved(tmp_path, single("Texts", ["a\0b\x1bc", "\ud800", "x" * 40_000]))
    cells = [cell.value for cell in openpyxl.load_workbook(path)["Texts"]["A"]][1:]
    assert cells[:2] == ["a�b�c", "�"]
    assert len(cells[2]) == 32_767
    assert cells[2].endswith("…")


async def test_a_text_that_looks_like_an_excel_escape_stays_that_text(tmp_path):
    path = await saved(tmp_path, single("Texts", ["_x0041_"]))
    assert CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Texts").to_python()[1] == ["_x0041_"]


async def test_a_number_that_a_spreadsheet_would_round_is_written_as_text(tmp_path):
    columns = (Column("n", "Number", Kind.INTEGER), Column("p", "Percent", Kind.PERCENT))
    rows = [{"n": 1234567890123456789, "p": Decimal(100) / 3}, {"n": -(10**17) - 1, "p": Decimal(80)}]
    page = openpyxl.load_workbook(await saved(tmp_path, Sheet("N", columns, rows)))["N"]
    assert page["A2"].value == "1234567890123456789"
    assert (page["A3"].value, page["A3"].data_type) == ("-100000000000000001", "s")
    assert page["B2"].value == pytest.approx(1 / 3)
    assert page["B3"].value == 0.8


async def test_two_saves_of_one_input_are_the_same_bytes(tmp_path):
    chart = Chart("Seats by name", "name", ("seats",))
    line = Chart("Cost", "day", ("cost", "seats"), ChartKind.LINE)
    tally = Tally("Seats by state", "state", (Measure("Seats", lambda row: row["seats"]),))
    for name in ("one.xlsx", "two.xlsx"):
        await workbook(seats(700, charts=(chart, line, tally)), seats(3)).save(tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


async def test_the_cover_states_facts_known_only_after_the_rows(tmp_path):
    written = []
    rows = [seat(n) for n in range(5)]

    async def streamed() -> AsyncIterator[Row]:
        for row in rows:
            written.append(row)
            yield row

    facts = lambda: (  # noqa: E731
        ("Rows", len(written)),
        ("As of", CREATED),
        ("Day", date(2026, 1, 2)),
        ("Total", Decimal("1.5")),
        ("Complete", True),
        ("Nothing", None),
    )
    path = tmp_path / "out.xlsx"
    done = await Workbook("Pack", facts, (seats(0, rows=streamed()),), CREATED).save(path)
    cover = openpyxl.load_workbook(path)["Cover"]
    assert cover["A1"].value == "Pack"
    assert [(cells[0].value, cells[1].value) for cells in cover.iter_rows(3)] == [
        ("Rows", 5),
        ("As of (UTC)", CREATED.replace(tzinfo=None)),
        ("Day", datetime.fromisoformat("2026-01-02")),
        ("Total", 1.5),
        ("Complete", "True"),
        ("Nothing", None),
    ]
    assert done[0].rows == 5
    assert done[0].totals == {"seats": Decimal(-5), "cost": Decimal("123.40")}


async def test_sheet_names_are_made_fit_and_kept_apart(tmp_path):
    wanted = ["Seats", "seats", "a/b:c?*[x]\\", "", "History", "'quoted'", "x" * 60, "x" * 60, "../../etc/passwd"]
    path = await saved(tmp_path, *[single(title, ["1"]) for title in wanted])
    names = openpyxl.load_workbook(path).sheetnames
    assert len({name.casefold() for name in names}) == len(wanted) + 1
    assert all(len(name) <= 31 for name in names)
    with zipfile.ZipFile(path) as package:
        assert not any(".." in name for name in package.namelist())


@pytest.mark.parametrize(
    "rows",
    [
        [{"name": "no key"}],
        [{**seat(1), "at": datetime.fromisoformat("2026-01-01T00:00")}],
        [{**seat(1), "seats": "many"}],
        [{**seat(1), "cost": Decimal("NaN")}],
    ],
)
async def test_a_row_that_cannot_be_written_leaves_no_file_and_keeps_the_old_one(tmp_path, rows):
    path = tmp_path / "out.xlsx"
    path.write_bytes(b"old")
    with pytest.raises((ValueError, KeyError)):
        await workbook(seats(0, rows=rows)).save(path)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.xlsx"]


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": ()},
        {"columns": (*COLUMNS, COLUMNS[0])},
        {"totals": ("name",)},
        {"totals": ("nothing",)},
        {"charts": (Chart("x", "name", ("nothing",)),)},
    ],
)
async def test_a_sheet_declared_wrongly_is_refused_before_anything_is_written(tmp_path, changes):
    with pytest.raises(ValueError, match="Seats"):
        await workbook(seats(1, **changes)).save(tmp_path / "out.xlsx")
    assert not list(tmp_path.iterdir())


def test_a_hundred_thousand_rows_stay_flat_in_memory(tmp_path):
    script = textwrap.dedent("""
        import asyncio, resource, sys
        from datetime import UTC, date, datetime
        from decimal import Decimal
        from pathlib import Path
        from reports.workbook import Column, Kind, Measure, Sheet, Tally, Workbook
        columns = tuple(Column(f"c{n}", f"C {n}", kind) for n, kind in enumerate([*Kind] * 2))
        now = datetime(2026, 1, 1, tzinfo=UTC)
        values = {"text": "Søn & Co", "integer": 7, "decimal": Decimal("1.5"), "money": Decimal("9.99"),
                  "date": date(2026, 1, 1), "instant": now, "percent": Decimal(80), "status": "OPEN"}
        row = {column.key: values[column.kind] for column in columns}
        def save(count):
            tally = Tally("By state", "c7", (Measure("Seats", lambda row: row["c1"]),))
            sheet = Sheet("Seats", columns, (row for _ in range(count)), totals=("c1",), charts=(tally,))
            return asyncio.run(Workbook("Big", lambda: (), (sheet,), now).save(Path(sys.argv[1])))
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        save(10)
        before = peak()
        print(save(100_000)[0].rows, peak() - before)
    """)
    command = [sys.executable, "-c", script, tmp_path / "big.xlsx"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows, growth_kib = map(int, done.stdout.split())
    assert rows == 100_000
    assert growth_kib < 64 * 1024
