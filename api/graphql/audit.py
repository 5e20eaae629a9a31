"""The trail in the graph: who did what to which object, before and after."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from sqlalchemy import Select
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.engine import (
    BadNodeId,
    Connection,
    FieldClass,
    Paging,
    decode_node_id,
    field,
    id_of,
    paged,
    resolved,
)
from api.graphql.inputs import WHICH, NodeId, asked
from api.graphql.nodes import Node, by, listed, node_kind, person_of
from governance.audit import queries
from governance.audit.checkpoints import Statement, key_line, note_of
from governance.audit.models import Checkpoint, Sealed
from governance.audit.models import Entry as EntryRow
from governance.audit.proofs import Proof, as_file, kept_note, prove
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.given import shown
from governance.kernel.work import Work
from policies.access.actions import Action

if TYPE_CHECKING:
    from api.graphql.directory.people import Person

WHOLE_TRAIL = "only a right over the whole tenant reaches it"
_CALLED_OTHERWISE = {"assignment": "Seat", "grant": "RoleGrant"}


@strawberry.type(description="The place of an entry in the sealed trail, which never changes again.")
class AuditSeal:
    number: int = field("Its number; the first entry of the trail has 0.", FieldClass.PUBLIC)
    hash: str = field("Its leaf in the tree (RFC 6962): SHA-256 in hexadecimal digits.", FieldClass.PUBLIC)


@strawberry.type(description="What was signed of the trail at a time: so many entries, under this root.")
class AuditCheckpoint(Node):
    row: strawberry.Private[Checkpoint]
    visible = queries.visible_checkpoints
    key = Checkpoint.id

    @resolved("How many entries it covers: those numbered from 0 on.", FieldClass.PUBLIC)
    def size(self) -> int:
        return self.row.size

    @resolved("The root of their tree (RFC 6962): SHA-256 in hexadecimal digits.", FieldClass.PUBLIC)
    def root(self) -> str:
        return self.row.root.hex()

    @resolved("When they were sealed.", FieldClass.PUBLIC)
    def sealed_at(self) -> datetime:
        return self.row.sealed_at

    @resolved("The signed checkpoint as a file to keep elsewhere (C2SP tlog-checkpoint).", FieldClass.PUBLIC)
    def note(self) -> str:
        return note_of(Statement.of(self.row))

    @resolved("The public key it was signed with; compare it with the one your operator gave you.", FieldClass.PUBLIC)
    def public_key(self) -> str:
        return key_line(self.row.tenant_id, self.row.public_key)


@strawberry.type(description="How far the trail is sealed.")
class AuditSealing:
    last: AuditCheckpoint | None = field("The newest checkpoint; null where nothing was sealed yet.", FieldClass.PUBLIC)
    waiting: int = field("How many entries wait for their seal.", FieldClass.PUBLIC)
    waiting_since: datetime | None = field("When the oldest of them was written.", FieldClass.PUBLIC)


@strawberry.type(description="That an entry is in the trail, for the verifier that stands alone.")
class AuditProof:
    proof: strawberry.Private[Proof]

    @resolved("The entry's number.", FieldClass.PUBLIC)
    def number(self) -> int:
        return self.proof.seq

    @resolved("The hashes from its leaf up to the root (RFC 6962), in hexadecimal digits.", FieldClass.PUBLIC)
    def path(self) -> list[str]:
        return [each.hex() for each in self.proof.path]

    @resolved("The signed checkpoint under whose root it is proven.", FieldClass.PUBLIC)
    def checkpoint(self) -> str:
        return note_of(self.proof.checkpoint)

    @resolved("The whole proof as the file that the verifier reads; the entry stands in it.", FieldClass.MONEY)
    def file(self) -> str:
        return as_file(self.proof.to_json())


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

    @resolved("Its place in the sealed trail; null while it waits, some seconds as a rule.", FieldClass.PUBLIC)
    async def sealed(self, info: Info) -> AuditSeal | None:
        row = await info.context.one("AuditSeal", queries.visible_seals, Sealed.id).load(self.row.id)
        return None if row is None else AuditSeal(number=row.seq, hash=row.hash.hex())

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

    @paged(f"What was signed of the trail, the newest first; {WHOLE_TRAIL}.", FieldClass.PUBLIC)
    async def audit_checkpoints(self, info: Info, paging: Paging) -> Connection[AuditCheckpoint]:
        return await listed(info, paging, AuditCheckpoint, by(Checkpoint.size, Checkpoint.id, descending=True))

    @resolved(f"How far the trail is sealed; null for others: {WHOLE_TRAIL}.", FieldClass.PUBLIC)
    async def audit_sealing(self, info: Info) -> AuditSealing | None:
        async with info.context.reading() as work:
            if not work.gate.reach(work.actor, Action.AUDIT_READ).everything:
                return None
            state = await queries.seal_state(work.session, work.tenant_id)
        last = None if state.last is None else AuditCheckpoint.of(state.last)
        return AuditSealing(last=last, waiting=state.waiting, waiting_since=state.since)

    @resolved("The proof that an entry is in the trail; null where there is none within reach.", FieldClass.PUBLIC)
    async def audit_proof(
        self,
        info: Info,
        entry: NodeId,
        kept: Annotated[
            str | None, strawberry.argument(description="Prove it to who kept this checkpoint; else the newest.")
        ] = None,
    ) -> AuditProof | None:
        entry_id = id_of("AuditEntry", entry)
        async with info.context.reading() as work:
            try:
                proof = await prove(work, entry_id, None if kept is None else await kept_note(work, kept))
            except NotFound:
                return None
        return AuditProof(proof=proof)


def _bare_id(id: strawberry.ID | None) -> UUID | None:
    try:
        return None if id is None else decode_node_id(id)[1]
    except BadNodeId:
        raise BadInput("filter.subject", shown(id), "an id as the graph gave it") from None
