"""What units owned, dated; and what one person was to do, by a record that is never changed, passed on to another."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, SQLColumnExpression, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, MappedSQLExpression, column_property, mapped_column

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


class PassedOn(TenantRow):
    """Something that somebody was to do goes to another one; the row with the highest number stands."""

    __tablename__ = "passed_on"
    __table_args__ = (UniqueConstraint("tenant_id", "subject_id", "number"), {"info": {"append_only": True}})

    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    number: Mapped[int]
    giver_id: Mapped[UUID] = ref("person")
    taker_id: Mapped[UUID] = ref("person")
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


def taken_over(model: Any, named: SQLColumnExpression[Any]) -> MappedSQLExpression[Any]:
    """Give who answers for a row now: whoever it was last passed on to, otherwise whom the record itself names.

    Whoever writes such a record sets it on the row; one that is given away is not asked again.
    """
    last = (
        select(PassedOn.taker_id)
        .where(PassedOn.tenant_id == model.tenant_id, PassedOn.subject_id == model.id)
        .order_by(PassedOn.number.desc())
        .limit(1)
        .correlate_except(PassedOn)
        .scalar_subquery()
    )
    return column_property(func.coalesce(last, named), expire_on_flush=False)
