"""One comparison of a filter as SQL conditions, each true or false and never unknown, alike on both databases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from scim2_models.path import CompareOperator as Op
from sqlalchemy import Boolean, ColumnElement, SQLColumnExpression, and_, false, func, literal, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import String


class Bytewise(FunctionElement[str]):
    """A text compared by code points, whatever the database's locale."""

    type = String()
    inherit_cache = True


class IdText(FunctionElement[str]):
    """An id as it is written: 8-4-4-4-12 hexadecimal digits in lower case."""

    type = String()
    inherit_cache = True


@compiles(Bytewise)
def _bytewise(element: Any, compiler: Any, **kw: Any) -> str:
    collation = '"C"' if compiler.dialect.name == "postgresql" else "BINARY"
    return f"({compiler.process(element.clauses, **kw)}) COLLATE {collation}"


@compiles(IdText)
def _id_text(element: Any, compiler: Any, **kw: Any) -> str:
    column = compiler.process(element.clauses, **kw)
    if compiler.dialect.name == "postgresql":
        return f"CAST({column} AS TEXT)"
    pieces = [f"substr(hex({column}), {at}, {size})" for at, size in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))]
    return "lower(" + " || '-' || ".join(pieces) + ")"


@dataclass(frozen=True)
class Test:
    """What a value is held against; `value` is folded for texts.

    `op` None asks whether there is a value, and one that is not empty unless `value` is "". A test is positive: `ne` is
    the absence of an `eq`, so the caller negates.
    """

    op: Op | None
    value: Any = None

    def text(self, column: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """Hold a text in the form in which it is compared."""
        if self.op is None:
            return column.is_not(None) if self.value == "" else and_(column.is_not(None), column != "")
        if not isinstance(self.value, str):
            return false()
        size = len(self.value)
        if self.op is Op.co:
            found = true() if not size else func.replace(column, self.value, "") != column
        elif self.op is Op.sw:
            found = func.substr(column, 1, size) == self.value if size else true()
        elif self.op is Op.ew:
            long_enough = func.length(column) >= size
            found = and_(long_enough, func.substr(column, func.length(column) - size + 1) == self.value)
        else:
            found = _ordered(self.op, column, self.value)
        return and_(column.is_not(None), found)

    def id(self, column: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """Hold an id; what cannot be one equals none."""
        if self.op is None:
            return column.is_not(None)
        if self.op is not Op.eq:
            return and_(column.is_not(None), self.text(IdText(column)))
        try:
            wanted = UUID(str(self.value))
        except ValueError:
            return false()
        return and_(column.is_not(None), column == wanted) if str(wanted) == self.value else false()

    def flag(self, column: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """Hold a yes or no, kept as such."""
        if self.op is None:
            return column.is_not(None)
        if self.op is not Op.eq or not isinstance(self.value, bool):
            return false()
        return and_(column.is_not(None), column == literal(self.value, Boolean))

    def instant(self, column: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """Hold an instant."""
        if self.op is None:
            return column.is_not(None)
        if not isinstance(self.value, datetime) or self.op in (Op.co, Op.sw, Op.ew):
            return false()
        return and_(column.is_not(None), _ordered(self.op, column, self.value))


def _ordered(op: Op, column: SQLColumnExpression[Any], value: Any) -> ColumnElement[bool]:
    conditions: dict[Op, ColumnElement[bool]] = {
        Op.eq: column == value,
        Op.gt: column > value,
        Op.ge: column >= value,
        Op.lt: column < value,
        Op.le: column <= value,
    }
    return conditions.get(op, or_(false()))
