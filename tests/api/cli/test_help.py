"""Help teaches: every command says what it does with an example that it would take; the exit codes stand there too."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import click
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from api.cli import app
from api.cli.exits import MEANING, Exit, exit_of
from governance.kernel.errors import Code


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    group = group or get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


EVERY = dict(commands())


def test_the_terminal_offers_what_is_promised() -> None:
    assert {" ".join(path) for path in EVERY} >= {
        "serve", "worker", "demo", "db upgrade", "db downgrade", "db check", "import people", "scan", "report",
        "token create", "token list", "token revoke", "tenant create", "doctor", "settings",
    }  # fmt: skip


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_shows_an_example_of_itself_that_it_would_take(path: tuple[str, ...]) -> None:
    found = re.search(r"Example: `([^`]+)`", EVERY[path].help or "")
    assert found is not None
    words = shlex.split(found[1])
    while re.fullmatch(r"LICTOR_\w+=.*", words[0]):
        words.pop(0)
    assert words[: len(path) + 1] == ["lictor", *path]
    EVERY[path].make_context(path[-1], words[len(path) + 1 :])


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    said = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"})
    assert said.exit_code == 0
    assert "Example" in said.stdout
    assert all(getattr(parameter, "help", None) for parameter in EVERY[path].params if parameter.name != "help")


def test_the_exit_codes_stand_in_the_help_and_each_means_one_thing() -> None:
    said = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    assert set(MEANING) == set(Exit)
    assert len(set(MEANING.values())) == len(MEANING)
    for code in Exit:
        assert re.search(rf"\b{code.value}:", said)


def test_every_refusal_has_a_code_of_the_table_that_is_lictors_own() -> None:
    own = {Exit.BAD_INPUT, Exit.REFUSED, Exit.NOT_FOUND, Exit.CONFLICT, Exit.UNAVAILABLE}
    assert {exit_of(code) for code in Code} == own


@pytest.mark.parametrize(
    "wrong", [["nothing"], ["scan", "--nothing"], ["db"], ["token", "create"], ["import", "people"]]
)
def test_a_wrong_command_line_is_a_usage_error_without_a_traceback(wrong: list[str]) -> None:
    said = CliRunner().invoke(app, wrong)
    assert said.exit_code == Exit.USAGE
    assert "Traceback" not in said.output
