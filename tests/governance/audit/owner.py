"""The owner of the database, who passes by every guard: what the trail must tell on."""

import contextlib
import sqlite3
from uuid import UUID

import psycopg

from governance.kernel.work import Office


def as_owner(office: Office, *statements: str) -> None:
    """Run statements with every trigger and foreign key out of the way; each must change something."""
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


def said(office: Office, value: UUID | bytes) -> str:
    """Write an id or a hash as a literal of this database."""
    if office.database.kind == "postgresql":
        return f"'{value}'" if isinstance(value, UUID) else f"'\\x{value.hex()}'"
    return f"x'{(value.bytes if isinstance(value, UUID) else value).hex()}'"
