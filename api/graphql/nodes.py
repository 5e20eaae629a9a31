"""Everything that has an id of its own: given away by it, found again by it, listed in pages, within reach only."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, or_, true

from api.graphql.context import Info, Visible
from api.graphql.engine import (
    BadNodeId,
    Connection,
    FieldClass,
    Paging,
    decode_node_id,
    encode_node_id,
    field,
    id_of,
    resolved,
    type_named,
)
from governance.kernel.errors import NotFound
from governance.kernel.money import Money as Amount
from governance.kernel.page import Order, read_page
from governance.kernel.work import Work
from policies.access.parties import Ownership

N = TypeVar("N", bound="Node")


@strawberry.interface(description="Anything that has an id of its own, and can be asked for again by it.")
class Node:
    """Base of the types of the graph that stand for rows.

    `visible` is the room's own query within reach, `key` the column that the id holds. Both are class attributes.
    """

    row: strawberry.Private[Any]
    visible: ClassVar[Visible]
    key: ClassVar[Any]

    @resolved("The thing's id; it carries its type.", FieldClass.PUBLIC)
    def id(self) -> strawberry.ID:
        return encode_node_id(type(self).__name__, getattr(self.row, type(self).key.key))

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(row=row)

    @classmethod
    async def get(cls, info: Info, id: UUID | None) -> Self | None:
        """Give the thing of this id, None where there is none within reach. One SELECT for all siblings."""
        if id is None:
            return None
        row = await info.context.one(cls.__name__, cls.visible, cls.key).load(id)
        return None if row is None else cls(row=row)

    @classmethod
    async def by_id(cls, info: Info, id: strawberry.ID) -> Self | None:
        """Give the thing of an id as the graph gave it away. Raises BadNodeId for an id of another kind."""
        return await cls.get(info, id_of(cls.__name__, id))

    async def ownership(self, work: Work) -> Ownership:
        """Say whose it is, for an explanation of rights: the whole tenant's, where a type says nothing else."""
        return Ownership(work.tenant_id)

    @classmethod
    async def again(cls, work: Work, id: UUID) -> Any:
        """Give the row of this id as it is now. Raises NotFound."""
        row = (await work.session.execute(cls.visible(work).where(cls.key == id))).scalar_one_or_none()
        if row is None:
            raise NotFound(cls.__name__, str(id))
        return row


@strawberry.type(description="An amount of one currency.")
class Money:
    micros: str = field(
        "Whole millionths of one unit, as a number in a text: it may exceed 53 bits.", FieldClass.PUBLIC
    )
    currency: str = field("The currency (ISO 4217).", FieldClass.PUBLIC)
    amount: str = field("The amount as a decimal number, such as 57.00.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, micros: int, currency: str) -> "Money":
        amount = Amount(micros, currency).decimal().normalize()
        exponent = amount.as_tuple().exponent
        places = max(2, -exponent if isinstance(exponent, int) else 2)
        return cls(micros=str(micros), currency=currency, amount=f"{amount:.{places}f}")


def by(column: Any, key: Any, *, descending: bool = False) -> tuple[Order, ...]:
    """Give the order of a list: by this column, and by its key where that is alike."""
    last = Order(key, descending)
    return (last,) if column is key else (Order(column, descending), last)


async def listed(
    info: Info, paging: Paging, kind: type[N], order: Sequence[Order], *, narrowed: Visible | None = None
) -> Connection[N]:
    """Give a page of all things of a kind within reach, or of those that `narrowed` (their query, filtered) leaves."""
    visible = narrowed or kind.visible
    async with info.context.reading() as work:
        page = await read_page(work.session, visible(work), order, paging.window)
    return paging.connection(page, node=kind.of, total=lambda: info.context.count(visible))


async def listed_of(
    info: Info,
    paging: Paging,
    kind: type[N],
    order: Sequence[Order],
    *,
    column: Any,
    of: UUID,
    narrowed: Visible | None = None,
) -> Connection[N]:
    """Give a page of the things whose `column` is `of`, loaded together with the same page of all siblings."""
    visible, selection = narrowed or kind.visible, _selection(info)
    page = await info.context.pages(selection, visible, column, order, paging.window).load(of)
    total = info.context.counts(selection, visible, column)
    return paging.connection(page, node=kind.of, total=lambda: total.load(of))


async def short_list(
    info: Info, kind: type[N], order: Sequence[Order], *, column: Any, of: UUID, narrowed: Visible | None = None
) -> list[N]:
    """Give the things whose `column` is `of` where these are few by their nature, loaded with those of all siblings."""
    rows = await info.context.many(_selection(info), narrowed or kind.visible, column, order, of)
    return [kind.of(row) for row in rows]


def _selection(info: Info) -> tuple[Any, ...]:
    """Name a field as selected: siblings of a list share it, and with it their arguments."""
    steps = tuple(step for step in info.path.as_list() if not isinstance(step, int))
    return (info.path.typename, info.field_name, *steps)


def node_kind(info: Info, name: str) -> type[Node] | None:
    """Give the type of things of that name, None where nothing of this graph that has an id is called so."""
    origin = getattr(info.schema.get_type_by_name(name), "origin", None)
    return origin if isinstance(origin, type) and issubclass(origin, Node) and origin is not Node else None


async def whose_is(info: Info, node: strawberry.ID | None) -> Ownership | None:
    """Say whose a thing is: the whole tenant's without one; None where it is not there. Raises BadNodeId."""
    if node is None:
        return Ownership(info.context.actor.tenant_id)
    name, uuid = decode_node_id(node)
    kind = node_kind(info, name)
    if kind is None:
        raise BadNodeId
    thing = await kind.get(info, uuid)
    if thing is None:
        return None
    async with info.context.reading() as work:
        return await thing.ownership(work)


def containing(search: str | None, *columns: Any) -> ColumnElement[bool]:
    """Say which rows hold this text in one of these columns, whatever its case; without a text, all."""
    text = (search or "").strip()
    return or_(*[column.icontains(text, autoescape=True) for column in columns]) if text else true()


async def person_of(info: Info, principal: str | None) -> Any:
    """Give the Person that a principal (`person:…`) names, where it is one within reach."""
    kind, _, named = (principal or "").partition(":")
    return await type_named(info, "Person").get(info, UUID(named)) if kind == "person" else None
