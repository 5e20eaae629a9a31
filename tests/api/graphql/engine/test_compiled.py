"""Lists answered the short way answer what the usual way answers: data, nulls, errors and their paths."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest
import strawberry
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.graphql.engine import Connection, FieldClass, Paging, build_schema, field, paged, resolved
from api.graphql.engine.compiled import CompiledExecutor
from api.graphql.engine.schema import Schema
from governance.kernel.page import Page
from tests.api.graphql.engine.small import may_read, small_context


@strawberry.enum(description="Colors.")
class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Row:
    name: str
    color: Color = Color.RED
    size: object = 3
    price: int | None = 5


@strawberry.type(description="A maker.")
class Maker:
    name: str = field("Its name.", FieldClass.PUBLIC)


@strawberry.type(description="A thing.")
class Thing:
    row: strawberry.Private[Row]
    plain: str = field("An attribute.", FieldClass.PUBLIC)

    @resolved("The name.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("The color.", FieldClass.PUBLIC)
    def color(self) -> Color | None:
        return self.row.color

    @resolved("The size.", FieldClass.PUBLIC)
    def size(self) -> int:
        return self.row.size  # type: ignore[return-value]

    @resolved("The price.", FieldClass.MONEY)
    def price(self) -> int | None:
        return self.row.price

    @resolved("Words about it.", FieldClass.PUBLIC)
    def said(self, times: int = 1) -> str:
        return self.row.name * times

    @resolved("Who made it.", FieldClass.PUBLIC)
    def maker(self) -> Maker | None:
        return None if self.row.name == "b" else Maker(name=f"maker of {self.row.name}")

    @resolved("Who made it, surely.", FieldClass.PUBLIC)
    def sure(self) -> Maker:
        return self.maker()  # type: ignore[no-any-return]

    @resolved("Waited for.", FieldClass.PUBLIC)
    async def late(self) -> str:
        return self.row.name


ROWS = [Row("a"), Row("b", price=None), Row("c", Color.BLUE)]


@strawberry.type(description="What is asked.")
class Query:
    @resolved("All.", FieldClass.PUBLIC)
    def things(self, broken: bool = False) -> list[Thing]:
        rows = [*ROWS, Row("d", size=None), Row("e", size="no number"), Row("f", size=2**40)] if broken else ROWS
        return [Thing(row=row, plain=row.name) for row in rows]

    @resolved("All, where one may be missing.", FieldClass.PUBLIC)
    def maybe(self) -> list[Thing | None]:
        return [Thing(row=ROWS[0], plain="a"), None, Thing(row=Row("d", size=None), plain="d")]

    @paged("All, in pages.", FieldClass.PUBLIC)
    async def pages(self, paging: Paging) -> Connection[Thing]:
        async def total() -> int:
            return 3

        page = Page(ROWS, [(row.name,) for row in ROWS], False, False)
        return paging.connection(page, node=lambda row: Thing(row=row, plain=row.name), total=total)


PLAIN = {
    "leaves": "{ things { name plain color size price } }",
    "aliases": "{ things { a: name b: name color } }",
    "type names": "{ things { __typename name maker { __typename } } }",
    "fragments": "{ things { ...F } } fragment F on Thing { name ...G } fragment G on Thing { color }",
    "inner": "{ things { name maker { name } } }",
    "edges": "{ pages(first: 3) { edges { cursor node { name price maker { name } } } nodes { size } totalCount } }",
    "skipped": "{ things { name @skip(if: true) color @include(if: true) } }",
}
USUAL = {
    "an argument": "{ things { name said(times: 2) } }",
    "waited for": "{ things { name late } }",
    "a broken one": "{ things(broken: true) { name size } }",
    "a null where none may be": "{ things { name sure { name } } }",
    "a missing thing": "{ maybe { name size } }",
}


class Counting(CompiledExecutor):
    """Counts the things that went the usual way."""

    usual = 0

    def complete_list_item_value(self, *arguments: Any) -> Any:
        type(self).usual += 1
        return super().complete_list_item_value(*arguments)


def schema_with(executor: type[StrawberryGraphQLCoreExecutionContext]) -> Schema:
    schema = build_schema(Query, may_read=may_read)
    schema.execution_context_class = executor
    return schema


SHORT, AS_USUAL = build_schema(Query, may_read=may_read), schema_with(StrawberryGraphQLCoreExecutionContext)


@pytest.mark.parametrize("hidden", [frozenset(), frozenset({FieldClass.MONEY})], ids=["all", "no money"])
@pytest.mark.parametrize("query", [*PLAIN.values(), *USUAL.values()], ids=[*PLAIN, *USUAL])
async def test_the_short_way_answers_as_the_usual_way(query: str, hidden: frozenset[FieldClass]) -> None:
    short_context, usual_context = small_context(may_not=hidden), small_context(may_not=hidden)
    short = await SHORT.execute(query, context_value=short_context)
    usual = await AS_USUAL.execute(query, context_value=usual_context)
    assert short.data == usual.data
    assert [e.formatted for e in short.errors or []] == [e.formatted for e in usual.errors or []]
    assert short_context.withheld() == usual_context.withheld()


@pytest.mark.parametrize(("query", "expected"), [*((q, 0) for q in PLAIN.values()), (USUAL["waited for"], 3)])
async def test_plain_lists_do_go_the_short_way(query: str, expected: int) -> None:
    executor = type("CountingOnce", (Counting,), {})
    await schema_with(executor).execute(query, context_value=small_context())
    assert executor.usual == expected


def test_the_schema_is_served_by_the_compiled_executor() -> None:
    assert SHORT.execution_context_class is CompiledExecutor
