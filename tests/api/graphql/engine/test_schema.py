"""Edges go both ways between files that import one way only."""

from typing import TYPE_CHECKING, Annotated

import pytest
import strawberry

from api.graphql.engine import Connection, FieldClass, Paging, build_schema, field, paged, resolved, type_named
from governance.kernel.page import Page
from tests.api.graphql.engine.small import Info, may_read, small_context

if TYPE_CHECKING:
    from tests.api.graphql.engine.test_schema import Leaf

HERE = "tests.api.graphql.engine.test_schema"


@strawberry.type(description="A tree, which is declared before its leaves.")
class Tree:
    name: str = field("Its name.", FieldClass.PUBLIC)

    @paged("Its leaves.", FieldClass.PUBLIC)
    async def leaves(self, info: Info, paging: Paging) -> Connection[Annotated["Leaf", strawberry.lazy(HERE)]]:
        async def total() -> int:
            return 1

        return paging.connection(Page(["oak"], [("oak",)], False, False), node=type_named(info, "Leaf").of, total=total)

    @resolved("A type that is not there.", FieldClass.PUBLIC)
    def nothing(self, info: Info) -> str | None:
        return type_named(info, "Nothing")


@strawberry.type(description="A leaf.")
class Leaf:
    shape: str = field("Its shape.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, row: str) -> "Leaf":
        return cls(shape=row)

    @resolved("Its tree.", FieldClass.PUBLIC)
    def tree(self) -> Tree:
        return Tree(name="one")


@strawberry.type(description="What can be asked.")
class Query:
    @resolved("The tree.", FieldClass.PUBLIC)
    def tree(self) -> Tree:
        return Tree(name="one")


async def test_an_edge_that_looks_up_gives_the_type_it_may_not_import():
    schema = build_schema(Query, may_read=may_read)
    query = "{ tree { leaves { nodes { shape tree { name } } } } }"
    result = await schema.execute(query, context_value=small_context())
    assert result.data == {"tree": {"leaves": {"nodes": [{"shape": "oak", "tree": {"name": "one"}}]}}}


async def test_a_type_the_graph_does_not_have_is_a_bug():
    result = await build_schema(Query, may_read=may_read).execute("{ tree { nothing } }", context_value=small_context())
    assert isinstance(result.errors[0].original_error, TypeError)


def test_an_interface_and_its_type_must_agree_on_the_class():
    @strawberry.interface(description="Something priced.")
    class Priced:
        price: int = strawberry.field(description="The price.")

    @strawberry.type(description="A thing.")
    class Thing(Priced):
        price: int = field("The price.", FieldClass.MONEY)

    @strawberry.type(description="What can be asked.")
    class Things:
        thing: Priced = field("A thing.", FieldClass.PUBLIC)

    with pytest.raises(TypeError, match="price"):
        build_schema(Things, may_read=may_read, types=[Thing])
