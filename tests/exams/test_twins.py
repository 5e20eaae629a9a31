"""Twin tenants, alike in every name, code and mail: neither ever sees, finds or changes anything of the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select

from api.graphql.engine import encode_node_id
from api.graphql.engine.ids import decode_node_id
from governance.directory.models import Person
from governance.directory.queries import person_by_external_id, person_by_mail
from governance.directory.service import PersonFacts, upsert_person
from governance.kernel.work import Office, Work
from governance.usage.queries import people_named, products_named
from tests.api.graphql.asking import GRAPH, edges_to_lists, is_node, node_of, root_lists
from tests.api.graphql.conftest import Door, Graph, client  # noqa: F401 (a fixture)
from tests.api.graphql.grown import grown
from tests.estate import Estate
from tests.exams.filler import TENANT_TABLES, row_of

TABLES = {table.name for table in TENANT_TABLES}
HOLDS = {
    "assignment_rule_member": ("ended_at",),
    "person_group": ("ended_at",),
    "product_journey": ("superseded_at",),
    "region_group": ("superseded_at",),
}
"""Whose lists leave out what is over: the end that a laid row has not."""
EMPTY = {
    "mySessions": "the two come in by tokens",
    "staleOwners": "people who left, of the list of people; nobody here has",
    "stuckSeats": "failures that keep a seat from its next step; the mark that is laid is a step reached",
    "templateVersions": "policies of one kind, whose list shows the others",
}
"""Root lists of which neither admin nor auditor sees anything here, each with why."""


@pytest.fixture
async def twins(office: Office) -> tuple[Estate, Estate]:
    ours, theirs = await grown(await Estate.raised(office)), await grown(await Estate.raised(office))
    for estate in (ours, theirs):
        await _fill(estate)
    return ours, theirs


async def _fill(estate: Estate) -> None:
    """Lay one row in every tenant's table that has none yet, alike in both twins: a new table comes by itself."""
    ids: dict[str, UUID] = {}
    async with estate.office.database.system_write() as session:
        for table in TENANT_TABLES:
            first = select(table.c.id).where(table.c.tenant_id == estate.tenant_id).order_by(table.c.id).limit(1)
            found = (await session.execute(first)).scalar_one_or_none()
            if found is None:
                values = row_of(table, estate.tenant_id, ids)
                values |= dict.fromkeys(HOLDS.get(table.name, ()))
                await session.execute(insert(table).values(values))
                found = values["id"]
            ids[table.name] = found


