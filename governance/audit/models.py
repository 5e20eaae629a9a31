"""The trail's rows: who did what to which object, before and after; written once, numbered once, never changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Json, TenantRow

HASH = LargeBinary(32)
SEALERS_ALONE = {"append_only": True, "app": "SELECT"}


class Entry(TenantRow):
    """One act. `before` and `after` hold only what differs; personal fields are named, not copied."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("ix_entry_subject", "tenant_id", "subject_type", "subject_id", "recorded_at"),
        Index("ix_entry_recorded", "tenant_id", "recorded_at"),
        {"info": {"append_only": True}},
    )

    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    act: Mapped[str] = mapped_column(String(80))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    before: Mapped[dict[str, Any] | None] = mapped_column(Json())
    after: Mapped[dict[str, Any] | None] = mapped_column(Json())
    reason: Mapped[str | None] = mapped_column(String(400))
    request_id: Mapped[UUID]


class Unsealed(TenantRow):
    """That the entry of this id waits to be sealed. Laid in the entry's own transaction, taken away when it is sealed.

    `place` is the number of that transaction, filled in by PostgreSQL; SQLite has one writer, whose rows come in turn.
    """

    __tablename__ = "unsealed"
    __table_args__ = (
        Index("ix_unsealed_place", "tenant_id", "place", "id"),
        {"info": {"app": "SELECT, INSERT", "transaction": "place"}},
    )

    place: Mapped[int | None] = mapped_column(BigInteger)


class Sealed(TenantRow):
    """The number of the entry of this id in the tree, its leaf's hash, and the root of the tree that ends with it."""

    __tablename__ = "sealed"
    __table_args__ = (UniqueConstraint("tenant_id", "seq"), {"info": SEALERS_ALONE})

    seq: Mapped[int]
    hash: Mapped[bytes] = mapped_column(HASH)
    root: Mapped[bytes] = mapped_column(HASH)


class Block(TenantRow):
    """The hash over the 256^level entries from `number` · 256^level on."""

    __tablename__ = "block"
    __table_args__ = (UniqueConstraint("tenant_id", "level", "number"), {"info": SEALERS_ALONE})

    level: Mapped[int]
    number: Mapped[int]
    hash: Mapped[bytes] = mapped_column(HASH)


class Checkpoint(TenantRow):
    """What was signed: so many entries, under this root, at this time."""

    __tablename__ = "checkpoint"
    __table_args__ = (UniqueConstraint("tenant_id", "size"), {"info": SEALERS_ALONE})

    size: Mapped[int]
    root: Mapped[bytes] = mapped_column(HASH)
    sealed_at: Mapped[datetime]
    public_key: Mapped[bytes] = mapped_column(HASH)
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))
