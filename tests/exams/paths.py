"""Every way through the schema, read from the schema itself: paths, places of ids, arguments that fit, selections."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)
from graphql.type import get_nullable_type

from api.graphql.inputs import _OF
from tests.api.graphql.asking import GRAPH, is_node

# Places of ids that take things of several kinds, by their name; each kind is asked for.
ANY_KIND = {"node", "principal", "subject"}
# Places of an argument that stands alone (no input declares its kind), and those that a helper opens by hand.
KINDS = {
    ("auditProof", "entry"): "AuditEntry",
    ("policyPreview", "version"): "PolicyVersion",
    ("assignAction", "input", "aim", "license"): "Entitlement",
    ("assignAction", "input", "aim", "unit"): "Unit",
    ("addAgendaItem", "input", "subject"): "Finding",
    ("suggestedParts", "product"): "Product",
    ("revocationCap", "line"): "MetricLine",
}
CALLED = {"license": "Entitlement", "licenses": "Entitlement", "people": "Person"}
PRINCIPALS = ("Person", "ServiceAccount")
_AIM = {"direction": "UP", "judgeDay": "2100-01-01", "target": "1"}
# What must stand beside an id for it to be read at all: a value, None for nothing, or the kind of an own thing.
BESIDE: dict[str, dict[str, Any]] = {
    "addAgendaItem.input.subject": {"subjectKind": "FINDING"},
    "assignAction.input.aim.license": {"aim": _AIM | {"measure": "UTILIZATION"}},
    "assignAction.input.aim.unit": {"aim": _AIM | {"measure": "COST_PER_UNIT"}},
    "assignSeats.input.features": {"pool": None, "product": "Product"},
    "assignSeats.input.product": {"pool": None},
    "bondTiers.input.parts": {"tier": "Tier"},
    "bondTiers.input.products": {"tier": "Tier"},
    "createToken.input.serviceAccount": {"person": None},
    "grantRole.input.serviceAccount": {"person": None},
    "grantRole.input.unit": {"scope": "UNIT"},
    "mapGroup.input.unit": {"scope": "UNIT"},
    "previewAssignment.input.features": {"product": "Product"},
    "previewAssignment.input.people": {"pool": "Pool"},
    "previewAssignment.input.tier": {"pool": "Pool"},
    "requestSeat.input.product": {"pool": None},
}
WORDS: dict[str, Any] = {
    "Int": 1, "Float": 0.5, "Boolean": False, "String": "x", "Day": "2100-01-01", "DateTime": "2026-03-01T00:00:00Z",
    "Instant": "2026-03-01T00:00:00Z", "Decimal": "1", "JSON": {}, "UUID": "00000000-0000-0000-0000-000000000000",
}  # fmt: skip
NODES = sorted(name for name in GRAPH.type_map if name != "Node" and is_node(name))
Pick = Callable[[str | None], str]
_Given = GraphQLArgument | GraphQLInputField


@dataclass(frozen=True)
class Place:
    """Where an id is taken: the field of the root, the way through its arguments, the kind (None: of any kind)."""

    root: str
    way: tuple[str, ...]
    kind: str | None
    many: bool

    def __str__(self) -> str:
        return ".".join((self.root, *self.way))


def places(root: GraphQLObjectType) -> Iterator[Place]:
    """Name every place of an id among the arguments of a root's fields."""
    for name, asked in root.fields.items():
        for argument, given in asked.args.items():
            yield from _places(name, (argument,), given, get_named_type(asked.type).name)


def _places(root: str, way: tuple[str, ...], given: _Given, answer: str) -> Iterator[Place]:
    kind = get_named_type(given.type)
    if kind.name == "ID":
        yield Place(root, way, _kind(root, way, given, answer), is_list_type(get_nullable_type(given.type)))
    elif isinstance(kind, GraphQLInputObjectType) and len(way) < 5:
        for name, below in kind.fields.items():
            yield from _places(root, (*way, name), below, answer)


def _kind(root: str, way: tuple[str, ...], given: _Given, answer: str) -> str | None:
    declared = getattr(given.extensions.get("strawberry-definition"), "metadata", {}).get(_OF)
    found = declared or KINDS.get((root, *way)) or (answer if way == ("id",) and answer != "Node" else None)
    named = CALLED.get(way[-1], way[-1][:1].upper() + way[-1][1:])
    found = found or (named if named in NODES else None)
    if found is None and way[-1] not in ANY_KIND and root != "node":
        raise AssertionError(f"{root}.{'.'.join(way)} takes an id of no declared kind: name it in KINDS or ANY_KIND")
    return found


def fitting(given: _Given, pick: Pick, root: str, way: tuple[str, ...], answer: str) -> Any:
    """Make a value that a required argument takes; ids are picked by their kind."""
    kind = get_named_type(given.type)
    if kind.name == "ID":
        value: Any = pick(_kind(root, way, given, answer))
    elif isinstance(kind, GraphQLEnumType):
        value = next(iter(kind.values))
    elif isinstance(kind, GraphQLInputObjectType):
        needed = {name: each for name, each in kind.fields.items() if is_required_input_field(each)}
        value = {name: fitting(each, pick, root, (*way, name), answer) for name, each in needed.items()}
    else:
        value = WORDS.get(kind.name, "x")
    return [value] if is_list_type(get_nullable_type(given.type)) else value


