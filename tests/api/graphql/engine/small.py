"""A small graph with every feature of the engine, for its tests: shelves, books, and one bug."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Annotated, Any, ClassVar
from uuid import UUID

import strawberry
from litestar import Litestar, Request

from api.graphql.engine import (
    AUDITOR,
    PRODUCTION,
    Bounds,
    Connection,
    CursorSealer,
    EngineContext,
    FieldClass,
    Paging,
    Profile,
    Refusal,
    Schema,
    build_schema,
    encode_node_id,
    graphql_route,
    id_of,
    idempotency_key,
    mutation_path,
    outcome,
    paged,
    resolved,
)
from governance.kernel.errors import BusinessError, Code, Reason, Unavailable
from governance.kernel.page import Page, Window

KEY = bytes(range(32))
TENANT = "00000000-0000-0000-0000-00000000000a"
DAY = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(kw_only=True)
class SmallContext(EngineContext):
    may_not: frozenset[FieldClass] = frozenset()
    asked: list[tuple[FieldClass, str]] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    charged: list[int] = field(default_factory=list)
    closed: list[bool] = field(default_factory=list)

    async def close(self) -> None:
        self.closed.append(True)

    def charge(self, cost: int) -> None:
        if "x-busy" in self.headers:
            raise Unavailable("the graph", 7)
        self.charged.append(cost)


Info = strawberry.Info[SmallContext, None]


def may_read(context: Any, cls: FieldClass, type_name: str) -> bool:
    context.asked.append((cls, type_name))
    return cls not in context.may_not


@dataclass(eq=False)
class ShelfFull(BusinessError):
    code: ClassVar[Code] = Code.LIMIT_REACHED
    shelf: str
    holds: int

    def message(self) -> str:
        return f"Shelf {self.shelf} holds {self.holds} books and is full."

    def reasons(self) -> tuple[Reason, ...]:
        return (Reason(Code.LIMIT_REACHED, self.shelf, "12 books", "room for one", "the shelf", "a second shelf"),)


@dataclass(frozen=True)
class BookRow:
    id: UUID
    title: str
    bought_at: datetime


BOOKS = [BookRow(UUID(int=n), f"Book {n:03}", DAY + timedelta(days=n)) for n in range(1, 13)]


def page_of(rows: Sequence[BookRow], window: Window) -> Page[BookRow]:
    """What read_page does in SQL, over a list: the same contract, no database."""
    keyed = [((row.bought_at, row.id), row) for row in rows]
    if window.edge is not None:
        keyed = [k for k in keyed if (k[0] < window.edge if window.backward else k[0] > window.edge)]
    more = len(keyed) > window.size
    cut = keyed[-window.size :] if window.backward else keyed[: window.size]
    came_from = window.edge is not None
    return Page(
        [row for _, row in cut],
        [key for key, _ in cut],
        came_from if window.backward else more,
        more if window.backward else came_from,
    )


@strawberry.type(description="A book.")
class Book:
    row: strawberry.Private[BookRow]

    @resolved("The book's id.", FieldClass.PUBLIC)
    def id(self) -> strawberry.ID:
        return encode_node_id("Book", self.row.id)

    @resolved("The book's title.", FieldClass.PUBLIC)
    def title(self) -> str:
        return self.row.title

    @resolved("What was paid, in micro-units.", FieldClass.MONEY)
    def price(self) -> int:
        return 5_000_000

    @resolved("Who lent it last.", FieldClass.PERSONAL)
    async def reader(self) -> str:
        return "Ada"

    @resolved("Books like this one.", FieldClass.PUBLIC)
    def like(self) -> list["Book"]:
        return [self]

    @paged("Books on the same shelf.", FieldClass.PUBLIC)
    async def neighbors(self, paging: Paging) -> Connection["Book"]:
        return book_page(None, BOOKS, paging)

    @resolved("A field with a bug in it.", FieldClass.PUBLIC)
    def broken(self) -> str | None:
        raise RuntimeError(f"secret of {self.row.title}")


@strawberry.enum(description="Orders of books.")
class BookOrder(Enum):
    BOUGHT = "bought"
    TITLE = "title"


@strawberry.input(description="Which books.")
class BookFilter:
    contains: str | None = strawberry.field(default=None, description="Part of the title.")
    since: datetime | None = strawberry.field(default=None, description="Bought at this instant or later.")
    ids: list[strawberry.ID] | None = strawberry.field(default=strawberry.UNSET, description="Only these.")
    order: BookOrder = strawberry.field(default=BookOrder.BOUGHT, description="By what.")


def book_page(context: SmallContext | None, rows: Sequence[BookRow], paging: Paging) -> Connection[Book]:
    async def total() -> int:
        if context is not None:
            context.counted.append("books")
        return len(rows)

    return paging.connection(page_of(rows, paging.window), node=lambda row: Book(row=row), total=total)


@strawberry.type(description="What can be asked.")
class Query:
    @paged("All books.", FieldClass.PUBLIC)
    async def books(self, info: Info, paging: Paging, filter: BookFilter | None = None) -> Connection[Book]:
        wanted = filter.contains or "" if filter else ""
        return book_page(info.context, [row for row in BOOKS if wanted in row.title], paging)

    @resolved("One book.", FieldClass.PUBLIC)
    def book(self, id: strawberry.ID) -> Book | None:
        wanted = id_of("Book", id)
        return next((Book(row=row) for row in BOOKS if row.id == wanted), None)

    @resolved("Many books in a plain list.", FieldClass.PUBLIC)
    def shelf(self) -> list[Book]:
        return [Book(row=row) for row in BOOKS]

    @resolved("Says what it is told.", FieldClass.PUBLIC)
    def echo(self, text: str) -> str:
        return text


BookOutcome = Annotated[Book | Refusal, strawberry.union("BookOutcome", description="A book, or why not.")]


@strawberry.type(description="What can be done.")
class Mutation:
    @resolved("Put a book on a shelf.", FieldClass.PUBLIC)
    async def shelve(self, id: strawberry.ID, shelf: str) -> BookOutcome:
        async def verb() -> Book:
            row = next(row for row in BOOKS if row.id == id_of("Book", id))
            if shelf == "full":
                raise ShelfFull(shelf, 12)
            return Book(row=row)

        return await outcome(verb())

    @resolved("Where this field stands in the answer, and the request's key.", FieldClass.PUBLIC)
    def where(self, info: Info) -> str:
        return f"{mutation_path(info)} {idempotency_key(info.context)}"


def small_schema(bounds: Bounds | None = None) -> Schema:
    return build_schema(Query, mutation=Mutation, may_read=may_read, bounds=bounds)


def small_context(
    *,
    profile: Profile = PRODUCTION,
    may_not: frozenset[FieldClass] = frozenset(),
    tenant: str = TENANT,
    headers: dict[str, str] | None = None,
) -> SmallContext:
    return SmallContext(
        tenant=tenant,
        headers=headers or {},
        sealer=CursorSealer(KEY),
        correlation_id="corr-1",
        profile=profile,
        may_not=may_not,
    )


def small_app(bounds: Bounds | None = None) -> Litestar:
    """The graph behind its door; the header x-audit makes the caller an auditor."""

    async def open_context(request: Request[Any, Any, Any]) -> SmallContext:
        headers = dict(request.headers)
        return small_context(profile=AUDITOR if "x-audit" in headers else PRODUCTION, headers=headers)

    return Litestar([graphql_route(small_schema(bounds), open_context)], openapi_config=None)
