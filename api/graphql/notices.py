"""Notices in the graph: what was told to whom, how its delivery stands, and what was given up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import Select, or_
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved
from api.graphql.inputs import WHICH, NodeId, asked, values
from api.graphql.nodes import Node, by, listed
from governance.kernel.work import Work
from governance.notices import queries
from governance.notices.models import Notice as NoticeRow
from governance.notices.rules import Channel, DeliveryState
from governance.usage.showing import use_named_in

strawberry.enum(Channel, description="By which way people are told.")
strawberry.enum(DeliveryState, description="How a delivery stands; DEAD is given up and stays to be seen.")


TELL_OF_USE = ("survey-asked",)  # letters that are written because somebody used something


def _told(work: Work, states: Sequence[DeliveryState] = ()) -> Select[NoticeRow]:
    """Give the notices within reach; one that is there because of a use, only where that use may be told."""
    told = or_(NoticeRow.text_key.not_in(TELL_OF_USE), use_named_in(work, NoticeRow.person_id))
    return queries.visible_notices(work, states).where(told)


@strawberry.type(description="A message for one person; it exists once, its delivery is tried until it arrives.")
class Notice(Node):
    row: strawberry.Private[NoticeRow]
    visible = _told
    key = NoticeRow.id

    @resolved("Whom it is for.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("By which way.", FieldClass.PUBLIC)
    def channel(self) -> Channel:
        return self.row.channel

    @resolved("Which text of the message catalog.", FieldClass.PUBLIC)
    def text_key(self) -> str:
        return self.row.text_key

    @resolved("The facts that the text names.", FieldClass.PERSONAL)
    def facts(self) -> JSON:
        return JSON(self.row.facts)

    @resolved("How its delivery stands.", FieldClass.PUBLIC)
    def state(self) -> DeliveryState:
        return self.row.state

    @resolved("How often it was tried.", FieldClass.PUBLIC)
    def attempts(self) -> int:
        return self.row.attempts

    @resolved("When it is tried next, while it waits.", FieldClass.PUBLIC)
    def next_try_at(self) -> datetime | None:
        return self.row.next_try_at if self.row.state is DeliveryState.WAITING else None

    @resolved("Why the last try failed.", FieldClass.PUBLIC)
    def last_error(self) -> str | None:
        return self.row.last_error

    @resolved("When it was written.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("When it went out.", FieldClass.PUBLIC)
    def sent_at(self) -> datetime | None:
        return self.row.sent_at


@strawberry.input(description="Which notices.")
class NoticeFilter:
    state: DeliveryState | None = asked("Only those whose delivery stands so.", default=None)
    person: strawberry.ID | None = asked("Only those for this person.", of="Person", default=None)


@strawberry.type(description="What can be asked of notices.")
class NoticeQueries:
    @paged("The notices within reach, the latest first.", FieldClass.PUBLIC)
    async def notices(
        self, info: Info, paging: Paging, filter: Annotated[NoticeFilter | None, WHICH] = None
    ) -> Connection[Notice]:
        wanted = values(info, filter or NoticeFilter())

        def narrowed(work: Work) -> Select[NoticeRow]:
            query = _told(work)
            for name in ("state", "person_id"):
                if wanted[name] is not None:
                    query = query.where(getattr(NoticeRow, name) == wanted[name])
            return query

        order = by(NoticeRow.recorded_at, NoticeRow.id, descending=True)
        return await listed(info, paging, Notice, order, narrowed=narrowed)

    @resolved("One notice; null where there is none within reach.", FieldClass.PUBLIC)
    async def notice(self, info: Info, id: NodeId) -> Notice | None:
        return await Notice.by_id(info, id)
