"""What can be licensed: vendors, products, ranked tiers with their features, and whether a product may be used."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Date, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.catalog.bands import CostBasis, Price
from governance.catalog.rules import ECB, ApprovalStatus, BondKind
from governance.kernel.database import GlobalRow, Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned

STANDING = text("superseded_at IS NULL")
UNENDED = text('"end" IS NULL')


class Vendor(TenantRow):
    __tablename__ = "vendor"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = mapped_column(String(200))


class Product(TenantRow, Versioned):
    """Something a vendor sells. `code` is its natural key in the tenant's catalog; `category` and `description` are
    as a register tells them. `releases`: its tiers are releases, an older one covered by a downgrade right alone.
    """

    __tablename__ = "product"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    vendor_id: Mapped[UUID] = ref("vendor")
    code: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(200))
    category: Mapped[str | None] = mapped_column(String(120))
    description: Mapped[str | None] = mapped_column(String(2000))
    releases: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")


class Tier(TenantRow):
    """A rank of a product: a higher rank covers lower ones, tiers of one rank cover only themselves.

    `external_id` is the vendor's own id. `retired_at`: the vendor lists it no more; what refers to it stays valid.
    """

    __tablename__ = "tier"
    __table_args__ = (
        UniqueConstraint("tenant_id", "product_id", "code"),
        UniqueConstraint("tenant_id", "product_id", "external_id", name="uq_tier_external_id"),
    )

    product_id: Mapped[UUID] = ref("product", index=False)
    code: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(200))
    rank: Mapped[int] = mapped_column(Integer)
    external_id: Mapped[str | None] = mapped_column(String(120))
    retired_at: Mapped[datetime | None]


class Feature(TenantRow):
    """Something a tier grants. `external_id` is the vendor's own id of it; `retired_at`: no tier is sold with it."""

    __tablename__ = "feature"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        UniqueConstraint("tenant_id", "external_id", name="uq_feature_external_id"),
    )

    code: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(300))
    external_id: Mapped[str | None] = mapped_column(String(120))
    retired_at: Mapped[datetime | None]


class TierFeature(TenantRow):
    """A tier grants a feature, until `retired_at`. A retired tier keeps what it granted: its holders bought that."""

    __tablename__ = "tier_feature"
    __table_args__ = (UniqueConstraint("tenant_id", "tier_id", "feature_id"),)

    tier_id: Mapped[UUID] = ref("tier", index=False)
    feature_id: Mapped[UUID] = ref("feature")
    retired_at: Mapped[datetime | None]


class TierBond(TenantRow):
    """What a tier contains or requires: another tier, or a product as such. Held from `start` until `end` (half-open).

    Of a contained product every tier is covered, of a required one any tier does. A bond is ended, never edited; it
    was ended at the instant at which we learned it.
    """

    __tablename__ = "tier_bond"
    __table_args__ = (
        CheckConstraint("(part_id IS NULL) <> (product_id IS NULL)", name="one_part"),
        Index(
            "ix_tier_bond_tier_part", "tenant_id", "tier_id", "kind", "part_id", unique=True,
            sqlite_where=UNENDED, postgresql_where=UNENDED,
        ),
        Index(
            "ix_tier_bond_tier_product", "tenant_id", "tier_id", "kind", "product_id", unique=True,
            sqlite_where=UNENDED, postgresql_where=UNENDED,
        ),
    )  # fmt: skip

    tier_id: Mapped[UUID] = ref("tier", index=False)
    kind: Mapped[BondKind] = mapped_column(Word(BondKind))
    part_id: Mapped[UUID | None] = ref("tier", nullable=True)
    product_id: Mapped[UUID | None] = ref("product", nullable=True)
    start: Mapped[datetime]
    end: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(400))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class Approval(TenantRow):
    """Whether a product may be used, until which day, decided by whom. Decisions are added, never edited.

    One holds from `start` (None: from `recorded_at`) until one that starts later; of one start the latest recorded
    counts. `source`: the register that says so (None: a person decided here), `source_status` and `deployment` in its
    own words.
    """

    __tablename__ = "approval"
    __table_args__ = (Index("ix_approval_source", "tenant_id", "source", "product_id"),)

    product_id: Mapped[UUID] = ref("product")
    status: Mapped[ApprovalStatus] = mapped_column(Word(ApprovalStatus))
    until: Mapped[date | None] = mapped_column(Date)
    decided_by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(400))
    recorded_at: Mapped[datetime]
    start: Mapped[datetime | None]
    source: Mapped[str | None] = mapped_column(String(40))
    source_status: Mapped[str | None] = mapped_column(String(60))
    deployment: Mapped[str | None] = mapped_column(String(60))


class ListPrice(TenantRow):
    """What the vendor asks for one seat of a tier and month, in micro-units of `currency`. A new price supersedes.

    `bands` (first seat, price a seat) where `basis` is VOLUME or GRADUATED; `micros` is then the price of the first.
    A tier without a row in a currency is not sold in it; prices are never converted into one another.
    """

    __tablename__ = "list_price"
    __table_args__ = (
        Index(
            "ix_list_price_standing", "tenant_id", "tier_id", "currency", unique=True,
            sqlite_where=STANDING, postgresql_where=STANDING,
        ),
    )  # fmt: skip

    tier_id: Mapped[UUID] = ref("tier", index=False)
    currency: Mapped[str] = mapped_column(String(3))
    micros: Mapped[int]
    basis: Mapped[CostBasis] = mapped_column(Word(CostBasis), default=CostBasis.PER_SEAT, server_default="PER_SEAT")
    bands: Mapped[list[list[int]]] = mapped_column(Json(), default=list, server_default="[]")
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]

    @property
    def price(self) -> Price:
        """What is asked for any number of seats a month."""
        return Price(self.basis, self.micros, 1, self.bands)


class ExchangeRate(GlobalRow):
    """Units of a currency for one euro on a day, as exact decimal text. A correction supersedes; nothing is edited.
    `source` is who said so.

    Global and read-only: whoever runs the installation imports it (`lictor import ecb-rates`), every tenant reads it.
    """

    __tablename__ = "exchange_rate"
    __table_args__ = (
        Index(
            "ix_exchange_rate_standing", "currency", "day", unique=True,
            sqlite_where=STANDING, postgresql_where=STANDING,
        ),
        Index("ix_exchange_rate_day", "day"),
    )  # fmt: skip

    day: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(String(3))
    rate: Mapped[str] = mapped_column(String(24))
    source: Mapped[str] = mapped_column(String(40), default=ECB, server_default=ECB)
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]

    def says(self, rate: str) -> bool:
        """Whether this is the same number, however it is written."""
        return Decimal(self.rate) == Decimal(rate)
