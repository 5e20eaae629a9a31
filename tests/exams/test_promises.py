"""One effect per key, and no change without its entry in the trail: every mutation of the graph, on both databases."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, literal, select, union_all

from api.graphql.engine import encode_node_id
from governance.audit.models import Entry
from governance.catalog.models import Vendor
from governance.directory.models import RoleGrant
from governance.kernel.work import Office
from governance.seats.models import Assignment
from policies.access.parties import Role
from tests.api.graphql.asking import GRAPH
from tests.api.graphql.conftest import Door, Graph, client, door  # noqa: F401 (fixtures)
from tests.estate import Estate
from tests.exams.filler import TENANT_TABLES
from tests.exams.story import ELSEWHERE, Story

TWINS = 20
FULL = "the disk of the trail is full"


@contextlib.contextmanager
def trail_full(office: Office) -> Iterator[None]:
    """Let the database itself refuse every new entry of the trail, whichever way it comes (verbs, ledger, COPY)."""
    if office.database.kind == "sqlite":
        plant = f"CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, '{FULL}'); END"
        with contextlib.closing(sqlite3.connect(office.database.path)) as connection:
            connection.execute(plant)
            connection.commit()
            yield
            connection.execute("DROP TRIGGER full")
            connection.commit()
        return
    with psycopg.connect(office.database.url, autocommit=True) as connection:
        connection.execute(
            f"CREATE OR REPLACE FUNCTION trail_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE '{FULL}'; END $$"
        )
        connection.execute("CREATE TRIGGER full_up BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION trail_full()")
        yield
        connection.execute("DROP TRIGGER full_up ON entry")


async def _counts(estate: Estate) -> dict[str, int]:
    """Count the rows of every table of the tenant in one statement."""
    counted = [
        select(literal(table.name), func.count()).where(table.c.tenant_id == estate.tenant_id)
        for table in TENANT_TABLES
    ]
    async with estate.office.database.read(estate.tenant_id) as session:
        rows = (await session.execute(union_all(*counted))).all()
    return {name: count for name, count in rows}  # noqa: C416 - rows are no pairs to the type checker


async def _do(graph: Graph, name: str, given: dict[str, Any] | None, *, key: str | None = None) -> dict[str, Any]:
    refused = "__typename ... on Refusal { code message path reasons { code subject } }"
    if given is None:
        return await graph.answer(f"mutation {{ {name} {{ {refused} }} }}", key=key)
    kind = GRAPH.mutation_type.fields[name].args["input"].type
    return await graph.answer(
        f"mutation($in: {kind}) {{ {name}(input: $in) {{ {refused} }} }}", key=key, **{"in": given}
    )


async def test_every_change_of_the_graph_has_its_entry_or_does_not_happen(door: Door) -> None:  # noqa: F811
    """Each mutation twice: with a trail that takes nothing (refused, not a row changed), then with one that does."""
    estate, graph, done, stopped = door.estate, await door.as_("admin"), set(), 0
    await estate.license("other", pools={"other": 2})
    await estate.grant("admin", Role.BOARD_MEMBER)  # to decide a review
    async for name, given in Story(estate, graph).steps():
        before = await _counts(estate)
        with trail_full(estate.office):
            said = await _do(graph, name, given)
        assert "errors" in said, (name, said)
        assert FULL not in str(said), "an error of the database is no answer for strangers"
        assert await _counts(estate) == before, name
        stopped += 1
        said = await _do(graph, name, given)
        assert "errors" not in said, (name, said)
        assert said["data"][name]["__typename"] != "Refusal", (name, said)
        after = await _counts(estate)
        assert after["entry"] > before["entry"], name
        done.add(name)
    assert done | ELSEWHERE == set(GRAPH.mutation_type.fields)
    print(
        f"\n{estate.office.database.kind}: {len(done)} mutations, {stopped} tries with a full trail, 0 changed anything"
    )


async def test_twenty_twins_with_one_key_have_one_effect(door: Door) -> None:  # noqa: F811
    estate, graph = door.estate, await door.as_("admin")
    built = await estate.license(quantity=5)
    seat = {
        "pool": encode_node_id("Pool", built.pools["main"]),
        "people": [encode_node_id("Person", estate.people["ada"])],
    }
    grant = {
        "role": "AUDITOR",
        "scope": "TENANT",
        "person": encode_node_id("Person", estate.people["ada"]),
        "reason": "r",
    }
    other = seat | {"people": [encode_node_id("Person", estate.people["ben"])]}
    for name, given, another, kind in (
        ("addVendor", {"name": "Contoso"}, {"name": "Fabrikam"}, Vendor),
        ("grantRole", grant, grant | {"role": "FINANCE"}, RoleGrant),
        ("assignSeats", seat, other, Assignment),
    ):
        before = await _counts(estate)
        answers = await asyncio.gather(*[_do(graph, name, given, key="k") for _ in range(TWINS)])
        assert all("errors" not in said for said in answers), answers
        assert {said["data"][name]["__typename"] for said in answers} != {"Refusal"}
        assert len({str(said) for said in answers}) == 1, name
        after = await _counts(estate)
        table = kind.__tablename__
        assert (after[table] - before[table], after["entry"] - before["entry"]) == (1, 1), name
        mismatch = (await _do(graph, name, another, key="k"))["data"][name]
        assert mismatch["code"] == "IDEMPOTENCY_MISMATCH", name
        assert await _counts(estate) == after, name


async def test_without_a_key_twins_are_as_many_effects_as_calls(door: Door) -> None:  # noqa: F811
    """The planted bug of the test above: take the key away, and it must see more than one effect."""
    estate, graph = door.estate, await door.as_("admin")
    grant = {
        "role": "AUDITOR",
        "scope": "TENANT",
        "person": encode_node_id("Person", estate.people["ada"]),
        "reason": "r",
    }
    before = await _counts(estate)
    await asyncio.gather(*[_do(graph, "grantRole", grant) for _ in range(3)])
    assert (await _counts(estate))["role_grant"] - before["role_grant"] == 3


@pytest.mark.parametrize("who", ["ada", "auditor"])
async def test_what_was_refused_for_want_of_a_right_is_in_the_trail_too(door: Door, who: str) -> None:  # noqa: F811
    graph = await door.as_(who)
    said = await _do(graph, "addVendor", {"name": "Contoso"})
    assert said["data"]["addVendor"]["code"] == "REFUSED"
    async with door.estate.office.database.read(door.estate.tenant_id) as session:
        acts = select(Entry.act).where(Entry.tenant_id == door.estate.tenant_id)
        assert list((await session.execute(acts)).scalars()) == ["access:refused"]
