"""PostgreSQL's processes, kept from test to test: a new one costs more than most tests ask of it.

A connection that is closed while nothing is under way in it is laid on a shelf, as new but for what its process has
looked up in the catalogs; whoever connects next with the same words takes it up again.
"""

from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import ExecStatus, PGconn, TransactionStatus

_SHELF: dict[str, list[PGconn]] = {}
_ROOM = 12  # processes of one database that are kept


class Kept(psycopg.AsyncConnection[Any]):
    """A connection over a process that may have served an earlier one. What Python knows of it is new each time."""

    _words = ""

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Any:
        shelf = _SHELF.get(conninfo, [])
        while shelf:
            wire = shelf.pop()
            if _said(wire, b"SELECT 1", ExecStatus.TUPLES_OK):
                kept = cls(wire)
                kept._words = conninfo
                return kept
            wire.finish()
        made: Self = yield from super()._connect_gen(conninfo)
        made._words = conninfo
        return made

    async def close(self) -> None:
        wire, shelf = self.pgconn, _SHELF.setdefault(self._words, [])
        idle = not self.closed and wire.transaction_status == TransactionStatus.IDLE
        if idle and len(shelf) < _ROOM and _said(wire, b"DISCARD ALL", ExecStatus.COMMAND_OK):
            self.pgconn, self._closed = _ended(), True
            shelf.append(wire)
        else:
            await super().close()


def kept_of(name: str) -> list[int]:
    """Give the processes that are kept for a database."""
    return [wire.backend_pid for words, shelf in _SHELF.items() if _is_of(words, name) for wire in shelf]


def let_go(name: str) -> None:
    """End the processes that are kept for a database."""
    for words in [each for each in _SHELF if _is_of(each, name)]:
        for wire in _SHELF.pop(words):
            wire.finish()


def _is_of(words: str, name: str) -> bool:
    return conninfo_to_dict(words).get("dbname") == name


def _said(wire: PGconn, text: bytes, status: ExecStatus) -> bool:
    """Say whether a process answers as it should. It waits here: the answer takes less than a turn of the loop."""
    return wire.exec_(text).status == status


def _ended() -> PGconn:
    wire = PGconn.connect_start(b"host=/nowhere")
    wire.finish()
    return wire
