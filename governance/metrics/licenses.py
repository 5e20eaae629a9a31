"""The list of licenses as people look for them: vendor, product, owner, what was bought, given and taken, right now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, select

from governance.catalog.models import Product, Vendor
from governance.directory.models import OrgUnit, Person
from governance.entitlements.entitling import entitles, given
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool
from governance.entitlements.queries import (
    LINE_OF_POOL,
    LOT_OF_ALLOCATION,
    in_force,
    known,
    visible_entitlements,
)
from governance.entitlements.rules import MEASURED
from governance.kernel.work import Work
from governance.metrics.gather import PRODUCT_OF_ENTITLEMENT, VENDOR_OF_PRODUCT
from governance.metrics.measures import percent
from governance.seats.lease_queries import lent_at
from governance.seats.models import Assignment, Lease
from governance.seats.queries import LINE_OF_SEAT, occupied_at

UNLIMITED_KEY = 2**62


@dataclass(frozen=True)
class LicenseRow:
    """One license as a list shows it. Seats: None is unlimited; `balance` = purchased − occupied, signed.

    What is measured in units is no seat, and is not among them.
    """

    id: UUID
    code: str
    name: str
    vendor: str
    product_id: UUID
    product: str
    unit_id: UUID
    unit: str
    owner_id: UUID | None
    owner: str | None
    region: str
    last_day: date | None
    purchased: int | None
    allocated: int | None
    occupied: int

    @property
    def balance(self) -> int | None:
        return None if self.purchased is None else self.purchased - self.occupied

    @property
    def percent(self) -> Decimal | None:
        """Give occupied / purchased in percent; None of 0 and of unlimited."""
        return percent(self.occupied, self.purchased)


@dataclass(frozen=True)
class LicenseKeys:
    """What the list can be ordered by, beside the columns of Entitlement, Vendor and Product; none holds NULL."""

    purchased: ColumnElement[int]
    occupied: ColumnElement[int]
    balance: ColumnElement[int]


def license_overview(work: Work) -> Select[*tuple[Any, ...]]:
    """Give the licenses within reach, as now. The columns are those of LicenseRow: read one by `license_row`.

    Can be narrowed and ordered by Entitlement, Vendor, Product, OrgUnit and Person (the owner).
    """
    now = work.now()
    return (
        visible_entitlements(work)
        .join(Product, PRODUCT_OF_ENTITLEMENT)
        .join(Vendor, VENDOR_OF_PRODUCT)
        .join(OrgUnit, and_(OrgUnit.tenant_id == Entitlement.tenant_id, OrgUnit.id == Entitlement.unit_id))
        .outerjoin(Person, and_(Person.tenant_id == Entitlement.tenant_id, Person.id == Entitlement.owner_id))
        .with_only_columns(
            Entitlement.id,
            Entitlement.code,
            Entitlement.name,
            Vendor.name,
            Product.id,
            Product.name,
            Entitlement.unit_id,
            OrgUnit.name,
            Entitlement.owner_id,
            Person.name,
            Entitlement.region,
            _last_day(now),
            _purchased(now),
            _allocated(now),
            _occupied(now),
        )
    )


def license_row(values: Sequence[Any]) -> LicenseRow:
    """Read one row of `license_overview`."""
    return LicenseRow(*values)


def license_keys(work: Work) -> LicenseKeys:
    """Give the figures as keys of an order; unlimited comes after every number."""
    now = work.now()
    purchased = func.coalesce(_purchased(now), UNLIMITED_KEY)
    return LicenseKeys(purchased, _occupied(now), purchased - _occupied(now))


def _purchased(now: datetime) -> ColumnElement[Any]:
    """Sum the lots that entitle to seats; NULL where one is unlimited."""
    return (
        select(_sum(Lot.quantity)).where(*_entitling(now), Lot.line_id.in_(_COUNTED)).correlate(Entitlement)
    ).scalar_subquery()


def _allocated(now: datetime) -> ColumnElement[Any]:
    """Sum what is allocated of lots that entitle to seats; NULL where one is unlimited."""
    return (
        select(_sum(Allocation.quantity))
        .join(Lot, LOT_OF_ALLOCATION)
        .where(
            Allocation.tenant_id == Entitlement.tenant_id,
            Allocation.pool_id.in_(_POOLS),
            known(Allocation, None),
            given(now),
            *_entitling(now),
        )
        .correlate(Entitlement)
        .scalar_subquery()
    )


def _occupied(now: datetime) -> ColumnElement[Any]:
    """Count the seats that are held, and those that are lent."""
    lent = (
        select(cast(func.coalesce(func.sum(Lease.quantity), 0), BigInteger))
        .where(Lease.tenant_id == Entitlement.tenant_id, Lease.pool_id.in_(_POOLS), lent_at(now))
        .correlate(Entitlement)
        .scalar_subquery()
    )
    held = (
        select(func.count())
        .select_from(Assignment)
        .join(MetricLine, LINE_OF_SEAT)
        .where(
            Assignment.tenant_id == Entitlement.tenant_id,
            Assignment.pool_id.in_(_POOLS),
            occupied_at(now, now),
        )
        .correlate(Entitlement)
        .scalar_subquery()
    )
    return held + lent


def _last_day(now: datetime) -> ColumnElement[Any]:
    """Name the last usable day of what is in force; NULL where something in force has none, or nothing is."""
    open_ended = func.max(case((Lot.last_day.is_(None), 1), else_=0))
    return (
        select(case((open_ended == 1, None), else_=func.max(Lot.last_day)))
        .where(*_lots_in_force(now), Lot.line_id.in_(_LINES))
        .correlate(Entitlement)
    ).scalar_subquery()


def _lots_in_force(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Lot.tenant_id == Entitlement.tenant_id, known(Lot, None), in_force(Lot, now))


def _entitling(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Lot.tenant_id == Entitlement.tenant_id, known(Lot, None), entitles(now, None))


def _sum(quantity: Any) -> ColumnElement[Any]:
    unlimited = func.max(case((quantity.is_(None), 1), else_=0))
    return case((unlimited == 1, None), else_=cast(func.coalesce(func.sum(quantity), 0), BigInteger))


_OF_ENTITLEMENT = and_(MetricLine.tenant_id == Entitlement.tenant_id, MetricLine.entitlement_id == Entitlement.id)
# By `in`, not by a join: without statistics a planner takes the tenant for selective, and reads all its seats a row.
_LINES = select(MetricLine.id).where(_OF_ENTITLEMENT).correlate(Entitlement)
_SEATS = and_(_OF_ENTITLEMENT, MetricLine.model.not_in(MEASURED))
_COUNTED = select(MetricLine.id).where(_SEATS).correlate(Entitlement)
_POOLS = select(Pool.id).join(MetricLine, LINE_OF_POOL).where(_SEATS).correlate(Entitlement)
