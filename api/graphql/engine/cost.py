"""What an operation would cost: fields answered, with fragments expanded and each list at the size asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from api.graphql.engine.bounds import Bounds, hold
from api.graphql.engine.shape import Shape
from governance.kernel.page import PAGE_DEFAULT

_PAST_COUNTING = 10**12  # sums stop here, so that doubling fragments stay small numbers
_SIZES = ("first", "last")


@dataclass(frozen=True)
class Cost:
    """What one operation costs, and whether that is so whatever its variables are."""

    fields: int
    fixed: bool


class _Weight(NamedTuple):
    fields: int = 0  # answered once
    rows: int = 0  # answered once per row of the connection they stand in
    depth: int = 0
    roots: int = 0


def cost_of(
    shape: Shape,
    operation: OperationDefinitionNode,
    graph: GraphQLSchema,
    variables: Mapping[str, Any],
    bounds: Bounds,
) -> Cost:
    """Weigh one operation within its bounds: each fragment once, so in time linear in the document's text.

    Raises OverBound. Names the schema does not know weigh one field; the validator speaks of them later.
    """
    scale = _Scale(graph, _given(operation, variables), bounds)
    for fragment in shape.fragments:
        parent = graph.get_type(fragment.type_condition.name.value)
        scale.fragments[fragment.name.value] = scale.selection(fragment.selection_set, parent)
    whole = scale.selection(operation.selection_set, graph.get_root_type(operation.operation))
    hold("root fields", whole.roots, bounds.root_fields)
    hold("depth", whole.depth, bounds.depth)
    hold("cost", whole.fields + whole.rows, bounds.cost)
    return Cost(whole.fields + whole.rows, fixed=not scale.asked_variables)


class _Scale:
    """Weighs selections. It recurses as deep as the text nests, which is bounded; never through a fragment."""

    def __init__(self, graph: GraphQLSchema, given: Mapping[str, Any], bounds: Bounds) -> None:
        self.graph, self.given, self.bounds = graph, given, bounds
        self.fragments: dict[str, _Weight] = {}
        self.asked_variables = False

    def selection(self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None) -> _Weight:
        fields = rows = depth = roots = 0
        for selection in selections.selections if selections else ():
            if isinstance(selection, FieldNode):
                weight = self._field(selection, parent)
            elif isinstance(selection, FragmentSpreadNode):
                weight = self.fragments.get(selection.name.value, _Weight())
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                weight = self.selection(
                    selection.selection_set, self.graph.get_type(condition.name.value) if condition else parent
                )
            else:
                continue
            fields, rows, roots = fields + weight.fields, rows + weight.rows, roots + weight.roots
            depth = max(depth, weight.depth)
        return _Weight(min(fields, _PAST_COUNTING), min(rows, _PAST_COUNTING), depth, min(roots, _PAST_COUNTING))

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> _Weight:
        definition = _definition(self.graph, parent, node.name.value)
        about_schema = parent is not None and parent.name.startswith("__")
        inner = get_named_type(definition.type) if definition else None
        below = self.selection(node.selection_set, inner)
        depth = below.depth + (0 if about_schema else 1)
        if definition is None or about_schema:
            return _Weight(1 + below.fields + below.rows, 0, depth, 1)
        is_list = is_list_type(get_nullable_type(definition.type))
        if "first" in definition.args:
            size = self._size(node)
            once, each = (0, below.fields + below.rows) if is_list else (below.fields, below.rows)
            return _Weight(1 + once + size * each, 0, depth, 1)
        if not is_list or node.selection_set is None:
            return _Weight(1 + below.fields + below.rows, 0, depth, 1)
        if parent is not None and parent.name.endswith("Connection"):
            return _Weight(1, 1 + below.fields + below.rows, depth, 1)
        return _Weight(1 + self.bounds.list_size * (below.fields + below.rows), 0, depth, 1)

    def _size(self, node: FieldNode) -> int:
        asked = [self._number(a.value) for a in node.arguments or () if a.name.value in _SIZES]
        return max((size for size in asked if size is not None), default=PAGE_DEFAULT)

    def _number(self, value: ValueNode) -> int | None:
        if isinstance(value, VariableNode):
            self.asked_variables = True
            found = self.given.get(value.name.value)
            return max(found, 0) if isinstance(found, int) else None
        return _literal(value)


def _literal(value: ValueNode | None) -> int | None:
    if not isinstance(value, IntValueNode):
        return None
    return _PAST_COUNTING if len(value.value) > 12 else max(int(value.value), 0)


def _given(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {
        definition.variable.name.value: _literal(definition.default_value)
        for definition in operation.variable_definitions or ()
    }
    return defaults | dict(variables)


def _definition(graph: GraphQLSchema, parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        return graph.get_field(parent, name)
    return None
