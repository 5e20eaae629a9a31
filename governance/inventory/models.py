"""What is deployed: devices with who keeps them, and the releases that were seen installed on them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.inventory.rules import DeviceKind
from governance.kernel.database import TenantRow, Word, ref
from governance.kernel.database.rows import Versioned

THERE = text("gone_at IS NULL")


class Device(TenantRow, Versioned):
    """A machine, known again by its code, kept by a person. `host_id`: the machine a virtual one runs on."""

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("cores >= 1", name="cores"),
        UniqueConstraint("tenant_id", "code"),
        Index("ix_device_person", "tenant_id", "person_id"),
    )

    code: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[DeviceKind] = mapped_column(Word(DeviceKind))
    cores: Mapped[int] = mapped_column(Integer, default=1)
    host_id: Mapped[UUID | None] = ref("device", nullable=True)
    cluster: Mapped[str | None] = mapped_column(String(120))
    person_id: Mapped[UUID] = ref("person", index=False)
    unit_id: Mapped[UUID] = ref("org_unit")
    region: Mapped[str] = mapped_column(String(10))
    recorded_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Installation(TenantRow):
    """A release of a product on a device, as a source saw it first and last; `released_on`: when it came out."""

    __tablename__ = "installation"
    __table_args__ = (
        Index(
            "ix_installation_there", "tenant_id", "device_id", "product_id", "release", "source", unique=True,
            sqlite_where=THERE, postgresql_where=THERE,
        ),
        Index("ix_installation_product", "tenant_id", "product_id"),
    )  # fmt: skip

    device_id: Mapped[UUID] = ref("device", index=False)
    product_id: Mapped[UUID] = ref("product", index=False)
    release: Mapped[str] = mapped_column(String(80))
    released_on: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(80))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
