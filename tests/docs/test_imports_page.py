"""The page on imports names the columns of the tables that people fill in, to the letter of their declarations."""

from pathlib import Path

import pytest

from governance.imports.filed import FORMATS
from governance.imports.formats.columns import Column
from governance.imports.rules import RowOutcome
from governance.imports.templates import TEMPLATES

PAGE = (Path(__file__).parents[2] / "docs" / "imports.md").read_text("utf-8")


def line(column: Column) -> str:
    """The line of a column as the page has it."""
    return f"| `{column.name}` | {'yes' if column.required else ''} | {column.meaning} | {column.example} |"


@pytest.mark.parametrize("name", ["agreements", "devices", "licenses", "line-rights", "suites"])
def test_the_page_has_every_column_and_no_other(name: str) -> None:
    section = PAGE.split(f"`lictor import {name}`\n", 1)[1].split("\n## ", 1)[0]
    assert [each for each in section.splitlines() if each.startswith("| `")] == [line(c) for c in TEMPLATES[name]]


def test_the_page_names_every_option_and_outcome() -> None:
    words = [f"--{name.replace('_', '-')}" for each in FORMATS.values() for name in each.options]
    assert [word for word in (*words, *RowOutcome) if word not in PAGE] == []
    assert [name for name in TEMPLATES if f"lictor import template {name}" not in PAGE] == []
