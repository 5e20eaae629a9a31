"""The graph as it is served: each field that is not public guarded wherever it is reached from."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLField, GraphQLNonNull, GraphQLResolveInfo, assert_valid_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.scalar import ScalarDefinition

from api.graphql.engine.bounds import Bounds
from api.graphql.engine.classes import FieldClass, class_of, fields_of
from api.graphql.engine.compiled import GUARD, CompiledExecutor
from api.graphql.engine.context import EngineContext
from api.graphql.engine.documents import Documents, LoadDocument

MayRead = Callable[[Any, FieldClass, str], bool]


class Schema(strawberry.Schema):
    """Strawberry's schema with our documents, and without its log of errors: answers.py writes one line for a bug."""

    documents: Documents

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Leave errors to the door that presents them."""


def build_schema(
    query: type,
    *,
    mutation: type | None = None,
    subscription: type | None = None,
    may_read: MayRead,
    bounds: Bounds | None = None,
    types: Iterable[type] = (),
    scalars: Mapping[object, ScalarDefinition] | None = None,
) -> Schema:
    """Build the graph. `may_read(context, field_class, type_name)` is asked once per request and selected field.

    `scalars` say how Python's types are written and read where that differs from strawberry's way.
    """
    documents = Documents(bounds or Bounds())
    schema = Schema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=tuple(types),
        config=StrawberryConfig(scalar_map=scalars or {}),
        extensions=[partial(LoadDocument, documents)],
        execution_context_class=CompiledExecutor,
    )
    schema.documents = documents
    graph = schema._schema  # noqa: SLF001 - strawberry offers no other way to its graph
    for type_name, field_name, definition in fields_of(graph):
        cls = class_of(definition)
        if cls is not None and cls is not FieldClass.PUBLIC:
            _guard(definition, (type_name, field_name), cls, may_read)
    graph._validation_errors = None  # noqa: SLF001 - judge the graph again as it now is
    assert_valid_schema(graph)
    return schema


def type_named(info: strawberry.Info[Any, Any], name: str) -> Any:
    """Give the class behind a type of this graph, for an edge that looks up and may not import it."""
    definition = info.schema.get_type_by_name(name)
    if not isinstance(definition, StrawberryObjectDefinition):
        raise TypeError(f"the graph has no object type {name}")
    return definition.origin


def _guard(definition: GraphQLField, place: tuple[str, str], cls: FieldClass, may_read: MayRead) -> None:
    resolve = definition.resolve
    assert resolve is not None  # strawberry gives every field a resolver
    if isinstance(definition.type, GraphQLNonNull):
        definition.type = definition.type.of_type

    def readable(context: EngineContext) -> bool:
        decided = context.decisions.get(place)
        if decided is None:
            decided = context.decisions[place] = may_read(context, cls, place[0])
        return decided

    def guarded(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        return resolve(source, info, **arguments) if readable(info.context) else None

    definition.resolve = guarded
    definition.extensions[GUARD] = readable
