"""Items: a member adds one to an open review's agenda, and what is said of an item is kept as its minutes."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select

from governance.agreements.models import Agreement
from governance.agreements.queries import visible_agreements
from governance.alerts.models import Alert
from governance.alerts.queries import visible_alerts
from governance.compliance.models import Finding
from governance.compliance.queries import visible_findings
from governance.kernel import given
from governance.kernel.errors import BadInput, WrongState
from governance.kernel.work import Change, Work
from governance.reviews.errors import NotAMember
from governance.reviews.models import ItemNote, OwnItem, Review
from governance.reviews.queries import item, review, review_ownership, snapshot
from governance.reviews.rules import ItemKind, ReviewState, SubjectKind
from governance.reviews.service.sign import bench
from policies.access.actions import Action

TITLE_MOST = 200
TEXT_MOST = 2000
NOTE_MOST = 4000


@dataclass(frozen=True)
class AddItem:
    """`subject_kind` and `subject_id` go together: what the item is about."""

    review_id: UUID
    title: str
    text: str
    kind: ItemKind = ItemKind.TOPIC
    subject_kind: SubjectKind | None = None
    subject_id: UUID | None = None


@dataclass(frozen=True)
class NoteItem:
    review_id: UUID
    item_key: str
    text: str


async def add_item(work: Work, command: AddItem) -> OwnItem:
    """Put an item on the agenda of a review that is not signed yet; what was frozen stays as it is.

    Raises NotFound, Refused, WrongState (signed), NotAMember (of the review's board), BadInput.
    """
    row = await _open(work, command.review_id)
    await _check_member(work, row)
    title = given.text(command.title, "title", most=TITLE_MOST)
    text = given.text(command.text, "text", most=TEXT_MOST)
    kind = given.word(command.kind, "kind", ItemKind)
    await _check_subject(work, row, command)
    own = OwnItem(
        tenant_id=work.tenant_id, id=work.new_id(), review_id=row.id, title=title, text=text, kind=kind,
        subject_kind=command.subject_kind, subject_id=command.subject_id, added_by=work.actor.principal,
        recorded_at=work.now(),
    )  # fmt: skip
    work.session.add(own)
    after = {"item": own.key, "title": title, "kind": kind, "subject_kind": own.subject_kind,
             "subject_id": own.subject_id}  # fmt: skip
    await work.record(Change("review:add-item", "review", row.id, after=after))
    await work.emit("AgendaItemAdded", own.id)
    return own


async def note_item(work: Work, command: NoteItem) -> ItemNote:
    """Append to the minutes of an item. Raises NotFound, Refused, WrongState (signed), BadInput (text)."""
    row = await _open(work, command.review_id)
    found = await item(work, row.id, command.item_key)
    note = ItemNote(
        tenant_id=work.tenant_id, id=work.new_id(), review_id=row.id, item_key=found.key,
        text=given.text(command.text, "text", most=NOTE_MOST), written_by=work.actor.principal,
        recorded_at=work.now(),
    )  # fmt: skip
    work.session.add(note)
    await work.record(Change("review:note-item", "review", row.id, after={"item": found.key, "note": note.id}))
    await work.emit("AgendaItemNoted", note.id)
    return note


async def _open(work: Work, review_id: UUID) -> Review:
    row = await review(work, review_id, lock=True)
    work.permit(Action.REVIEW_NOTE, await review_ownership(work, row), f"review {row.title}")
    if row.state is ReviewState.SIGNED:
        raise WrongState("review", row.state.value, "be added to")
    return row


async def _check_member(work: Work, row: Review) -> None:
    """Let pass who speaks for a department of the review's board today; of no board's review, whoever may note."""
    of, now = await bench(work, row.id), work.now()
    if of is None:
        return
    if not any(each.person_id == work.actor.person_id and each.in_force(now) for each in of.speakers):
        raise NotAMember("any department of")


async def _check_subject(work: Work, row: Review, command: AddItem) -> None:
    """Let pass a subject within reach; of licenses, one that the review froze. Raises BadInput."""
    if command.subject_kind is None and command.subject_id is None:
        return
    if command.subject_kind is None or command.subject_id is None:
        raise BadInput("subjectId", str(command.subject_id), "a kind and an id together, or neither")
    kind = given.word(command.subject_kind, "subjectKind", SubjectKind)
    if not await _there(work, row, kind, command.subject_id):
        has = str(command.subject_id)
        raise BadInput("subjectId", has, f"the id of {kind.value.lower()} that you can see in this review or by itself")


async def _there(work: Work, row: Review, kind: SubjectKind, subject_id: UUID) -> bool:
    if kind is SubjectKind.LICENSE:
        content = (await snapshot(work, row.id)).content
        return any(each["license_id"] == str(subject_id) for each in content["position"]["rows"])
    seen: Select[Any]
    if kind is SubjectKind.AGREEMENT:
        seen = visible_agreements(work).where(Agreement.id == subject_id)
    elif kind is SubjectKind.ALERT:
        seen = visible_alerts(work).where(Alert.id == subject_id)
    else:
        seen = visible_findings(work).where(Finding.id == subject_id)
    return (await work.session.execute(seen.limit(1))).first() is not None
