"""Charts of a workbook are native, and draw exactly the cells that hold the numbers of the rows."""

import asyncio
import itertools
import re
import shutil
import subprocess
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from lxml import etree
from openpyxl.utils import range_boundaries
from python_calamine import CalamineWorkbook

from reports.charts import Summed
from reports.workbook import Chart, ChartKind, Column, Kind, Measure, Row, Sheet, Tally, Workbook

AT = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
COLUMNS = (
    Column("license", "License"),
    Column("held", "Held", Kind.INTEGER),
    Column("cost", "Cost", Kind.MONEY),
    Column("share", "Share", Kind.PERCENT),
)
HELD = Measure("Held", lambda row: row["held"])
BIG = Measure("Of five or more", lambda row: isinstance(row["held"], int) and row["held"] >= 5)


def row(number: int) -> Row:
    return {
        "license": f"=L{number % 7}", "held": number % 11, "cost": Decimal(number) / 4,
        "share": Decimal(number % 100),
    }  # fmt: skip


def sheet(count: int, *charts: Chart | Tally, title: str = "It's & <seats>") -> Sheet:
    async def streamed() -> AsyncIterator[Row]:
        for number in range(count):
            yield row(number)

    return Sheet(title, COLUMNS, streamed(), ("held",), charts=charts)


async def saved(tmp_path: Path, *sheets: Sheet) -> Path:
    path = tmp_path / "out.xlsx"
    await Workbook("Pack", lambda: (), sheets, AT).save(path)
    return path


def drawn(path: Path, number: int) -> tuple[str, list[tuple[Any, list[Any], list[Any]]]]:
    """Give a chart's kind and its series: name, categories, values, as read from the cells that it refers to."""
    book = openpyxl.load_workbook(path)
    with zipfile.ZipFile(path) as package:
        tree = etree.fromstring(package.read(f"xl/charts/chart{number}.xml"))

    def cells(reference: str) -> list[Any]:
        title, where = re.fullmatch(r"'(.*)'!(.*)", reference).groups()  # type: ignore[union-attr]
        left, top, right, bottom = range_boundaries(where)
        page = book[title.replace("''", "'")]
        return [page.cell(line, column).value for line in range(top, bottom + 1) for column in range(left, right + 1)]

    series = []
    for one in tree.iter(f"{C}ser"):
        names, categories, values = (
            [f.text for place in places for f in one.iterfind(f"{C}{place}//{C}f")]
            for places in (("tx",), ("cat", "xVal"), ("val", "yVal"))
        )
        series.append((cells(names[0])[0], cells(categories[0]), cells(values[0])))
    kind = next(tag.tag.removeprefix(C) for tag in tree.iter() if tag.tag.endswith("Chart"))
    return kind, series


async def test_a_chart_of_columns_reads_the_rows_of_its_table(tmp_path: Path) -> None:
    path = await saved(tmp_path, sheet(12, Chart("Held and cost", "license", ("held", "cost"))))
    rows = [row(number) for number in range(12)]
    names = [each["license"] for each in rows]
    kind, series = drawn(path, 1)
    assert kind == "barChart"
    assert series == [
        ("Held", names, [each["held"] for each in rows]),
        ("Cost", names, [float(each["cost"]) for each in rows]),  # type: ignore[arg-type]
    ]
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[-1] == "Charts"
    assert len(book["Charts"]._charts) == 1


@pytest.mark.parametrize("count", [1, 40, 6_001])
async def test_a_tally_draws_the_sums_of_the_rows_however_many(tmp_path: Path, count: int) -> None:
    tally = Tally(
        lambda sums: f"{sums[0]} held, {sums[1]} times five or more", "license", (HELD, BIG), ChartKind.STACKED
    )
    path = await saved(tmp_path, sheet(count, tally))
    rows = [row(number) for number in range(count)]
    held: dict[Any, int] = {}
    for each in rows:
        held[each["license"]] = held.get(each["license"], 0) + int(str(each["held"]))
    kind, ((name, categories, values), (other, _, big)) = drawn(path, 1)
    assert (kind, name, other) == ("barChart", "Held", "Of five or more")
    assert dict(zip(categories, values, strict=True)) == held
    assert sum(big) == sum(BIG.of(each) is True for each in rows)
    title = openpyxl.load_workbook(path)["Charts"]["A1"].value
    assert title == f"{sum(held.values())} held, {sum(big)} times five or more"


