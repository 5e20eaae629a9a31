"""What was signed: agreements, and the amendments that are the only way to change them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.agreements.rules import ChangeReason, Payment, Side
from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned


class Agreement(TenantRow, Versioned):
    """A contract as it stands today; `version` counts its amendments. `number` is its natural key."""

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
    payment: Mapped[Payment] = mapped_column(Word(Payment), default=Payment.DUE)
    recorded_at: Mapped[datetime]


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
