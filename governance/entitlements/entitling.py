"""Which lots give a right to what is held: those in force, and those that ended but stay somebody's for good."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from governance.entitlements.models import Allocation, Lot, MetricLine, RenewalLink
from governance.entitlements.queries import LINE_OF_LOT, in_force, known
from governance.entitlements.rules import Expiry


def for_good(at: datetime, known_at: datetime | None) -> ColumnElement[bool]:
    """Say which lots ended but stay somebody's for good: of a line that is to MAINTAIN, and renewed by nothing since.

    What a later lot renews is counted by that one, so that no seat is there twice.
    """
    newer = aliased(Lot)
    begun = and_(newer.tenant_id == Lot.tenant_id, newer.start <= at, known(newer, known_at))
    linked = select(RenewalLink.id).join(newer, newer.lot_key == RenewalLink.new_key)
    link_known = (
        RenewalLink.superseded_at.is_(None)
        if known_at is None
        else and_(
            RenewalLink.recorded_at <= known_at,
            or_(RenewalLink.superseded_at.is_(None), RenewalLink.superseded_at > known_at),
        )
    )
    return and_(
        Lot.start <= at,
        Lot.end <= at,
        select(MetricLine.id).where(LINE_OF_LOT, MetricLine.expiry == Expiry.MAINTAIN).correlate(Lot).exists(),
        ~select(newer.id).where(begun, newer.renewal_of == Lot.lot_key).correlate(Lot).exists(),
        ~linked.where(
            RenewalLink.tenant_id == Lot.tenant_id, RenewalLink.old_key == Lot.lot_key, link_known, begun
        ).correlate(Lot).exists(),
    )  # fmt: skip


def entitles(at: datetime, known_at: datetime | None) -> ColumnElement[bool]:
    """Say which lots give a right to what is held: those in force, and those that are somebody's for good."""
    return or_(in_force(Lot, at), for_good(at, known_at))


def given(at: datetime) -> ColumnElement[bool]:
    """Say which allocations go with the lots that entitle: those in force, and those that ended with their lot."""
    with_lot = and_(Allocation.start <= at, Lot.end <= at, Allocation.end >= Lot.end)
    return or_(in_force(Allocation, at), with_lot)
