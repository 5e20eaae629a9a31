"""What a reorganization would do: what goes where, who gains and loses access, which lines are drawn differently."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import rfc8785

from governance.alerts.queries import thresholds_drawn
from governance.alerts.service import license_lines, lines_in_force, way_up
from governance.directory import queries as directory
from governance.directory.models import OrgUnit
from governance.kernel.errors import BadInput, Refused, WrongState
from governance.kernel.preview import check_preview, preview_token
from governance.kernel.work import Work
from governance.reorganization import queries
from governance.reorganization.queries import Had
from governance.reorganization.rules import AccessChange, Held, Kind, Principal, Verb
from governance.templates.queries import use_lines_of
from policies.access.actions import Action
from policies.thresholds.drawn import Place, drawn_lines
from policies.thresholds.threshold import Lines

AHEAD_MOST = timedelta(days=731)


@dataclass(frozen=True)
class LinesChange:
    """A pool that is watched by other lines afterwards."""

    pool_id: UUID
    pool: str
    before: Lines
    after: Lines


@dataclass(frozen=True)
class Plan:
    """What would be done. `to`: the unit that gets it; None: a new one. `counts`: how many of each kind go along.

    `goes`: what changes its unit, or hangs elsewhere; `roles`: those held over the unit itself, and which go along.
    """

    verb: Verb
    unit: OrgUnit
    to: OrgUnit | None
    at: datetime | None
    goes: tuple[Had, ...]
    counts: Mapping[Kind, int]
    access: tuple[AccessChange, ...]
    lines: tuple[LinesChange, ...]
    roles: tuple[Held, ...]
    kept: tuple[Held, ...]
    names: Mapping[Principal, str]
    said: Mapping[str, Any]

    def diff(self) -> dict[str, Any]:
        """Give what the token of the preview seals: every thing with its version, every role, every line."""
        return {
            "unit": [str(self.unit.id), self.unit.version],
            "to": None if self.to is None else [str(self.to.id), self.to.version],
            "at": None if self.at is None else self.at.astimezone(UTC).isoformat(),
            "goes": sorted([one.kind.value, str(one.id), one.version, str(one.unit_id)] for one in self.goes),
            "roles": [[str(one.grant_id), None if one.end is None else one.end.isoformat()] for one in self.roles],
            "kept": [str(one.grant_id) for one in self.kept],
            "access": [[one.principal.kind, str(one.principal.id), one.role, one.effect, one.over]
                       for one in self.access],
            "lines": [[str(one.pool_id), *(f"{line}" for line in _percents(one.after))] for one in self.lines],
            "said": dict(self.said),
        }  # fmt: skip

    def digest(self) -> str:
        """Give a short name of all this, by which a plan for a day to come is compared on that day."""
        return hashlib.sha256(rfc8785.dumps({"verb": self.verb.value, **self.diff()})).hexdigest()


@dataclass(frozen=True)
class Preview:
    """A plan, and for 15 minutes the token by which exactly this is done."""

    plan: Plan
    token: str


def sealed(work: Work, plan: Plan) -> Preview:
    """Make the preview of a plan with its token."""
    token = preview_token(
        work.office.secret, tenant=str(work.tenant_id), verb=plan.verb, diff=plan.diff(), now=work.now()
    )
    return Preview(plan, token)


def check_token(work: Work, plan: Plan, token: str) -> None:
    """Let pass what was shown, and nothing else. Raises PreviewStale."""
    check_preview(
        work.office.secret, token, tenant=str(work.tenant_id), verb=plan.verb, diff=plan.diff(), now=work.now()
    )


async def unit_to_change(work: Work, unit_id: UUID, *, lock: bool) -> OrgUnit:
    """Give a unit that one may change. Raises NotFound, Refused, WrongState for one that has ended."""
    row = await directory.visible_unit(work, unit_id, lock=lock)
    whose = await directory.ownership(work, unit_id=row.id, region=row.region)
    work.permit(Action.UNIT_EDIT, whose, f"unit {row.code}")
    if row.id not in await queries.places_of(work, (row.id,)):
        raise WrongState(f"unit {row.code}", "ENDED", "be reorganized")
    return row


async def since(work: Work, at: datetime | None, *units: OrgUnit) -> datetime | None:
    """Give back the instant if each unit hung by then where it hangs now, and it is not years off. Raises BadInput."""
    if at is None:
        return None
    if at > (last := work.now() + AHEAD_MOST):
        raise BadInput("at", at.isoformat(), f"{last.isoformat()} or before")
    places = await queries.places_of(work, [unit.id for unit in units])
    latest = max(place.start for place in places.values())
    if at < latest:
        raise BadInput("at", at.isoformat(), f"{latest.isoformat()} or later: before, a unit hung elsewhere")
    return at


async def what_goes(work: Work, unit_id: UUID, *, lock: bool) -> list[Had]:
    """Give all that a unit has itself, its units first. Raises Refused where the actor may not change part of it."""
    children = await queries.units_named(work, await directory.children_of(work, unit_id))
    things, lacking = await queries.had_by(work, (unit_id,), acting=True, lock=lock)
    for action, count in sorted(lacking.items()):
        raise Refused(action.value, f"{count} of what the unit has")
    return [Had(Kind.UNIT, row.id, row.name, row.version, unit_id) for row in children] + things


async def lines_changed(work: Work, pools: Sequence[UUID], went: Mapping[UUID, tuple[UUID, ...]]) -> list[LinesChange]:
    """Compare the lines that watch these pools by today's tree and by what `went` says is above each unit then.

    `went`: by unit as it is today, its path afterwards.
    """
    drawn = drawn_lines(await thresholds_drawn(work))
    own = await use_lines_of(work, pools) if drawn else {}
    found = []
    paths: dict[UUID, tuple[UUID, ...]] = {}
    for pool_id, name, product_id, unit_id, region in await queries.pools_placed(work, pools) if drawn else ():
        if unit_id not in paths:
            paths[unit_id] = await queries.path_of(work, unit_id)
        up = way_up(work, region)
        there = [*license_lines(pool_id, own), *drawn]  # as alerts are judged: a license's own lines, then the policy's
        before = lines_in_force(Place(product_id, pool_id, paths[unit_id], up), there)
        after = lines_in_force(Place(product_id, pool_id, went[unit_id], up), there)
        if before != after:
            found.append(LinesChange(pool_id, name, before, after))
    return found


def counted(goes: Sequence[Had]) -> Mapping[Kind, int]:
    """Count by kind."""
    return dict(Counter(one.kind for one in goes))


def _percents(lines: Lines) -> tuple[Any, ...]:
    return (lines.warn, lines.high, lines.critical, lines.clear_below)