@contextmanager
def watched(office: Office) -> Iterator[list[tuple[str, set[UUID]]]]:
    """Note every statement with the ids among its values, as it goes to the database."""
    said: list[tuple[str, set[UUID]]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        given = values.values() if isinstance(values, dict) else values
        said.append((statement, {found for value in given if (found := _id(value)) is not None}))

    engine = office.database._readers.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def _id(value: Any) -> UUID | None:
    if isinstance(value, memoryview | bytes):
        return UUID(bytes=bytes(value)) if len(value) == 16 else None
    return value if isinstance(value, UUID) else None


async def _ids(graph: Graph, empty: set[str] | None = None) -> set[str]:
    """Give the id of everything that the graph shows: the root lists and the lists below their things.

    `empty` takes the names of the root lists that show nothing.
    """
    found: set[str] = set()
    for name, field in root_lists().items():
        kind = node_of(field)
        below = [
            f"{edge}(first: 20) {{ nodes {{ id }} }}"
            for edge in edges_to_lists(kind)
            if is_node(node_of(GRAPH.type_map[kind].fields[edge]))
        ]
        own = "id" if is_node(kind) else "__typename"
        nodes = (await graph.ask(f"{{ {name}(first: 50) {{ nodes {{ {own} {' '.join(below)} }} }} }}"))[name]
        if empty is not None and not (nodes and nodes["nodes"]):
            empty.add(name)
        for node in nodes["nodes"] if nodes else ():
            found |= {node["id"]} if "id" in node else set()
            found |= {row["id"] for edge in node.values() if isinstance(edge, dict) for row in edge["nodes"]}
    return found


async def test_no_list_shows_and_no_id_finds_anything_of_the_other(office: Office, twins, client) -> None:  # noqa: F811
    ours, theirs = twins
    mine = [await Door(ours, client).as_(who) for who in ("admin", "auditor")]
    others = [await Door(theirs, client).as_(who) for who in ("admin", "auditor")]
    empty: list[set[str]] = [set() for _ in others]
    foreign = set().union(*[await _ids(graph, none) for graph, none in zip(others, empty, strict=True)])
    assert " ".join(sorted(set.intersection(*empty))) == " ".join(sorted(EMPTY))
    assert len(foreign) > 100
    asked = "query($id: ID!) { node(id: $id) { __typename id } }"
    for graph in mine:
        with watched(office) as said:
            assert foreign.isdisjoint(await _ids(graph))
        _only(said, ours.tenant_id, theirs.tenant_id)
        for one in sorted(foreign):
            missing = encode_node_id(decode_node_id(one)[0], office.ids.new())
            assert (
                await graph.answer(asked, id=one) == await graph.answer(asked, id=missing) == {"data": {"node": None}}
            )
    print(f"\n{office.database.kind}: {len(foreign)} foreign ids asked for by 2 people, 0 found")


def _only(said: list[tuple[str, set[UUID]]], ours: UUID, theirs: UUID) -> None:
    """Hold that every statement on a tenant's table is bound to our tenant, and none to another."""
    about = [(s, ids) for s, ids in said if {word.strip('",()') for word in s.split()} & TABLES]
    assert len(about) > 20
    for statement, ids in about:
        assert "tenant_id" in statement, statement
        # A token is looked up by its secret, and names the tenant; who may read nothing asks for nothing.
        assert ours in ids or " token" in statement or "WHERE 0 = 1" in statement or "WHERE false" in statement
        assert theirs not in ids, statement


async def test_a_natural_key_finds_ones_own_and_changes_ones_own(office: Office, twins) -> None:
    ours, theirs = twins
    facts = PersonFacts(
        external_id="ada", name="Ada Renamed", mail="ada@halden.example", unit_id=ours.units["sales"], country="FR",
        source="tests",
    )  # fmt: skip

    async def look(work: Work) -> None:
        for found in (await person_by_external_id(work, "ada"), await person_by_mail(work, "ADA@halden.example")):
            assert found is not None
            assert found.id == ours.people["ada"]
        assert await people_named(work, ["ben", "cleo@halden.example"]) == {
            "ben": ours.people["ben"],
            "cleo@halden.example": ours.people["cleo"],
        }
        [product] = (await products_named(work, ["product-of-license-0"])).values()
        assert product

    await office.perform(ours.actor("admin"), look)
    await office.perform(ours.actor("admin"), lambda work: upsert_person(work, facts))
    for estate, name in ((ours, "Ada Renamed"), (theirs, "Ada")):
        async with office.database.read(estate.tenant_id) as session:
            query = select(Person.name).where(Person.tenant_id == estate.tenant_id, Person.external_id == "ada")
            assert (await session.execute(query)).scalar_one() == name


async def test_a_change_that_names_a_foreign_thing_answers_as_for_a_missing_one(office: Office, twins, client) -> None:  # noqa: F811
    ours, theirs = twins
    graph = await Door(ours, client).as_("admin")
    async with office.database.read(theirs.tenant_id) as session:
        people = select(Person.id).where(Person.tenant_id == theirs.tenant_id)
        assert theirs.people["ada"] in set((await session.execute(people)).scalars())
    move = """mutation($unit: ID!, $parent: ID!) { moveUnit(input: {unit: $unit, parent: $parent, reason: "r"}) {
        __typename ... on Refusal { code path } } }"""
    mine = encode_node_id("Unit", ours.units["it"])
    foreign, missing = encode_node_id("Unit", theirs.units["sales"]), encode_node_id("Unit", office.ids.new())
    for pair in (lambda other: {"unit": mine, "parent": other}, lambda other: {"unit": other, "parent": mine}):
        said = [await graph.ask(move, **pair(other)) for other in (foreign, missing)]
        assert said[0] == said[1]
        assert said[0]["moveUnit"]["code"] == "NOT_FOUND"
