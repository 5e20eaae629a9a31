"""The graph as a text that people review and a test holds to."""

import difflib
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from graphql import Node, parse, print_ast
from strawberry.printer import print_schema

from api.graphql.engine.schema import Schema

N = TypeVar("N", bound=Node)
_SORTED = ("definitions", "fields", "arguments", "values", "types", "interfaces")


def printed(schema: Schema) -> str:
    """Print the graph in SDL with its directives: directives first, then types, both by name; all parts by name.

    The text is sorted, not the graph: graphql-core's sorted copy loses strawberry's unions and enums.
    """
    return print_ast(_sorted(parse(print_schema(schema)))).rstrip() + "\n"


def drift(schema: Schema, path: Path) -> str:
    """Compare the graph with the file that holds it: a unified diff, empty when they are the same."""
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    return "\n".join(
        difflib.unified_diff(kept.splitlines(), printed(schema).splitlines(), str(path), "the graph", lineterm="")
    )


def _sorted(node: N) -> N:
    held = {part: getattr(node, part, None) for part in _SORTED}
    parts: dict[str, Any] = {
        part: tuple(sorted((_sorted(inner) for inner in inners), key=_place))
        for part, inners in held.items()
        if isinstance(inners, tuple | list)
    }
    return replace(node, **parts)


def _place(node: Node) -> tuple[bool, str]:
    name = getattr(node, "name", None)
    return node.kind != "directive_definition", name.value if name is not None else ""
