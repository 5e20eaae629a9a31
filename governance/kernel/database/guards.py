"""What the database itself refuses: other tenants' rows (PostgreSQL), and any change of what is append-only (both)."""

from collections.abc import Iterable

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from governance.kernel.database.rows import Row

ERASER = "lictor_eraser"  # deletes a tenant as a whole; no server ever acts as it
ROLES = ("lictor_app", "lictor_ledger", "lictor_system", ERASER)
EVERY_TENANT = f"lictor_ledger, lictor_system, {ERASER}"
SAME_TENANT = "tenant_id = nullif(current_setting('app.tenant', true), '')::uuid"
NO_CHANGE = f"""
CREATE OR REPLACE FUNCTION lictor_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_user = '{ERASER}' THEN RETURN OLD; END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"""
GATHER = """
CREATE OR REPLACE FUNCTION lictor_gather_statistics(share double precision) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE grown regclass;
BEGIN
  FOR grown IN
    SELECT c.oid FROM pg_class c LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
      AND (s.n_mod_since_analyze >= 1000 + share * c.reltuples
           OR pg_relation_size(c.oid) > 8192 * (1.2 * c.relpages + 16))
    ORDER BY c.oid
  LOOP EXECUTE format('ANALYZE (SKIP_LOCKED) %s', grown); END LOOP;
END $$"""  # SECURITY DEFINER: only a table's owner may analyze it


async def lay_guards(connection: AsyncConnection) -> None:
    """Lay roles, grants, row policies and append-only triggers over every table, anew and alike each time.

    Runs as the schema's owner after every upgrade. A table says of itself, by `info`: `append_only`, which verbs the
    application's role has (`app`, default select, insert, update, delete), and which column PostgreSQL fills with the
    number of the row's transaction (`transaction`).
    """
    tables = Row.metadata.sorted_tables
    if connection.dialect.name == "postgresql":
        for statement in _postgresql(tables):
            await connection.execute(text(statement))
    else:
        for statement in sqlite_guards(tables):
            await connection.execute(text(statement))


def _postgresql(tables: Iterable[Table]) -> Iterable[str]:
    yield NO_CHANGE
    for role in ROLES:
        yield (
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOBYPASSRLS; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
        yield f"GRANT {role} TO CURRENT_USER"
        yield f"GRANT USAGE ON SCHEMA public TO {role}"
    for table in tables:
        yield from _postgresql_table(table)
    yield GATHER
    yield "REVOKE ALL ON FUNCTION lictor_gather_statistics(double precision) FROM PUBLIC"
    yield "GRANT EXECUTE ON FUNCTION lictor_gather_statistics(double precision) TO lictor_system"


def _postgresql_table(table: Table) -> Iterable[str]:
    name, tenant = table.name, "tenant_id" in table.c
    append_only = table.info.get("append_only", False)
    verbs = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    yield f"REVOKE ALL ON {name} FROM {', '.join(ROLES)}"
    yield f"GRANT {table.info.get('app', verbs if tenant else 'SELECT')} ON {name} TO lictor_app"
    yield f"GRANT {verbs} ON {name} TO lictor_ledger, lictor_system"
    yield f"GRANT {'SELECT, DELETE' if tenant else table.info.get('eraser', 'SELECT')} ON {name} TO {ERASER}"
    if tenant:
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
        for policy in ("own_tenant", "every_tenant"):
            yield f"DROP POLICY IF EXISTS {policy} ON {name}"
        yield f"CREATE POLICY own_tenant ON {name} TO lictor_app USING ({SAME_TENANT}) WITH CHECK ({SAME_TENANT})"
        yield f"CREATE POLICY every_tenant ON {name} TO {EVERY_TENANT} USING (true) WITH CHECK (true)"
    if (filled := table.info.get("transaction")) is not None:
        yield f"ALTER TABLE {name} ALTER COLUMN {filled} SET DEFAULT pg_current_xact_id()::text::bigint"
    if append_only:
        yield (
            f"CREATE OR REPLACE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION lictor_append_only()"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION lictor_append_only()"
        )


def lift_guards(tables: Iterable[Table]) -> Iterable[str]:
    """Give the statements that take SQLite's triggers away, for the transaction that lays them anew in its end."""
    for table in tables:
        if table.info.get("append_only", False):
            yield from (f"DROP TRIGGER IF EXISTS {table.name}_no_{verb}" for verb in ("update", "delete"))


def sqlite_guards(tables: Iterable[Table]) -> Iterable[str]:
    for table in tables:
        if table.info.get("append_only", False):
            for verb in ("UPDATE", "DELETE"):
                yield (
                    f"CREATE TRIGGER IF NOT EXISTS {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
                    f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
                )
