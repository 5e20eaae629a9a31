"""What a document holds as it is written, counted once per text, before it is validated."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from api.graphql.engine.bounds import Bounds, hold

_INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(frozen=True)
class Shape:
    """A document's operations, its fragments with the innermost first, and whether it asks about the schema."""

    operations: tuple[OperationDefinitionNode, ...]
    fragments: tuple[FragmentDefinitionNode, ...]
    introspects: bool


def shape_of(document: DocumentNode, bounds: Bounds) -> Shape:
    """Count a document within its bounds. Raises OverBound, and GraphQLError for fragments inside themselves."""
    operations = tuple(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    definitions = (*operations, *(d for d in document.definitions if isinstance(d, FragmentDefinitionNode)))
    hold("fragments", len(definitions) - len(operations), bounds.fragments)
    sets = [found for definition in definitions for found in _selection_sets(definition.selection_set)]
    written = [selection for found in sets for selection in found.selections]
    fields = [selection for selection in written if isinstance(selection, FieldNode)]
    hold("fields", len(fields), bounds.fields)
    aliases = [field.alias.value for field in fields if field.alias]
    hold("aliases", len(aliases), bounds.aliases)
    hold("alias characters", max(map(len, aliases), default=0), bounds.alias_characters)
    hold("fragment spreads", sum(1 for s in written if isinstance(s, FragmentSpreadNode)), bounds.spreads)
    order = _innermost_first(fragments)
    _hold_repeats(sets, order, bounds)
    return Shape(operations, order, any(field.name.value in _INTROSPECTION for field in fields))


def flattened(selections: SelectionSetNode) -> Iterator[FieldNode | FragmentSpreadNode]:
    """Give the fields and spreads of one selection, looking through inline fragments."""
    left = [selections]
    while left:
        for selection in left.pop().selections:
            if isinstance(selection, InlineFragmentNode):
                left.append(selection.selection_set)
            elif isinstance(selection, FieldNode | FragmentSpreadNode):
                yield selection


def _selection_sets(top: SelectionSetNode) -> Iterator[SelectionSetNode]:
    left = [top]
    while left:
        found = left.pop()
        yield found
        left += [
            selection.selection_set
            for selection in found.selections
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set
        ]


def _innermost_first(fragments: dict[str, FragmentDefinitionNode]) -> tuple[FragmentDefinitionNode, ...]:
    spreads = {
        name: {
            selection.name.value
            for found in _selection_sets(fragment.selection_set)
            for selection in found.selections
            if isinstance(selection, FragmentSpreadNode) and selection.name.value in fragments
        }
        for name, fragment in fragments.items()
    }
    order: list[FragmentDefinitionNode] = []
    while ready := [name for name, needs in spreads.items() if not needs]:
        for name in ready:
            del spreads[name]
        for needs in spreads.values():
            needs.difference_update(ready)
        order += [fragments[name] for name in ready]
    if spreads:
        raise GraphQLError(f'Cannot spread fragment "{min(spreads)}" within itself.')
    return tuple(order)


def _hold_repeats(sets: Iterable[SelectionSetNode], order: Iterable[FragmentDefinitionNode], bounds: Bounds) -> None:
    """Bound what the validator compares pair by pair: fields of one selection that answer under the same name."""
    names: dict[str, Counter[str]] = {}
    for fragment in order:
        names[fragment.name.value] = _names(fragment.selection_set, names)
    repeats = 0
    for found in sets:
        counted = _names(found, names)
        repeats += counted.total() - len(counted)
        hold("repeated fields", repeats, bounds.repeats)


def _names(selections: SelectionSetNode, fragments: dict[str, Counter[str]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    spread: set[str] = set()
    for selection in flattened(selections):
        if isinstance(selection, FieldNode):
            counted[selection.alias.value if selection.alias else selection.name.value] += 1
        elif selection.name.value in spread:
            counted[f"...{selection.name.value}"] += 1
        else:
            spread.add(selection.name.value)
            counted.update(fragments.get(selection.name.value, {}))
            counted[f"...{selection.name.value}"] += 1
    return counted
