"""An installation of its own for each journey: an empty database of either kind, a mail server, and no server yet."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import KINDS
from tests.emptied import at
from tests.journey.house import House, Postbox, postbox


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Give the URL of a database without anything in it; None is SQLite in the data folder, as by default."""
    if request.param == "sqlite":
        yield None
        return
    cluster: str = request.getfixturevalue("cluster")
    name = f"journey_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield at(cluster, name)
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def box() -> Iterator[tuple[Postbox, int]]:
    with postbox() as opened:
        yield opened


@pytest.fixture
def house(empty_database_url: str | None, box: tuple[Postbox, int], tmp_path: Path) -> Iterator[House]:
    built = House(empty_database_url, tmp_path / "data", box[1])
    yield built
    built.stop()
