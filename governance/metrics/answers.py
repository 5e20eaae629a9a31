"""What every figure says of itself: whose rows it covers, as of when, as known when, and how fresh its sources are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from governance.directory.models import OrgUnit, Tenant
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.usage.queries import freshness
from policies.access.actions import Action
from policies.regions.policy import region_policy
from policies.regions.region import WORLD


@dataclass(frozen=True)
class Scope:
    """Whose rows a figure covers: everything, or what lies below these units and regions, or is one's own."""

    everything: bool
    units: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True)
class Freshness:
    """One source of usage: its last event, when it was last heard, and whether that is too long ago."""

    source: str
    last_event_at: datetime
    last_heard_at: datetime
    events: int
    stale: bool


@dataclass(frozen=True)
class Moments:
    """The two clocks of an answer: the instant it speaks of, and the instant by which it was learned."""

    as_of: datetime
    known_at: datetime


def moments(work: Work, as_of: datetime | None, known_at: datetime | None) -> Moments:
    """Fill in the present where nothing is said. Raises BadInput for the future and for what retention has ended."""
    now = work.now()
    for field, value in (("as_of", as_of), ("known_at", known_at)):
        if value is not None and value.tzinfo is None:
            raise BadInput(field, value.isoformat(), "an instant with its zone, such as 2026-03-02T09:00:00Z")
        if value is not None and value > now:
            raise BadInput(field, value.isoformat(), f"{now.isoformat()} or earlier")
    found = Moments(now if as_of is None else as_of, now if known_at is None else known_at)
    oldest = now - timedelta(days=region_policy(WORLD).retention_days)
    if found.as_of < oldest:
        needs = f"{oldest.isoformat()} or later; for days before only frozen reviews answer"
        raise BadInput("as_of", found.as_of.isoformat(), needs)
    return found


async def scope_of(work: Work, action: Action) -> Scope:
    """Name whose rows the actor's figures cover under this act."""
    reach = work.gate.reach(work.actor, action)
    if reach.everything:
        return Scope(everything=True)
    names: Sequence[str] = ()
    if reach.units:
        query = select(OrgUnit.name).where(OrgUnit.tenant_id == work.tenant_id, OrgUnit.id.in_(sorted(reach.units)))
        names = (await work.session.execute(query)).scalars().all()
    return Scope(
        everything=False, units=tuple(sorted(names)), regions=tuple(sorted(reach.regions)), own=reach.own is not None
    )


async def tenant_of(work: Work) -> Tenant:
    """Give the settings that figures depend on."""
    return await work.session.get_one(Tenant, work.tenant_id)


async def freshness_at(work: Work, when: Moments, stale_after_days: int) -> tuple[Freshness, ...]:
    """Tell of each source of usage how fresh it was at the instant of an answer."""
    limit = min(when.as_of, when.known_at) - timedelta(days=stale_after_days)
    rows = await freshness(work.session, work.tenant_id, when.known_at)
    return tuple(Freshness(source, last, heard, events, heard < limit) for source, last, heard, events in rows)
