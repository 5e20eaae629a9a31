"""Every SELECT of renewals: lots that end within reach, what follows them, what was said and decided."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from governance.agreements.models import Agreement, Conversation, NoticeGiven, RenewalOutcome
from governance.agreements.queries import AGREEMENT_PLACED
from governance.agreements.rules import Side
from governance.entitlements.models import Entitlement, Lot, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, ENTITLEMENT_PLACED, LINE_OF_LOT, known
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.renewals.following import value_of, what_follows
from governance.renewals.rules import Ends, Said, a_year
from policies.access.actions import Action

AGREEMENT_OF = and_(Agreement.tenant_id == Entitlement.tenant_id, Agreement.id == Entitlement.agreement_id)
AT_ONCE = 500


def visible_renewals(
    work: Work, *, side: Side | None = None, known_at: datetime | None = None, action: Action = Action.RENEWAL_READ
) -> Select[Lot]:
    """Give the lots within reach that end, with their license and agreement joined."""
    query = (
        select(Lot)
        .join(MetricLine, LINE_OF_LOT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Agreement, AGREEMENT_OF)
        .where(
            Lot.tenant_id == work.tenant_id, known(Lot, known_at), Lot.last_day.is_not(None),
            work.reach(action, ENTITLEMENT_PLACED),
        )
    )  # fmt: skip
    return query if side is None else query.where(Agreement.side == side)


async def renewal(
    work: Work, lot_key: UUID, action: Action = Action.RENEWAL_READ
) -> tuple[Lot, Entitlement, Agreement]:
    """Give one lot that ends, its license and agreement. Raises NotFound."""
    query = visible_renewals(work, action=action).add_columns(Entitlement, Agreement).where(Lot.lot_key == lot_key)
    row = (await work.session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("renewal", str(lot_key))
    return row[0], row[1], row[2]


def visible_conversations(work: Work) -> Select[Conversation]:
    """Give the conversations about agreements within reach."""
    return (
        select(Conversation)
        .join(Agreement, _of(Conversation))
        .where(Conversation.tenant_id == work.tenant_id, work.reach(Action.AGREEMENT_READ, AGREEMENT_PLACED))
    )


def said_of(lot: Lot, agreement: Agreement) -> ColumnElement[bool]:
    """Say which conversations are of a renewal: those about it, and those about its agreement as a whole."""
    about = or_(Conversation.lot_key.is_(None), Conversation.lot_key == lot.lot_key)
    return and_(Conversation.agreement_id == agreement.id, about)


async def notices_of(work: Work, agreement_id: UUID) -> Sequence[NoticeGiven]:
    """Give the notices given for an agreement that was fetched within reach, the newest first."""
    query = select(NoticeGiven).where(NoticeGiven.tenant_id == work.tenant_id, NoticeGiven.agreement_id == agreement_id)
    return (await work.session.execute(query.order_by(NoticeGiven.day.desc(), NoticeGiven.id))).scalars().all()


async def outcomes_of(work: Work, lot_key: UUID) -> Sequence[RenewalOutcome]:
    """Give every outcome ever recorded of a lot that was fetched within reach, the newest first."""
    query = select(RenewalOutcome).where(RenewalOutcome.tenant_id == work.tenant_id, RenewalOutcome.lot_key == lot_key)
    order = (RenewalOutcome.recorded_at.desc(), RenewalOutcome.id.desc())
    return (await work.session.execute(query.order_by(*order))).scalars().all()


async def outcomes_by_lot(work: Work, keys: Collection[UUID]) -> dict[UUID, list[RenewalOutcome]]:
    """Give what `outcomes_of` gives, of several lots that were fetched within reach: one SELECT."""
    query = select(RenewalOutcome).where(RenewalOutcome.tenant_id == work.tenant_id, RenewalOutcome.lot_key.in_(keys))
    found: dict[UUID, list[RenewalOutcome]] = defaultdict(list)
    order = (RenewalOutcome.recorded_at.desc(), RenewalOutcome.id.desc())
    for row in (await work.session.execute(query.order_by(*order))).scalars():
        found[row.lot_key].append(row)
    return found


async def notices_by_agreement(work: Work, ids: Collection[UUID]) -> dict[UUID, list[NoticeGiven]]:
    """Give what `notices_of` gives, of several agreements that were fetched within reach: one SELECT."""
    query = select(NoticeGiven).where(NoticeGiven.tenant_id == work.tenant_id, NoticeGiven.agreement_id.in_(ids))
    found: dict[UUID, list[NoticeGiven]] = defaultdict(list)
    for row in (await work.session.execute(query.order_by(NoticeGiven.day.desc(), NoticeGiven.id))).scalars():
        found[row.agreement_id].append(row)
    return found


async def endings(
    work: Work, rows: Sequence[tuple[Lot, Agreement]], known_at: datetime | None = None
) -> dict[UUID, Ends]:
    """Say of each lot what ends, and what is known of afterwards: a few SELECTs for each 500 lots."""
    found: dict[UUID, Ends] = {}
    for first in range(0, len(rows), AT_ONCE):
        found |= await _endings(work, rows[first : first + AT_ONCE], known_at)
    return found


async def _endings(work: Work, rows: Sequence[tuple[Lot, Agreement]], known_at: datetime | None) -> dict[UUID, Ends]:
    follows = await what_follows(work, [lot.lot_key for lot, _ in rows], known_at)
    said = await _said(work, {lot.lot_key: lot for lot, _ in rows}, known_at)
    notices = await _notices(work, {agreement.id for _, agreement in rows}, known_at)
    return {
        lot.lot_key: Ends(
            lot.last_day, lot.zone, agreement.auto_renews, agreement.notice_days, lot.quantity, value_of(lot),
            _notice_for(notices.get(agreement.id, ()), lot), tuple(follows.get(lot.lot_key, ())),
            tuple(said.get(lot.lot_key, ())),
        )
        for lot, agreement in rows
        if lot.last_day is not None
    }  # fmt: skip


def _notice_for(days: Sequence[date], lot: Lot) -> date | None:
    """Give the earliest notice within the lot's own term: notice of an earlier term stopped that one."""
    return min((day for day in days if day >= lot.first_day), default=None)


