"""Each field of the graph says what kind of fact it is, so that one matrix decides who may read it."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Any, TypeVar, cast

import strawberry
from graphql import GraphQLField, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.extensions import FieldExtension
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

F = TypeVar("F", bound=Callable[..., Any])


@strawberry.enum(description="What kind of fact a field holds; the matrix of class by role by act decides on it.")
class FieldClass(StrEnum):
    """Kinds of facts, from what anyone in the tenant may read to what hardly anyone may."""

    PUBLIC = "PUBLIC"
    MONEY = "MONEY"
    SECRET = "SECRET"  # noqa: S105 - a kind of fact, not a password
    PERSONAL = "PERSONAL"
    USAGE = "USAGE"


@strawberry.schema_directive(
    name="class",
    locations=[Location.FIELD_DEFINITION],
    description="The kind of fact a field holds. A field one may not read is null and named in extensions.withheld.",
)
class Classed:
    of: FieldClass = strawberry.directive_field(name="of")


def field(description: str, cls: FieldClass, *, name: str | None = None, deprecation_reason: str | None = None) -> Any:
    """Describe a field that is an attribute of its type.

    A field of any class but PUBLIC is nullable in the schema, whatever its annotation says: who may not read it
    gets null and finds the field's name in `extensions.withheld`.
    """
    return _field(description, cls, name=name, deprecation_reason=deprecation_reason)


def resolved(
    description: str,
    cls: FieldClass,
    *,
    name: str | None = None,
    deprecation_reason: str | None = None,
    extensions: Sequence[FieldExtension] = (),
) -> Callable[[F], F]:
    """Describe a field that a function answers, as that function's decorator; else like `field`."""
    made = _field(description, cls, name=name, deprecation_reason=deprecation_reason, extensions=extensions)
    return cast("Callable[[F], F]", made)


def streamed(description: str, cls: FieldClass) -> Callable[[F], F]:
    """Describe a field of the subscriptions, as its function's decorator: an async generator gives its answers."""
    made: Any = strawberry.subscription(description=inspect.cleandoc(description), directives=[Classed(of=cls)])
    return cast("Callable[[F], F]", made)


def _field(description: str, cls: FieldClass, *, extensions: Sequence[FieldExtension] = (), **names: Any) -> Any:
    return strawberry.field(
        description=inspect.cleandoc(description), directives=[Classed(of=cls)], extensions=list(extensions), **names
    )


def class_of(definition: GraphQLField) -> FieldClass | None:
    """Give the class a field declares, None when it declares none."""
    declared = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(declared, StrawberryField):
        return None
    return next((directive.of for directive in declared.directives if isinstance(directive, Classed)), None)


def fields_of(graph: GraphQLSchema) -> Iterator[tuple[str, str, GraphQLField]]:
    """Give each field of our own object and interface types as (type, field, definition), sorted."""
    for type_name in sorted(graph.type_map):
        type_ = graph.type_map[type_name]
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and not type_name.startswith("__"):
            for field_name in sorted(type_.fields):
                yield type_name, field_name, type_.fields[field_name]


def unclassed(schema: strawberry.Schema) -> list[str]:
    """Name each field (Type.field) that declares no class; a build with one in it fails."""
    return [f"{type_}.{name}" for type_, name, definition in fields_of(schema._schema) if class_of(definition) is None]  # noqa: SLF001


def undescribed(schema: strawberry.Schema) -> list[str]:
    """Name each of our types, fields and input fields without a description."""
    graph = schema._schema  # noqa: SLF001 - strawberry offers no other way to its graph
    missing = [name for name, type_ in graph.type_map.items() if not name.startswith("__") and not type_.description]
    missing += [f"{type_}.{name}" for type_, name, definition in fields_of(graph) if not definition.description]
    for type_name, type_ in graph.type_map.items():
        if isinstance(type_, GraphQLInputObjectType):
            missing += [f"{type_name}.{name}" for name, given in type_.fields.items() if not given.description]
    return sorted(missing)
