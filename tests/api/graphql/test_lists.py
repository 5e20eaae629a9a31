"""Every list of the graph gives each thing once, forward and back, and as many as it counts."""

import pytest

from tests.api.graphql.asking import GRAPH, edges_to_lists, identity, node_of, root_lists
from tests.api.graphql.grown import grown


async def _walk(graph, name, selection, size, *, backward):
    found, cursor = [], None
    arguments = "last: $n, before: $c" if backward else "first: $n, after: $c"
    query = f"""query($n: Int, $c: String) {{ {name}({arguments}) {{
        edges {{ cursor node {{ {selection} }} }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
    for _ in range(200):
        page = (await graph.ask(query, n=size, c=cursor))[name]
        nodes = [edge["node"] for edge in page["edges"]]
        found = nodes + found if backward else found + nodes
        info = page["pageInfo"]
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            return found
        cursor = info["startCursor" if backward else "endCursor"]
    raise AssertionError(f"{name} never ends")


async def test_every_root_list_gives_each_thing_once_forward_and_back(door):
    await grown(door.estate)
    graph = await door.as_("auditor")
    seen = {}
    for name, field in root_lists().items():
        selection = identity(node_of(field))
        whole = (await graph.ask(f"{{ {name}(first: 200) {{ totalCount nodes {{ {selection} }} }} }}"))[name]
        assert whole["totalCount"] == len(whole["nodes"]), name
        for size in (1, 2):
            assert await _walk(graph, name, selection, size, backward=False) == whole["nodes"], name
        assert await _walk(graph, name, selection, 2, backward=True) == whole["nodes"], name
        seen[name] = len(whole["nodes"])
    rooms = {"agreements", "allocations", "auditEntries", "lots", "people", "pools", "runs", "usageEvents", "notices"}
    assert all(seen[name] >= 3 for name in rooms), seen


async def test_every_list_below_a_thing_pages_like_its_whole(door):
    await grown(door.estate)
    graph = await door.as_("auditor")
    for root, field in root_lists().items():
        for edge in edges_to_lists(node_of(field)):
            inner = identity(node_of(GRAPH.type_map[node_of(field)].fields[edge]))
            said = await graph.ask(
                f"""{{ {root}(first: 20) {{ nodes {{
                    all: {edge}(first: 50) {{ totalCount nodes {{ {inner} }} pageInfo {{ hasNextPage endCursor }} }}
                    one: {edge}(first: 1) {{ nodes {{ {inner} }} pageInfo {{ hasNextPage endCursor }} }}
                    back: {edge}(last: 1) {{ nodes {{ {inner} }} pageInfo {{ hasPreviousPage }} }} }} }} }}"""
            )
            for node in (node for node in said[root]["nodes"] if node["all"] is not None):
                whole, count = node["all"]["nodes"], node["all"]["totalCount"]
                assert len(whole) == min(count, 50), (root, edge)
                assert node["one"]["nodes"] == whole[:1], (root, edge)
                assert node["one"]["pageInfo"]["hasNextPage"] == (count > 1), (root, edge)
                assert count > 50 or node["back"]["nodes"] == whole[-1:], (root, edge)


async def test_a_page_below_a_thing_goes_on_from_its_cursor(door):
    await grown(door.estate)
    graph = await door.as_("admin")
    query = """query($after: String) { units { nodes { code people(first: 1, after: $after) {
        nodes { name } pageInfo { endCursor } } } } }"""
    first = (await graph.ask(query))["units"]["nodes"]
    emea = next(unit for unit in first if unit["code"] == "sales-emea")
    assert [person["name"] for person in emea["people"]["nodes"]] == ["Ada"]
    after = (await graph.ask(query, after=emea["people"]["pageInfo"]["endCursor"]))["units"]["nodes"]
    assert [p["name"] for unit in after for p in unit["people"]["nodes"] if unit["code"] == "sales-emea"] == ["Ben"]


@pytest.mark.parametrize("descending", [False, True])
async def test_an_order_can_be_turned_round(door, descending):
    graph = await door.as_("admin")
    said = await graph.ask("query($d: Boolean!) { people(descending: $d) { nodes { name } } }", d=descending)
    names = [person["name"] for person in said["people"]["nodes"]]
    assert names == sorted(names, reverse=descending)


async def test_a_cursor_of_another_filter_is_refused(door):
    graph = await door.as_("admin")
    cursor = (await graph.ask("{ people(first: 1) { pageInfo { endCursor } } }"))["people"]["pageInfo"]["endCursor"]
    for other in ('filter: {search: "a"}, ', "descending: true, ", "order: RECORDED_AT, "):
        said = await graph.answer(f'{{ people({other}first: 1, after: "{cursor}") {{ totalCount }} }}')
        assert said["errors"][0]["extensions"]["code"] == "BAD_CURSOR"


async def test_filters_narrow_what_a_list_gives_and_counts(door):
    await grown(door.estate)
    graph = await door.as_("admin")
    emea = (await graph.ask('{ units(filter: {search: "EMEA"}) { nodes { id } } }'))["units"]["nodes"][0]["id"]
    sales = (await graph.ask('{ units(filter: {search: "sales"}) { nodes { id code } } }'))["units"]["nodes"][0]["id"]
    said = await graph.ask(
        """query($emea: ID!, $sales: ID!) {
            emea: people(filter: {unit: $emea}) { totalCount nodes { name } }
            sales: people(filter: {below: $sales}) { totalCount nodes { name } }
            mail: people(filter: {mail: "ADA@halden.example"}) { nodes { name } }
            percent: people(filter: {search: "%"}) { totalCount }
            one: agreements(filter: {search: "license-1"}) { totalCount nodes { number } } }""",
        emea=emea, sales=sales,
    )  # fmt: skip
    assert [p["name"] for p in said["emea"]["nodes"]] == ["Ada", "Ben"]
    assert {p["name"] for p in said["sales"]["nodes"]} == {"Ada", "Ben", "Board-Sales", "Cleo"}
    assert [p["name"] for p in said["mail"]["nodes"]] == ["Ada"]
    assert said["percent"]["totalCount"] == 0
    assert said["one"] == {"totalCount": 1, "nodes": [{"number": "EA-license-1"}]}


async def test_a_text_with_nul_is_refused_by_name_of_the_character(door):
    graph = await door.as_("admin")
    asked = "query($s: String) { people(filter: {search: $s}) { totalCount } }"
    for said in (
        await graph.answer(asked, s="a\0b"),
        await graph.answer('{ people(filter: {search: "a\\u0000b"}) { totalCount } }'),
    ):
        assert "NUL" in said["errors"][0]["message"]
