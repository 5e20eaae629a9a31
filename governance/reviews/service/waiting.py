"""What waits for a board besides figures: alerts that stand, renewals to come, open actions, aims to be judged."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_

from governance.agreements.models import Agreement
from governance.agreements.rules import Side
from governance.alerts.models import Alert
from governance.alerts.queries import visible_alerts
from governance.directory.models import Tenant
from governance.directory.narrowing import within_unit
from governance.entitlements.models import Entitlement, Lot, Pool
from governance.kernel.due import day_of
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.metrics.periods import fiscal_quarter
from governance.renewals.queries import endings, visible_renewals
from governance.renewals.rules import Ends, RenewalState, state_at
from governance.reviews.models import ActionItem, AimVerdict, Board
from governance.reviews.queries import actions_of_board, open_actions_of_board, verdicts
from governance.reviews.service.actions import judge_aim
from governance.reviews.service.content import instant

QUARTERS_AHEAD = 2
SETTLED = frozenset({RenewalState.RENEWED, RenewalState.CANCELLED})


async def standing_part(
    work: Work, of: Board, unit_id: UUID, when: Moments, since: datetime | None
) -> dict[str, list[dict[str, Any]]]:
    """Gather for a board's snapshot what stands at its instant. `since`: when its review before was frozen."""
    here = await within_unit(work, unit_id)
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    return {
        "alerts": await _alerts(here, when),
        "renewals": await _renewals(here, when, tenant),
        "open_actions": await _open_actions(work, of, when),
        "aims": await _aims(work, of, when, since),
    }


async def _alerts(here: Work, when: Moments) -> list[dict[str, Any]]:
    """Give the alerts that stood, by when they were raised, each with its pool and license."""
    query = (
        visible_alerts(here)
        .add_columns(Pool.name, Entitlement.name)
        .where(Alert.raised_at <= when.as_of, or_(Alert.resolved_at.is_(None), Alert.resolved_at > when.as_of))
        .order_by(Alert.raised_at, Alert.id)
    )
    rows = [(row[0], row[1], row[2]) for row in (await here.session.execute(query)).all()]
    return [
        {
            "id": str(row.id), "pool_id": str(row.pool_id), "name": f"{license_}, {pool}", "alert": row.rule,
            "level": row.level.name, "raised_at": instant(row.raised_at),
        }
        for row, pool, license_ in rows
    ]  # fmt: skip


async def _renewals(here: Work, when: Moments, tenant: Tenant) -> list[dict[str, Any]]:
    """Give the agreements of which something ends within two quarters and nothing follows it yet, by their days."""
    today = day_of(when.as_of, tenant.zone)
    last = fiscal_quarter(today, tenant.fiscal_year_start, -QUARTERS_AHEAD).last
    query = (
        visible_renewals(here, side=Side.PROCURED, known_at=when.known_at)
        .add_columns(Entitlement, Agreement)
        .where(Lot.last_day >= today, Lot.last_day <= last)
        .order_by(Lot.last_day, Lot.id)
    )
    rows = [(row[0], row[1], row[2]) for row in (await here.session.execute(query)).all()]
    ends = await endings(here, [(lot, agreement) for lot, _, agreement in rows], when.known_at)
    found: dict[UUID, dict[str, Any]] = {}
    for lot, license_, agreement in rows:
        state = state_at(ends[lot.lot_key], when.as_of)
        if state in SETTLED:
            continue
        told = found.setdefault(agreement.id, _renewal(agreement, ends[lot.lot_key], state))
        if license_.name not in told["licenses"]:
            told["licenses"].append(license_.name)
    return list(found.values())


def _renewal(agreement: Agreement, ends: Ends, state: RenewalState) -> dict[str, Any]:
    return {
        "id": str(agreement.id), "name": agreement.number, "licenses": [], "last_day": ends.last_day.isoformat(),
        "notice_by": _day(ends.deadline), "auto_renews": ends.auto_renews, "state": state.value,
    }  # fmt: skip


async def _open_actions(work: Work, of: Board, when: Moments) -> list[dict[str, Any]]:
    """Give what the board gave to do and is neither done nor dropped; whose it is stands with the action alone."""
    return [
        {
            "id": str(row.id), "review": str(row.review_id), "name": row.what, "due_day": row.due_day.isoformat(),
            "overdue": row.due_at <= when.as_of,
        }
        for row in await open_actions_of_board(work, of.id, when.as_of)
    ]  # fmt: skip


async def _aims(work: Work, of: Board, when: Moments, since: datetime | None) -> list[dict[str, Any]]:
    """Give the aims whose judge-on day ended after the review before; one that nobody judged is judged first."""
    due = [
        row for row in await actions_of_board(work, of.id, when.as_of)
        if row.judge_at is not None and row.judge_at <= when.as_of and (since is None or row.judge_at > since)
    ]  # fmt: skip
    for row in due:
        await judge_aim(work, row.id)
    await work.session.flush()
    judged = await verdicts(work, [row.id for row in due])
    return [_aim(row, judged[row.id]) for row in due]


def _aim(row: ActionItem, judged: AimVerdict) -> dict[str, Any]:
    return {
        "id": str(row.id), "review": str(row.review_id), "name": row.what, "judge_day": _day(row.judge_day),
        "aim": {
            "measure": row.aim_measure, "subject": row.aim_subject, "target": row.aim_target,
            "direction": None if row.aim_direction is None else row.aim_direction.value, "then": row.aim_then,
        },
        "judged": {"verdict": judged.verdict.value, "now": judged.now},
    }  # fmt: skip


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
