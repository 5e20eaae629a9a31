"""The trail in the graph: who did what to which object, before and after."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from sqlalchemy import Select
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.engine import BadNodeId, Connection, FieldClass, Paging, decode_node_id, paged, resolved
from api.graphql.inputs import WHICH, NodeId, asked
from api.graphql.nodes import Node, by, listed, node_kind, person_of
from governance.audit import queries
from governance.audit.models import Entry as EntryRow
from governance.kernel.errors import BadInput
from governance.kernel.given import shown
from governance.kernel.work import Work

if TYPE_CHECKING:
    from api.graphql.directory.people import Person

_CALLED_OTHERWISE = {"assignment": "Seat", "grant": "RoleGrant"}


@strawberry.type(description="One act, as it was written in the transaction of the change itself.")
class AuditEntry(Node):
    row: strawberry.Private[EntryRow]
    visible = queries.visible_entries
    key = EntryRow.id

    @resolved("When it was done.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("The principal who did it.", FieldClass.PUBLIC)
    def actor(self) -> str:
        return self.row.actor

    @resolved("The person who did it, where it was one.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Annotated["Person", strawberry.lazy("api.graphql.directory.people")] | None:
        found: Person | None = await person_of(info, self.row.actor)
        return found

    @resolved("What was done, as resource and verb.", FieldClass.PUBLIC)
    def act(self) -> str:
        return self.row.act

    @resolved("What kind of thing it was done to.", FieldClass.PUBLIC)
    def subject_type(self) -> str:
        return self.row.subject_type

    @resolved("The bare id of that thing (a UUID), as the trail keeps it.", FieldClass.PUBLIC)
    def subject_id(self) -> str:
        return str(self.row.subject_id)

    @resolved("The thing as it is now; null where it is none of this graph, or not there.", FieldClass.PUBLIC)
    async def subject(self, info: Info) -> Node | None:
        called = self.row.subject_type
        kind = node_kind(info, _CALLED_OTHERWISE.get(called, "".join(part.title() for part in called.split("_"))))
        return None if kind is None else await kind.get(info, self.row.subject_id)

    @resolved("What differed, as it was; personal values are named, not copied.", FieldClass.MONEY)
    def before(self) -> JSON | None:
        return None if self.row.before is None else JSON(self.row.before)

    @resolved("What differed, as it became.", FieldClass.MONEY)
    def after(self) -> JSON | None:
        return None if self.row.after is None else JSON(self.row.after)

    @resolved("Why, where a reason was given.", FieldClass.PUBLIC)
    def reason(self) -> str | None:
        return self.row.reason

    @resolved("The request it was done in; entries of one request belong together.", FieldClass.PUBLIC)
    def request_id(self) -> str:
        return str(self.row.request_id)


@strawberry.input(description="Which entries of the trail.")
class AuditFilter:
    subject: strawberry.ID | None = asked("Only what was done to this thing.", default=None)
    subject_type: str | None = asked("Only what was done to things of this kind.", default=None)
    act: str | None = asked("Only this act.", default=None)
    actor: str | None = asked("Only what this principal did.", default=None)
    since: datetime | None = asked("Only what was done at this instant or later.", default=None)
    until: datetime | None = asked("Only what was done before this instant.", default=None)


@strawberry.type(description="What can be asked of the trail.")
class AuditQueries:
    @paged("The trail, the latest first; only a right over the whole tenant reaches it.", FieldClass.PUBLIC)
    async def audit_entries(
        self, info: Info, paging: Paging, filter: Annotated[AuditFilter | None, WHICH] = None
    ) -> Connection[AuditEntry]:
        wanted = filter or AuditFilter()
        subject = _bare_id(wanted.subject)

        def narrowed(work: Work) -> Select[EntryRow]:
            return queries.visible_entries(
                work, subject_type=wanted.subject_type, subject_id=subject, act=wanted.act, actor=wanted.actor,
                since=wanted.since, until=wanted.until,
            )  # fmt: skip

        order = by(EntryRow.recorded_at, EntryRow.id, descending=True)
        return await listed(info, paging, AuditEntry, order, narrowed=narrowed)

    @resolved("One entry of the trail; null where there is none within reach.", FieldClass.PUBLIC)
    async def audit_entry(self, info: Info, id: NodeId) -> AuditEntry | None:
        return await AuditEntry.by_id(info, id)


def _bare_id(id: strawberry.ID | None) -> UUID | None:
    try:
        return None if id is None else decode_node_id(id)[1]
    except BadNodeId:
        raise BadInput("filter.subject", shown(id), "an id as the graph gave it") from None
