"""What can be asked of what boards gave to do, and of a review's agenda."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.agenda.items import AgendaItem, MeetingDay, agenda_of
from api.graphql.agenda.tasks import ActionItem
from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved
from api.graphql.inputs import WHICH, Descending, NodeId, asked, values
from api.graphql.nodes import by, listed, short_list
from governance.kernel.work import Work
from governance.reviews import queries
from governance.reviews.models import ActionItem as ActionRow
from governance.reviews.models import MeetingDay as DayRow
from governance.reviews.models import Review as ReviewRow


@strawberry.type(description="What stands upon a review besides its snapshot and decisions.")
class ReviewAgenda:
    row: strawberry.Private[ReviewRow]

    @resolved("Its agenda: frozen items by their sources, then own ones as they were added.", FieldClass.PUBLIC)
    async def agenda(self, info: Info) -> list[AgendaItem]:
        return await agenda_of(info, self.row.id)

    @resolved("What was given to do in it, by the day it is due.", FieldClass.PUBLIC)
    async def actions(self, info: Info) -> list[ActionItem]:
        order = by(ActionRow.due_day, ActionRow.id)
        return await short_list(info, ActionItem, order, column=ActionRow.review_id, of=self.row.id)

    @resolved("The day its board meets; null where none is set.", FieldClass.PUBLIC)
    async def meeting_day(self, info: Info) -> MeetingDay | None:
        order = by(DayRow.recorded_at, DayRow.id, descending=True)
        found = await short_list(info, MeetingDay, order, column=DayRow.review_id, of=self.row.id)
        return found[0] if found else None


@strawberry.input(description="Which actions.")
class ActionFilter:
    open: bool | None = asked("Only those that are open, or only those that are closed.", default=None)
    overdue: bool | None = asked("True: only those whose last day is over and that are open.", default=None)
    owner: strawberry.ID | None = asked("Only those of this person.", of="Person", default=strawberry.UNSET)


@strawberry.type(description="What can be asked of what boards gave to do.")
class ActionQueries:
    @paged("What boards gave to do, within reach or one's own, by the day it is due.", FieldClass.PUBLIC)
    async def action_items(
        self,
        info: Info,
        paging: Paging,
        filter: Annotated[ActionFilter | None, WHICH] = None,
        descending: Descending = False,
    ) -> Connection[ActionItem]:
        wanted = values(info, filter or ActionFilter())

        def narrowed(work: Work) -> Select[ActionRow]:
            query, closed = queries.visible_actions(work), queries.closed_by(work.now())
            if wanted["open"] is not None:
                query = query.where(~closed if wanted["open"] else closed)
            if wanted["overdue"]:
                query = query.where(~closed, ActionRow.due_at <= work.now())
            if wanted.get("owner_id"):
                query = query.where(ActionRow.owner_id == wanted["owner_id"])
            return query

        orders = by(ActionRow.due_day, ActionRow.id, descending=descending)
        return await listed(info, paging, ActionItem, orders, narrowed=narrowed)

    @resolved("One action; null where there is none within reach.", FieldClass.PUBLIC)
    async def action_item(self, info: Info, id: NodeId) -> ActionItem | None:
        return await ActionItem.by_id(info, id)
