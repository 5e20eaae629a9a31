"""Journeys: what happened on the way to first use, who asked for help, and what holders answered afterwards."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.activation.rules import Channel, Mark, Step
from governance.kernel.database import TenantRow, Word, ref
from governance.kernel.database.rows import Versioned

STANDING = text("superseded_at IS NULL")


class JourneyEvent(TenantRow):
    """A step reached, or an error at it, as a source told it: one row per event and step, told once.

    `recorded_at` is when we learned whose it is: an event that waited for its person was learned when matched.
    """

    __tablename__ = "journey_event"
    __table_args__ = (
        UniqueConstraint("tenant_id", "event_id", "step"),
        Index("ix_journey_event_whose", "tenant_id", "product_id", "person_id", "occurred_at"),
    )

    event_id: Mapped[UUID] = ref("usage_event", index=False)
    source: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[UUID] = ref("person", index=False)
    product_id: Mapped[UUID] = ref("product", index=False)
    step: Mapped[Step] = mapped_column(Word(Step))
    mark: Mapped[Mark] = mapped_column(Word(Mark))
    code: Mapped[str | None] = mapped_column(String(80))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class ProductJourney(TenantRow):
    """What counts as the value moment of a product, and whether its holders are asked; superseded, never edited."""

    __tablename__ = "product_journey"
    __table_args__ = (
        Index(
            "ix_product_journey_standing", "tenant_id", "product_id", unique=True,
            sqlite_where=STANDING, postgresql_where=STANDING,
        ),
    )  # fmt: skip

    product_id: Mapped[UUID] = ref("product", index=False)
    value_type: Mapped[str | None] = mapped_column(String(120))
    value_feature: Mapped[str | None] = mapped_column(String(120))
    survey: Mapped[bool] = mapped_column(Boolean, default=False)
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class ErrorText(TenantRow, Versioned):
    """What an error code of a product means and what helps."""

    __tablename__ = "error_text"
    __table_args__ = (UniqueConstraint("tenant_id", "product_id", "code"),)

    product_id: Mapped[UUID] = ref("product", index=False)
    code: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    help: Mapped[str | None] = mapped_column(String(2000))


class SupportContact(TenantRow, Versioned):
    """Somebody asked for help with a product; (source, case) is its identity, however often it is told."""

    __tablename__ = "support_contact"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "case_id"),
        Index("ix_support_contact_whose", "tenant_id", "product_id", "person_id", "opened_at"),
    )

    source: Mapped[str] = mapped_column(String(200))
    case_id: Mapped[str] = mapped_column(String(120))
    person_id: Mapped[UUID] = ref("person")
    product_id: Mapped[UUID] = ref("product", index=False)
    assignment_id: Mapped[UUID | None] = ref("assignment", nullable=True)
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    step: Mapped[Step | None] = mapped_column(Word(Step))
    note: Mapped[str | None] = mapped_column(String(1000))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]


class Survey(TenantRow):
    """One question, asked once of a holder per product after first use: how easy was it, 1 to 7."""

    __tablename__ = "activation_survey"
    __table_args__ = (UniqueConstraint("tenant_id", "person_id", "product_id"),)

    assignment_id: Mapped[UUID] = ref("assignment")
    person_id: Mapped[UUID] = ref("person", index=False)
    product_id: Mapped[UUID] = ref("product")
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    score: Mapped[int | None] = mapped_column(SmallInteger)
