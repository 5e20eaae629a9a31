"""What the reader of uploads passes between its parts: numbered rows, their issues, and a no."""

from typing import Any

CHUNK = 1 << 20

Issues = list[tuple[str, int | None]]  # code, and the column's index where it is about one column
Numbered = tuple[int, list[Any], Issues]  # row number as a spreadsheet shows it, cells, issues


class No(Exception):
    """A refusal by the name of its noun in sheet_errors.py, with its facts."""

    def __init__(self, kind: str, **facts: object) -> None:
        super().__init__(kind)
        self.kind = kind
        self.facts = facts


def index_of(name: str) -> int:
    """The index of a column by its name: A is 0."""
    index = 0
    for character in name:
        index = index * 26 + ord(character) - 64
    return index - 1


def letter(index: int) -> str:
    """The name a spreadsheet gives to a column: A, B, … Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
