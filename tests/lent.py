"""One set of engines for each kind of database in a process, lent to test after test.

An engine keeps what it has compiled; a new one for each test would compile every statement again. PostgreSQL's
processes are kept too.
"""

from copy import copy
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, make_url

from governance.kernel.database import Database
from governance.kernel.database.hops import connect
from governance.kernel.database.turn import WriteTurn
from tests.backends import Kept

_KEPT: dict[str, Database] = {}
_AT: dict[str, str] = {}


def lent(url: str) -> Database:
    """Give a database at `url` whose connections are its own and are closed by `dispose`, and whose engines are kept."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend not in _KEPT:
        _KEPT[backend] = Database(url, pool_size=4)
        for engine in {_KEPT[backend]._readers, _KEPT[backend]._writers, _KEPT[backend]._system}:
            _send_there(engine.sync_engine)
    _AT[backend] = parsed.database or ""
    database = copy(_KEPT[backend])
    database.url = url
    if backend == "sqlite":
        database.path = Path(parsed.database or "")
        database.turn = WriteTurn(database.path.with_name(database.path.name + ".turn"))
    return database


def _send_there(engine: Engine) -> None:
    """Let an engine connect where the test's database is; the first who connects has the word."""
    hops = event.contains(engine, "do_connect", connect)
    if hops:
        event.remove(engine, "do_connect", connect)
    event.listen(engine, "do_connect", _there)
    if hops:
        event.listen(engine, "do_connect", connect)


def _there(dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
    if dialect.name == "sqlite":
        arguments[0] = _AT["sqlite"]
    else:
        options["dbname"] = _AT["postgresql"]
        options["async_creator_fn"] = Kept.connect
