"""What measured lines consumed, and which releases are installed beyond maintenance: named SELECTs for checks."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Select, and_, case, cast, func, literal, or_, select, union_all

from governance.entitlements.entitling import for_good
from governance.entitlements.models import Consumption, Entitlement, Lot, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, in_force, known, there
from governance.entitlements.rules import LicenseModel, Resets
from governance.inventory.models import Device, Installation

OF_LINE = and_(MetricLine.tenant_id == Consumption.tenant_id, MetricLine.id == Consumption.line_id)
LEVELS = (LicenseModel.CAPACITY, LicenseModel.CORE)


def lines_consumed(tenant_id: UUID, as_of: datetime, known_at: datetime) -> Select[*tuple[Any, ...]]:
    """Give what each measured line consumed (line_id, consumed): a meter's sum of its period, the last of each level.

    A period begins with the earliest lot in force, or with the month (of UTC). Nothing recorded: no row.
    """
    began = (
        select(Lot.line_id, func.min(Lot.first_day).label("first_day"))
        .where(Lot.tenant_id == tenant_id, known(Lot, known_at), in_force(Lot, as_of))
        .group_by(Lot.line_id)
        .subquery("began")
    )
    today: date = as_of.date()
    since = case((MetricLine.resets == Resets.MONTH, literal(today.replace(day=1), Date)), else_=began.c.first_day)
    standing = (
        Consumption.tenant_id == tenant_id, known(Consumption, known_at), Consumption.first_day <= today,
        Consumption.first_day >= since,
    )  # fmt: skip
    metered = (
        select(Consumption.line_id, func.sum(Consumption.quantity).label("units"))
        .join(MetricLine, OF_LINE)
        .join(began, began.c.line_id == Consumption.line_id)
        .where(*standing, MetricLine.model == LicenseModel.METERED)
        .group_by(Consumption.line_id)
    )
    place = func.row_number().over(
        partition_by=(Consumption.line_id, Consumption.source, Consumption.subject),
        order_by=(Consumption.first_day.desc(), Consumption.id.desc()),
    )
    newest = (
        select(Consumption.line_id, Consumption.quantity, place.label("place"))
        .join(MetricLine, OF_LINE)
        .join(began, began.c.line_id == Consumption.line_id)
        .where(*standing, MetricLine.model.in_(LEVELS))
        .subquery("newest")
    )
    level = select(newest.c.line_id, func.sum(newest.c.quantity)).where(newest.c.place == 1).group_by(newest.c.line_id)
    both = union_all(metered, level).subquery("both")
    return select(both.c.line_id, cast(both.c.units, BigInteger).label("consumed"))


def releases_beyond(tenant_id: UUID, as_of: datetime, known_at: datetime) -> Select[*tuple[Any, ...]]:
    """Give the installations of releases that came out after the maintenance of all that is kept for good had ended:
    installation_id, device_id, product_id, release, released_on, maintained_until.

    Where anything of the product is in force, every release of it is covered.
    """
    lots = (
        select(
            Entitlement.product_id,
            func.max(case((in_force(Lot, as_of), 1), else_=0)).label("running"),
            func.max(Lot.last_day).label("maintained_until"),
        )
        .join(MetricLine, and_(MetricLine.tenant_id == Lot.tenant_id, MetricLine.id == Lot.line_id))
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(
            Lot.tenant_id == tenant_id, known(Lot, known_at), there(MetricLine, known_at),
            or_(in_force(Lot, as_of), for_good(as_of, known_at)),
        )
        .group_by(Entitlement.product_id)
        .subquery("maintained")
    )  # fmt: skip
    return (
        select(
            Installation.id.label("installation_id"), Installation.device_id, Installation.product_id,
            Installation.release, Installation.released_on, lots.c.maintained_until,
        )
        .join(lots, lots.c.product_id == Installation.product_id)
        .join(Device, and_(Device.tenant_id == Installation.tenant_id, Device.id == Installation.device_id))
        .where(
            Installation.tenant_id == tenant_id, Installation.first_seen_at <= as_of,
            Installation.first_seen_at <= known_at,
            or_(Installation.gone_at.is_(None), Installation.gone_at > as_of),
            lots.c.running == 0, Installation.released_on > lots.c.maintained_until,
        )
    )  # fmt: skip
