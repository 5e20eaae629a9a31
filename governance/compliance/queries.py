"""Every SELECT of scans and findings: what is visible now, and how findings stood at an instant as known at another."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from governance.compliance.models import CheckResult, Finding, FindingStep, Scan
from governance.compliance.rules import FindingState, Severity
from governance.kernel.database import Word
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action

FINDING_PLACED = Placed(unit=Finding.unit_id, region=Finding.region, people=(Finding.owner_id,))
UNSETTLED = (FindingState.OPEN, FindingState.ACKNOWLEDGED, FindingState.WAIVED)


def state_at(at: datetime) -> ColumnElement[FindingState]:
    """Give the state of a finding at an instant not before its last step: a waiver that has run out is open."""
    return _unless_over(Finding.state, Finding.waived_until, at)


def visible_findings(
    work: Work,
    states: Sequence[FindingState] = (),
    severity: Severity | None = None,
    check: str | None = None,
    action: Action = Action.FINDING_READ,
) -> Select[Finding]:
    """Give the findings within reach; `states` as they hold now, `check` is a check's id. Empty means any."""
    query = select(Finding).where(Finding.tenant_id == work.tenant_id, work.reach(action, FINDING_PLACED))
    if states:
        query = query.where(state_at(work.now()).in_(states))
    if severity is not None:
        query = query.where(Finding.severity == severity)
    if check is not None:
        query = query.where(Finding.check_id == check)
    return query


async def finding(work: Work, finding_id: UUID, *, lock: bool = False) -> Finding:
    """Give one finding within reach. Raises NotFound."""
    query = visible_findings(work).where(Finding.id == finding_id)
    if lock:
        query = query.with_for_update(key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("finding", str(finding_id))
    return row


def finding_steps(work: Work, finding_id: UUID) -> Select[FindingStep]:
    """Give the steps of a finding within reach, in their order."""
    return (
        select(FindingStep)
        .join(Finding, and_(Finding.tenant_id == FindingStep.tenant_id, Finding.id == FindingStep.finding_id))
        .where(
            FindingStep.tenant_id == work.tenant_id,
            FindingStep.finding_id == finding_id,
            work.reach(Action.FINDING_READ, FINDING_PLACED),
        )
        .order_by(FindingStep.number)
    )


def visible_finding_steps(work: Work) -> Select[FindingStep]:
    """Give the steps of the findings within reach."""
    within = visible_findings(work).with_only_columns(Finding.id)
    return select(FindingStep).where(FindingStep.tenant_id == work.tenant_id, FindingStep.finding_id.in_(within))


def visible_check_results(work: Work) -> Select[CheckResult]:
    """Give how checks ended, for whoever may read findings of the whole tenant."""
    return select(CheckResult).where(CheckResult.tenant_id == work.tenant_id, work.reach(Action.FINDING_READ, Placed()))


async def taken_on_by(work: Work, finding_id: UUID) -> str | None:
    """Name the principal who acknowledged the finding last; None where nobody did."""
    query = (
        select(FindingStep.actor)
        .where(
            FindingStep.tenant_id == work.tenant_id,
            FindingStep.finding_id == finding_id,
            FindingStep.state == FindingState.ACKNOWLEDGED,
        )
        .order_by(FindingStep.number.desc())
        .limit(1)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


def findings_at(
    work: Work, as_of: datetime, known_at: datetime, states: Sequence[FindingState] = UNSETTLED
) -> Select[Finding, FindingState, str, str, datetime]:
    """Give, within today's reach, how findings stood at `as_of` as known at `known_at`: rows of
    (Finding, state, has, needs, since). What was learned later changes nothing in it: it reproduces to the row.
    """
    last, newest = aliased(FindingStep), aliased(FindingStep)
    number = (
        select(newest.number)
        .where(
            newest.tenant_id == Finding.tenant_id,
            newest.finding_id == Finding.id,
            newest.at <= as_of,
            newest.recorded_at <= known_at,
        )
        .order_by(newest.number.desc())
        .limit(1)
        .correlate(Finding)
        .scalar_subquery()
    )
    state = _unless_over(last.state, last.until, as_of)
    return (
        select(Finding, state.label("state"), last.has.label("has"), last.needs.label("needs"), last.at.label("since"))
        .join(last, and_(last.tenant_id == Finding.tenant_id, last.finding_id == Finding.id, last.number == number))
        .where(Finding.tenant_id == work.tenant_id, work.reach(Action.FINDING_READ, FINDING_PLACED), state.in_(states))
    )


def visible_scans(work: Work) -> Select[Scan]:
    """Give the scans, for whoever may read findings of the whole tenant."""
    return select(Scan).where(Scan.tenant_id == work.tenant_id, work.reach(Action.FINDING_READ, Placed()))


def check_results(work: Work, scan_id: UUID) -> Select[CheckResult]:
    """Give how each check of a scan ended, by check."""
    return (
        select(CheckResult)
        .where(
            CheckResult.tenant_id == work.tenant_id,
            CheckResult.scan_id == scan_id,
            work.reach(Action.FINDING_READ, Placed()),
        )
        .order_by(CheckResult.check_id)
    )


async def tenants_with_waivers_over(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Name the tenants in which a waiver has run out and is not yet marked so."""
    query = select(Finding.tenant_id).where(_waiver_over(now)).distinct().order_by(Finding.tenant_id)
    return (await session.execute(query)).scalars().all()


def waivers_over(tenant_id: UUID, now: datetime, most: int) -> Select[Finding]:
    """Give the findings of a tenant whose waiver has run out, locked, those in other hands left out."""
    query = select(Finding).where(Finding.tenant_id == tenant_id, _waiver_over(now)).order_by(Finding.id).limit(most)
    return query.with_for_update(key_share=True, skip_locked=True)


def _waiver_over(now: datetime) -> ColumnElement[bool]:
    return and_(Finding.state == FindingState.WAIVED, Finding.waived_until <= now)


def _unless_over(state: Any, until: Any, at: datetime) -> ColumnElement[FindingState]:
    over = and_(state == FindingState.WAIVED, until <= at)
    return case((over, literal(FindingState.OPEN, Word(FindingState))), else_=state)
