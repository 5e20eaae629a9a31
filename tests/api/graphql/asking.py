"""Reads from the schema itself what can be asked, so that a new list or type is under test without being named."""

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from api.graphql.schema import whole_schema

GRAPH = whole_schema()._schema


def root_lists() -> dict[str, GraphQLField]:
    """Give every root field that answers pages and needs no argument."""
    return {
        name: field
        for name, field in GRAPH.query_type.fields.items()
        if get_named_type(field.type).name.endswith("Connection")
        and not any(is_required_argument(argument) for argument in field.args.values())
    }


def is_node(name: str) -> bool:
    node = GRAPH.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    kind = GRAPH.type_map.get(name)
    return isinstance(kind, GraphQLObjectType) and node in kind.interfaces


def node_of(connection: GraphQLField) -> str:
    """Name the type of the things on a connection's pages."""
    kind = get_named_type(connection.type)
    assert isinstance(kind, GraphQLObjectType)
    return get_named_type(kind.fields["nodes"].type).name


def identity(name: str) -> str:
    """Select what tells one thing of a type from another: its id, or the first edge that has one, or all leaves."""
    if is_node(name):
        return "id"
    kind = GRAPH.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    for field_name, field in kind.fields.items():
        if is_node(get_named_type(field.type).name) and not field.args:
            return f"{field_name} {{ id }}"
    return " ".join(n for n, f in kind.fields.items() if is_leaf_type(get_named_type(f.type)) and not f.args)


def edges_to_lists(name: str) -> Iterator[str]:
    """Name every field of a type that answers pages and needs no argument."""
    kind = GRAPH.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    for field_name, field in kind.fields.items():
        needs = any(is_required_argument(argument) for argument in field.args.values())
        if get_named_type(field.type).name.endswith("Connection") and not needs:
            yield field_name


def outcome_types() -> dict[str, GraphQLUnionType | None]:
    """Give what every mutation answers, by its name."""
    found = {}
    for name, field in GRAPH.mutation_type.fields.items():
        kind = get_named_type(field.type)
        found[name] = kind if isinstance(kind, GraphQLUnionType) else None
    return found
