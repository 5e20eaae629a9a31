"""The terminal under test: commands called as the shell calls them, on a database that is up or one that is empty."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from api.cli import app
from tests.conftest import KINDS
from tests.emptied import at

COMMANDS = get_command(app)  # made once: every call would else make each of them anew
PROGRAM = str(Path(sys.executable).with_name("lictor"))


@dataclass
class Said:
    """What a command gave: its code, its answer on standard output, and what it told on standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Give the one JSON object that stands alone on standard output."""
        assert self.out.endswith("\n"), (self.out, self.err)
        assert self.out.count("\n") == 1, self.out
        answer = json.loads(self.out)
        assert isinstance(answer, dict)
        return answer


@dataclass
class Terminal:
    """A terminal whose variables name one database and one data folder."""

    folder: Path
    database_url: str | None = None

    @property
    def variables(self) -> dict[str, str | None]:
        inherited = dict.fromkeys(name for name in os.environ if name.startswith("LICTOR_"))
        return {**inherited, "LICTOR_DATA_DIR": str(self.folder / "data"), "LICTOR_DATABASE_URL": self.database_url}

    def __call__(self, *arguments: str, stdin: bytes | None = None, **variables: str) -> Said:
        with CliRunner().isolation(input=stdin, env={**self.variables, **variables}) as (out, err, _both):
            try:
                COMMANDS.main(list(arguments), prog_name="lictor")
            except SystemExit as ended:
                code = ended.code or 0
            else:
                code = 0
            sys.stdout.flush()
            sys.stderr.flush()
            said = [stream.getvalue().decode().replace("\r\n", "\n") for stream in (out, err)]
        assert isinstance(code, int), code
        return Said(code, *said)

    def started(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        """Start the command as a process of its own."""
        told = {name: value for name, value in {**self.variables, **variables}.items() if value is not None}
        others = {name: value for name, value in os.environ.items() if not name.startswith("LICTOR_")}
        return subprocess.Popen(
            [PROGRAM, *arguments], env=others | told, cwd=self.folder, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip


@pytest.fixture(scope="session")
def databases(cluster: str) -> Iterator["Databases"]:
    made = Databases(cluster)
    yield made
    made.drop()


class Databases:
    """Databases on one PostgreSQL, each new or a copy of another."""

    def __init__(self, cluster: str) -> None:
        self.cluster = cluster
        self.names: list[str] = []

    def make(self, template: str | None = None) -> str:
        name = f"cli_{uuid.uuid4().hex[:12]}"
        copied = "" if template is None else f"TEMPLATE {template} STRATEGY FILE_COPY"
        with psycopg.connect(self.cluster, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {copied}")
        self.names.append(name)
        return name

    def drop(self) -> None:
        with psycopg.connect(self.cluster, autocommit=True) as connection:
            for name in self.names:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session", params=KINDS)
def furnished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | Path]:
    """Give a database whose schema is up, and one with the tenant halden besides, both to be copied."""
    made: dict[str, str | Path] = {}
    for name in ("up", "halden"):
        folder = tmp_path_factory.mktemp(name)
        if request.param == "sqlite":
            terminal = Terminal(folder)
            made[name] = folder / "data" / "lictor.sqlite"
        else:
            databases: Databases = request.getfixturevalue("databases")
            made[name] = databases.make()
            terminal = Terminal(folder, at(databases.cluster, str(made[name])))
        assert terminal("db", "upgrade").code == 0
        if name == "halden":
            assert create(terminal, name).code == 0
    return made


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Terminal:
    """Give a terminal before a database without anything in it."""
    if request.param == "sqlite":
        return Terminal(tmp_path)
    databases: Databases = request.getfixturevalue("databases")
    return Terminal(tmp_path, at(databases.cluster, databases.make()))


@pytest.fixture
def up(furnished: dict[str, str | Path], request: pytest.FixtureRequest, tmp_path: Path) -> Terminal:
    """Give a terminal before a database whose schema is up, without a tenant."""
    return copied(furnished["up"], request, tmp_path)


@pytest.fixture
def lictor(furnished: dict[str, str | Path], request: pytest.FixtureRequest, tmp_path: Path) -> Terminal:
    """Give a terminal before a database with one tenant, halden."""
    return copied(furnished["halden"], request, tmp_path)


def copied(source: str | Path, request: pytest.FixtureRequest, folder: Path) -> Terminal:
    if isinstance(source, Path):
        (folder / "data").mkdir()
        shutil.copyfile(source, folder / "data" / "lictor.sqlite")
        return Terminal(folder)
    databases: Databases = request.getfixturevalue("databases")
    return Terminal(folder, at(databases.cluster, databases.make(source)))


def create(terminal: Terminal, slug: str, *more: str) -> Said:
    mail = f"dana@{slug}.example"
    return terminal("tenant", "create", slug, "--name", slug.title(), "--admin-mail", mail, "--json", *more)
