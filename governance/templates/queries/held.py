"""Licenses made from templates, within reach; versions of templates; what is said of single licenses, for alerts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, func, select

from governance.catalog.models import Product, Tier
from governance.catalog.queries import visible_products
from governance.directory.models import OrgUnit
from governance.directory.queries import visible_units
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, ENTITLEMENT_PLACED, LINE_OF_POOL, there
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.queries import visible_templates
from governance.rulebook.rules import PolicyKind, VersionState
from governance.templates.models import LicenseRules, TemplateInstance
from governance.templates.rules import joined, ladder_of
from policies.access.actions import Action
from policies.thresholds.threshold import Ladder

LICENSE_OF_INSTANCE = and_(
    Entitlement.tenant_id == TemplateInstance.tenant_id, Entitlement.id == TemplateInstance.entitlement_id
)
LICENSE_OF_RULES = and_(Entitlement.tenant_id == LicenseRules.tenant_id, Entitlement.id == LicenseRules.entitlement_id)


def visible_instances(work: Work, action: Action = Action.ENTITLEMENT_READ) -> Select[TemplateInstance]:
    """Give the licenses made from templates that are within reach."""
    return (
        select(TemplateInstance)
        .join(Entitlement, LICENSE_OF_INSTANCE)
        .where(
            TemplateInstance.tenant_id == work.tenant_id,
            there(Entitlement, None),
            work.reach(action, ENTITLEMENT_PLACED),
        )
    )


def visible_rules(work: Work, action: Action = Action.ENTITLEMENT_READ) -> Select[LicenseRules]:
    """Give the lines and ladders of single licenses within reach."""
    return (
        select(LicenseRules)
        .join(Entitlement, LICENSE_OF_RULES)
        .where(LicenseRules.tenant_id == work.tenant_id, work.reach(action, ENTITLEMENT_PLACED))
    )


async def instance(work: Work, instance_id: UUID, *, locked: bool = False) -> TemplateInstance:
    """Give one license made from a template, within reach. Raises NotFound."""
    query = visible_instances(work).where(TemplateInstance.id == instance_id)
    if locked:
        query = query.with_for_update(key_share=True, of=TemplateInstance)
    row = (await work.session.execute(query.execution_options(populate_existing=locked))).scalar_one_or_none()
    if row is None:
        raise NotFound("license made from a template", str(instance_id))
    return row


async def instances_of(work: Work, template: str) -> Sequence[TemplateInstance]:
    """Give the licenses within reach that are held to a template, by id."""
    query = visible_instances(work).where(TemplateInstance.template == template).order_by(TemplateInstance.id)
    return (await work.session.execute(query)).scalars().all()


async def template_version(work: Work, version_id: UUID) -> PolicyVersion:
    """Give one version of a template within reach. Raises NotFound."""
    query = visible_templates(work).where(PolicyVersion.id == version_id)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("template version", str(version_id))
    return row


async def versions(work: Work, ids: Collection[UUID]) -> dict[UUID, PolicyVersion]:
    """Give the versions that licenses in reach are held to."""
    query = select(PolicyVersion).where(PolicyVersion.tenant_id == work.tenant_id, PolicyVersion.id.in_(set(ids)))
    return {row.id: row for row in (await work.session.execute(query)).scalars()}


async def live_versions(work: Work, templates: Collection[str] | None = None) -> dict[str, PolicyVersion]:
    """Give the live version of each of these templates (None: of all), by its code."""
    query = select(PolicyVersion).where(
        PolicyVersion.tenant_id == work.tenant_id,
        PolicyVersion.kind == PolicyKind.TEMPLATE,
        PolicyVersion.state == VersionState.LIVE,
    )
    if templates is not None:
        query = query.where(PolicyVersion.subject.in_(set(templates)))
    return {row.subject: row for row in (await work.session.execute(query)).scalars()}


async def product_named(work: Work, code: str) -> Product | None:
    """Give the product of that code within reach."""
    return (await work.session.execute(visible_products(work).where(Product.code == code))).scalar_one_or_none()


async def tier_named(work: Work, product_id: UUID, code: str) -> Tier | None:
    """Give the tier of that code of a product in reach."""
    query = select(Tier).where(Tier.tenant_id == work.tenant_id, Tier.product_id == product_id, Tier.code == code)
    return (await work.session.execute(query)).scalar_one_or_none()


async def unit_named(work: Work, code: str) -> OrgUnit | None:
    """Give the unit of that code within reach."""
    return (await work.session.execute(visible_units(work).where(OrgUnit.code == code))).scalar_one_or_none()


async def use_lines_of(work: Work, pool_ids: Collection[UUID]) -> dict[UUID, Mapping[str, str]]:
    """Give the use lines that are drawn for the licenses of these pools, by pool, for alerts."""
    query = (
        select(Pool.id, LicenseRules.use)
        .join(MetricLine, LINE_OF_POOL)
        .join(
            LicenseRules,
            and_(
                LicenseRules.tenant_id == MetricLine.tenant_id,
                LicenseRules.entitlement_id == MetricLine.entitlement_id,
            ),
        )
        .where(Pool.tenant_id == work.tenant_id, Pool.id.in_(pool_ids))
    )
    return {pool_id: use for pool_id, use in (await work.session.execute(query)).all() if use}


@dataclass(frozen=True)
class Ladders:
    """The ladders of single licenses: of ends by metric line, of notice deadlines by agreement."""

    expiry: Mapping[UUID, Ladder]
    notice: Mapping[UUID, Ladder]


async def ladders_of(work: Work) -> Ladders:
    """Give the ladders said for single licenses of the tenant; several of one agreement are told on all their rungs."""
    query = (
        select(MetricLine.id, Entitlement.agreement_id, LicenseRules.expiry_ladder, LicenseRules.notice_ladder)
        .join(LicenseRules, LICENSE_OF_RULES)
        .join(MetricLine, ENTITLEMENT_OF_LINE)
        .where(Entitlement.tenant_id == work.tenant_id, there(MetricLine, None))
        .order_by(MetricLine.id)
    )
    expiry: dict[UUID, Ladder] = {}
    notice: dict[UUID, Ladder] = {}
    for line_id, agreement_id, ends, notices in (await work.session.execute(query)).all():
        if ends:
            expiry[line_id] = ladder_of(ends)
        if notices:
            notice[agreement_id] = joined([ladder_of(notices), *filter(None, [notice.get(agreement_id)])])
    return Ladders(expiry, notice)


async def pools_of_license(work: Work, entitlement_id: UUID) -> Sequence[UUID]:
    """Give the pools of a license of the tenant, for reactions."""
    query = (
        select(Pool.id)
        .join(MetricLine, LINE_OF_POOL)
        .where(Pool.tenant_id == work.tenant_id, MetricLine.entitlement_id == entitlement_id)
    )
    return (await work.session.execute(query)).scalars().all()


async def held_to(work: Work) -> dict[str, int]:
    """Count the licenses within reach that are held to each template."""
    rows = visible_instances(work).with_only_columns(TemplateInstance.template).subquery()
    query = select(rows.c.template, func.count()).group_by(rows.c.template)
    return {code: count for code, count in (await work.session.execute(query)).all()}  # noqa: C416
