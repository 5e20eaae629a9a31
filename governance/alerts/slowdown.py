"""Seats given lately that are first used later than those given before raise an alert on their pool, and clear it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from governance.alerts.models import Alert
from governance.alerts.queries import all_tenants, license_of, unresolved
from governance.alerts.rules import SLOWER
from governance.alerts.service import Evaluated, move_alert, raise_alert
from governance.kernel.work import Office, Work
from governance.metrics.formulas.log_rank import Compared, log_rank
from governance.runs.principals import system_actor
from governance.seats.models import Assignment
from policies.thresholds.threshold import Level, Slowdown, default_thresholds

HOUR = timedelta(hours=1)


@dataclass
class Waits:
    """How long the seats of a pool waited, by hours → (used, no longer or not yet), lately and before."""

    recent: dict[float, tuple[int, int]] = field(default_factory=dict)
    baseline: dict[float, tuple[int, int]] = field(default_factory=dict)


async def evaluate_slowdowns(office: Office) -> None:
    """Compare, in every tenant, the pools whose seats were given lately, and those whose alert stands."""
    async with office.database.system_read() as session:
        tenants = await all_tenants(session)
    for tenant_id in tenants:
        async with office.writing(system_actor(tenant_id, "slowdown")) as work:
            await evaluate_slowdown(work)


async def evaluate_slowdown(work: Work) -> Evaluated:
    """Bring the alerts of this rule in line with the waits as they stand now; the same facts twice change nothing."""
    lines = default_thresholds().slowdown
    now = work.now()
    pools = await _pools(work, now - timedelta(days=lines.recent_days))
    standing = await unresolved(work, pools, SLOWER)
    waits = await waits_of(work, pools, now, lines)
    total = Evaluated()
    for pool_id in pools:
        found = waits.get(pool_id, Waits())
        compared = compared_waits(found, lines)
        current = standing.get(pool_id)
        level = lines.level(None if compared is None else compared.p_slower, current.level if current else None)
        total += await _settle(work, pool_id, current, level, compared)
    return total


def compared_waits(waits: Waits, lines: Slowdown) -> Compared | None:
    """Compare recent and former seats over the span that both were followed; None where there are too few."""
    sizes = [sum(map(sum, group.values())) for group in (waits.recent, waits.baseline)]
    used = sum(events for events, _ in waits.baseline.values())
    if min(sizes) < lines.least_seats or used < lines.least_used:
        return None
    return log_rank(waits.recent, waits.baseline)


async def waits_of(work: Work, pools: Sequence[UUID], now: datetime, lines: Slowdown) -> Mapping[UUID, Waits]:
    """Give the waits of the first episodes of these pools, each followed for no longer than the recent span."""
    span = timedelta(days=lines.recent_days)
    query = select(
        Assignment.pool_id, Assignment.started_at, Assignment.first_use_at, Assignment.released_at,
        Assignment.accepted_at, Assignment.invitation_expires_at,
    ).where(
        Assignment.tenant_id == work.tenant_id,
        Assignment.pool_id.in_(pools),
        Assignment.prior_id.is_(None),
        Assignment.started_at > now - span - timedelta(days=lines.baseline_days),
        Assignment.started_at <= now,
    )  # fmt: skip
    found: dict[UUID, Waits] = {}
    for pool_id, started, used, released, accepted, runs_out in await work.session.execute(query):
        ended = min(at for at in (now, started + span, released, runs_out if accepted is None else None) if at)
        waits = found.setdefault(pool_id, Waits())
        group = waits.recent if started > now - span else waits.baseline
        _count(group, started, used if used is not None and started <= used <= ended else None, ended)
    return found


def _count(group: dict[float, tuple[int, int]], started: datetime, used: datetime | None, ended: datetime) -> None:
    hours = float(((used or ended) - started) // HOUR)
    events, censored = group.get(hours, (0, 0))
    group[hours] = (events, censored + 1) if used is None else (events + 1, censored)


async def _pools(work: Work, since: datetime) -> list[UUID]:
    lately = select(Assignment.pool_id).where(Assignment.tenant_id == work.tenant_id, Assignment.started_at > since)
    alerted = select(Alert.pool_id).where(
        Alert.tenant_id == work.tenant_id, Alert.rule == SLOWER, Alert.resolved_at.is_(None)
    )
    query = (
        select(Assignment.pool_id)
        .where(
            Assignment.tenant_id == work.tenant_id,
            or_(Assignment.pool_id.in_(lately), Assignment.pool_id.in_(alerted)),
        )
        .distinct()
    )
    return sorted((await work.session.execute(query)).scalars())


async def _settle(
    work: Work, pool_id: UUID, current: Alert | None, level: Level | None, compared: Compared | None
) -> Evaluated:
    if current is None and level is None:
        return Evaluated()
    facts = await _facts(work, pool_id, compared)
    if current is not None:
        return await move_alert(work, current, facts, level)
    assert level is not None
    return Evaluated(raised=await raise_alert(work, SLOWER, pool_id, facts, level))


async def _facts(work: Work, pool_id: UUID, compared: Compared | None) -> dict[str, Any]:
    pool, license_ = await license_of(work, pool_id)
    facts: dict[str, Any] = {"pool": pool.name, "license": license_.name}
    if compared is not None:
        since = work.now() - timedelta(days=default_thresholds().slowdown.recent_days)
        facts |= {
            "recent_from": since.date().isoformat(), "recent_n": compared.n[0], "recent_used": compared.observed,
            "recent_expected": str(round(compared.expected, 1)), "baseline_n": compared.n[1],
            "p": f"{compared.p_slower:.4f}", "occupied": None, "supply": None, "percent": None,
        }  # fmt: skip
    return facts
