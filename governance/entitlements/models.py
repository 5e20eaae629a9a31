"""What a signature grants: entitlements, metric lines, dated lots, pools, allocations, and the room each has left."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Date, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.agreements.rules import ChangeReason
from governance.entitlements.rules import (
    CostBasis,
    Covered,
    Expiry,
    LicenseModel,
    Overage,
    OwnDevice,
    RenewalBasis,
    Resets,
    RightKind,
    RoomKind,
    Term,
    VmCores,
)
from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned

STANDING = text("superseded_at IS NULL")


class Entitlement(TenantRow, Versioned):
    """The right to use a product under an agreement: owned by a unit, with a named owner and deputy.

    `withdrawn_at`: the import that brought it was undone; it is read only as known before.
    """

    __tablename__ = "entitlement"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    agreement_id: Mapped[UUID] = ref("agreement")
    product_id: Mapped[UUID] = ref("product")
    code: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[UUID] = ref("org_unit")
    owner_id: Mapped[UUID | None] = ref("person", nullable=True)
    deputy_id: Mapped[UUID | None] = ref("person", nullable=True)
    region: Mapped[str] = mapped_column(String(10), default="001")
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class MetricLine(TenantRow, Versioned):
    """One way of counting within an entitlement; two or more make it hybrid. `withdrawn_at` as there.

    `overage_percent`: a decimal number, up to which part of the supply ALLOW_TO_PERCENT grants. `grace_days` of GRACE.
    `spill_order`: where two or more lines of a license have one, who finds the first full goes to the next.
    `covered`: whether a holder whom a suite covers already is given a seat of it.
    `measure`: what a measured line counts (GB, API calls); `resets`: when its meter begins anew.
    `least_cores`: so many cores a host takes at least of a line of cores. `own_device` and `vm_cores` as they say.
    """

    __tablename__ = "metric_line"
    __table_args__ = (UniqueConstraint("tenant_id", "entitlement_id", "code"),)

    entitlement_id: Mapped[UUID] = ref("entitlement", index=False)
    code: Mapped[str] = mapped_column(String(60))
    model: Mapped[LicenseModel] = mapped_column(Word(LicenseModel))
    term: Mapped[Term] = mapped_column(Word(Term))
    tier_id: Mapped[UUID | None] = ref("tier", nullable=True)
    overage: Mapped[Overage] = mapped_column(Word(Overage))
    overage_percent: Mapped[str | None] = mapped_column(String(12))
    expiry: Mapped[Expiry] = mapped_column(Word(Expiry), default=Expiry.RESTRICT, server_default="RESTRICT")
    grace_days: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    spill_order: Mapped[int | None] = mapped_column(Integer)
    needs_acceptance: Mapped[bool] = mapped_column(Boolean, default=False)
    invitation_days: Mapped[int] = mapped_column(Integer, default=14)
    suspended_occupies: Mapped[bool] = mapped_column(Boolean, default=True)
    covered: Mapped[Covered] = mapped_column(Word(Covered), default=Covered.TELL, server_default="TELL")
    measure: Mapped[str | None] = mapped_column(String(40))
    resets: Mapped[Resets] = mapped_column(Word(Resets), default=Resets.TERM, server_default="TERM")
    own_device: Mapped[OwnDevice] = mapped_column(Word(OwnDevice), default=OwnDevice.ONCE, server_default="ONCE")
    least_cores: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    vm_cores: Mapped[VmCores] = mapped_column(Word(VmCores), default=VmCores.OWN, server_default="OWN")
    withdrawn_at: Mapped[datetime | None]


class LineRight(TenantRow):
    """What a line grants beside its seats, from the start of `first_day` until the end of `last_day` in its zone.

    `levels`: how many releases below its own a DOWNGRADE reaches (None: any). `clause`: the words it rests on. A
    correction supersedes the row under the same `right_key`.
    """

    __tablename__ = "line_right"
    __table_args__ = (
        CheckConstraint("levels IS NULL OR levels >= 1", name="levels"),
        UniqueConstraint("tenant_id", "right_key", "recorded_at"),
    )

    right_key: Mapped[UUID]
    line_id: Mapped[UUID] = ref("metric_line")
    kind: Mapped[RightKind] = mapped_column(Word(RightKind))
    levels: Mapped[int | None]
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    start: Mapped[datetime]
    end: Mapped[datetime | None]
    clause: Mapped[str] = mapped_column(String(1000))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
    superseded_at: Mapped[datetime | None]


class Lot(TenantRow):
    """A dated purchase. A correction supersedes the row under the same `lot_key`; nothing is edited.

    `quantity` in seats (None: unlimited), consumed before lots of a higher `priority`. `unit_price` in
    micro-units of `currency` on `cost_basis`; `bands` (first unit, price a unit) where that is VOLUME or GRADUATED,
    `unit_price` being that of the first. Holds from the start of `first_day` until the end of
    `last_day` in `zone` (`start`, `end`: the same as half-open instants).
    """

    __tablename__ = "lot"
    __table_args__ = (
        CheckConstraint("quantity IS NULL OR quantity >= 0", name="quantity"),
        CheckConstraint("quantity IS NOT NULL OR cost_basis = 'FLAT'", name="unlimited_is_flat"),
        UniqueConstraint("tenant_id", "lot_key", "recorded_at"),
    )

    lot_key: Mapped[UUID]
    line_id: Mapped[UUID] = ref("metric_line")
    quantity: Mapped[int | None]
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    zone: Mapped[str] = mapped_column(String(60))
    start: Mapped[datetime]
    end: Mapped[datetime | None]
    included: Mapped[list[str]] = mapped_column(Json())
    excluded: Mapped[list[str]] = mapped_column(Json())
    currency: Mapped[str] = mapped_column(String(3))
    unit_price: Mapped[int]
    cost_basis: Mapped[CostBasis] = mapped_column(Word(CostBasis))
    pack_size: Mapped[int] = mapped_column(Integer, default=1)
    bands: Mapped[list[list[int]]] = mapped_column(Json(), default=list, server_default="[]")
    priority: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    po_number: Mapped[str | None] = mapped_column(String(80))
    renewal_of: Mapped[UUID | None]
    reason: Mapped[ChangeReason] = mapped_column(Word(ChangeReason))
    reason_text: Mapped[str | None] = mapped_column(String(400))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
    superseded_at: Mapped[datetime | None]


class RegionGroup(TenantRow):
    """A grouping of regions of the tenant's own (DACH), as it is meant from a day on: included less excluded ones.

    A lot that names one keeps the regions that it meant on the lot's first day: what was signed stays what it was.
    """

    __tablename__ = "region_group"
    __table_args__ = (
        Index(
            "ix_region_group_standing", "tenant_id", "code", "from_day", unique=True,
            sqlite_where=STANDING, postgresql_where=STANDING,
        ),
    )  # fmt: skip

    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    included: Mapped[list[str]] = mapped_column(Json())
    excluded: Mapped[list[str]] = mapped_column(Json())
    from_day: Mapped[date] = mapped_column(Date)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
    superseded_at: Mapped[datetime | None]


class Consumption(TenantRow):
    """So much of a measured line was consumed by a subject on these days, as a source said. A correction supersedes.

    The same subject, source and first day said again is a correction, never counted twice.
    """

    __tablename__ = "consumption"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity"),
        Index(
            "ix_consumption_standing", "tenant_id", "line_id", "first_day", "source", "subject", unique=True,
            sqlite_where=STANDING, postgresql_where=STANDING,
        ),
    )  # fmt: skip

    line_id: Mapped[UUID] = ref("metric_line", index=False)
    subject: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(80))
    quantity: Mapped[int]
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
    superseded_at: Mapped[datetime | None]


class RenewalLink(TenantRow):
    """A lot that renews another one, beside the one it names as `renewal_of`: several can become one.

    Both are named through their corrections; a link that was wrong is superseded.
    """

    __tablename__ = "renewal_link"
    __table_args__ = (
        Index(
            "ix_renewal_link_standing", "tenant_id", "old_key", "new_key", unique=True,
            sqlite_where=STANDING, postgresql_where=STANDING,
        ),
    )  # fmt: skip

    old_key: Mapped[UUID] = mapped_column(index=True)
    new_key: Mapped[UUID] = mapped_column(index=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
    superseded_at: Mapped[datetime | None]


class Pool(TenantRow, Versioned):
    """Seats of a line set aside for a unit and region; `territory` is where its holders may work."""

    __tablename__ = "pool"
    __table_args__ = (UniqueConstraint("tenant_id", "line_id", "code"),)

    line_id: Mapped[UUID] = ref("metric_line", index=False)
    code: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[UUID] = ref("org_unit")
    region: Mapped[str] = mapped_column(String(10), default="001")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Allocation(TenantRow):
    """Seats of a lot given to a pool, from when until when (half-open), and when we learned it.

    `lot_key` names the lot through its corrections; `quantity` in seats (None: unlimited).
    """

    __tablename__ = "allocation"
    __table_args__ = (CheckConstraint("quantity IS NULL OR quantity >= 0", name="quantity"),)

    lot_key: Mapped[UUID] = mapped_column(index=True)
    pool_id: Mapped[UUID] = ref("pool")
    quantity: Mapped[int | None]
    start: Mapped[datetime]
    end: Mapped[datetime | None]
    reason: Mapped[ChangeReason] = mapped_column(Word(ChangeReason))
    reason_text: Mapped[str | None] = mapped_column(String(400))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
    superseded_at: Mapped[datetime | None]


class Room(TenantRow):
    """How many seats a pool, or a line, may have taken and has taken: the ledger's one counter. Its id is theirs.

    `ceiling` is what may be taken (None: unlimited) until `changes_at`, when an allocation or lot starts or ends;
    whoever reads it later recomputes it first. It is the supply in force, or `percent` of `supply` where the line
    allows that; `flagged_since` then marks being beyond the supply. `over_since` marks being legally over the ceiling
    (flagged mode, shrink, a lot that ended); where grants stop there no grant ever sets it.
    """

    __tablename__ = "room"
    __table_args__ = (
        CheckConstraint("occupied >= 0", name="occupied"),
        CheckConstraint("ceiling IS NULL OR occupied <= ceiling OR over_since IS NOT NULL", name="not_oversold"),
    )

    kind: Mapped[RoomKind] = mapped_column(Word(RoomKind))
    ceiling: Mapped[int | None]
    occupied: Mapped[int] = mapped_column(default=0)
    over_since: Mapped[datetime | None]
    percent: Mapped[str | None] = mapped_column(String(12))
    supply: Mapped[int | None]
    flagged_since: Mapped[datetime | None]
    changes_at: Mapped[datetime | None]
    lapses_at: Mapped[datetime | None]


class LicenseRules(TenantRow, Versioned):
    """What holds for one license alone: use lines by name, ladders, how it is renewed. None: as the tenant has it."""

    __tablename__ = "license_rules"
    __table_args__ = (UniqueConstraint("tenant_id", "entitlement_id"),)

    entitlement_id: Mapped[UUID] = ref("entitlement", index=False)
    use: Mapped[dict[str, Any] | None] = mapped_column(Json())
    expiry_ladder: Mapped[dict[str, Any] | None] = mapped_column(Json())
    notice_ladder: Mapped[dict[str, Any] | None] = mapped_column(Json())
    renewal_basis: Mapped[RenewalBasis | None] = mapped_column(Word(RenewalBasis))
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(80))
