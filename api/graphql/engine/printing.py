"""The graph as a text that people review and a test holds to."""

import copy
import difflib
from pathlib import Path

from graphql import lexicographic_sort_schema
from strawberry.printer import print_schema

from api.graphql.engine.schema import Schema


def printed(schema: Schema) -> str:
    """Print the graph in SDL, sorted, with its directives, ending in one newline."""
    twin = copy.copy(schema)
    twin._schema = lexicographic_sort_schema(schema._schema)  # noqa: SLF001 - strawberry's own sorting breaks its unions
    return print_schema(twin).rstrip() + "\n"


def drift(schema: Schema, path: Path) -> str:
    """Compare the graph with the file that holds it: a unified diff, empty when they are the same."""
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    return "\n".join(
        difflib.unified_diff(kept.splitlines(), printed(schema).splitlines(), str(path), "the graph", lineterm="")
    )