async def _said(work: Work, lots: Mapping[UUID, Lot], known_at: datetime | None) -> dict[UUID, list[Said]]:
    """Give the outcomes that stand; they say a value for the lot's term, and figures compare years."""
    query = select(RenewalOutcome).where(
        RenewalOutcome.tenant_id == work.tenant_id, RenewalOutcome.lot_key.in_(lots.keys()), _stands(known_at)
    )
    found: dict[UUID, list[Said]] = defaultdict(list)
    for row in (await work.session.execute(query)).scalars():
        lot = lots[row.lot_key]
        value = None if row.value is None else a_year(row.value, lot.first_day, lot.last_day)
        found[row.lot_key].append(Said(row.stage, row.outcome, row.quantity, value))
    return found


async def _notices(work: Work, ids: Collection[UUID], known_at: datetime | None) -> dict[UUID, list[date]]:
    query = select(NoticeGiven.agreement_id, NoticeGiven.day).where(
        NoticeGiven.tenant_id == work.tenant_id, NoticeGiven.agreement_id.in_(ids)
    )
    if known_at is not None:
        query = query.where(NoticeGiven.recorded_at <= known_at)
    found: dict[UUID, list[date]] = defaultdict(list)
    for agreement_id, day in (await work.session.execute(query)).all():
        found[agreement_id].append(day)
    return found


def _stands(known_at: datetime | None) -> ColumnElement[bool]:
    if known_at is None:
        return RenewalOutcome.superseded_at.is_(None)
    later = or_(RenewalOutcome.superseded_at.is_(None), RenewalOutcome.superseded_at > known_at)
    return and_(RenewalOutcome.recorded_at <= known_at, later)


def _of(row: Any) -> ColumnElement[bool]:
    return and_(Agreement.tenant_id == row.tenant_id, Agreement.id == row.agreement_id)
