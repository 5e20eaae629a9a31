"""How a license stands to its template: what is otherwise on purpose, what by hand, and whether it is behind."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from governance.entitlements.rules import seats_of
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import template_reason
from governance.templates import queries
from governance.templates.errors import BadOverrides
from governance.templates.models import TemplateInstance
from governance.templates.queries import License
from governance.templates.rules import UNLIMITED, Difference, Wanted, compared, differences, override_paths
from policies.regions.policy import IndividualUsage, region_policy
from policies.templates.fields import LINE
from policies.templates.template import InvalidTemplate, read_overrides

LADDERS = (("expiry", "expiry_ladder"), ("notice", "notice_ladder"))
STRICTER = tuple(IndividualUsage)
"""Who may see individual use, from the widest to the narrowest."""


@dataclass(frozen=True)
class Compared:
    """A license and its template: by which version, which one is live now (None: none), and what differs."""

    instance: TemplateInstance
    version: PolicyVersion
    live: PolicyVersion | None
    differences: tuple[Difference, ...]

    @property
    def behind(self) -> bool:
        return self.live is not None and self.live.id != self.version.id


async def compare(work: Work, instances: Sequence[TemplateInstance]) -> list[Compared]:
    """Compare these licenses within reach with their templates."""
    stand = await queries.licenses(work, [row.entitlement_id for row in instances])
    versions = await queries.versions(work, [row.version_id for row in instances])
    live = await queries.live_versions(work, [row.template for row in instances])
    found = []
    for row in instances:
        license_, version = stand[row.entitlement_id], versions[row.version_id]
        wanted = wanted_of(work, version, row, license_)
        has = has_of(license_, row.region, wanted)
        overridden = override_paths(row.overrides)
        found.append(Compared(row, version, live.get(row.template), differences(wanted, has, overridden)))
    return found


async def compared_by_id(work: Work, ids: Collection[UUID]) -> dict[UUID, Compared]:
    """Compare the licenses of these instance ids that are within reach, by id."""
    query = queries.visible_instances(work).where(TemplateInstance.id.in_(set(ids)))
    rows = (await work.session.execute(query)).scalars().all()
    return {each.instance.id: each for each in await compare(work, rows)}


def document_of(
    work: Work, version: PolicyVersion, region: str, overrides: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Give the whole document of a version in a region, with overrides over it. Raises BadOverrides."""
    regions = work.office.regions
    way_up = (region, *sorted(regions.memberships(region)), *regions.ancestors(region))
    try:
        return read_overrides(version.content, way_up, overrides or {})
    except InvalidTemplate as bad:
        reasons = tuple(template_reason(one) for one in bad.problems)
        raise BadOverrides(version.subject, str(bad), reasons) from bad


def wanted_of(work: Work, version: PolicyVersion, row: TemplateInstance, license_: License) -> Wanted:
    """Say what a version wants of a license, alone and with its overrides. Raises BadOverrides."""
    supply = {code: seats_of(lot.quantity for lot in lots) for code, lots in license_.lots.items()}
    alone = compared(document_of(work, version, row.region), supply)
    return Wanted(alone, compared(document_of(work, version, row.region, row.overrides), supply))


def has_of(license_: License, region: str, wanted: Wanted) -> dict[str, Any]:
    """Give what a license has, by path. Of individual use, what is wanted is kept where the region is stricter."""
    has: dict[str, Any] = {"product": license_.product, "journey.survey": False}
    for code, line in license_.lines.items():
        has |= {f"lines.{code}.{name}": getattr(line, name) for name in LINE if name != "tier"}
        has[f"lines.{code}.tier"] = license_.tiers[code]
    for code, pool in license_.pools.items():
        seats = seats_of(row.quantity for row in license_.given[code]) if license_.lots[license_.line_of[code]] else 0
        has |= {
            f"pools.{code}.line": license_.line_of[code], f"pools.{code}.name": pool.name,
            f"pools.{code}.unit": license_.units[code], f"pools.{code}.region": pool.region,
            f"pools.{code}.seats": UNLIMITED if seats is None else seats,
        }  # fmt: skip
    if (rules := license_.rules) is not None:
        has |= {f"alerts.use.{name}": value for name, value in (rules.use or {}).items()}
        for kind, field in LADDERS:
            has |= {f"ladders.{kind}.{name}": value for name, value in (getattr(rules, field) or {}).items()}
        has["renewal_basis"] = rules.renewal_basis
    if (journey := license_.journey) is not None:
        has |= {f"journey.{name}": getattr(journey, name) for name in ("value_type", "value_feature", "survey")}
    has["usage.individual"] = _usage(region, wanted.own.get("usage.individual"))
    return {path: _plain(value) for path, value in has.items() if value is not None}


def _usage(region: str, wanted: str | None) -> str:
    held = region_policy(region).individual_usage
    if wanted is not None and STRICTER.index(held) >= STRICTER.index(IndividualUsage(wanted)):
        return wanted
    return held.value


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
