"""How the seats of a pool come to stand at the vendor, and each thing that is to be done there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.fulfillment.rules import Fulfilled, Mode, OrderAct
from governance.kernel.database import TenantRow, Word, ref
from governance.kernel.database.rows import Versioned

OPEN = text("state = 'PENDING' AND assignment_id IS NOT NULL")


class PoolFulfillment(TenantRow, Versioned):
    """How a pool's seats are fulfilled; its id is the pool's. A pool without such a row records only.

    `url` is called with a signature under `secret_sealed`, which only this installation opens.
    """

    __tablename__ = "pool_fulfillment"
    __table_args__ = (CheckConstraint("mode <> 'WEBHOOK' OR url IS NOT NULL", name="webhook_has_url"),)

    mode: Mapped[Mode] = mapped_column(Word(Mode))
    url: Mapped[str | None] = mapped_column(String(500))
    secret_sealed: Mapped[str | None] = mapped_column(String(400))
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(80))


class WorkOrder(TenantRow, Versioned):
    """Something to be done at the vendor: a seat to grant or to revoke there. Its id is the delivery's at every try.

    Of an assignment, or of an `account` there that nobody was assigned here. `due_at`: when the next call goes out
    (None: nobody calls; a connector, or a person, says how it went). `ended_at`: since when it is not PENDING.
    """

    __tablename__ = "work_order"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("assignment_id IS NOT NULL OR account IS NOT NULL", name="of_somebody"),
        Index(
            "ix_work_order_open", "tenant_id", "assignment_id", "act", unique=True,
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index("ix_work_order_due", "state", "due_at"),
        Index("ix_work_order_asked", "tenant_id", "asked_at", "id"),
    )  # fmt: skip

    pool_id: Mapped[UUID] = ref("pool")
    assignment_id: Mapped[UUID | None] = ref("assignment", nullable=True)
    person_id: Mapped[UUID | None] = ref("person", nullable=True)
    account: Mapped[str | None] = mapped_column(String(254))
    act: Mapped[OrderAct] = mapped_column(Word(OrderAct))
    mode: Mapped[Mode] = mapped_column(Word(Mode))
    state: Mapped[Fulfilled] = mapped_column(Word(Fulfilled))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(80))
    vendor_ref: Mapped[str | None] = mapped_column(String(200))
    last_error: Mapped[str | None] = mapped_column(String(400))
