"""When the database is the one that did not answer: what a caller is told, and whether anything may have been changed.

SQLSTATEs are PostgreSQL's (appendix A of its manual): class 08 and 57P are lost connections, 53 is out of resources,
40, 55P03 and 57014 are transactions that were taken back whole.
"""

import sqlite3

import psycopg
from sqlalchemy import exc

from governance.kernel.errors import DatabaseLost, Unavailable

GONE = ("08", "57P")
TAKEN_BACK = ("40", "53", "55P03", "57014")
BUSY = ("locked", "busy")


def lost(error: BaseException) -> Unavailable | None:
    """Say it as Unavailable where the database did not answer; None where the error is of another kind."""
    if isinstance(error, exc.TimeoutError):  # nobody gave a connection back in time
        return Unavailable("The database")
    if not isinstance(error, exc.DBAPIError):
        return None
    origin = error.orig
    if isinstance(origin, sqlite3.OperationalError):
        return Unavailable("The database") if any(sign in str(origin) for sign in BUSY) else None
    state = getattr(origin, "sqlstate", None) or ""
    if state.startswith(TAKEN_BACK):
        return Unavailable("The database")
    silent = isinstance(origin, psycopg.OperationalError) and not state
    return DatabaseLost() if error.connection_invalidated or silent or state.startswith(GONE) else None
