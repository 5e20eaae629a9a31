"""License keys and activation links: sealed at rest, of a pool, each for one seat at a time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from governance.keys.rules import KeyKind

BOUND = text("assignment_id IS NOT NULL")


class LicenseKey(TenantRow, Versioned):
    """A key of a pool. Only this installation opens `secret_sealed`; `secret_hash` finds the same key again.

    `assignment_id`: whose seat it belongs to now; `freed_at`: since when its seat is over, where it is not reusable.
    `hint`: its last signs, by which people tell it from others.
    """

    __tablename__ = "license_key"
    __table_args__ = (
        UniqueConstraint("tenant_id", "pool_id", "secret_hash"),
        Index(
            "ix_license_key_seat", "tenant_id", "assignment_id", unique=True,
            sqlite_where=BOUND, postgresql_where=BOUND,
        ),
        Index("ix_license_key_added", "tenant_id", "added_at", "id"),
    )  # fmt: skip

    pool_id: Mapped[UUID] = ref("pool")
    kind: Mapped[KeyKind] = mapped_column(Word(KeyKind))
    label: Mapped[str | None] = mapped_column(String(120))
    hint: Mapped[str | None] = mapped_column(String(4))
    secret_sealed: Mapped[str] = mapped_column(String(6000))
    secret_hash: Mapped[str] = mapped_column(String(64))
    reusable: Mapped[bool] = mapped_column(Boolean, default=False)
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(80))
    assignment_id: Mapped[UUID | None] = ref("assignment", nullable=True)
    bound_at: Mapped[datetime | None]
    freed_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    revealed_at: Mapped[datetime | None]
