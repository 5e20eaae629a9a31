"""The history of the schema leads to exactly what the records say, back to nothing, and drift is named."""

import asyncio
import contextlib
import re
import uuid

import psycopg
import pytest
from alembic import command
from sqlalchemy import inspect, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from governance.kernel.database import Database
from governance.kernel.database.guards import ROLES
from governance.migrations import check, downgrade, upgrade
from governance.migrations.drift import guards
from governance.migrations.jobs import PINNED, laid_hash, shipped_hash
from governance.migrations.shape import config
from governance.migrations.upgrade import opened
from tests.conftest import KINDS

on_postgresql = pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)


async def catalog(connection: AsyncConnection) -> set[str]:
    """Describe every table, column, key, check, index and trigger as the database itself tells it."""
    if connection.dialect.name == "sqlite":
        rows = await connection.execute(
            text("SELECT type, tbl_name, coalesce(sql, '') FROM sqlite_master WHERE tbl_name <> 'alembic_version'")
        )
        return {_normal(" ".join(row)) for row in rows}
    found = set()
    for statement in (
        """SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'""",
        """SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'""",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
        "SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text !~ '^jobs'",
        "SELECT tablename, policyname, qual FROM pg_policies WHERE schemaname = 'public'",
    ):
        rows = await connection.execute(text(statement))
        found |= {" ".join(map(str, row)) for row in rows}
    return found


def _normal(sql: str) -> str:
    """Read a CREATE TABLE as the set of its parts: columns that were added later stand beside others on one line."""
    head, _, body = sql.partition("(")
    parts, depth = [""], 0
    for mark in re.sub(r"\s+", " ", body):
        depth += (mark == "(") - (mark == ")")
        if mark == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += mark
    return head.strip() + " | ".join(sorted(part.strip(" )") for part in parts))


@pytest.mark.parametrize(("empty_url", "database_url"), [(kind, kind) for kind in KINDS], indirect=True)
async def test_from_nothing_the_history_leads_to_what_the_records_say(empty_url: str, database_url: str) -> None:
    upgraded = await upgrade(empty_url)
    assert upgraded.before is None
    async with opened(empty_url) as by_history, opened(database_url) as by_records:
        assert await catalog(by_history) == await catalog(by_records)
    assert await check(empty_url) == []


async def test_an_upgrade_may_be_repeated(empty_url: str) -> None:
    first = await upgrade(empty_url)
    assert (await upgrade(empty_url)).before == first.after
    assert await check(empty_url) == []


async def test_two_who_upgrade_at_once_make_one_schema(empty_url: str) -> None:
    both = await asyncio.gather(upgrade(empty_url), upgrade(empty_url))
    assert {one.before for one in both} == {None, both[0].after}
    assert await check(empty_url) == []


async def test_the_way_down_leaves_nothing(empty_url: str) -> None:
    await upgrade(empty_url)
    await downgrade(empty_url, "base")
    async with opened(empty_url) as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == []
        if connection.dialect.name == "postgresql":
            assert await laid_hash(connection) is None
            left = await connection.execute(
                text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
            )
            assert left.all() == []


async def test_what_is_pending_is_named(empty_url: str) -> None:
    (pending,) = [found for found in await check(empty_url) if found.startswith("migration")]
    assert "the database stands at nothing" in pending


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("ALTER TABLE tenant ADD COLUMN nickname VARCHAR(10)", "nickname"),
        ("DROP INDEX ix_entry_recorded", "ix_entry_recorded"),
        ("DROP TABLE sweep_turn", "sweep_turn"),
        (
            "DROP INDEX ix_policy_version_live; CREATE INDEX ix_policy_version_live ON policy_version (tenant_id, kind)",
            "ix_policy_version_live differs in what rows it covers",
        ),
    ],
)
async def test_a_planted_drift_is_found(empty_url: str, damage: str, named: str) -> None:
    await upgrade(empty_url)
    async with opened(empty_url) as connection:
        for statement in damage.split(";"):
            await connection.execute(text(statement))
    assert any(named in found for found in await check(empty_url))


async def test_a_guard_that_was_taken_away_is_found(empty_url: str) -> None:
    await upgrade(empty_url)
    async with opened(empty_url) as connection:
        if connection.dialect.name == "sqlite":
            await connection.execute(text("DROP TRIGGER entry_no_update"))
        else:
            await connection.execute(text("DROP TRIGGER entry_append_only ON entry"))
            await connection.execute(text("ALTER TABLE person NO FORCE ROW LEVEL SECURITY"))
    found = await check(empty_url)
    assert any("trigger entry_" in one for one in found)
    if not empty_url.startswith("sqlite"):
        assert "guard: rows of person are not kept apart by tenant" in found


async def test_an_upgrade_that_fails_changes_nothing(empty_url: str) -> None:
    async def break_off() -> None:
        async with opened(empty_url) as connection:
            await connection.run_sync(lambda sync: command.upgrade(config(sync), "head"))
            raise OSError("power cut")

    with pytest.raises(OSError, match="power cut"):
        await break_off()
    async with opened(empty_url) as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == []


def test_the_queue_ships_the_schema_that_was_tried() -> None:
    assert shipped_hash() == PINNED


@on_postgresql
async def test_an_owner_who_is_no_superuser_can_upgrade_and_serve(empty_url: str) -> None:
    owner = f"owner_{uuid.uuid4().hex[:8]}"
    name = make_url(empty_url).database
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE")
        for role in ROLES:
            with contextlib.suppress(psycopg.errors.DuplicateObject):
                connection.execute(f"CREATE ROLE {role} NOLOGIN")
            connection.execute(f"GRANT {role} TO {owner} WITH ADMIN OPTION")
        connection.execute(f"ALTER DATABASE {name} OWNER TO {owner}")
    url = make_url(empty_url).set(username=owner, password=None).render_as_string(hide_password=False)
    try:
        await upgrade(url)
        assert await check(url) == []
        database = Database(url, pool_size=2)
        async with database.read(uuid.uuid4()) as session:
            assert (await session.execute(text("SELECT current_user"))).scalar_one() == "lictor_app"
            assert (await session.execute(text("SELECT count(*) FROM person"))).scalar_one() == 0
        await database.dispose()
        await downgrade(url, "base")
    finally:
        with psycopg.connect(empty_url, autocommit=True) as connection:
            connection.execute(f"REASSIGN OWNED BY {owner} TO CURRENT_USER")
            connection.execute(f"DROP OWNED BY {owner}")
            connection.execute(f"DROP ROLE {owner}")


@on_postgresql
async def test_a_role_that_passes_by_row_policies_is_found(empty_url: str) -> None:
    await upgrade(empty_url)
    async with opened(empty_url) as connection:
        await connection.execute(text("ALTER ROLE lictor_app BYPASSRLS"))
        found = await connection.run_sync(guards)
        await connection.execute(text("ALTER ROLE lictor_app NOBYPASSRLS"))
    assert found == ["guard: role lictor_app passes by every row policy"]
