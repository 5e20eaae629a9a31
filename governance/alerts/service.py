"""Alerts on the use of pools: raised, risen, eased and resolved by what is so now, and taken on by somebody."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from governance.alerts.models import Alert
from governance.alerts.queries import (
    alert,
    all_tenants,
    license_of,
    pool_use,
    pools_to_look_at,
    thresholds_drawn,
    unit_paths,
    unresolved,
)
from governance.alerts.rules import POOL_USE, AlertState, PoolUse, use_level
from governance.directory.queries import ownership
from governance.kernel.errors import Conflict, WrongState
from governance.kernel.work import Change, Office, Work
from governance.runs.principals import system_actor
from governance.templates.queries import use_lines_of
from policies.access.actions import Action
from policies.thresholds.drawn import Drawn, Place, drawn_lines, lines_at
from policies.thresholds.threshold import InvalidLines, Level, Lines, Origin, Override

log = logging.getLogger("lictor.alerts")
AT_ONCE = 500


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation changed: alerts raised anew, risen to a higher level, eased to a lower one, resolved."""

    raised: int = 0
    risen: int = 0
    eased: int = 0
    resolved: int = 0

    def __add__(self, other: "Evaluated") -> "Evaluated":
        return Evaluated(
            self.raised + other.raised,
            self.risen + other.risen,
            self.eased + other.eased,
            self.resolved + other.resolved,
        )


async def evaluate_pool_use(work: Work, pool_ids: Collection[UUID]) -> Evaluated:
    """Bring the alerts of these pools in line with their use at this instant; the same facts twice change nothing.

    A pool has one unresolved alert at most: it rises and eases in place, resolves below the lowest line less its
    slack, and is then armed again. Raising and rising emit `AlertRaised`. Raises InvalidLines.
    """
    total = Evaluated()
    ordered = sorted(pool_ids)
    for first in range(0, len(ordered), AT_ONCE):
        total += await _evaluate(work, ordered[first : first + AT_ONCE])
    return total


async def evaluate_all(office: Office) -> None:
    """Look at the pools of all tenants, so that a line which only the clock crossed is seen too."""
    async with office.database.system_read() as session:
        tenants = await all_tenants(session)
    for tenant_id in tenants:
        actor = system_actor(tenant_id, "alerts")
        async with office.reading(actor) as work:
            pools = await pools_to_look_at(work)
        for first in range(0, len(pools), AT_ONCE):
            try:
                async with office.writing(actor) as work:
                    await evaluate_pool_use(work, pools[first : first + AT_ONCE])
            except InvalidLines:  # one tenant's unusable lines do not stop the others' alerts
                log.exception("alerts of tenant %s cannot be evaluated", tenant_id)
                break


async def acknowledge_alert(work: Work, alert_id: UUID, expected_version: int) -> Alert:
    """Take an alert on. Raises NotFound, Refused, Conflict, WrongState unless it is open."""
    row = await alert(work, alert_id, lock=True)
    pool, license_ = await license_of(work, row.pool_id)
    people = (license_.owner_id, license_.deputy_id)
    whose = await ownership(work, unit_id=pool.unit_id, region=pool.region, people=people)
    work.permit(Action.ALERT_ACKNOWLEDGE, whose, f"alert {row.id}")
    if row.version != expected_version:
        raise Conflict("alert", str(expected_version), str(row.version))
    if row.state is not AlertState.OPEN:
        raise WrongState("alert", row.state, "be acknowledged")
    before = _told(row)
    row.state, row.acknowledged_at, row.acknowledged_by = AlertState.ACKNOWLEDGED, work.now(), work.actor.principal
    await alert_changed(work, row, Action.ALERT_ACKNOWLEDGE, before)
    return row


async def _evaluate(work: Work, pool_ids: Sequence[UUID]) -> Evaluated:
    standing = await unresolved(work, pool_ids)  # locked before the use is read, so that what is judged is the newest
    uses = await pool_use(work, pool_ids)
    drawn = drawn_lines(await thresholds_drawn(work))
    paths = await unit_paths(work, {use.unit_id for use in uses})
    own = await use_lines_of(work, [use.pool_id for use in uses])
    total = Evaluated()
    for use in uses:
        place = Place(use.product_id, use.pool_id, paths.get(use.unit_id, ()), way_up(work, use.region))
        current = standing.get(use.pool_id)
        lines = lines_in_force(place, [*license_lines(use.pool_id, own), *drawn])
        level = use_level(use, current.level if current else None, lines)
        total += await _settle(work, use, current, level)
    return total


