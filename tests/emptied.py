"""One PostgreSQL database a process, emptied after each test: making and dropping one takes longer than most tests."""

import uuid

import psycopg
from psycopg import sql

SCHEMAS = "('public', 'jobs')"
# What a test may have changed besides rows. A database that is not as it was made is dropped.
FINGERPRINT = f"""
SELECT md5(string_agg(said, ',' ORDER BY said)) FROM (
  SELECT concat('c', c.oid, c.relname, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.relowner) AS said
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN {SCHEMAS}
  UNION ALL SELECT concat('a', attrelid, attname, atttypid, atttypmod, attnotnull, attacl)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN {SCHEMAS} AND c.relkind = 'r'
  UNION ALL SELECT concat('t', tgrelid, tgname, tgenabled, tgfoid) FROM pg_trigger
  UNION ALL SELECT concat('p', oid, polrelid, polname, polcmd) FROM pg_policy
  UNION ALL SELECT concat('k', oid, conrelid, conname) FROM pg_constraint
  UNION ALL SELECT concat('f', p.oid, p.proname, md5(p.prosrc), p.proacl)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN {SCHEMAS}
) AS whole"""
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Emptied:
    """Lends the URL of a database that is as the template is, and empties it when it comes back."""

    def __init__(self, cluster: str, template: str) -> None:
        self._cluster, self._template = cluster, template
        self._url: str | None = None
        self._name = self._fingerprint = ""
        self._empty = sql.SQL("")

    def lend(self) -> str:
        if self._url is None:
            self._name = f"t_{uuid.uuid4().hex[:12]}"
            self._run(f"CREATE DATABASE {self._name} TEMPLATE {self._template} STRATEGY FILE_COPY")
            self._url = at(self._cluster, self._name)
            with psycopg.connect(self._url, autocommit=True) as connection:
                self._fingerprint = self._look(connection)
                self._empty = self._emptying(connection)
        return self._url

    def take_back(self) -> None:
        assert self._url is not None
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(OTHERS)
            connection.execute("SET session_replication_role = replica")  # no guard of rows stands in the way
            connection.execute(self._empty)
            same = self._look(connection) == self._fingerprint
        if not same:
            self.drop()

    def drop(self) -> None:
        if self._url is not None:
            self._run(f"DROP DATABASE {self._name} WITH (FORCE)")
            self._url = None

    def _run(self, text: str) -> None:
        with psycopg.connect(self._cluster, autocommit=True) as connection:
            connection.execute(text)  # type: ignore[call-overload]

    def _look(self, connection: psycopg.Connection) -> str:
        return connection.execute(FINGERPRINT).fetchone()[0]  # type: ignore[index]

    def _emptying(self, connection: psycopg.Connection) -> sql.Composed:
        tables = connection.execute(
            f"SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN {SCHEMAS}"
        ).fetchall()  # type: ignore[call-overload]
        for schema, table in tables:
            found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table)))
            assert found.fetchone() == (0,), f"the template holds rows of {schema}.{table}"
        deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(*each)) for each in tables]
        sequences = connection.execute(
            f"SELECT schemaname, sequencename FROM pg_sequences WHERE schemaname IN {SCHEMAS}"
        )  # type: ignore[call-overload]
        restarts = [sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(*each)) for each in sequences.fetchall()]
        return sql.SQL("; ").join([*deletes, *restarts])


def at(cluster: str, name: str) -> str:
    """Give the URL of another database of a cluster."""
    head, _, query = cluster.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
