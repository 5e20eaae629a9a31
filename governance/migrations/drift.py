"""Says what a database lacks or has too much: migrations, columns, checks, partial indexes, guards, the queue."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, Table, inspect, text

from governance.kernel.database.guards import ROLES
from governance.migrations.jobs import PINNED, laid_hash
from governance.migrations.shape import config, options
from governance.migrations.upgrade import current, opened
from governance.tables import METADATA


async def check(url: str) -> list[str]:
    """Name everything that is pending or drifted, a sentence each; nothing where all is well. Changes nothing."""
    async with opened(url) as connection:
        found = await connection.run_sync(_found)
        if connection.dialect.name == "postgresql" and (laid := await laid_hash(connection)) != PINNED:
            found.append(f"schema jobs: {'missing' if laid is None else 'another version'}")
        return found


def _found(connection: Connection) -> list[str]:
    head, here = ScriptDirectory.from_config(config()).get_current_head(), current(connection)
    if here != head:
        return [f"migration: the database stands at {here or 'nothing'}, this version needs {head}"]
    return [*differences(connection), *_checks_and_predicates(connection), *guards(connection)]


def differences(connection: Connection) -> list[str]:
    """Compare tables, columns, types, keys and indexes with the records as they are written."""
    told = {key: value for key, value in options().items() if key not in {"target_metadata", "render_item"}}
    context = MigrationContext.configure(connection, opts=told)
    return [_say(difference) for difference in compare_metadata(context, METADATA)]


def _say(difference: Any) -> str:
    if isinstance(difference, list):
        return "; ".join(_say(one) for one in difference)
    kind, *what = difference
    return f"{kind}: {' '.join(_name(part) for part in what if part is not None)}"


def _name(part: Any) -> str:
    name = getattr(part, "name", None)
    table = getattr(part, "table", None)
    if name is None or isinstance(part, Table) or table is None:
        return str(name or part)
    return f"{table.name}.{name}"


def _checks_and_predicates(connection: Connection) -> list[str]:
    """Compare what Alembic does not: names of CHECKs, and whether an index is partial."""
    seen, dialect = inspect(connection), connection.dialect.name
    standing_tables = set(seen.get_table_names())
    found = []
    for table in METADATA.sorted_tables:
        if table.name not in standing_tables:
            continue
        needed = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint) and c.name is not None}
        standing = {check["name"] for check in seen.get_check_constraints(table.name)}
        found += [f"check: {table.name} lacks {name}" for name in sorted(needed - standing)]
        partial = {i["name"] for i in seen.get_indexes(table.name) if _predicate(i, dialect) is not None}
        for index in table.indexes:
            if (index.dialect_options[dialect].get("where") is not None) != (index.name in partial):
                found.append(f"index: {index.name} differs in what rows it covers")
    return found


def _predicate(index: Any, dialect: str) -> Any:
    return index.get("dialect_options", {}).get(f"{dialect}_where")


def guards(connection: Connection) -> list[str]:
    """Look for the triggers that keep append-only tables, and on PostgreSQL for the row policies."""
    tables = METADATA.sorted_tables
    kept = [table.name for table in tables if table.info.get("append_only", False)]
    if connection.dialect.name == "sqlite":
        standing = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
        needed = [f"{name}_no_{verb}" for name in kept for verb in ("update", "delete")]
        return [f"guard: trigger {name} is missing" for name in needed if name not in standing]
    standing = set(connection.scalars(text("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'")))
    needed = [f"{name}_{what}" for name in kept for what in ("append_only", "no_truncate")]
    forced = set(
        connection.scalars(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'own_tenant' "
                "WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity"
            )
        )
    )
    mighty = connection.scalars(
        text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:roles) AND (rolsuper OR rolbypassrls)"),
        {"roles": list(ROLES)},
    ).all()
    open_ones = [table.name for table in tables if "tenant_id" in table.c and table.name not in forced]
    return [
        *(f"guard: trigger {name} is missing" for name in needed if name not in standing),
        *(f"guard: role {name} passes by every row policy" for name in mighty),
        *(f"guard: rows of {name} are not kept apart by tenant" for name in open_ones),
    ]
