"""What was signed, amended and said: agreements, amendments (the only way to change them), conversations, outcomes."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.agreements.rules import ChangeReason, Payment, Side
from governance.agreements.spoken import CancelReason, Channel, Outcome, Stage
from governance.directory.models import taken_over
from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned

STANDING = text("superseded_at IS NULL")


class Agreement(TenantRow, Versioned):
    """A contract as it stands today; `version` counts its amendments. `number` is its natural key.

    `uplift_cap`: by how many percent a renewal may be dearer a seat and year at most, a decimal number (None: no cap).

    `withdrawn_at`: the import that brought it was undone; it is read only as known before.
    """

    __tablename__ = "agreement"
    __table_args__ = (UniqueConstraint("tenant_id", "number"),)

    number: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(200))
    side: Mapped[Side] = mapped_column(Word(Side))
    vendor_id: Mapped[UUID] = ref("vendor")
    unit_id: Mapped[UUID] = ref("org_unit")
    owner_id: Mapped[UUID | None] = ref("person", nullable=True)
    deputy_id: Mapped[UUID | None] = ref("person", nullable=True)
    region: Mapped[str] = mapped_column(String(10), default="001")
    currency: Mapped[str] = mapped_column(String(3))
    zone: Mapped[str] = mapped_column(String(60))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    auto_renews: Mapped[bool] = mapped_column(Boolean, default=False)
    notice_days: Mapped[int | None] = mapped_column(Integer)
    uplift_cap: Mapped[str | None] = mapped_column(String(12))
    payment: Mapped[Payment] = mapped_column(Word(Payment), default=Payment.DUE)
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Amendment(TenantRow):
    """One change of an agreement: what differed before and after, why, effective from which day."""

    __tablename__ = "amendment"
    __table_args__ = (UniqueConstraint("tenant_id", "agreement_id", "number"), {"info": {"append_only": True}})

    agreement_id: Mapped[UUID] = ref("agreement", index=False)
    number: Mapped[int] = mapped_column(Integer)
    reason: Mapped[ChangeReason] = mapped_column(Word(ChangeReason))
    reason_text: Mapped[str | None] = mapped_column(String(400))
    effective_day: Mapped[date] = mapped_column(Date)
    before: Mapped[dict[str, Any]] = mapped_column(Json())
    after: Mapped[dict[str, Any]] = mapped_column(Json())
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class Conversation(TenantRow):
    """One conversation: when, with whom, what was said, and who does what next until when.

    `lot_key`: the renewal it was about; None: the agreement as a whole, or recorded before renewals were told apart.
    """

    __tablename__ = "conversation"
    __table_args__ = ({"info": {"append_only": True}},)

    agreement_id: Mapped[UUID] = ref("agreement")
    lot_key: Mapped[UUID | None]
    day: Mapped[date] = mapped_column(Date)
    with_whom: Mapped[str] = mapped_column(String(200))
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    summary: Mapped[str] = mapped_column(String(2000))
    next_step: Mapped[str | None] = mapped_column(String(400))
    next_owner_id: Mapped[UUID | None] = ref("person", nullable=True)
    next_due: Mapped[date | None] = mapped_column(Date)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
    next_owner_now: ClassVar[Any]


Conversation.next_owner_now = taken_over(Conversation, Conversation.next_owner_id)


class NoticeGiven(TenantRow):
    """Notice that an agreement will not renew, with its proof: a reference, and the SHA-256 of what was sent."""

    __tablename__ = "notice_given"
    __table_args__ = ({"info": {"append_only": True}},)

    agreement_id: Mapped[UUID] = ref("agreement")
    day: Mapped[date] = mapped_column(Date)
    reference: Mapped[str] = mapped_column(String(400))
    sha256: Mapped[str | None] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class RenewalOutcome(TenantRow):
    """What becomes of one lot that ends. A later word on the same stage supersedes; nothing is edited.

    `quantity` in seats and `value` in micro-units of the lot's currency for its term: what follows, where no later
    lot says it (None: as before, or nothing where the outcome ends).
    """

    __tablename__ = "renewal_outcome"
    __table_args__ = (
        Index(
            "ix_renewal_outcome_standing", "tenant_id", "lot_key", "stage", unique=True,
            sqlite_where=STANDING, postgresql_where=STANDING,
        ),
    )  # fmt: skip

    agreement_id: Mapped[UUID] = ref("agreement")
    lot_key: Mapped[UUID]
    stage: Mapped[Stage] = mapped_column(Word(Stage))
    outcome: Mapped[Outcome] = mapped_column(Word(Outcome))
    cancel_reason: Mapped[CancelReason | None] = mapped_column(Word(CancelReason))
    reason_text: Mapped[str | None] = mapped_column(String(400))
    quantity: Mapped[int | None]
    value: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
    superseded_at: Mapped[datetime | None]
