"""A database that goes away under a request is told as such at every door: 503, when to come again, and no bug."""

import psycopg
import pytest
from graphql import GraphQLError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from strawberry.types import ExecutionResult

from api.graphql.engine.answers import payload, status_of
from api.graphql.engine.bounds import Bounds
from api.problems import problem_of
from governance.kernel.database import Database
from governance.kernel.errors import Code
from tests.api.graphql.engine.small import small_context
from tests.conftest import KINDS

needs_postgresql = pytest.mark.skipif("postgresql" not in KINDS, reason="asks for a PostgreSQL to be cut off")


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest, database_url: str) -> str:
    if not database_url.startswith("postgresql"):
        pytest.skip("connections are cut on PostgreSQL; SQLite's file has none")
    return database_url


async def cut(database: Database, url: str) -> None:
    """Cut the connection under a transaction, from outside, and go on as if nothing were."""
    async with database.system_read() as session:
        pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        await session.execute(text("SELECT 1"))


async def broken(url: str) -> DBAPIError:
    """Give what a request sees whose connection was cut."""
    database = Database(url, pool_size=1)
    with pytest.raises(DBAPIError) as raised:
        await cut(database, url)
    await database.dispose()
    return raised.value


async def ask(database: Database, statement: str) -> None:
    async with database.system_read() as session:
        await session.execute(text(statement))


@needs_postgresql
async def test_a_connection_cut_under_a_request_is_503_and_says_that_the_outcome_is_unknown(
    postgresql_url: str,
) -> None:
    problem = problem_of(await broken(postgresql_url))
    assert (problem.status, problem.code, problem.headers["Retry-After"]) == (503, "UNAVAILABLE", "1")
    assert "whether it did is not known" in problem.message
    assert problem.correlation is None


@needs_postgresql
async def test_the_graph_says_it_alike(postgresql_url: str) -> None:
    error = await broken(postgresql_url)
    result = ExecutionResult(data=None, errors=[GraphQLError("x", path=["seats"], original_error=error)])
    assert status_of(result) == (503, {"Retry-After": "1"})
    told = payload(result, small_context(), Bounds())["errors"][0]
    assert told["extensions"]["code"] == Code.UNAVAILABLE
    half = ExecutionResult(data={"seats": None, "pools": []}, errors=result.errors)
    assert status_of(half) is None


@needs_postgresql
async def test_a_server_that_is_not_there_is_503(postgresql_url: str) -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/none", pool_size=1)
    with pytest.raises(DBAPIError) as raised:
        await ask(database, "SELECT 1")
    assert problem_of(raised.value).status == 503
    await database.dispose()


async def test_a_statement_that_is_wrong_stays_a_bug(database: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        await ask(database, "SELECT nothing_of FROM no_such_table")
    assert problem_of(raised.value).status == 500
