"""Reviews and boards: what was frozen, decided and signed, and who speaks for which department from when until when."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Boolean, Date, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.directory.models import taken_over
from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from governance.reviews.noise import Verdict
from governance.reviews.rules import (
    ActionState,
    Choice,
    Direction,
    ItemKind,
    ItemOutcome,
    ReviewState,
    Seat,
    SubjectKind,
)

ITEM_KEY = 120
LIVE = text("superseded_at IS NULL")


class Review(TenantRow, Versioned):
    """One review of a unit's licenses: its state moves, its snapshot does not."""

    __tablename__ = "review"

    title: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[UUID] = ref("org_unit")
    state: Mapped[ReviewState] = mapped_column(Word(ReviewState))
    prepared_by: Mapped[str] = mapped_column(String(80))
    prepared_at: Mapped[datetime]
    as_of: Mapped[datetime]
    known_at: Mapped[datetime]


class Snapshot(TenantRow):
    """What the board saw, frozen: canonical JSON (RFC 8785) and its SHA-256. Its id is the review's."""

    __tablename__ = "snapshot"
    __table_args__ = ({"info": {"append_only": True}},)

    review_id: Mapped[UUID] = ref("review")
    content: Mapped[dict[str, Any]] = mapped_column(Json())
    sha256: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


class Decision(TenantRow):
    """What the board decided, upon which snapshot, on the whole or on one item; the last one of either stands."""

    __tablename__ = "decision"
    __table_args__ = ({"info": {"append_only": True}},)

    review_id: Mapped[UUID] = ref("review")
    text: Mapped[str] = mapped_column(String(2000))
    action_owner_id: Mapped[UUID | None] = ref("person", nullable=True)
    due_day: Mapped[date | None] = mapped_column(Date)
    decided_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))
    item_key: Mapped[str | None] = mapped_column(String(ITEM_KEY))
    outcome: Mapped[ItemOutcome | None] = mapped_column(Word(ItemOutcome))
    tally: Mapped[dict[str, Any] | None] = mapped_column(Json())


class Signature(TenantRow):
    """One signer's yes to one hash (of snapshot and decision), given after proving again who they are."""

    __tablename__ = "signature"
    __table_args__ = (UniqueConstraint("tenant_id", "review_id", "person_id"), {"info": {"append_only": True}})

    review_id: Mapped[UUID] = ref("review", index=False)
    person_id: Mapped[UUID] = ref("person")
    unit_id: Mapped[UUID] = ref("org_unit")
    sha256: Mapped[str] = mapped_column(String(64))
    authenticated_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Board(TenantRow, Versioned):
    """Who meets over a unit's licenses, and how many departments make a review count."""

    __tablename__ = "board"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[UUID] = ref("org_unit")
    quorum: Mapped[int]
    chair_needed: Mapped[bool] = mapped_column(Boolean)
    departments_needed: Mapped[list[str]] = mapped_column(Json())
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]


class BoardMember(TenantRow):
    """One person speaks for one department of a board, from when until when (half-open), and when we learned it."""

    __tablename__ = "board_member"

    board_id: Mapped[UUID] = ref("board")
    person_id: Mapped[UUID] = ref("person")
    department: Mapped[str] = mapped_column(String(120))
    seat: Mapped[Seat] = mapped_column(Word(Seat))
    start: Mapped[datetime]
    end: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    ended_recorded_at: Mapped[datetime | None]


class Meeting(TenantRow):
    """Which review is a board's, and of which period; one a board and period. Its id is the review's."""

    __tablename__ = "meeting"
    __table_args__ = (UniqueConstraint("tenant_id", "board_id", "period"), {"info": {"append_only": True}})

    review_id: Mapped[UUID] = ref("review")
    board_id: Mapped[UUID] = ref("board", index=False)
    period: Mapped[str] = mapped_column(String(20))
    recorded_at: Mapped[datetime]


class Mandate(TenantRow):
    """For which department a signature was given; one a review and department. Its id is the signature's."""

    __tablename__ = "mandate"
    __table_args__ = (UniqueConstraint("tenant_id", "review_id", "department"), {"info": {"append_only": True}})

    review_id: Mapped[UUID] = ref("review", index=False)
    signature_id: Mapped[UUID] = ref("signature")
    member_id: Mapped[UUID] = ref("board_member")
    department: Mapped[str] = mapped_column(String(120))
    recorded_at: Mapped[datetime]


