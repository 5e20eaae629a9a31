"""No byte crosses tenants: what the database itself refuses when the application forgets its tenant filter."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from governance.kernel.database import Database
from tests.exams.filler import EITHER, TENANT_TABLES, refs, row_of, rows_of


@dataclass
class Twins:
    """Two tenants with one row of each table, alike but for their ids."""

    database: Database
    ours: UUID
    theirs: UUID
    our_rows: dict[str, dict[str, Any]]
    their_rows: dict[str, dict[str, Any]]


@pytest.fixture
async def twins(database: Database) -> Twins:
    ours, theirs = uuid4(), uuid4()
    both = rows_of(ours), rows_of(theirs)
    async with database.system_write() as session:
        for rows in both:
            for table, values in rows:
                await session.execute(insert(table).values(values))
    return Twins(database, ours, theirs, *({table.name: values for table, values in rows} for rows in both))


@pytest.fixture
def guarded(twins: Twins) -> Twins:
    if twins.database.kind != "postgresql":
        pytest.skip("SQLite has no row security: there the WHERE of every query keeps tenants apart (test_twins)")
    return twins


async def _seen(session: AsyncSession | AsyncConnection, table: Table) -> list[UUID]:
    """Ask as a query would that forgot its tenant."""
    return list((await session.execute(select(table.c.tenant_id))).scalars())


async def _refused(session: AsyncSession, statement: Any) -> str:
    """Give why the database refused a statement, empty where it did not."""
    try:
        async with session.begin_nested():
            await session.execute(statement)
    except DBAPIError as error:
        return str(error.orig)
    return ""


async def test_a_query_without_its_tenant_shows_no_foreign_row(twins: Twins) -> None:
    async with twins.database.read(twins.ours) as session:
        seen = {table.name: await _seen(session, table) for table in TENANT_TABLES}
    if twins.database.kind == "sqlite":  # the filter is all there is: this is the leak that the policy closes
        assert all(sorted(who) == sorted((twins.ours, twins.theirs)) for who in seen.values())
        return
    foreign = {name: who for name, who in seen.items() if who != [twins.ours]}
    print(f"\n{len(seen)} tables without the filter: {len(foreign)} with foreign or missing rows")
    assert foreign == {}


async def test_without_a_tenant_no_row_is_seen(guarded: Twins) -> None:
    async with guarded.database._readers.connect() as connection:
        assert await connection.scalar(text("SELECT current_user")) == "lictor_app"
        assert {table.name: await _seen(connection, table) for table in TENANT_TABLES} == {
            table.name: [] for table in TENANT_TABLES
        }


async def test_a_tenant_ends_with_its_transaction(guarded: Twins) -> None:
    person = next(table for table in TENANT_TABLES if table.name == "person")
    async with guarded.database._readers.connect() as connection:
        for end in (connection.commit, connection.rollback):
            await connection.execute(text("SELECT set_config('app.tenant', :t, true)"), {"t": str(guarded.ours)})
            assert await _seen(connection, person) == [guarded.ours]
            await end()
            assert await _seen(connection, person) == []
            await connection.rollback()


async def test_a_foreign_row_cannot_be_written(guarded: Twins) -> None:
    async with guarded.database.write(guarded.ours) as session:
        for table in TENANT_TABLES:
            planted = guarded.their_rows[table.name] | {"id": uuid4()}
            why = "row-level security" if "INSERT" in table.info.get("app", "INSERT") else "permission denied"
            assert why in await _refused(session, insert(table).values(planted)), table.name


async def test_a_foreign_row_cannot_be_changed_taken_or_given_away(guarded: Twins) -> None:
    async with guarded.database.write(guarded.ours) as session:
        for table in TENANT_TABLES:
            theirs = table.c.tenant_id == guarded.theirs
            change = update(table).values(tenant_id=guarded.theirs)
            if table.info.get("append_only") or "UPDATE" not in table.info.get("app", "UPDATE"):
                assert "permission denied" in await _refused(session, change), table.name
                assert "permission denied" in await _refused(session, delete(table)), table.name
                continue
            same_again = update(table).where(theirs).values(id=table.c.id)
            assert (await session.execute(same_again)).rowcount == 0, table.name
            assert (await session.execute(delete(table).where(theirs))).rowcount == 0, table.name
            assert "row-level security" in await _refused(session, change), table.name


async def test_no_reference_can_cross_tenants(twins: Twins) -> None:
    """As the system's role, which no row policy stops: the foreign keys themselves do, on both databases."""
    third, ids, tried = uuid4(), {}, 0
    async with twins.database.system_write() as session:
        for table in TENANT_TABLES:
            right = row_of(table, third, ids)
            for column, target in refs(table).items():
                alone = dict.fromkeys(EITHER.get(table.name, ())) if column in EITHER.get(table.name, ()) else {}
                crossing = right | alone | {column: twins.their_rows[target]["id"]}
                with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
                    async with session.begin_nested():
                        await session.execute(insert(table).values(crossing))
                tried += 1
            await session.execute(insert(table).values(right))
            ids[table.name] = right["id"]
    print(f"\n{twins.database.kind}: {tried} references, 0 crossed")
    assert tried > 50


async def test_every_table_of_a_tenant_is_under_a_forced_policy_and_no_role_goes_around_it(guarded: Twins) -> None:
    async with guarded.database.system_read() as session:
        secured = await session.execute(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity")
        )
        assert set(secured.scalars()) == {table.name for table in TENANT_TABLES}
        around = text("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'lictor_%' AND (rolsuper OR rolbypassrls)")
        assert (await session.execute(around)).scalar_one() == 0


async def test_another_role_is_out_of_reach_of_a_login_that_has_only_this_one(guarded: Twins) -> None:
    """What a role is worth depends on who logged in.

    `RESET ROLE` leads back to lictor_app in any case, as it is the connection's own default. `SET ROLE` is refused to
    a login that is a member of lictor_app alone; the schema's owner, whom Lictor logs in as by default, could take
    another role if it ran SQL that a stranger wrote. The policy stops a forgotten filter, not that.
    """
    login = f"login_{uuid4().hex[:8]}"
    async with guarded.database._readers.connect() as connection:
        await connection.execute(text("RESET ROLE"))
        assert await connection.scalar(text("SELECT current_user")) == "lictor_app"
        await connection.execute(text("SET ROLE lictor_system"))
        assert await connection.scalar(text("SELECT current_user")) == "lictor_system"
    with psycopg.connect(guarded.database.url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {login} LOGIN IN ROLE lictor_app")
        try:
            owner.execute(f"SET SESSION AUTHORIZATION {login}")
            owner.execute("SET ROLE lictor_app")
            for role in ("lictor_system", "lictor_ledger"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    owner.execute(f"SET ROLE {role}")
            assert owner.execute("SELECT count(*) FROM person").fetchone() == (0,)
        finally:
            owner.execute("RESET SESSION AUTHORIZATION")
            owner.execute(f"DROP ROLE {login}")


async def test_the_ledgers_and_the_systems_roles_see_every_tenant(guarded: Twins) -> None:
    async with guarded.database.system_read() as session:
        for table in TENANT_TABLES:
            count = select(func.count(func.distinct(table.c.tenant_id)))
            assert (await session.execute(count)).scalar_one() == 2, table.name
