"""One PostgreSQL database a process, emptied after each test: making and dropping one takes longer than most tests."""

import uuid

import psycopg
from psycopg import sql

from tests.backends import kept_of, let_go

SCHEMAS = "('public', 'jobs')"
OURS = 16384  # objects below this number are PostgreSQL's own
ROOM = 2 << 20  # bytes: rows that are gone still take their place in a table
# What a test may have changed besides rows, and whether it measured its tables: those plan otherwise from then on.
# A database that is not as it was made is dropped.
CHANGED = "concat(count(*), ' ', sum(hashxid(xmin)::bigint # {}))"
FINGERPRINT = "SELECT concat_ws(','{})".format(
    "".join(
        f", (SELECT {CHANGED.format(number)} FROM {catalog} WHERE {of} >= {OURS})"
        for catalog, number, of in (
            ("pg_class", "hashoid(oid)", "oid"),
            ("pg_attribute", "attnum", "attrelid"),
            ("pg_attrdef", "hashoid(oid)", "oid"),
            ("pg_trigger", "hashoid(oid)", "oid"),
            ("pg_policy", "hashoid(oid)", "oid"),
            ("pg_constraint", "hashoid(oid)", "oid"),
            ("pg_proc", "hashoid(oid)", "oid"),
        )
    )
    + f", (SELECT count(*) FROM pg_class WHERE oid >= {OURS} AND relkind = 'r' AND reltuples <> -1)"
)
OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s)"""


class Emptied:
    """Lends the URL of a database that is as the template is, and empties it when it comes back."""

    def __init__(self, cluster: str, template: str) -> None:
        self._cluster, self._template = cluster, template
        self._connection: psycopg.Connection | None = None
        self._url = self._name = self._fingerprint = ""

    def lend(self) -> str:
        if self._connection is None:
            self._name = f"t_{uuid.uuid4().hex[:12]}"
            self._run(f"CREATE DATABASE {self._name} TEMPLATE {self._template} STRATEGY FILE_COPY")
            self._url = at(self._cluster, self._name)
            self._connection = connection = psycopg.connect(self._url, autocommit=True)
            connection.execute("SET session_replication_role = replica")  # no guard of rows stands in the way
            connection.execute(_emptying(connection))
            self._fingerprint = _look(connection)
        return self._url

    def take_back(self) -> None:
        assert self._connection is not None
        self._connection.execute(OTHERS, (kept_of(self._name),))
        widest = self._connection.execute("SELECT pg_temp.emptied()").fetchone()
        if widest[0] > ROOM or _look(self._connection) != self._fingerprint:  # type: ignore[index]
            self.drop()

    def drop(self) -> None:
        if self._connection is not None:
            let_go(self._name)
            self._connection.close()
            self._connection = None
            self._run(f"DROP DATABASE {self._name} WITH (FORCE)")

    def _run(self, text: str) -> None:
        with psycopg.connect(self._cluster, autocommit=True) as connection:
            connection.execute(text)  # type: ignore[call-overload]


def _look(connection: psycopg.Connection) -> str:
    return connection.execute(FINGERPRINT).fetchone()[0]  # type: ignore[index]


def _emptying(connection: psycopg.Connection) -> sql.Composed:
    """Give the function that empties every table which holds a row; it says how many bytes the widest of them takes.

    What PostgreSQL counted of earlier rows goes too: by it the product decides which tables to measure anew.
    """
    tables = connection.execute(f"SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN {SCHEMAS}").fetchall()  # type: ignore[call-overload]
    sequences = connection.execute(
        f"SELECT format('%I.%I', schemaname, sequencename), start_value FROM pg_sequences WHERE schemaname IN {SCHEMAS}"  # type: ignore[call-overload]
    ).fetchall()
    for each in tables:
        found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*each)))
        assert found.fetchone() == (0,), f"the template holds rows of {'.'.join(each)}"
    one = "IF EXISTS (SELECT FROM {0}) THEN DELETE FROM {0}; widest = greatest(widest, pg_relation_size({1})); END IF;"
    body = [sql.SQL(one).format(sql.Identifier(*each), sql.Literal(".".join(each))) for each in tables]
    body += [sql.SQL("PERFORM setval({}, {}, false);").format(*map(sql.Literal, each)) for each in sequences]
    return sql.SQL(
        "CREATE FUNCTION pg_temp.emptied() RETURNS bigint LANGUAGE plpgsql AS "
        "$$ DECLARE widest bigint = 0; BEGIN {} PERFORM pg_stat_reset(); RETURN widest; END $$"
    ).format(sql.SQL(" ").join(body))


def at(cluster: str, name: str) -> str:
    """Give the URL of another database of a cluster."""
    head, _, query = cluster.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
