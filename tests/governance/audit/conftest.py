"""The owner of the database, who passes by every guard: what the trail must be safe from."""

import contextlib
import sqlite3
from collections.abc import Callable

import psycopg
import pytest

from governance.kernel.work import Office

Planted = Callable[..., None]


@pytest.fixture
def planted(office: Office) -> Planted:
    """Give the owner's hand: statements that run with every trigger and foreign key out of the way."""

    def run(*statements: str) -> None:
        if office.database.kind == "postgresql":
            with psycopg.connect(office.database.url) as connection:
                connection.execute("SET session_replication_role = replica")
                for statement in statements:
                    assert connection.execute(statement).rowcount != 0, statement
            return
        with contextlib.closing(sqlite3.connect(office.database.path)) as connection:
            guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in guards:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                assert connection.execute(statement).rowcount != 0, statement
            for _, again in guards:
                connection.execute(again)
            connection.commit()

    return run
