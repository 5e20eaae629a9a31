"""No path leads further than the front door: whatever an edge shows, its reader could have asked for by its id."""

import pytest
from graphql import GraphQLObjectType, get_named_type, is_required_argument

from policies.access.parties import Role
from tests.api.graphql.asking import GRAPH, is_node, node_of, root_lists
from tests.api.graphql.grown import grown

READERS = {
    "an owner of Sales": ("cleo", Role.LICENSE_OWNER, {"unit": "sales"}),
    "an owner of Europe": ("cleo", Role.LICENSE_OWNER, {"region": "150"}),
    "finance": ("cleo", Role.FINANCE, {}),
    "a board member": ("board-sales", None, {}),
    "a holder": ("ada", None, {}),
}


def _edges(name: str) -> str:
    """Select, of every edge of a type to things with an id, what they are and their id."""
    kind = GRAPH.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    parts = ["__typename"]
    for field_name, field in kind.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        target = get_named_type(field.type).name
        if is_node(target) or target == "Node":
            parts.append(f"{field_name} {{ __typename id }}")
        elif target.endswith("Connection") and is_node(node_of(field)):
            parts.append(f"{field_name}(first: 20) {{ nodes {{ __typename id }} }}")
    return " ".join(parts)


def _things(value) -> set[tuple[str, str]]:
    if isinstance(value, list):
        return set().union(*map(_things, value))
    if not isinstance(value, dict):
        return set()
    own = {(value["__typename"], value["id"])} if "id" in value else set()
    return own.union(*map(_things, value.values()))


@pytest.mark.parametrize("reader", READERS)
async def test_whatever_an_edge_shows_is_there_by_its_id_too(door, reader):
    await grown(door.estate)
    await door.estate.license("emea", unit="sales-emea", pool_unit="sales-emea", owner="ada")
    who, role, place = READERS[reader]
    if role is not None:
        await door.estate.grant(who, role, **place)
    graph = await door.as_(who)
    shown: set[tuple[str, str]] = set()
    for name, field in root_lists().items():
        said = await graph.answer(f"{{ {name}(first: 10) {{ nodes {{ {_edges(node_of(field))} }} }} }}")
        assert "errors" not in said, (name, said)
        shown |= _things(said["data"])
    for some in batched(sorted(shown), 20):
        asked = " ".join(f'n{n}: node(id: "{thing}") {{ __typename }}' for n, (_, thing) in enumerate(some))
        found = (await graph.ask(f"{{ {asked} }}")).values()
        assert [one and one["__typename"] for one in found] == [kind for kind, _ in some], reader


def batched(things: list, size: int) -> list[list]:
    return [things[start : start + size] for start in range(0, len(things), size)]
