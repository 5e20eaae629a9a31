"""What was observed at the vendor: each reading of a list of holders, and what each account held in it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import TenantRow, ref


class HoldingsReading(TenantRow):
    """One list as it was read. Of a `source` and `instance` the latest that was observed by an instant holds at it.

    `complete` False: a part of a list; what is not in it may still be held there.
    """

    __tablename__ = "holdings_reading"
    __table_args__ = (
        Index("ix_holdings_reading_latest", "tenant_id", "source", "instance", "observed_at"),
        {"info": {"append_only": True}},
    )

    source: Mapped[str] = mapped_column(String(40))
    instance: Mapped[str] = mapped_column(String(200))
    complete: Mapped[bool] = mapped_column(Boolean)
    seats: Mapped[int]
    observed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class HeldSeat(TenantRow):
    """What an account held at the vendor in one reading. Whom and what it names is settled when it is read in.

    `product_named`, `tier_named`: as the source calls them. `person_id` None: nobody here fits the account.
    """

    __tablename__ = "held_seat"
    __table_args__ = (
        Index("ix_held_seat_product", "tenant_id", "reading_id", "product_id"),
        {"info": {"append_only": True}},
    )

    reading_id: Mapped[UUID] = ref("holdings_reading", index=False)
    account: Mapped[str] = mapped_column(String(254))
    person_id: Mapped[UUID | None] = ref("person", nullable=True)
    product_id: Mapped[UUID | None] = ref("product", nullable=True, index=False)
    tier_id: Mapped[UUID | None] = ref("tier", nullable=True, index=False)
    product_named: Mapped[str | None] = mapped_column(String(254))
    tier_named: Mapped[str | None] = mapped_column(String(120))
    quantity: Mapped[int]
    since: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
