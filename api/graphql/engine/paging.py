"""Lists come in pages that neither skip nor repeat: forward and back from a sealed cursor, counted only when asked."""

import asyncio
import hashlib
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import orjson
import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.extensions import FieldExtension
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from api.graphql.engine.classes import F, FieldClass, field, resolved
from api.graphql.engine.context import EngineContext
from api.graphql.engine.cursors import CursorSealer
from governance.kernel.errors import BadInput
from governance.kernel.page import PAGE_DEFAULT, PAGE_MOST, Page, Window

N = TypeVar("N")
Total = Callable[[], Awaitable[int]]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = field("Whether more follows this page.", FieldClass.PUBLIC)
    has_previous_page: bool = field("Whether anything precedes this page.", FieldClass.PUBLIC)
    start_cursor: str | None = field("The cursor of the page's first edge.", FieldClass.PUBLIC)
    end_cursor: str | None = field("The cursor of the page's last edge.", FieldClass.PUBLIC)


@strawberry.type(description="One thing on a page, with the cursor of its place.")
class Edge(Generic[N]):
    sealed: strawberry.Private[Callable[[], str]]
    node: N = field("The thing itself.", FieldClass.PUBLIC)

    @resolved("Its place in the list; good only with the same filter and order.", FieldClass.PUBLIC)
    def cursor(self) -> str:
        return self.sealed()


@strawberry.type(description="One page of a list.")
class Connection(Generic[N]):
    total: strawberry.Private[Total]
    edges: list[Edge[N]] = field("The things on this page, each with its cursor.", FieldClass.PUBLIC)
    nodes: list[N] = field("The things on this page.", FieldClass.PUBLIC)
    page_info: PageInfo = field("Where this page lies in the list.", FieldClass.PUBLIC)

    @resolved("How many things the whole list holds under this filter; counted only when selected.", FieldClass.PUBLIC)
    async def total_count(self) -> int:
        return await self.total()


@dataclass(frozen=True)
class Paging:
    """The page a client asked for, ready for `read_page`, and the way back from a page to a connection."""

    window: Window
    seal: Callable[[tuple[Any, ...]], str]

    def connection(self, page: Page[Any], *, node: Callable[[Any], N], total: Total) -> Connection[N]:
        """Turn a page of rows into the graph's connection. `total` runs at most once, and only when selected."""
        nodes, seal, keys = [node(row) for row in page.rows], self.seal, page.keys
        return Connection(
            total=_once(total),
            edges=[Edge(sealed=partial(seal, key), node=thing) for thing, key in zip(nodes, keys, strict=True)],
            nodes=nodes,
            page_info=PageInfo(
                has_next_page=page.has_next,
                has_previous_page=page.has_previous,
                start_cursor=seal(keys[0]) if keys else None,
                end_cursor=seal(keys[-1]) if keys else None,
            ),
        )


def paging_for(  # the four arguments of every list, and what seals its cursors
    sealer: CursorSealer,
    *,
    tenant: str,
    binding: str,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Paging:
    """Check a list's arguments and open its cursor. Raises BadInput for misuse, BadCursor for a foreign cursor.

    `first` and `last` go from 1 to 200 (50 when neither is given); `after` goes with `first`, `before` with `last`.
    """
    if first is not None and last is not None:
        raise BadInput("last", f"first {first} and last {last}", "either first or last")
    if after is not None and before is not None:
        raise BadInput("before", "after and before", "either after or before")
    if last is not None and after is not None:
        raise BadInput("after", "last with after", "first with after, or last with before")
    if first is not None and before is not None:
        raise BadInput("before", "first with before", "last with before, or first with after")
    backward = last is not None or before is not None
    size = last if last is not None else first if first is not None else PAGE_DEFAULT
    if not 1 <= size <= PAGE_MOST:
        raise BadInput("last" if last is not None else "first", str(size), f"a number from 1 to {PAGE_MOST}")
    argument, cursor = ("before", before) if before is not None else ("after", after)
    edge = None if cursor is None else sealer.open(tenant, binding, cursor, argument=argument)
    return Paging(Window(size, backward, edge), lambda values: sealer.seal(tenant, binding, values))


def paged(
    description: str, cls: FieldClass, *, name: str | None = None, deprecation_reason: str | None = None
) -> Callable[[F], F]:
    """Describe a list of the graph: the resolver's `paging: Paging` becomes first, after, last and before.

    The cursor is bound to the tenant, to the field, and to every other argument of the field (filter, order).
    """
    return resolved(description, cls, name=name, deprecation_reason=deprecation_reason, extensions=[_Paged()])


class _Paged(FieldExtension):
    """Gives a field the four paging arguments and its resolver one Paging in their place."""

    def __init__(self) -> None:
        self._own: tuple[str, ...] = ()

    def apply(self, field: StrawberryField) -> None:
        own = [argument for argument in field.arguments if argument.python_name not in {"paging", *_ARGUMENTS}]
        self._own = tuple(argument.python_name for argument in own)
        field.arguments = own + [
            StrawberryArgument(
                python_name=name,
                graphql_name=None,
                type_annotation=StrawberryAnnotation(annotation),
                default=None,
                description=description,
            )
            for name, (annotation, description) in _ARGUMENTS.items()
        ]

    async def resolve_async(
        self, next_: Callable[..., Any], source: Any, info: strawberry.Info[EngineContext, Any], **kwargs: Any
    ) -> Any:
        asked = {name: kwargs.pop(name, None) for name in _ARGUMENTS}
        context = info.context
        narrowed = {name: kwargs[name] for name in self._own if name in kwargs}
        binding = _binding(f"{info._raw_info.parent_type.name}.{info.field_name}", narrowed)  # noqa: SLF001
        paging = paging_for(context.sealer, tenant=context.tenant, binding=binding, **asked)
        found = next_(source, info, paging=paging, **kwargs)
        return await found if inspect.isawaitable(found) else found


_ARGUMENTS: dict[str, tuple[Any, str]] = {
    "first": (int | None, f"How many from the start, or after `after`: 1 to {PAGE_MOST}, else {PAGE_DEFAULT}."),
    "after": (str | None, "Only what follows this cursor; goes with `first`."),
    "last": (int | None, f"How many from the end, or before `before`: 1 to {PAGE_MOST}."),
    "before": (str | None, "Only what precedes this cursor; goes with `last`."),
}


def _binding(field_path: str, arguments: dict[str, Any]) -> str:
    asked = orjson.dumps(arguments, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return f"{field_path}:{hashlib.sha256(asked).hexdigest()[:32]}"


def _once(total: Total) -> Total:
    running: list[asyncio.Future[int]] = []

    async def count() -> int:
        if not running:
            running.append(asyncio.ensure_future(total()))
        return await asyncio.shield(running[0])

    return count
