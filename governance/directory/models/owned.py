"""What units owned, dated: a license, an agreement or a pool that changed units, with the days of either."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import TenantRow, ref


class OwnedPlacement(TenantRow):
    """Which unit a license, an agreement, a pool or a board belonged to, from when until when, and when we learned it.

    Only what ever changed units has rows here, and then without a gap: before the first change as from the beginning.
    """

    __tablename__ = "owned_placement"
    __table_args__ = (Index("ix_owned_placement_subject", "tenant_id", "subject_id", "start"),)

    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    unit_id: Mapped[UUID] = ref("org_unit")
    start: Mapped[datetime]
    end: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
