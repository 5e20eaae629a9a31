"""What follows what: one lot renewed by several, several by one; it is parted so that nothing counts twice."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from governance.entitlements.models import Lot, RenewalLink
from governance.entitlements.queries import known
from governance.entitlements.rules import lot_cost
from governance.kernel.work import Work
from governance.metrics.formulas.apportion import apportioned
from governance.renewals.rules import Follows, a_year


def value_of(lot: Lot) -> int:
    """Give a lot's value a year in micro-units of its currency."""
    return a_year(lot_cost(lot), lot.first_day, lot.last_day)


async def what_follows(work: Work, keys: Collection[UUID], known_at: datetime | None) -> dict[UUID, list[Follows]]:
    """Give what follows each of these lots; of a lot that renews several, the part that is this one's.

    Its seats are parted by the seats of those it renews, its value by their values, to the unit.
    """
    linked = select(RenewalLink.new_key).where(RenewalLink.tenant_id == work.tenant_id, RenewalLink.old_key.in_(keys))
    query = select(Lot).where(
        Lot.tenant_id == work.tenant_id, or_(Lot.renewal_of.in_(keys), Lot.lot_key.in_(linked)), known(Lot, known_at)
    )
    news = (await work.session.execute(query.order_by(Lot.start, Lot.id))).scalars().all()
    renewed = await renewed_by(work, news, known_at)
    olds = await _lots(work, {key for each in renewed.values() if len(each) > 1 for key in each}, known_at)
    found: dict[UUID, list[Follows]] = defaultdict(list)
    for new in news:
        of = [key for key in renewed[new.lot_key] if len(renewed[new.lot_key]) == 1 or key in olds]
        for key, follows in zip(of, _parted(new, [olds[key] for key in of if key in olds]), strict=False):
            if key in keys:
                found[key].append(follows)
    return found


async def renewed_by(work: Work, lots: Sequence[Lot], known_at: datetime | None) -> dict[UUID, tuple[UUID, ...]]:
    """Give the lots that each of these renews: the one it names, and those it is linked to."""
    query = select(RenewalLink.new_key, RenewalLink.old_key).where(
        RenewalLink.tenant_id == work.tenant_id, RenewalLink.new_key.in_([lot.lot_key for lot in lots]),
        _stands(known_at),
    )  # fmt: skip
    found: dict[UUID, set[UUID]] = {lot.lot_key: {lot.renewal_of} if lot.renewal_of else set() for lot in lots}
    for new, old in (await work.session.execute(query)).all() if lots else ():
        found[new].add(old)
    return {key: tuple(sorted(olds)) for key, olds in found.items()}


def _parted(new: Lot, olds: Sequence[Lot]) -> list[Follows]:
    whole = Follows(new.first_day, new.quantity, value_of(new), new.currency, new.lot_key)
    if len(olds) < 2:
        return [whole]
    values = _weights([value_of(old) for old in olds] if len({old.currency for old in olds}) == 1 else [])
    seats = _weights([old.quantity or 0 for old in olds])
    even = [1] * len(olds)
    quantities = [None] * len(olds) if new.quantity is None else apportioned(new.quantity, seats or even)
    return [
        Follows(new.first_day, quantity, value, new.currency, new.lot_key, len(olds))
        for quantity, value in zip(quantities, apportioned(whole.value, values or seats or even), strict=True)
    ]


def _weights(found: list[int]) -> list[int]:
    return found if any(found) else []


async def _lots(work: Work, keys: Collection[UUID], known_at: datetime | None) -> Mapping[UUID, Lot]:
    if not keys:
        return {}
    query = select(Lot).where(Lot.tenant_id == work.tenant_id, Lot.lot_key.in_(keys), known(Lot, known_at))
    return {lot.lot_key: lot for lot in (await work.session.execute(query)).scalars()}


def _stands(known_at: datetime | None) -> ColumnElement[bool]:
    if known_at is None:
        return RenewalLink.superseded_at.is_(None)
    later = or_(RenewalLink.superseded_at.is_(None), RenewalLink.superseded_at > known_at)
    return and_(RenewalLink.recorded_at <= known_at, later)
