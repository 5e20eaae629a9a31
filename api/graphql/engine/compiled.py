"""Long lists answered fast: fields that only read an attribute are read at once, without the ceremony of a resolver.

A selection is looked at once per operation. Where every selected field of a list's things is plain (it takes no
argument, waits for nothing and ends in a scalar, an enum or another plain thing), each thing is answered by one loop
over getters. Whatever is not plain, and each thing for which a getter fails, goes the usual way, so that errors, nulls
and their paths are graphql-core's own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, cast

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLString,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetails, GroupedFieldSet
from graphql.pyutils import Path, Undefined
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

Getter = Callable[[Any], Any]
GUARD = "lictor.guard"
_AS_IT_IS: dict[str, type] = {GraphQLString.name: str, GraphQLID.name: str, GraphQLBoolean.name: bool}


class NotPlain(Exception):
    """A value that the fast way cannot write: the usual way says what is wrong with it, or that it is right."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A plain field that ends in a scalar or an enum. `exact`: values of this very type are written as they are."""

    name: str
    get: Getter
    exact: type | None
    coerce: Getter
    needed: bool

    def read(self, source: Any) -> Any:
        value = self.get(source)
        if type(value) is self.exact:
            return value
        if value is None and not self.needed:
            return None
        written = self.coerce(value)
        if value is None or written is None or written is Undefined:
            raise NotPlain
        return written


@dataclass(frozen=True, slots=True)
class Alike:
    """A field that answers the same for each thing: null where the reader may not read it, or the type's name."""

    name: str
    value: str | None

    def read(self, _source: Any) -> str | None:
        return self.value


@dataclass(frozen=True, slots=True)
class Inner:
    """A plain field that holds another thing, all of whose selected fields are plain."""

    name: str
    get: Getter
    shape: "Shape"
    needed: bool

    def read(self, source: Any) -> Any:
        value = self.get(source)
        if value is None and not self.needed:
            return None
        return self.shape.read(value)


@dataclass(frozen=True, slots=True)
class Shape:
    """The selected fields of one type, in order. Only things of one of these very classes are read this way."""

    of: frozenset[type]
    parts: tuple[Leaf | Alike | Inner, ...]

    def read(self, source: Any) -> dict[str, Any]:
        """Answer one thing. Raises whatever a getter raises, NotPlain for what has to go the usual way."""
        if type(source) not in self.of:
            raise NotPlain
        return {part.name: part.read(source) for part in self.parts}


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor with a short way for lists of plain things."""

    def complete_iterable_value(
        self,
        item_type: Any,
        field_details_list: list[FieldDetails],
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> Any:
        shape = None
        if type(items) is list and len(items) > 1 and not any(d.node.directives for d in field_details_list):
            shape = self._shape_of_items(item_type, field_details_list)
        if shape is None:
            return super().complete_iterable_value(item_type, field_details_list, info, path, items, position_context)
        answered: list[Any] = []
        read = shape.read
        for index, item in enumerate(items):
            try:
                answered.append(read(item))
            except Exception:  # noqa: BLE001 - the usual way meets it again and says it in its place
                usual: list[Any] = []
                super().complete_list_item_value(
                    item, usual, item_type, field_details_list, info, path.add_key(index, None), position_context
                )
                answered.extend(usual)
        return answered

    def _shape_of_items(self, item_type: Any, field_details_list: list[FieldDetails]) -> Shape | None:
        inner = item_type.of_type if isinstance(item_type, GraphQLNonNull) else item_type
        if not isinstance(inner, GraphQLObjectType) or self._has_middleware():
            return None
        return self._shape(inner, self.collect_subfields(inner, field_details_list).grouped_field_set)

    def _has_middleware(self) -> bool:
        return bool(self.middleware_manager and self.middleware_manager.middlewares)

    def _shape(self, type_: GraphQLObjectType, selected: GroupedFieldSet) -> Shape | None:
        declared = type_.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(declared, StrawberryObjectDefinition):
            return None
        parts = []
        for name, asked in selected.items():
            part = self._part(type_, name, asked)
            if part is None:
                return None
            parts.append(part)
        generic = declared.concrete_of
        classes = {declared.origin} if generic is None else {declared.origin, generic.origin}
        return Shape(frozenset(classes), tuple(parts))

    def _part(self, type_: GraphQLObjectType, name: str, asked: list[FieldDetails]) -> Leaf | Alike | Inner | None:
        if asked[0].node.name.value == "__typename":
            return Alike(name, type_.name)
        definition = type_.fields.get(asked[0].node.name.value)
        getter = None if definition is None else getter_of(definition)
        if definition is None or getter is None:
            return None
        decide = definition.extensions.get(GUARD)
        if decide is not None and not decide(self.context_value):
            return Alike(name, None)
        needed = isinstance(definition.type, GraphQLNonNull)
        kind = definition.type.of_type if isinstance(definition.type, GraphQLNonNull) else definition.type
        if is_leaf_type(kind):
            return _leaf(name, getter, kind, needed=needed)
        if not isinstance(kind, GraphQLObjectType):
            return None
        shape = self._shape(kind, self.collect_subfields(kind, asked).grouped_field_set)
        return None if shape is None else Inner(name, getter, shape, needed)


def getter_of(definition: GraphQLField) -> Getter | None:
    """Give what reads a plain field off its thing; None where a field takes arguments, waits, or needs the request."""
    declared = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(declared, StrawberryField) or definition.args or declared.extensions:
        return None
    resolver = declared.base_resolver
    if resolver is None:
        return attrgetter(declared.python_name)
    plain = not resolver.is_async and resolver.self_parameter is not None and len(resolver.signature.parameters) == 1
    return cast("Getter", resolver.wrapped_func) if plain else None


def _leaf(name: str, getter: Getter, kind: GraphQLLeafType, *, needed: bool) -> Leaf:
    return Leaf(name, getter, _AS_IT_IS.get(kind.name), kind.coerce_output_value, needed)
