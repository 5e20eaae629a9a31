"""The graph's engine: what every domain's file in api/graphql builds on. This is the guide.

    import strawberry
    from api.graphql.engine import (
        Connection, FieldClass, Paging, Refusal, encode_node_id, field, id_of, idempotency_key, mutation_path,
        outcome, paged, resolved,
    )

    @strawberry.type(description="Someone's right to use a product.")
    class Seat:
        row: strawberry.Private[SeatRow]

        @resolved("The seat's id.", FieldClass.PUBLIC)
        def id(self) -> strawberry.ID:
            return encode_node_id("Seat", self.row.id)

        @resolved("What the seat costs a month, in micro-units.", FieldClass.MONEY)   # nullable in the schema
        def price(self) -> int:
            return self.row.price

    @strawberry.type
    class SeatQueries:
        @paged("The seats one may see.", FieldClass.PUBLIC)   # gives first, after, last, before
        async def seats(self, info: Info, paging: Paging, search: str | None = None) -> Connection[Seat]:
            async with info.context.reading() as work:
                query = visible_seats(work, search)
                page = await read_page(work.session, query, SEAT_ORDER, paging.window)
            return paging.connection(page, node=Seat.of, total=lambda: info.context.count(query))

    SeatOutcome = Annotated[Seat | Refusal, strawberry.union("SeatOutcome", description="A seat, or why not.")]

    @strawberry.type
    class SeatMutations:
        @resolved("Seat a person.", FieldClass.PUBLIC)
        async def assign_seat(self, info: Info, pool: strawberry.ID, person: strawberry.ID) -> SeatOutcome:
            async def verb() -> Seat:
                async with info.context.writing() as work:
                    return Seat.of(await assign_seat(work, id_of("Pool", pool), id_of("Person", person)))
            return await outcome(verb())

    schema = build_schema(Query, mutation=Mutation, may_read=may_read, bounds=Bounds())   # once, in api/graphql
    route = graphql_route(schema, open_context)   # async open_context(request) -> an EngineContext of the product

Rules that the engine enforces:

- Every field has a description and a class; `unclassed(schema)` and `undescribed(schema)` must be empty.
- A field of a class other than PUBLIC is null for who may not read it, and named in `extensions.withheld`. It is
  nullable in the schema whatever its annotation says. Filters and orders over such a field are the domain's to refuse.
- `id_of`, cursors and bounds raise BusinessErrors: inside `outcome` they become a Refusal, elsewhere a plain error
  with `extensions.code`. Anything else that is raised is a bug: masked, logged once, answered with a correlation id.
- Files follow the story and import down only. An edge that looks up is declared as
  `Connection[Annotated["Seat", strawberry.lazy("api.graphql.seats")]]` with an `if TYPE_CHECKING` import for mypy,
  and made with `type_named(info, "Seat").of(row)`.
- A list without `first` weighs ten rows in the cost; use `paged` for whatever may grow.
- Idempotency: `OnceKey(idempotency_key(info.context), mutation_path(info), body)` goes into governance.kernel.once.
- `title: str = field("The title.", FieldClass.PUBLIC)` declares an attribute: for many rows, cheaper than a resolver.
- `streamed` declares a field of the subscriptions: an async generator whose every answer is looked up under the rights
  of its own moment (api/graphql/watching.py), over a WebSocket (sockets.py) or as server-sent events (controller.py).
- No resolver holds a session while another runs: each opens a short one and gives rows loaded in full.
"""

from api.graphql.engine.bounds import Bounds, OverBound
from api.graphql.engine.classes import (
    Classed,
    FieldClass,
    class_of,
    field,
    fields_of,
    resolved,
    streamed,
    unclassed,
    undescribed,
)
from api.graphql.engine.context import AUDITOR, PRODUCTION, EngineContext, Profile, idempotency_key, mutation_path
from api.graphql.engine.controller import graphql_route
from api.graphql.engine.cursors import BadCursor, CursorSealer
from api.graphql.engine.documents import Documents
from api.graphql.engine.ids import BadNodeId, decode_node_id, encode_node_id, id_of
from api.graphql.engine.outcomes import Fact, Reason, Refusal, outcome, refusal
from api.graphql.engine.paging import Connection, Edge, PageInfo, Paging, paged, paging_for
from api.graphql.engine.printing import drift, printed
from api.graphql.engine.schema import Schema, build_schema, type_named
from api.graphql.engine.sockets import graphql_socket
from api.graphql.engine.streams import StreamBounds, Streams

__all__ = [
    "AUDITOR",
    "PRODUCTION",
    "BadCursor",
    "BadNodeId",
    "Bounds",
    "Classed",
    "Connection",
    "CursorSealer",
    "Documents",
    "Edge",
    "EngineContext",
    "Fact",
    "FieldClass",
    "OverBound",
    "PageInfo",
    "Paging",
    "Profile",
    "Reason",
    "Refusal",
    "Schema",
    "StreamBounds",
    "Streams",
    "build_schema",
    "class_of",
    "decode_node_id",
    "drift",
    "encode_node_id",
    "field",
    "fields_of",
    "graphql_route",
    "graphql_socket",
    "id_of",
    "idempotency_key",
    "mutation_path",
    "outcome",
    "paged",
    "paging_for",
    "printed",
    "refusal",
    "resolved",
    "streamed",
    "type_named",
    "unclassed",
    "undescribed",
]
