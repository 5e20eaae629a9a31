"""The documents hold together: links lead somewhere, pictures are there and light, commands parse, rooms are named."""

import re
import shlex
import struct
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from api.cli import app
from tests.docs.reference import ROOT

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
README = PAGES[0].read_text("utf-8")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
PICTURES = ROOT / "docs" / "pictures"
HEAVIEST, HEAVIEST_OF_ALL = 250_000, 2_500_000


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as the usual viewers of Markdown make them."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower().replace("`", "")).replace(" ", "-") for head in heads}


def commands(page: Path) -> list[str]:
    """Give every `lictor …` that a page writes, of its blocks and of its running text."""
    text = page.read_text("utf-8")
    blocks = "\n".join(body for language, body in FENCE.findall(text) if language == "sh")
    lines = [line.strip() for line in blocks.replace("\\\n", " ").splitlines()]
    inline = re.findall(r"`((?:LICTOR_\w+=\S+ )?lictor [^`]+)`", FENCE.sub("", text))
    return [line for line in (*lines, *inline) if re.match(r"(LICTOR_\w+=\S+ )*lictor ", line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for found in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        target, _, anchor = next(filter(None, found)).partition("#")
        if target.startswith(("http://127.0.0.1", "https://")):
            continue
        to = (page.parent / target).resolve() if target else page
        assert to.exists(), target
        assert to.is_relative_to(ROOT)
        assert not anchor or anchor in anchors(to), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_written_can_be_given(page: Path) -> None:
    for line in commands(page):
        words = shlex.split(line, comments=True)
        while words[0] != "lictor":
            words.pop(0)
        if words[1:] and not words[1].startswith("-"):
            parses(words[1:], line)


def parses(words: list[str], line: str) -> None:
    """Walk down to the command that a line names and let it read its arguments; nothing is run."""
    command, context = get_command(app), None
    while hasattr(command, "commands"):
        if not words or words[0] not in command.commands:
            assert not words, line
            return  # a group, named as such
        context = typer.Context(command, parent=context, info_name=line)
        command = command.commands[words.pop(0)]
    if words:
        command.make_context(line, words, parent=context, resilient_parsing=any(w.isupper() for w in words))


def test_every_make_command_is_in_the_readme() -> None:
    made = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert made
    assert [name for name in made if f"| `make {name}` |" not in README] == []
    assert set(re.findall(r"`make ([a-z-]+)`", README)) <= set(made)


def test_every_picture_is_used_and_light() -> None:
    pictures = sorted(PICTURES.glob("*"))
    assert [p.name for p in pictures if p.suffix != ".png"] == []
    told = "".join(page.read_text("utf-8") for page in PAGES)
    assert [p.name for p in pictures if f"pictures/{p.name}" not in told] == []
    assert [p.name for p in pictures if p.stat().st_size > HEAVIEST] == []
    assert sum(p.stat().st_size for p in pictures) <= HEAVIEST_OF_ALL
    for picture in pictures:
        head = picture.read_bytes()[:24]
        assert head.startswith(b"\x89PNG")
        assert min(struct.unpack(">II", head[16:24])) > 300


def test_every_picture_has_words_for_who_cannot_see_it() -> None:
    for page in PAGES:
        for words in re.findall(r"!\[([^\]]*)\]\(", page.read_text("utf-8")):
            assert len(words) > 20


@pytest.mark.parametrize("floor", ["policies", "governance", "api"])
def test_every_room_stands_on_the_map(floor: str) -> None:
    section = README.split("## The map of the house")[1].split("\n## ")[0]
    of_floor = section.split(f"\n### {floor}\n")[1].split("\n### ")[0]
    rooms = [p.name for p in (ROOT / floor).iterdir() if p.is_dir() and p.name != "__pycache__" and any(p.glob("*"))]
    assert [room for room in rooms if f"`{room}/`" not in of_floor] == []
    files = [p.name for p in (ROOT / floor).glob("*.py") if p.name != "__init__.py"]
    assert [name for name in files if f"`{name}`" not in of_floor] == []


def test_every_room_on_the_map_exists() -> None:
    section = README.split("## The map of the house")[1].split("\n## ")[0]
    for floor in ("policies", "governance", "reports", "api"):
        of_floor = section.split(f"\n### {floor}\n")[1].split("\n### ")[0]
        for name in re.findall(r"^\|([^|]+)\|", of_floor, re.MULTILINE):
            for room in re.findall(r"`([\w./]+)`", name):
                assert (ROOT / floor / room).exists(), f"{floor}/{room}"


def test_every_report_stands_on_the_map() -> None:
    section = README.split("\n### reports\n")[1].split("\n### ")[0]
    files = [p.name for p in (ROOT / "reports").glob("*.py") if p.name != "__init__.py"]
    assert [name for name in files if "\nREPORT = " in (ROOT / "reports" / name).read_text("utf-8")
            and f"`{name}`" not in section] == []  # fmt: skip


def test_decisions_are_numbered_and_each_names_its_price() -> None:
    section = README.split("\n## Decisions\n")[1].split("\n## ")[0]
    decisions = re.split(r"^\d+\. ", section, flags=re.MULTILINE)[1:]
    assert [int(n) for n in re.findall(r"^(\d+)\. ", section, re.MULTILINE)] == list(range(1, len(decisions) + 1))
    assert [text[:60] for text in decisions if "*Price:*" not in " ".join(text.split())] == []
