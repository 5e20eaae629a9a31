"""A query's text is parsed, bounded and validated once, and then remembered."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, validate
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from api.graphql.engine.bounds import Bounds, OverBound, hold_nesting
from api.graphql.engine.context import EngineContext, Profile
from api.graphql.engine.cost import Cost, cost_of
from api.graphql.engine.shape import Shape, shape_of

_NO_INTROSPECTION = (
    "The schema is not answered here: introspection has to be granted. schema.graphql ships with Lictor."
)
_WHICH_OPERATION = "Must provide operation name if query contains multiple operations."


@dataclass
class Document:
    """One query text, parsed and counted; `valid` once the schema's rules passed it."""

    text: str
    tree: DocumentNode
    shape: Shape
    valid: bool = False
    costs: dict[str | None, Cost] = field(default_factory=dict)

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """Choose the operation to run. Raises GraphQLError when there are several and none is named."""
        operations = self.shape.operations
        if name is None:
            if len(operations) > 1:
                raise GraphQLError(_WHICH_OPERATION)
            return operations[0] if operations else None
        return next((o for o in operations if o.name is not None and o.name.value == name), None)


class Documents:
    """The valid documents of one schema, the least recently used forgotten first: by count and by characters."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._kept)

    def read(self, text: str) -> Document:
        """Parse and count a text, or remember it. Raises OverBound and GraphQLError; nothing was validated yet."""
        if (kept := self._kept.get(text)) is not None:
            self._kept.move_to_end(text)
            return kept
        hold_nesting(text, self.bounds)
        return Document(text, tree := _parsed(text, self.bounds), shape_of(tree, self.bounds))

    def weigh(self, document: Document, name: str | None, graph: GraphQLSchema, variables: Mapping[str, Any]) -> int:
        """Give the cost of the operation of that name. Raises OverBound."""
        if (known := document.costs.get(name)) is not None:
            return known.fields
        operation = document.operation(name)
        if operation is None:
            return 0
        cost = cost_of(document.shape, operation, graph, variables, self.bounds)
        if cost.fixed:
            document.costs[name] = cost
        return cost.fields

    def errors(self, document: Document, graph: GraphQLSchema, rules: tuple[Any, ...], profile: Profile) -> list[Any]:
        """Give what the schema's rules have against a document, at most `bounds.errors`; keep it when nothing."""
        if document.shape.introspects and not profile.introspection:
            return [GraphQLError(_NO_INTROSPECTION)]
        if document.valid:
            return []
        rules = (*rules, MaybeNullValidationRule, OneOfInputValidationRule)
        most = self.bounds.errors
        found = validate(graph, document.tree, rules, max_errors=most, hide_suggestions=not profile.suggestions)
        if not found:
            document.valid = True
            self._keep(document)
        return found

    def _keep(self, document: Document) -> None:
        if document.text not in self._kept:
            self._characters += len(document.text)
        self._kept[document.text] = document
        while len(self._kept) > self.bounds.cached_documents or self._characters > self.bounds.cached_characters:
            text, _ = self._kept.popitem(last=False)
            self._characters -= len(text)


class LoadDocument(SchemaExtension):
    """Puts our documents in place of strawberry's parse and validate steps."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._document: Document | None = None

    def on_parse(self) -> Iterator[None]:
        """Bound the query before anything else looks at it, and charge what it costs."""
        execution = self.execution_context
        context: EngineContext = execution.context
        name = execution._provided_operation_name  # noqa: SLF001 - the public name falls back to the first operation
        document = self._documents.read(execution.query or "")
        graph = execution.schema._schema  # noqa: SLF001
        context.charge(self._documents.weigh(document, name, graph, execution.variables or {}))
        self._document = document
        execution.graphql_document = document.tree
        yield

    def on_validate(self) -> Iterator[None]:
        """Validate a new text; a known one was found valid before."""
        execution = self.execution_context
        assert self._document is not None
        execution.pre_execution_errors = self._documents.errors(
            self._document,
            execution.schema._schema,  # noqa: SLF001
            execution.validation_rules,
            execution.context.profile,
        )
        yield


def _parsed(text: str, bounds: Bounds) -> DocumentNode:
    try:
        return parse(text, max_lexical_tokens=bounds.tokens, max_comments=bounds.tokens)
    except GraphQLError as error:
        if error.message.startswith("Syntax Error: Document contains more than"):
            raise OverBound("tokens", f"more than {bounds.tokens}", bounds.tokens) from None
        raise
    except RecursionError:
        raise OverBound("nesting", f"more than {bounds.nesting}", bounds.nesting) from None
