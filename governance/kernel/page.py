"""Pages of a list: keyset windows in both directions that neither skip nor repeat a row while the list changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

T = TypeVar("T")
PAGE_DEFAULT, PAGE_MOST = 50, 200


@dataclass(frozen=True)
class Order:
    """One column of a list's order. The last one must be unique (the id); none may hold NULL (coalesce it)."""

    column: SQLColumnExpression[Any]
    descending: bool = False


@dataclass(frozen=True)
class Window:
    """Which part of a list: `size` rows after (or, `backward`, before) the row with these order values."""

    size: int = PAGE_DEFAULT
    backward: bool = False
    edge: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows in the list's order, each with its order values (its cursor before sealing)."""

    rows: Sequence[T]
    keys: Sequence[tuple[Any, ...]]
    has_next: bool
    has_previous: bool


async def read_page(session: AsyncSession, query: Select[Any], order: Sequence[Order], window: Window) -> Page[Any]:
    """Read one page of `query` (whose first selected entity is the row). One SELECT; size + 1 rows at most."""
    orders = [Order(o.column, o.descending != window.backward) for o in order]
    statement = query.add_columns(*[o.column.label(f"key_{i}") for i, o in enumerate(order)])
    if window.edge is not None:
        statement = statement.where(_beyond(orders, window.edge))
    statement = statement.order_by(*[o.column.desc() if o.descending else o.column.asc() for o in orders])
    found: list[Row[Any]] = list((await session.execute(statement.limit(window.size + 1))).all())
    return _paged(found, len(found[0]) - len(order) if found else 1, window)


async def read_pages(
    session: AsyncSession,
    query: Select[Any],
    by: SQLColumnExpression[Any],
    of: Sequence[Any],
    order: Sequence[Order],
    window: Window,
) -> dict[Any, Page[Any]]:
    """Read the same page of several lists, those of the rows whose `by` is one of `of`, by one SELECT for all."""
    orders = [Order(o.column, o.descending != window.backward) for o in order]
    sorting = [o.column.desc() if o.descending else o.column.asc() for o in orders]
    place = func.row_number().over(partition_by=by, order_by=sorting)
    keys: list[Any] = [o.column.label(f"key_{i}") for i, o in enumerate(order)]
    numbered = query.add_columns(by.label("list_of"), *keys, place.label("place")).where(by.in_(of))
    if window.edge is not None:
        numbered = numbered.where(_beyond(orders, window.edge))
    found = numbered.order_by(None).subquery()
    row = aliased(query.column_descriptions[0]["entity"], found)
    statement = select(found.c.list_of, row, *[found.c[key.name] for key in keys])
    statement = statement.where(found.c.place <= window.size + 1).order_by(found.c.list_of, found.c.place)
    lists: dict[Any, list[Any]] = {one: [] for one in of}
    for line in await session.execute(statement):
        lists[line[0]].append(line[1:])
    return {one: _paged(lines, 1, window) for one, lines in lists.items()}


async def count_each(
    session: AsyncSession, query: Select[Any], by: SQLColumnExpression[Any], of: Sequence[Any]
) -> dict[Any, int]:
    """Count several lists at once, as `read_pages` reads them."""
    counted = query.with_only_columns(by, func.count(), maintain_column_froms=True).where(by.in_(of))
    rows = await session.execute(counted.order_by(None).group_by(by))
    return dict.fromkeys(of, 0) | {one: int(count) for one, count in rows}


async def count_all(session: AsyncSession, query: Select[Any]) -> int:
    """Count what `query` gives: the same rows, the same scope."""
    inner = query.order_by(None).subquery()
    return int((await session.execute(select(func.count()).select_from(inner))).scalar_one())


def _paged(found: list[Any], width: int, window: Window) -> Page[Any]:
    """Make a page of rows that hold `width` values before their order values; one row too many says there is more."""
    more = len(found) > window.size
    found = found[: window.size]
    if window.backward:
        found.reverse()
    values, keys = [tuple(row[:width]) for row in found], [tuple(row[width:]) for row in found]
    came_from = window.edge is not None
    rows = [value[0] if width == 1 else value for value in values]
    return Page(rows, keys, came_from if window.backward else more, more if window.backward else came_from)


def _beyond(orders: Sequence[Order], edge: tuple[Any, ...]) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    for i, (current, value) in enumerate(zip(orders, edge, strict=True)):
        equal = [o.column == v for o, v in zip(orders[:i], edge[:i], strict=True)]
        further = current.column < value if current.descending else current.column > value
        ways.append(and_(*equal, further))
    return or_(*ways) if ways else false()