def arguments(name: str, asked: GraphQLField, pick: Pick) -> dict[str, Any]:
    """Give every required argument of a field a value."""
    answer = get_named_type(asked.type).name
    needed = {way: given for way, given in asked.args.items() if is_required_argument(given)}
    return {way: fitting(given, pick, name, (way,), answer) for way, given in needed.items()}


def placed(values: dict[str, Any], place: Place, value: str, pick: Pick, asked: GraphQLField) -> dict[str, Any]:
    """Give arguments with a value at a place; what its inputs need besides is filled in where it is missing."""
    first, *rest = place.way
    whole = dict(values)
    put = [value] if place.many else value
    if not rest:
        return whole | {first: put}
    held = asked.args[first]
    beside = {name: pick(value) if value in NODES else value for name, value in BESIDE.get(str(place), {}).items()}
    filled = fitting(held, pick, place.root, (first,), get_named_type(asked.type).name)
    whole[first] = _into((whole.get(first) or filled) | beside, held, rest, put, pick, place)
    return whole


def _into(value: Any, held: _Given, rest: list[str], put: Any, pick: Pick, place: Place) -> Any:
    if isinstance(value, list):
        return [_into(value[0], held, rest, put, pick, place), *value[1:]]
    first, *left = rest
    if not left:
        return {**value, first: put}
    kind = get_named_type(held.type)
    assert isinstance(kind, GraphQLInputObjectType)
    below = kind.fields[first]
    inner = value.get(first) or fitting(below, pick, place.root, place.way, "")
    return {**value, first: _into(inner, below, left, put, pick, place)}


def kinds_of(asked: GraphQLField) -> list[GraphQLObjectType]:
    """Name the types of the things that a field leads to; those on a page, for a field that answers pages."""
    kind = get_named_type(asked.type)
    if kind.name.endswith("Connection"):
        assert isinstance(kind, GraphQLObjectType)
        kind = get_named_type(kind.fields["nodes"].type)
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        return list(GRAPH.get_possible_types(kind))
    return [kind] if isinstance(kind, GraphQLObjectType) else []


@cache
def paths_below(kind: str, depth: int) -> int:
    """Count the paths from a type over up to `depth` fields to things; a list with its page counts as one field."""
    found = GRAPH.type_map[kind]
    assert isinstance(found, GraphQLObjectType)
    ends = [end for asked in found.fields.values() for end in kinds_of(asked)] if depth else ()
    return sum(1 + paths_below(end.name, depth - 1) for end in ends)


def leaves(kind: GraphQLObjectType, clash: frozenset[str] = frozenset()) -> str:
    """Select every leaf of a type; what clashes with another type's beside it goes by a name of its own."""
    own = [name for name, asked in kind.fields.items() if is_leaf_type(get_named_type(asked.type)) and not asked.args]
    return " ".join(("__typename", *(f"{kind.name}_{name}: {name}" if name in clash else name for name in own)))


def more(kind: GraphQLObjectType, clash: frozenset[str] = frozenset()) -> str:
    """Select every leaf of a type, and of what lies one field below it without a page."""
    below = []
    for name, asked in kind.fields.items():
        end = get_named_type(asked.type)
        if isinstance(end, GraphQLObjectType) and not end.name.endswith("Connection") and not asked.args:
            below.append(f"{kind.name}_{name}: {name} {{ {leaves(end)} }}")
    return " ".join((leaves(kind, clash), *below))


def within(asked: GraphQLField, selected: Callable[[GraphQLObjectType, frozenset[str]], str]) -> str:
    """Put a selection for each type of thing that a field leads to behind the field."""
    ends = kinds_of(asked)
    if not ends:
        return ""
    kind = get_named_type(asked.type)
    if isinstance(kind, GraphQLObjectType) and not kind.name.endswith("Connection"):
        return f"{{ {selected(kind, frozenset())} }}"
    said: dict[str, set[str]] = {}
    for end in ends:
        for name, field in end.fields.items():
            said.setdefault(name, set()).add(str(field.type))
    clash = frozenset(name for name, types in said.items() if len(types) > 1)
    whole = " ".join(f"... on {end.name} {{ {selected(end, clash)} }}" for end in ends)
    return f"{{ nodes {{ {whole} }} }}" if kind.name.endswith("Connection") else f"{{ {whole} }}"


def written(value: Any, given: Any = None) -> str:
    """Write a value as a literal of the query language; words of an enum stand without quotes."""
    kind = None if given is None else get_named_type(given.type)
    if isinstance(value, dict):
        fields = kind.fields if isinstance(kind, GraphQLInputObjectType) else {}
        return "{" + ", ".join(f"{name}: {written(each, fields.get(name))}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(each, given) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value is Undefined:
        return "null"
    return value if isinstance(kind, GraphQLEnumType) else str(value) if not isinstance(value, str) else f'"{value}"'


def called(name: str, asked: GraphQLField, values: dict[str, Any]) -> str:
    """Write a field with its arguments; a page has up to three things."""
    said = [f"{way}: {written(value, asked.args[way])}" for way, value in values.items()]
    if "first" in asked.args and "first" not in values:
        said.append("first: 3")
    return f"{name}({', '.join(said)})" if said else name