async def test_the_smallest_categories_are_drawn_as_one_that_says_how_many(tmp_path: Path) -> None:
    path = await saved(tmp_path, sheet(70, Tally("Held", "license", (HELD,), most=3, rest="Other")))
    _, ((_, categories, values),) = drawn(path, 1)
    assert len(categories) == 4
    assert categories[-1] == "Other (4)"
    assert values[:3] == sorted(values[:3], reverse=True)
    assert sum(values) == sum(int(str(row(number)["held"])) for number in range(70))


async def test_lines_are_drawn_by_category_and_steps_hold_until_the_next(tmp_path: Path) -> None:
    line = Tally("Cost by share", "share", (Measure("Cost", lambda row: row["cost"]),), ChartKind.LINE)
    step = Tally("Held by share", "share", (HELD,), ChartKind.STEP)
    path = await saved(tmp_path, sheet(3, line, step))
    assert drawn(path, 1)[0] == "lineChart"
    kind, ((_, at, held),) = drawn(path, 2)
    assert kind == "scatterChart"
    assert list(zip(at, held, strict=True)) == [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2)]


async def test_charts_of_several_tables_stand_below_each_other(tmp_path: Path) -> None:
    tally = Tally("Held", "license", (HELD,), most=40)
    charts = (tally, Chart("Cost", "license", ("cost",)), tally)
    path = await saved(tmp_path, sheet(300, *charts), sheet(3, title="Other"), sheet(5, tally, title="Charts"))
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Cover", "It's & <seats>", "Other", "Charts", "Charts 2"]
    tops = [chart.anchor._from.row for chart in book["Charts 2"]._charts]
    assert len(tops) == 4
    assert all(later - earlier >= 24 for earlier, later in itertools.pairwise(tops))
    assert all(drawn(path, number)[1] for number in (1, 2, 3, 4))
    assert sum(drawn(path, 4)[1][0][2]) == sum(range(5))


async def test_a_table_without_rows_still_opens_and_no_chart_means_no_sheet(tmp_path: Path) -> None:
    path = await saved(tmp_path, sheet(0, Tally("Held", "license", (HELD,)), Chart("Cost", "license", ("cost",))))
    assert drawn(path, 1)[1][0][2] == [None]
    assert openpyxl.load_workbook(await saved(tmp_path, sheet(2, title="One"))).sheetnames == ["Cover", "One"]


async def test_what_stands_beside_a_chart_is_text_and_number_never_a_formula(tmp_path: Path) -> None:
    path = await saved(tmp_path, sheet(9, Tally("=1+1", "license", (Measure("@SUM(A1)", lambda row: row["held"]),))))
    with zipfile.ZipFile(path) as package:
        assert not any(b"<f>" in package.read(name) for name in package.namelist() if "worksheets" in name)
    table = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Charts").to_python(skip_empty_area=False)
    assert table[0][0] == "=1+1"
    assert table[1][1] == "@SUM(A1)"
    assert {line[0] for line in table[2:9]} == {f"=L{number}" for number in range(7)}


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        (Chart("x", "license", ()), "0 series"),
        (Tally("x", "license", (HELD,) * 5), "5 series"),
        (Tally("x", "nothing", (HELD,)), "'nothing'"),
        (Chart("x", "license", ("nothing",)), "'nothing'"),
        (Chart("x", "share", ("held",), ChartKind.STEP), "steps"),
    ],
)
async def test_a_chart_declared_wrongly_is_refused_before_anything_is_written(
    tmp_path: Path, chart: Chart | Tally, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        await saved(tmp_path, sheet(1, chart))
    assert not (tmp_path / "out.xlsx").exists()


def test_what_is_nowhere_comes_last_and_is_counted() -> None:
    summed = Summed(Tally("x", "license", (HELD,), ordered=True))
    for name in ("b", None, "A"):
        summed.see({"license": name, "held": 1})
    assert summed.points() == (("A", 1), ("b", 1), (None, 1))


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_an_office_suite_opens_it_and_keeps_its_charts(tmp_path: Path) -> None:
    kinds = (ChartKind.BAR, ChartKind.STACKED, ChartKind.LINE)
    path = asyncio.run(saved(tmp_path, sheet(40, *(Tally(kind, "license", (HELD, BIG), kind) for kind in kinds))))
    command = ["soffice", "--headless", "--convert-to", "ods", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with zipfile.ZipFile(tmp_path / "out.ods") as package:
        assert len([name for name in package.namelist() if re.fullmatch(r"Object \d+/content.xml", name)]) == 3
