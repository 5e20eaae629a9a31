"""A field one may not read is null and named, on every path to it, decided once a request; none goes unclassed."""

import pytest
import strawberry

from api.graphql.engine import (
    FieldClass,
    build_schema,
    class_of,
    encode_node_id,
    field,
    fields_of,
    unclassed,
    undescribed,
)
from tests.api.graphql.engine.small import BOOKS, may_read, small_context, small_schema

SCHEMA = small_schema()
PATHS = {
    "a plain list": ("{ shelf { price title } }", lambda data: data["shelf"][0]),
    "nodes": ("{ books { nodes { price title } } }", lambda data: data["books"]["nodes"][0]),
    "edges": ("{ books { edges { node { price title } } } }", lambda data: data["books"]["edges"][0]["node"]),
    "one by id": (
        f'{{ book(id: "{encode_node_id("Book", BOOKS[0].id)}") {{ price title }} }}',
        lambda data: data["book"],
    ),
    "nested": ("{ shelf { like { like { price title } } } }", lambda data: data["shelf"][0]["like"][0]["like"][0]),
    "a mutation's payload": (
        f'mutation {{ shelve(id: "{encode_node_id("Book", BOOKS[0].id)}", shelf: "a") {{ ... on Book {{ price title }} }} }}',
        lambda data: data["shelve"],
    ),
    "an alias in a fragment": (
        "{ shelf { ...F } } fragment F on Book { cost: price title }",
        lambda data: {"price": data["shelf"][0]["cost"], "title": data["shelf"][0]["title"]},
    ),
}


@pytest.mark.parametrize(("query", "place"), PATHS.values(), ids=PATHS.keys())
async def test_what_one_may_not_read_is_null_on_every_path(query, place):
    context = small_context(may_not=frozenset({FieldClass.MONEY}))
    result = await SCHEMA.execute(query, context_value=context)
    assert result.errors is None
    assert place(result.data) == {"price": None, "title": "Book 001"}
    assert context.withheld() == ["Book.price"]


@pytest.mark.parametrize(("query", "place"), PATHS.values(), ids=PATHS.keys())
async def test_what_one_may_read_is_there_on_every_path(query, place):
    context = small_context()
    result = await SCHEMA.execute(query, context_value=context)
    assert place(result.data) == {"price": 5_000_000, "title": "Book 001"}
    assert context.withheld() == []


async def test_the_decision_is_made_once_a_request_not_once_a_row():
    context = small_context()
    await SCHEMA.execute("{ shelf { price reader } books { nodes { a: price price } } }", context_value=context)
    assert sorted(context.asked) == [(FieldClass.MONEY, "Book"), (FieldClass.PERSONAL, "Book")]


async def test_another_request_is_decided_anew():
    refused, allowed = small_context(may_not=frozenset({FieldClass.MONEY})), small_context()
    query = "{ shelf { price } }"
    first = await SCHEMA.execute(query, context_value=refused)
    second = await SCHEMA.execute(query, context_value=allowed)
    assert (first.data["shelf"][0]["price"], second.data["shelf"][0]["price"]) == (None, 5_000_000)


async def test_a_withheld_field_is_never_computed():
    context = small_context(may_not=frozenset({FieldClass.PERSONAL}))
    result = await SCHEMA.execute("{ shelf { reader } }", context_value=context)
    assert [book["reader"] for book in result.data["shelf"]] == [None] * 12


def test_fields_that_may_be_withheld_are_nullable_and_public_ones_keep_their_type():
    types = {f"{type_}.{name}": str(definition.type) for type_, name, definition in fields_of(SCHEMA._schema)}
    assert types["Book.price"] == "Int"
    assert types["Book.reader"] == "String"
    assert types["Book.title"] == "String!"


def test_the_engines_own_types_are_classed_and_described():
    assert unclassed(SCHEMA) == []
    assert undescribed(SCHEMA) == []


def test_a_field_without_class_or_description_is_named():
    @strawberry.type
    class Bare:
        plain: int
        told: int = strawberry.field(description="Told, but without a class.")
        classed: int = field("", FieldClass.PUBLIC)

    @strawberry.type(description="What can be asked.")
    class Query:
        @strawberry.field
        def bare(self) -> Bare:
            return Bare(plain=1, told=2, classed=3)

    schema = build_schema(Query, may_read=may_read)
    assert unclassed(schema) == ["Bare.plain", "Bare.told", "Query.bare"]
    assert undescribed(schema) == ["Bare", "Bare.classed", "Bare.plain", "Query.bare"]


def test_each_class_is_told_by_the_field():
    told = {f"{type_}.{name}": class_of(definition) for type_, name, definition in fields_of(SCHEMA._schema)}
    assert told["Book.price"] is FieldClass.MONEY
    assert told["Book.reader"] is FieldClass.PERSONAL
    assert told["PageInfo.endCursor"] is FieldClass.PUBLIC
