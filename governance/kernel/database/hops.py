"""One hop to SQLite's thread a statement: to ask, to read and to end each by a hop of its own takes far longer.

SQLAlchemy's own connection goes there for the cursor, the statement, its rows and the end of the cursor. Only what is
streamed row by row still does.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.util.concurrency import await_

AT_ONCE = 64  # rows of a stream that one hop brings


def connect(dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
    """Connect to SQLite: what an engine calls on `do_connect`."""
    thread: Any = _Thread(partial(sqlite3.connect, *arguments, **options), AT_ONCE)
    return _Connection(dialect.dbapi, await_(thread))


class _Told(NamedTuple):
    """What a statement told besides its rows; it stands where a cursor would, of which nothing is left."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    arraysize: int = 1

    def close(self) -> None:
        """Close nothing: the cursor was closed when its rows had been read."""


class _Thread(aiosqlite.Connection):
    """A connection in a thread of its own, which ends with the process."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], at_once: int) -> None:
        super().__init__(connector, at_once)
        self._thread.daemon = True

    async def asked(self, ask: Callable[..., Any], statement: str, parameters: Any) -> tuple[_Told, deque[Any]]:
        """Ask a statement, and give what it told with all its rows."""
        thread: Any = self
        told: tuple[_Told, deque[Any]] = await thread._execute(_asked, self._conn, ask, statement, parameters)  # noqa: SLF001
        return told


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor that is no more than what its last statement gave."""

    __slots__ = ()
    _awaitable_cursor_close = False

    def _make_new_cursor(self, _connection: Any) -> Any:
        return _Told()

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._hop(sqlite3.Cursor.execute, operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._hop(sqlite3.Cursor.executemany, operation, seq_of_parameters)

    async def _hop(self, ask: Callable[..., Any], statement: str, parameters: Any) -> None:
        thread: Any = self._connection
        async with self._adapt_connection._execute_mutex:  # noqa: SLF001 - as the cursor does that stands in its place
            self._cursor, self._rows = await thread.asked(ask, statement, parameters)


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor


def _asked(
    connection: sqlite3.Connection, ask: Callable[..., Any], statement: str, parameters: Any
) -> tuple[_Told, deque[Any]]:
    cursor = connection.cursor()
    try:
        ask(cursor, statement, parameters)
        rows = deque(cursor.fetchall() if cursor.description else ())
        return _Told(cursor.description, cursor.rowcount, cursor.lastrowid), rows
    finally:
        cursor.close()
