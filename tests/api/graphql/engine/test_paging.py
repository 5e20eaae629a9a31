"""Lists page in both directions, refuse misuse clearly, and count only when asked."""

import pytest

from api.graphql.engine import CursorSealer, paging_for
from governance.kernel.errors import BadInput
from governance.kernel.page import Window
from tests.api.graphql.engine.small import BOOKS, KEY, small_context, small_schema

SCHEMA = small_schema()
TITLES = [row.title for row in BOOKS]
PAGE = "edges { cursor node { title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


async def ask(arguments="", *, select=PAGE, tenant=None):
    context = small_context(**({"tenant": tenant} if tenant else {}))
    result = await SCHEMA.execute(f"{{ books{arguments} {{ {select} }} }}", context_value=context)
    return result, context


async def page(arguments=""):
    result, _ = await ask(arguments)
    assert result.errors is None
    found = result.data["books"]
    return [edge["node"]["title"] for edge in found["edges"]], found["pageInfo"]


async def test_forward_paging_meets_every_row_once():
    titles, info, seen = [], {"hasNextPage": True, "endCursor": None}, 0
    while info["hasNextPage"]:
        after = f', after: "{info["endCursor"]}"' if info["endCursor"] else ""
        found, info = await page(f"(first: 5{after})")
        titles, seen = titles + found, seen + 1
        assert info["hasPreviousPage"] is (seen > 1)
    assert (titles, seen) == (TITLES, 3)


async def test_backward_paging_meets_every_row_once():
    titles, info = [], {"hasPreviousPage": True, "startCursor": None}
    while info["hasPreviousPage"]:
        before = f', before: "{info["startCursor"]}"' if info["startCursor"] else ""
        found, info = await page(f"(last: 5{before})")
        titles = found + titles
    assert titles == TITLES


async def test_a_page_without_arguments_is_the_first_50():
    assert paging_for(CursorSealer(KEY), tenant="t", binding="b").window == Window(50, False, None)
    assert (await page())[0] == TITLES


async def test_an_empty_list_has_no_cursors():
    _, info = await page('(filter: {contains: "nothing"})')
    assert info == {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"first": 1, "last": 1}, "last"),
        ({"first": 0}, "first"),
        ({"first": -1}, "first"),
        ({"first": 201}, "first"),
        ({"last": 0}, "last"),
        ({"last": 201}, "last"),
        ({"after": "x", "before": "y"}, "before"),
        ({"last": 1, "after": "x"}, "after"),
        ({"first": 1, "before": "x"}, "before"),
    ],
)
def test_misuse_of_the_arguments_names_the_argument_and_the_way_out(arguments, named):
    with pytest.raises(BadInput) as no:
        paging_for(CursorSealer(KEY), tenant="t", binding="b", **arguments)
    assert no.value.field == named
    assert no.value.needs


async def cursor(arguments=""):
    return (await page(arguments))[1]["startCursor"]


async def test_a_cursor_is_good_with_the_same_filter():
    given = await cursor('(first: 1, filter: {contains: "00"})')
    assert (await page(f'(first: 1, filter: {{contains: "00"}}, after: "{given}")'))[0] == ["Book 002"]


async def test_a_cursor_is_refused_with_another_filter_list_or_tenant():
    given = await cursor("(first: 1)")
    elsewhere = f'{{ shelf {{ neighbors(after: "{given}") {{ totalCount }} }} }}'
    results = [
        (await ask(f'(after: "{given}", filter: {{contains: "1"}})'))[0],
        (await ask(f'(after: "{given}")', tenant="another"))[0],
        await SCHEMA.execute(elsewhere, context_value=small_context()),
        (await ask('(before: "forged")'))[0],
    ]
    for result in results:
        assert result.errors[0].original_error.code == "BAD_CURSOR"


async def test_a_cursor_is_bound_to_every_part_of_the_filter():
    usual = 'contains: "Book", since: "2026-01-01T00:00:00Z", order: TITLE'
    given = await cursor(f"(first: 1, filter: {{{usual}}})")
    assert (await page(f'(first: 1, filter: {{{usual}}}, after: "{given}")'))[0] == ["Book 002"]
    for other in (
        usual.replace("TITLE", "BOUGHT"),
        usual.replace("2026-01-01", "2026-01-02"),
        usual.replace('"Book"', '"book"'),
        usual + ", ids: []",
        usual + ", ids: null",
    ):
        result, _ = await ask(f'(first: 1, filter: {{{other}}}, after: "{given}")')
        assert result.errors[0].original_error.code == "BAD_CURSOR"


async def test_the_total_is_counted_only_when_selected_and_once():
    _, unasked = await ask("(first: 1)")
    result, asked = await ask("(first: 1)", select="a: totalCount b: totalCount")
    assert unasked.counted == []
    assert asked.counted == ["books"]
    assert result.data["books"] == {"a": 12, "b": 12}


async def test_nodes_and_edges_give_the_same_things():
    result, _ = await ask("(first: 3)", select="nodes { title } edges { node { title } }")
    assert [n["title"] for n in result.data["books"]["nodes"]] == TITLES[:3]
    assert [e["node"]["title"] for e in result.data["books"]["edges"]] == TITLES[:3]