class MeetingDay(TenantRow):
    """On which day a review's board meets, in the tenant's zone; the last row stands."""

    __tablename__ = "meeting_day"
    __table_args__ = ({"info": {"append_only": True}},)

    review_id: Mapped[UUID] = ref("review")
    day: Mapped[date] = mapped_column(Date)
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


class OwnItem(TenantRow):
    """An item that a member put on the agenda beside the frozen ones."""

    __tablename__ = "own_item"
    __table_args__ = ({"info": {"append_only": True}},)

    review_id: Mapped[UUID] = ref("review")
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(String(2000))
    kind: Mapped[ItemKind] = mapped_column(Word(ItemKind))
    subject_kind: Mapped[SubjectKind | None] = mapped_column(Word(SubjectKind))
    subject_id: Mapped[UUID | None]
    added_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]

    @property
    def key(self) -> str:
        """Give its key in the one list of items."""
        return f"own:{self.id}"


class ItemNote(TenantRow):
    """One entry of the minutes of an item."""

    __tablename__ = "item_note"
    __table_args__ = (Index("ix_item_note_item", "tenant_id", "review_id", "item_key"), {"info": {"append_only": True}})

    review_id: Mapped[UUID] = ref("review", index=False)
    item_key: Mapped[str] = mapped_column(String(ITEM_KEY))
    text: Mapped[str] = mapped_column(String(4000))
    written_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


class ItemVote(TenantRow):
    """What one person voted on an item for one department; one live vote a person and item, superseded, not edited."""

    __tablename__ = "item_vote"
    __table_args__ = (
        Index(
            "ix_item_vote_live", "tenant_id", "review_id", "item_key", "person_id", unique=True,
            sqlite_where=LIVE, postgresql_where=LIVE,
        ),
    )  # fmt: skip

    review_id: Mapped[UUID] = ref("review", index=False)
    item_key: Mapped[str] = mapped_column(String(ITEM_KEY))
    member_id: Mapped[UUID] = ref("board_member")
    person_id: Mapped[UUID] = ref("person")
    department: Mapped[str] = mapped_column(String(120))
    choice: Mapped[Choice] = mapped_column(Word(Choice))
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class ActionItem(TenantRow):
    """Who does what by when (`due_at`: the instant after the last day), and the figure that it is to move, if any.

    `aim_then`: that figure on the day it was decided. `owner_id`: whom the board gave it to; `owner_now`: who answers
    for it now. What became of it stands in its steps.
    """

    __tablename__ = "action_item"
    __table_args__ = ({"info": {"append_only": True}},)

    review_id: Mapped[UUID] = ref("review")
    item_key: Mapped[str | None] = mapped_column(String(ITEM_KEY))
    what: Mapped[str] = mapped_column(String(500))
    owner_id: Mapped[UUID] = ref("person")
    due_day: Mapped[date] = mapped_column(Date)
    due_at: Mapped[datetime]
    aim_measure: Mapped[str | None] = mapped_column(String(40))
    aim_subject: Mapped[str | None] = mapped_column(String(ITEM_KEY))
    aim_direction: Mapped[Direction | None] = mapped_column(Word(Direction))
    aim_target: Mapped[str | None] = mapped_column(String(40))
    aim_then: Mapped[dict[str, Any] | None] = mapped_column(Json())
    judge_day: Mapped[date | None] = mapped_column(Date)
    judge_at: Mapped[datetime | None]
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    owner_now: ClassVar[Any]

    def overdue(self, state: ActionState, now: datetime) -> bool:
        """Say whether the last day is over and nothing was done or dropped: the clock says it, no row does."""
        return state is ActionState.OPEN and self.due_at <= now


ActionItem.owner_now = taken_over(ActionItem, ActionItem.owner_id)


class ActionStep(TenantRow):
    """One state of an action, from when on; the one with the highest number stands."""

    __tablename__ = "action_step"
    __table_args__ = (UniqueConstraint("tenant_id", "action_id", "number"), {"info": {"append_only": True}})

    action_id: Mapped[UUID] = ref("action_item", index=False)
    number: Mapped[int]
    state: Mapped[ActionState] = mapped_column(Word(ActionState))
    reason: Mapped[str | None] = mapped_column(String(500))
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


class AimVerdict(TenantRow):
    """What became of an action's aim: the figure on its judge-on day, and what can be said. Its id is the action's."""

    __tablename__ = "aim_verdict"
    __table_args__ = ({"info": {"append_only": True}},)

    action_id: Mapped[UUID] = ref("action_item")
    now: Mapped[dict[str, Any] | None] = mapped_column(Json())
    verdict: Mapped[Verdict] = mapped_column(Word(Verdict))
    recorded_at: Mapped[datetime]
