"""Rights beside seats: an older release, a second device. Granted and ended as dated facts, read as of an instant."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from governance.agreements.models import Agreement
from governance.entitlements import queries
from governance.entitlements.models import Entitlement, LineRight, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, visible_lines
from governance.entitlements.rules import RightKind
from governance.entitlements.service.effects import whose
from governance.kernel import given
from governance.kernel.due import end_after, start_of
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership


@dataclass(frozen=True)
class GrantLineRight:
    """What a line grants beside its seats, on the words of which clause. `levels`: of DOWNGRADE alone, None: any."""

    line_id: UUID
    kind: RightKind
    clause: str
    first_day: date
    last_day: date | None = None
    levels: int | None = None


@dataclass(frozen=True)
class EndLineRight:
    """`last_day`: the last on which the right holds."""

    right_id: UUID
    last_day: date


def right_holds(as_of: datetime, known_at: datetime) -> ColumnElement[bool]:
    """Say of a LineRight whether it held at `as_of`, as known at `known_at`."""
    return and_(
        LineRight.recorded_at <= known_at,
        or_(LineRight.superseded_at.is_(None), LineRight.superseded_at > known_at),
        LineRight.start <= as_of,
        or_(LineRight.end.is_(None), LineRight.end > as_of),
    )


def visible_line_rights(work: Work, action: Action = Action.ENTITLEMENT_READ) -> Select[LineRight]:
    """Give the rights beside seats of lines within reach, as known today, ended ones too."""
    lines = visible_lines(work, action).with_only_columns(MetricLine.id)
    return select(LineRight).where(
        LineRight.tenant_id == work.tenant_id, LineRight.superseded_at.is_(None), LineRight.line_id.in_(lines)
    )


async def line_right(work: Work, right_id: UUID) -> LineRight:
    """Give a right as it is known today, of a line within reach. Raises NotFound."""
    row = (await work.session.execute(visible_line_rights(work).where(LineRight.id == right_id))).scalar_one_or_none()
    if row is None:
        raise NotFound("line right", str(right_id))
    return row


async def rights_of(
    work: Work, line_ids: Collection[UUID], as_of: datetime, known_at: datetime | None = None
) -> dict[UUID, tuple[LineRight, ...]]:
    """Give what each of these lines granted beside its seats at an instant."""
    query = select(LineRight).where(
        LineRight.tenant_id == work.tenant_id, LineRight.line_id.in_(line_ids), right_holds(as_of, known_at or as_of)
    )
    found: dict[UUID, list[LineRight]] = {}
    for row in (await work.session.execute(query.order_by(LineRight.start, LineRight.id))).scalars():
        found.setdefault(row.line_id, []).append(row)
    return {line_id: tuple(rows) for line_id, rows in found.items()}


async def grant_line_right(work: Work, command: GrantLineRight) -> LineRight:
    """Let a line grant a right beside its seats, on certain days of its agreement's zone.

    Raises NotFound, Refused, BadInput.
    """
    line, _, zone = await _line(work, command.line_id)
    kind = given.word(command.kind, "kind", RightKind)
    if command.levels is not None and kind is not RightKind.DOWNGRADE:
        raise BadInput("levels", str(command.levels), f"null: {kind.value} reaches no releases")
    given.days_in_order(given.day(command.first_day, "first_day"), command.last_day)
    row = LineRight(
        tenant_id=work.tenant_id, id=work.new_id(), right_key=work.new_id(), line_id=line.id, kind=kind,
        levels=None if command.levels is None else given.whole(command.levels, "levels", least=1, most=100),
        first_day=command.first_day, last_day=command.last_day, start=start_of(command.first_day, zone),
        end=end_after(command.last_day, zone), clause=given.text(command.clause, "clause", most=1000),
        recorded_at=work.now(), recorded_by=work.actor.principal,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await _record(work, row, None, {**_told(row), "clause": row.clause})
    return row


async def end_line_right(work: Work, command: EndLineRight) -> LineRight:
    """Let a right end on a day; what was known of it before stays readable. Raises NotFound, Refused, BadInput."""
    old = await line_right(work, command.right_id)
    _, _, zone = await _line(work, old.line_id)
    given.days_in_order(old.first_day, given.day(command.last_day, "last_day"))
    old.superseded_at = max(work.now(), old.recorded_at + timedelta(microseconds=1))
    await work.session.flush()
    row = LineRight(
        tenant_id=work.tenant_id, id=work.new_id(), right_key=old.right_key, line_id=old.line_id, kind=old.kind,
        levels=old.levels, first_day=old.first_day, last_day=command.last_day, start=old.start,
        end=end_after(command.last_day, zone), clause=old.clause, recorded_at=old.superseded_at,
        recorded_by=work.actor.principal,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await _record(work, row, _told(old), _told(row))
    return row


async def _line(work: Work, line_id: UUID) -> tuple[MetricLine, Ownership, str]:
    """Give a line that may be changed, whose it is, and its agreement's zone. Raises NotFound, Refused."""
    line, entitlement = await queries.line(work, line_id, locked=True)
    owned = await whose(work, entitlement)
    work.permit(Action.ENTITLEMENT_CORRECT, owned, f"entitlement {entitlement.code}")
    zone = select(Agreement.zone).join(
        Entitlement, and_(Entitlement.tenant_id == Agreement.tenant_id, Entitlement.agreement_id == Agreement.id)
    )
    found = zone.join(MetricLine, ENTITLEMENT_OF_LINE).where(MetricLine.id == line.id)
    return line, owned, (await work.session.execute(found)).scalar_one()


def _told(row: LineRight) -> dict[str, Any]:
    return {"kind": row.kind, "levels": row.levels, "first_day": row.first_day, "last_day": row.last_day}


async def _record(work: Work, row: LineRight, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    act = Action.ENTITLEMENT_CORRECT.value
    await work.record(Change(act, "metric_line", row.line_id, before=before, after=after))