def lines_in_force(place: Place, drawn: Sequence[Drawn]) -> Lines:
    """Give the lines at a place; where several that hold one by one are out of order together, the tenant's own."""
    try:
        return lines_at(place, drawn)
    except InvalidLines as bad:
        log.warning("lines of pool %s are out of order together, the tenant's hold: %s", place.pool_id, bad)
        return lines_at(place, [one for one in drawn if one.override.origin is Origin.TENANT])


def license_lines(pool_id: UUID, own: Mapping[UUID, Mapping[str, str]]) -> Sequence[Drawn]:
    """Give the lines drawn for a pool's license as its own; what a policy draws for that very pool comes after."""
    said = own.get(pool_id)
    percents = {name: Decimal(value) for name, value in (said or {}).items()}
    return [Drawn(Override(Origin.POOL, **percents), pool_id=pool_id)] if said else []


async def _settle(work: Work, use: PoolUse, current: Alert | None, level: Level | None) -> Evaluated:
    if current is None:
        return (
            Evaluated(raised=await raise_alert(work, POOL_USE, use.pool_id, use.facts(), level))
            if level is not None
            else Evaluated()
        )
    return await move_alert(work, current, use.facts(), level)


async def move_alert(work: Work, current: Alert, facts: dict[str, Any], level: Level | None) -> Evaluated:
    """Let a standing alert rise, ease or resolve; at the same level it stays as it is."""
    if level is None:
        await resolve_alert(work, current)
        return Evaluated(resolved=1)
    if level is current.level:
        return Evaluated()
    risen = level > current.level
    before = _told(current)
    current.level, current.level_since, current.facts = level, work.now(), facts
    if risen:  # whoever took the lower level on has not seen this one
        current.state, current.acknowledged_at, current.acknowledged_by = AlertState.OPEN, None, None
    await alert_changed(work, current, "alert:rise" if risen else "alert:ease", before)
    if risen:
        await tell_raised(work, current)
    return Evaluated(risen=1) if risen else Evaluated(eased=1)


async def raise_alert(work: Work, rule: str, pool_id: UUID, facts: dict[str, Any], level: Level) -> int:
    """Raise an alert of a rule for a pool that has none standing; 0 where somebody else did in the same moment."""
    now = work.now()
    row = Alert(
        tenant_id=work.tenant_id, id=work.new_id(), rule=rule, pool_id=pool_id, level=level,
        state=AlertState.OPEN, facts=facts, raised_at=now, level_since=now, version=1,
    )  # fmt: skip
    try:
        async with work.session.begin_nested():
            work.session.add(row)
            await work.session.flush()
    except IntegrityError:
        if not await unresolved(work, [pool_id], rule):
            raise
        return 0  # somebody else raised it in the same moment, and tells of it
    await work.record(Change("alert:raise", "alert", row.id, None, _told(row)))
    await tell_raised(work, row)
    return 1


async def resolve_alert(work: Work, row: Alert) -> None:
    """Say that what was crossed is over; the rule is armed again."""
    before = _told(row)
    row.state, row.resolved_at = AlertState.RESOLVED, work.now()
    await alert_changed(work, row, "alert:resolve", before)


async def alert_changed(work: Work, row: Alert, act: str, before: dict[str, object]) -> None:
    """Keep a change of an alert and its entry."""
    row.version += 1
    await work.session.flush()
    await work.record(Change(act, "alert", row.id, before, _told(row)))


async def tell_raised(work: Work, row: Alert) -> None:
    """Tell that an alert was raised or rose."""
    await work.emit("AlertRaised", row.id, rule=row.rule, pool_id=str(row.pool_id), level=row.level.name)


def _told(row: Alert) -> dict[str, object]:
    return {"state": row.state, "level": row.level, "pool_id": row.pool_id, "facts": row.facts}


def way_up(work: Work, region: str) -> tuple[str, ...]:
    """Give a region and what it lies in, nearest first; its groupings come right after itself."""
    regions = work.office.regions
    return (region, *sorted(regions.memberships(region)), *regions.ancestors(region))
