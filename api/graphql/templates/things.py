"""Versions of templates and the licenses that are held to them, with what differs of each."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.engine import FieldClass, field, resolved
from api.graphql.entitlements.things import Entitlement
from api.graphql.nodes import Node
from api.graphql.rulebook import PolicyVersion
from governance.entitlements.rules import RenewalBasis
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion as VersionRow
from governance.rulebook.queries import visible_templates
from governance.rulebook.rules import VersionState
from governance.templates import queries
from governance.templates.models import LicenseRules as RulesRow
from governance.templates.models import TemplateInstance as InstanceRow
from governance.templates.rules import Difference, Standing
from governance.templates.service import Compared, compared_by_id
from policies.access.parties import Ownership

strawberry.enum(Standing, name="TemplateStanding", description="Why a license differs: on purpose, or by hand.")


def shown_value(value: Any) -> str | None:
    """Give a value of a template as text; None where nothing is said."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@strawberry.type(description="One version of a template: what a license made of it would be.")
class TemplateVersion(Node):
    row: strawberry.Private[VersionRow]
    visible = visible_templates
    key = VersionRow.id

    @resolved("The code of the template.", FieldClass.PUBLIC)
    def template(self) -> str:
        return self.row.subject

    @resolved("Its number among the versions of the template.", FieldClass.PUBLIC)
    def number(self) -> int:
        return self.row.shown_number

    @resolved("How it stands.", FieldClass.PUBLIC)
    def state(self) -> VersionState:
        return self.row.state

    @resolved("What the template is called in this version.", FieldClass.PUBLIC)
    def title(self) -> str:
        return str(self.row.content.get("title", self.row.subject))

    @resolved("The code of its product; null where each license says it.", FieldClass.PUBLIC)
    def product(self) -> str | None:
        code = self.row.content.get("product")
        return None if code is None else str(code)

    @resolved("The regions that have a variant.", FieldClass.PUBLIC)
    def regions(self) -> list[str]:
        return sorted(self.row.content.get("regions", {}))

    @resolved("The whole of it, with what purchases start from.", FieldClass.MONEY)
    def content(self) -> JSON:
        return JSON(self.row.content)

    @resolved("What its drafter says of it.", FieldClass.PUBLIC)
    def note(self) -> str:
        return self.row.note

    @resolved("When it was published; null for a draft.", FieldClass.PUBLIC)
    def published_at(self) -> datetime | None:
        return self.row.published_at

    @resolved("The same version in the rulebook, to preview, publish and go back to it.", FieldClass.PUBLIC)
    async def policy(self, info: Info) -> PolicyVersion | None:
        return await PolicyVersion.get(info, self.row.id)


@strawberry.type(description="One path at which a license is otherwise than its template says.")
class TemplateDifference:
    path: str = field("Where: lines.named.overage, pools.main.seats.", FieldClass.PUBLIC)
    template: str | None = field("What the template says there; null: nothing.", FieldClass.PUBLIC)
    has: str | None = field("What the license has; null: nothing.", FieldClass.PUBLIC)
    standing: Standing = field("Whether that is on purpose, or was changed by hand.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, one: Difference) -> "TemplateDifference":
        return cls(
            path=one.path, template=shown_value(one.template), has=shown_value(one.has), standing=one.standing
        )  # fmt: skip


@strawberry.type(description="A license that is held to a template: by which version, and with what overridden.")
class TemplateInstance(Node):
    row: strawberry.Private[InstanceRow]
    visible = queries.visible_instances
    key = InstanceRow.id

    async def ownership(self, work: Work) -> Ownership:
        license_ = await Entitlement.again(work, self.row.entitlement_id)
        return await Entitlement.of(license_).ownership(work)

    @resolved("The code of the template.", FieldClass.PUBLIC)
    def template(self) -> str:
        return self.row.template

    @resolved("The license.", FieldClass.PUBLIC)
    async def license(self, info: Info) -> Entitlement | None:
        return await Entitlement.get(info, self.row.entitlement_id)

    @resolved("The version that was applied last; null where templates are outside reach.", FieldClass.PUBLIC)
    async def held_to(self, info: Info) -> TemplateVersion | None:
        return await TemplateVersion.get(info, self.row.version_id)

    @resolved("The version before that; null where there was none.", FieldClass.PUBLIC)
    async def held_before(self, info: Info) -> TemplateVersion | None:
        return await TemplateVersion.get(info, self.row.former_id)

    @resolved("Whether a newer version is live.", FieldClass.PUBLIC)
    async def behind(self, info: Info) -> bool:
        found = await _compared(info, self.row.id)
        return found is not None and found.behind

    @resolved("The region whose variant holds.", FieldClass.PUBLIC)
    def region(self) -> str:
        return self.row.region

    @resolved("What is otherwise here on purpose: a part of a template.", FieldClass.MONEY)
    def overrides(self) -> JSON:
        return JSON(self.row.overrides)

    @resolved("Where it differs from its template: on purpose, or by hand.", FieldClass.PUBLIC)
    async def differences(self, info: Info) -> list[TemplateDifference]:
        found = await _compared(info, self.row.id)
        return [] if found is None else [TemplateDifference.of(one) for one in found.differences]

    @resolved("Since when it is held to the template.", FieldClass.PUBLIC)
    def made_at(self) -> datetime:
        return self.row.made_at

    @resolved("When a version was applied to it last.", FieldClass.PUBLIC)
    def applied_at(self) -> datetime:
        return self.row.applied_at

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version


async def _compared(info: Info, instance_id: UUID) -> Compared | None:
    async def load(ids: list[UUID]) -> list[Compared | None]:
        async with info.context.reading() as work:
            found = await compared_by_id(work, ids)
        return [found.get(one) for one in ids]

    compared: Compared | None = await info.context.loader("templates compared", load).load(instance_id)
    return compared


@strawberry.type(description="What holds for one license otherwise than for the tenant; null: as the tenant has it.")
class LicenseRules(Node):
    row: strawberry.Private[RulesRow]
    visible = queries.visible_rules
    key = RulesRow.id

    async def ownership(self, work: Work) -> Ownership:
        license_ = await Entitlement.again(work, self.row.entitlement_id)
        return await Entitlement.of(license_).ownership(work)

    @resolved("The license.", FieldClass.PUBLIC)
    async def license(self, info: Info) -> Entitlement | None:
        return await Entitlement.get(info, self.row.entitlement_id)

    @resolved("At which use of its pools alerts are raised: warn, high, critical, clear_below.", FieldClass.PUBLIC)
    def use(self) -> JSON | None:
        return None if self.row.use is None else JSON(self.row.use)

    @resolved("On which days its ends are told: days_before, days_after, then_every.", FieldClass.PUBLIC)
    def expiry_ladder(self) -> JSON | None:
        return None if self.row.expiry_ladder is None else JSON(self.row.expiry_ladder)

    @resolved("On which days the notice deadline of its agreement is told.", FieldClass.PUBLIC)
    def notice_ladder(self) -> JSON | None:
        return None if self.row.notice_ladder is None else JSON(self.row.notice_ladder)

    @resolved("From when a renewal of it holds, unless it says so itself.", FieldClass.PUBLIC)
    def renewal_basis(self) -> RenewalBasis | None:
        return self.row.renewal_basis

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version
