"""What was observed, in the graph: how fresh each source is, and single events where a region lets them be seen."""

from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import Select, or_

from api.graphql.catalog import Product
from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved
from api.graphql.inputs import WHICH, asked, hold_readable, values
from api.graphql.nodes import Node, by, listed
from governance.kernel.work import Work
from governance.usage import queries
from governance.usage.models import Feed as FeedRow
from governance.usage.models import UsageEvent as EventRow
from governance.usage.showing import named, told_of


def _shown_events(work: Work) -> Select[EventRow]:
    """Give the events within reach, without those of people whose region shows aggregates only (oneself excepted)."""
    person = EventRow.person_id
    return queries.visible_events(work).where(or_(person.is_(None), told_of(work, person)))


@strawberry.type(description="A source of usage, and when it was last heard.")
class Feed(Node):
    row: strawberry.Private[FeedRow]
    visible = queries.visible_feeds
    key = FeedRow.id

    @resolved("The source.", FieldClass.PUBLIC)
    def source(self) -> str:
        return self.row.source

    @resolved("When the latest event of it happened.", FieldClass.PUBLIC)
    def last_event_at(self) -> datetime:
        return self.row.last_event_at

    @resolved("When it was last heard.", FieldClass.PUBLIC)
    def last_heard_at(self) -> datetime:
        return self.row.last_heard_at

    @resolved("How many events it brought, as a number in a text: it may exceed 31 bits.", FieldClass.PUBLIC)
    def events(self) -> str:
        return str(self.row.events)


@strawberry.type(description="One observed event.")
class UsageEvent(Node):
    row: strawberry.Private[EventRow]
    visible = _shown_events
    key = EventRow.id

    @resolved("The source it came from.", FieldClass.PUBLIC)
    def source(self) -> str:
        return self.row.source

    @resolved("What kind of event it is.", FieldClass.PUBLIC)
    def type(self) -> str:
        return self.row.type

    @resolved("When it happened.", FieldClass.USAGE)
    def occurred_at(self) -> datetime:
        return self.row.occurred_at

    @resolved("When it was recorded.", FieldClass.USAGE)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("Who used it; null where their region lets nobody be named.", FieldClass.USAGE)
    async def person(self, info: Info) -> Person | None:
        person = await Person.get(info, self.row.person_id)
        if person is None or person.row.id == info.context.actor.person_id:
            return person
        return person if named(person.row.country) else None

    @resolved("What was used.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)


@strawberry.input(description="Which events.")
class UsageEventFilter:
    product: strawberry.ID | None = asked("Only of this product.", of="Product", default=None)
    source: str | None = asked("Only from this source.", default=None)
    since: datetime | None = asked("Only what happened at this instant or later.", default=None)
    until: datetime | None = asked("Only what happened before this instant.", default=None)


@strawberry.type(description="What can be asked of usage.")
class UsageQueries:
    @paged("The sources of usage, by name.", FieldClass.PUBLIC)
    async def feeds(self, info: Info, paging: Paging) -> Connection[Feed]:
        return await listed(info, paging, Feed, by(FeedRow.source, FeedRow.id))

    @paged("The events within reach, the latest first.", FieldClass.USAGE)
    async def usage_events(
        self, info: Info, paging: Paging, filter: Annotated[UsageEventFilter | None, WHICH] = None
    ) -> Connection[UsageEvent]:
        wanted_for = filter or UsageEventFilter()
        hold_readable(info, FieldClass.USAGE, "filter.since", wanted_for.since)
        wanted = values(info, wanted_for)

        def narrowed(work: Work) -> Select[EventRow]:
            query = _shown_events(work)
            for name in ("product_id", "source"):
                if wanted[name] is not None:
                    query = query.where(getattr(EventRow, name) == wanted[name])
            if wanted_for.since is not None:
                query = query.where(EventRow.occurred_at >= wanted_for.since)
            return query if wanted_for.until is None else query.where(EventRow.occurred_at < wanted_for.until)

        order = by(EventRow.occurred_at, EventRow.id, descending=True)
        return await listed(info, paging, UsageEvent, order, narrowed=narrowed)
