"""What a version would change of a license: path by path, with whom it leaves over and what cannot be done."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import rfc8785

from governance.entitlements.models import Allocation
from governance.entitlements.rules import Expiry, Overage, most_of, stops
from governance.kernel.errors import BusinessError, NotFound
from governance.kernel.preview import preview_token
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion
from governance.seats.over import give_up_in
from governance.seats.service.change_line import ChangeLine, preview_change_line
from governance.templates import queries
from governance.templates.errors import BadOverrides
from governance.templates.models import TemplateInstance
from governance.templates.queries import License
from governance.templates.rules import UNLIMITED, Doing, Step, Wanted, Why, override_paths, steps
from governance.templates.service.seeing import has_of, wanted_of
from policies.access.actions import Action
from policies.access.parties import Ownership

VERB = "template:apply"


@dataclass(frozen=True)
class InstancePlan:
    """What becomes of one license. `blocked`: why nothing of it can be applied here; empty otherwise.

    `holders`: of the lines that change; `lost`: features that a lower tier takes from them.
    """

    instance: TemplateInstance
    license: License
    version: PolicyVersion
    was: PolicyVersion
    steps: tuple[Step, ...]
    wanted: Wanted
    holders: int = 0
    lost: tuple[str, ...] = ()
    blocked: str = ""

    @property
    def changes(self) -> dict[str, Any]:
        return {step.path: step.wants for step in self.steps if step.doing is Doing.CHANGE}

    def diff(self) -> dict[str, Any]:
        """Give all of it that was shown, for the token."""
        told = [[step.path, step.now, step.wants, step.doing.value, step.why or "", step.over] for step in self.steps]
        return {
            "instance": str(self.instance.id), "at": self.instance.version, "license": self.license.row.version,
            "from": str(self.was.id), "steps": told, "holders": self.holders, "lost": list(self.lost),
            "blocked": self.blocked,
        }  # fmt: skip


@dataclass(frozen=True)
class ApplyPreview:
    """What a version would change of each of these licenses, and the token that does exactly this."""

    version: PolicyVersion
    plans: tuple[InstancePlan, ...]
    restore: bool
    token: str


def seal_diff(version: PolicyVersion, plans: Sequence[InstancePlan], *, restore: bool) -> dict[str, Any]:
    """Give what the token of a preview is made of."""
    return {"version": str(version.id), "restore": restore, "plans": [plan.diff() for plan in plans]}


def seal(work: Work, version: PolicyVersion, plans: Sequence[InstancePlan], *, restore: bool) -> str:
    """Make the token of a preview."""
    diff = seal_diff(version, plans, restore=restore)
    return preview_token(work.office.secret, tenant=str(work.tenant_id), verb=VERB, diff=diff, now=work.now())


def seal_of(made: InstancePlan) -> str:
    """Give what a run compares before it changes one of many: the same facts have the same seal."""
    return hashlib.sha256(rfc8785.dumps(made.diff())).hexdigest()[:40]


async def plan(
    work: Work, version: PolicyVersion, ids: Collection[UUID], *, restore: bool, locked: bool = False
) -> tuple[InstancePlan, ...]:
    """Say of each of these licenses what a version of their template would change. Raises NotFound."""
    rows = [await queries.instance(work, one, locked=locked) for one in sorted(set(ids))]
    for row in rows:
        if row.template != version.subject:
            raise NotFound(f"license of template {version.subject}", str(row.id))
    stand = await queries.licenses(work, [row.entitlement_id for row in rows])
    was = await queries.versions(work, [row.version_id for row in rows])
    return tuple([
        await _plan_one(work, row, stand[row.entitlement_id], was[row.version_id], version, restore=restore)
        for row in rows
    ])  # fmt: skip


async def _plan_one(
    work: Work, row: TemplateInstance, license_: License, was: PolicyVersion, version: PolicyVersion, *, restore: bool
) -> InstancePlan:
    old = wanted_of(work, was, row, license_)
    try:
        new = wanted_of(work, version, row, license_)
    except BadOverrides as unfit:
        return InstancePlan(row, license_, version, was, (), old, blocked=unfit.why)
    has, overridden = has_of(license_, row.region, new), override_paths(row.overrides)
    found = [await _possible(work, license_, new, step) for step in steps(old, new, has, overridden, restore=restore)]
    made = InstancePlan(row, license_, version, was, tuple(found), new)
    try:
        holders, lost = await _lines_foreseen(work, made)
    except BusinessError as no:
        return replace(made, steps=(), blocked=no.message())
    return replace(made, holders=holders, lost=lost)


async def _possible(work: Work, license_: License, new: Wanted, step: Step) -> Step:
    """Look whether what is to change can be; say whom it leaves over."""
    if step.doing is not Doing.CHANGE:
        return step
    table, code, *name = step.path.split(".")
    why: Why | None = None
    if table == "pools" and name == ["seats"]:
        return await _seats(work, license_, code, step)
    if table == "pools" and name == ["unit"] and await queries.unit_named(work, step.wants) is None:
        why = Why.UNKNOWN_NAME
    if table == "lines" and name == ["tier"] and step.wants is not None:
        why = None if await queries.tier_named(work, license_.row.product_id, step.wants) else Why.UNKNOWN_NAME
    if table == "journey" and not work.permits(Action.JOURNEY_EDIT, Ownership(work.tenant_id)):
        why = Why.NOT_YOURS
    return step if why is None else replace(step, doing=Doing.CANNOT, why=why)


async def _seats(work: Work, license_: License, code: str, step: Step) -> Step:
    line = license_.line_of.get(code)
    if line is None:  # a pool that is to be opened: its line's purchases give it seats
        return step if step.wants == 0 or any(license_.lots.values()) else _cannot(step, Why.NO_PURCHASE)
    if not license_.lots[line]:
        return _cannot(step, Why.NO_PURCHASE)
    if license_.given[code] and moved(license_.given[code], step.wants) is None:
        return _cannot(step, Why.SEVERAL_PURCHASES)
    if step.wants == UNLIMITED and license_.lots[line][0].quantity is not None:
        return _cannot(step, Why.NO_PURCHASE)
    row = license_.lines[line]
    limit = most_of(step.wants, row.overage_percent) if step.wants != UNLIMITED and stops(row.overage) else None
    over = 0 if limit is None else max(0, license_.taken[code] - limit)
    if not over:
        return step
    suggested = await give_up_in(work, license_.pools[code].id, over)
    return replace(step, over=over, suggested=tuple(one.assignment_id for one in suggested))


def _cannot(step: Step, why: Why) -> Step:
    return replace(step, doing=Doing.CANNOT, why=why)


def moved(given: Sequence[Allocation], wants: int | str) -> tuple[Allocation, int | None] | None:
    """Say which allocation gets which quantity so that a pool has so many seats; None where one alone cannot."""
    if wants == UNLIMITED:
        return (given[0], None) if len(given) == 1 else None
    assert isinstance(wants, int)
    if len(given) == 1:
        return given[0], wants
    numbers = [row.quantity for row in given]
    if None in numbers:
        return None
    largest = max(given, key=lambda row: (row.quantity or 0, row.start, row.id))
    quantity = (largest.quantity or 0) + wants - sum(number or 0 for number in numbers)
    return (largest, quantity) if quantity >= 0 else None


async def line_changes(work: Work, license_: License, changes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give what changes of each line that is there, by its code, as the verb of lines takes it."""
    found: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        table, code, *name = path.split(".")
        if table == "lines" and code in license_.lines:
            field, given = name[0], value
            if field == "tier":
                tier = None if value is None else await queries.tier_named(work, license_.row.product_id, value)
                field, given = "tier_id", None if tier is None else tier.id
            elif field == "overage":
                given = Overage(value)
            elif field == "expiry":
                given = Expiry(value)
            found.setdefault(code, {})[field] = given
    return found


async def _lines_foreseen(work: Work, made: InstancePlan) -> tuple[int, tuple[str, ...]]:
    """Look at what the lines' own verb would do: holders it concerns, features they lose. Raises what it raises."""
    holders, lost = 0, set[str]()
    for code, changes in (await line_changes(work, made.license, made.changes)).items():
        line = made.license.lines[code]
        seen = await preview_change_line(work, ChangeLine(line.id, line.version, changes))
        holders += seen.holders
        lost |= {feature.code for feature in seen.lost}
    return holders, tuple(sorted(lost))
