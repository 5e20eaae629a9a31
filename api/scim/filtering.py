"""Filters of RFC 7644 as the WHERE of a statement, and orders as its ORDER BY: the database looks, never we."""

from collections.abc import Mapping
from typing import Any

from scim2_models import AttributeBinding, InvalidFilterException, InvalidPathException, Path, ScimFilter
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)
from scim2_models.path.resolution import coerce_value
from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, not_, or_

from api.scim.columns import Complex, Leaf, Many, Single, Source
from api.scim.comparing import Test
from api.scim.names import PREFIX, wire
from api.scim.shapes import EnterpriseUser

DEPTH_MOST, TERMS_MOST = 20, 100
PRESENT, ASSIGNED = Test(None), Test(None, "")


def where_of(model: Any, sources: Mapping[str, Source], text: str) -> ColumnElement[bool]:
    """Compile a filter for one kind of resource. An attribute that the kind does not have matches none of it.

    Raises InvalidFilterException for what is no filter, what is held in no column, and what is too large.
    """
    bound = ScimFilter[model](text)
    _check_size(bound.ast)
    return _Compiler(bound, sources).visit(bound.ast)


def order_of(model: Any, sources: Mapping[str, Source], path: str) -> SQLColumnExpression[Any] | None:
    """Give what a list is ordered by; None where this kind of resource has no such attribute.

    Raises InvalidPathException for an attribute that cannot be ordered by.
    """
    binding = Path[model](path).resolve()
    if binding is None:
        return None
    source = sources.get(_head(binding))
    part = _part(binding) or "value"
    if isinstance(source, Single):
        return source.order
    if isinstance(source, Many) and part in source.parts:
        return source.order(part)
    if isinstance(source, Complex) and part in source.parts:
        return source.parts[part].order
    raise InvalidPathException(detail=f"{path} is nothing that users or groups can be sorted by")


def _head(binding: AttributeBinding) -> str:
    name = wire(binding.model, binding.field_name)
    return PREFIX + name if issubclass(binding.model, EnterpriseUser) else name


def _part(binding: AttributeBinding) -> str | None:
    if binding.sub_field_name is None:
        return None
    assert binding.field_type is not None
    return wire(binding.field_type, binding.sub_field_name)


class _Compiler(FilterVisitor[ColumnElement[bool]]):
    """Turns each node into a condition that is true or false, never unknown, so that `not` means what it says."""

    def __init__(self, bound: ScimFilter[Any], sources: Mapping[str, Source]) -> None:
        self.bound = bound
        self.sources = sources

    def visit_comparison(self, node: Comparison) -> ColumnElement[bool]:
        binding = self.bound.resolve_comparison(node.attr_path, strict=False)
        if binding is None:
            return false()
        value = coerce_value(binding, node.value, node.op)
        return _compared(self._leaf(binding, node.attr_path), node.op, _folded(binding, value))

    def visit_present(self, node: Present) -> ColumnElement[bool]:
        binding = self.bound.resolve(node.attr_path, strict=False)
        if binding is None:
            return false()
        source = self._source(binding, node.attr_path)
        if isinstance(source, Many) and binding.sub_field_name is None:
            return source.some(lambda parts: or_(*[leaf(PRESENT) for leaf in parts.values()]))
        if isinstance(source, Complex) and binding.sub_field_name is None:
            return or_(*[single.test(PRESENT) for single in source.parts.values()])
        return self._leaf(binding, node.attr_path)(PRESENT)

    def visit_not(self, node: Not) -> ColumnElement[bool]:
        return not_(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> ColumnElement[bool]:
        terms = [self.visit(term) for term in node.terms]
        return and_(*terms) if node.op == LogicalOperator.and_ else or_(*terms)

    def visit_value_path(self, node: ValuePath) -> ColumnElement[bool]:
        binding = self.bound.resolve(node.attr_path, strict=False)
        if binding is None:
            return false()
        source = self._source(binding, node.attr_path)
        if not isinstance(source, Many):
            raise _unheld(node.attr_path)
        return source.some(lambda parts: _Entry(binding, parts).visit(node.val_filter))

    def _source(self, binding: AttributeBinding, path: AttrPath) -> Source:
        source = self.sources.get(_head(binding))
        if source is None:
            raise _unheld(path)
        return source

    def _leaf(self, binding: AttributeBinding, path: AttrPath) -> Leaf:
        source, part = self._source(binding, path), _part(binding) or ""
        if isinstance(source, Single):
            return source.test
        if isinstance(source, Complex) and part in source.parts:
            return source.parts[part].test
        if isinstance(source, Many) and part in source.parts:
            return lambda test: and_(source.first(part, test), source.some(lambda parts: parts[part](test)))
        raise _unheld(path)


class _Entry(FilterVisitor[ColumnElement[bool]]):
    """Compiles what stands in brackets, for one entry of a list."""

    def __init__(self, binding: AttributeBinding, parts: Mapping[str, Leaf]) -> None:
        self.binding = binding
        self.parts = parts

    def visit_comparison(self, node: Comparison) -> ColumnElement[bool]:
        found = self._named(node.attr_path)
        if found is None:
            return false()
        leaf, inner = found
        value = coerce_value(inner, node.value, node.op)
        return _compared(leaf, node.op, _folded(inner, value))

    def visit_present(self, node: Present) -> ColumnElement[bool]:
        found = self._named(node.attr_path)
        return false() if found is None else found[0](PRESENT)

    def visit_not(self, node: Not) -> ColumnElement[bool]:
        return not_(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> ColumnElement[bool]:
        terms = [self.visit(term) for term in node.terms]
        return and_(*terms) if node.op == LogicalOperator.and_ else or_(*terms)

    def _named(self, path: AttrPath) -> tuple[Leaf, AttributeBinding] | None:
        model: Any = self.binding.field_type
        inner = ScimFilter[model](f"{path.attr} pr").resolve(AttrPath(attr=path.attr), strict=False)
        if inner is None:
            return None
        leaf = self.parts.get(wire(inner.model, inner.field_name))
        if leaf is None:
            raise _unheld(path)
        return leaf, inner


def _compared(leaf: Leaf, op: CompareOperator, value: Any) -> ColumnElement[bool]:
    if value is None:
        if op == CompareOperator.eq:
            return not_(leaf(ASSIGNED))
        return leaf(ASSIGNED) if op == CompareOperator.ne else false()
    if op == CompareOperator.ne:
        return not_(leaf(Test(CompareOperator.eq, value)))
    return leaf(Test(op, value))


def _folded(binding: AttributeBinding, value: Any) -> Any:
    return binding.comparable(value)


def _unheld(path: AttrPath) -> InvalidFilterException:
    return InvalidFilterException(detail=f"{path} cannot be filtered by here")


def _check_size(node: FilterNode, depth: int = 0) -> int:
    """Count the terms of a filter. Raises InvalidFilterException for one too deep or too long to be looked up."""
    if depth > DEPTH_MOST:
        raise InvalidFilterException(detail=f"A filter may be nested {DEPTH_MOST} deep")
    inner: list[FilterNode] = []
    if isinstance(node, LogicalExpr):
        inner = list(node.terms)
    elif isinstance(node, Not):
        inner = [node.expr]
    elif isinstance(node, ValuePath):
        inner = [node.val_filter]
    terms = 1 + sum(_check_size(one, depth + 1) for one in inner)
    if terms > TERMS_MOST:
        raise InvalidFilterException(detail=f"A filter may have {TERMS_MOST} terms")
    return terms
