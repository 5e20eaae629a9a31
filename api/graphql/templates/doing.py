"""What can be done with templates: a license made, a version applied, a difference kept, a license held to one."""

from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.inputs import GIVEN, asked, changed, command
from api.graphql.runs import Run, RunOutcome
from api.graphql.templates.previews import ApplyTemplateInput, MakeLicenseInput, applying, making
from api.graphql.templates.things import LicenseRules, TemplateInstance, TemplateVersion
from governance.entitlements.rules import RenewalBasis
from governance.kernel.errors import BadInput
from governance.kernel.given import shown
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion as VersionRow
from governance.templates.queries import template_version
from governance.templates.service import (
    HoldLicense,
    OverrideTemplate,
    SetLicenseRules,
    apply_template,
    hold_license,
    make_license,
    override_template,
    request_apply,
    set_license_rules,
)

TemplateInstanceOutcome = Annotated[
    TemplateInstance | Refusal,
    strawberry.union("TemplateInstanceOutcome", description="A license held to a template, or why not."),
]
TemplateVersionOutcome = Annotated[
    TemplateVersion | Refusal,
    strawberry.union("TemplateVersionOutcome", description="The version that was applied, or why not."),
]
LicenseRulesOutcome = Annotated[
    LicenseRules | Refusal,
    strawberry.union("LicenseRulesOutcome", description="What holds for a license alone, or why not."),
]


@strawberry.input(description="Differences that are meant, and overrides to be given up.")
class OverrideTemplateInput:
    instance: strawberry.ID = asked("The license, as held to the template.", of="TemplateInstance")
    expected_version: int = asked("The version that was read; another one now is a CONFLICT.")
    keep: list[str] = asked("Paths that differ by hand and stay so on purpose.", default=())
    drop: list[str] = asked("Paths of overrides to be given up.", default=())


@strawberry.input(description="A license that is there already, to be held to a template.")
class HoldLicenseInput:
    version: strawberry.ID = asked("The live version.", of="TemplateVersion")
    license: strawberry.ID = asked("The license.", of="Entitlement", to="entitlement_id")
    overrides: JSON | None = asked(
        "What is otherwise here on purpose: a part of a template.", cls=FieldClass.MONEY, default=strawberry.UNSET
    )


@strawberry.input(description="What is to hold for one license alone, all of it; null: as the tenant has it.")
class LicenseRulesInput:
    license: strawberry.ID = asked("The license.", of="Entitlement", to="entitlement_id")
    expected_version: int = asked("The version that was read, 0 where nothing was said; another one is a CONFLICT.")
    use: JSON | None = asked("warn, high, critical, clear_below, in percent.", default=None)
    expiry_ladder: JSON | None = asked("days_before, days_after, then_every: when ends are told.", default=None)
    notice_ladder: JSON | None = asked("The same of the notice deadline.", default=None)
    renewal_basis: RenewalBasis | None = asked("From when a renewal holds.", default=None)


@strawberry.type(description="What can be done with templates.")
class TemplateMutations:
    @resolved("Make a license of a template, all of it or nothing, by the token of the preview.", FieldClass.PUBLIC)
    async def make_license(self, info: Info, input: Annotated[MakeLicenseInput, GIVEN]) -> TemplateInstanceOutcome:
        return await changed(info, TemplateInstance, input, lambda work: make_license(work, making(info, input)))

    @resolved("Apply a version to licenses, all or none, by the token of the preview; 20 at most.", FieldClass.PUBLIC)
    async def apply_template(self, info: Info, input: Annotated[ApplyTemplateInput, GIVEN]) -> TemplateVersionOutcome:
        async def verb(work: Work) -> VersionRow:
            asked_for = applying(info, input)
            await apply_template(work, asked_for)
            return await template_version(work, asked_for.version_id)

        return await changed(info, TemplateVersion, input, verb)

    @resolved("Apply a version to many licenses as a run, by the token of the preview.", FieldClass.PUBLIC)
    async def request_apply_template(self, info: Info, input: Annotated[ApplyTemplateInput, GIVEN]) -> RunOutcome:
        return await changed(info, Run, input, lambda work: request_apply(work, applying(info, input)))

    @resolved("Say which differences are meant; nothing of the license changes.", FieldClass.PUBLIC)
    async def override_template(
        self, info: Info, input: Annotated[OverrideTemplateInput, GIVEN]
    ) -> TemplateInstanceOutcome:
        def verb(work: Work) -> Any:
            lists = {"keep": tuple(input.keep), "drop": tuple(input.drop)}
            return override_template(work, command(info, OverrideTemplate, input, **lists))

        return await changed(info, TemplateInstance, input, verb)

    @resolved("Hold a license to a template; nothing of it changes, what differs is listed.", FieldClass.PUBLIC)
    async def hold_license(self, info: Info, input: Annotated[HoldLicenseInput, GIVEN]) -> TemplateInstanceOutcome:
        def verb(work: Work) -> Any:
            overrides: Any = {} if input.overrides is strawberry.UNSET or input.overrides is None else input.overrides
            return hold_license(work, command(info, HoldLicense, input, overrides=_table(overrides, "overrides")))

        return await changed(info, TemplateInstance, input, verb)

    @resolved("Say what holds for one license alone: use lines, ladders, how it is renewed.", FieldClass.PUBLIC)
    async def set_license_rules(self, info: Info, input: Annotated[LicenseRulesInput, GIVEN]) -> LicenseRulesOutcome:
        def verb(work: Work) -> Any:
            tables = {name: _table(getattr(input, name), name) for name in ("use", "expiry_ladder", "notice_ladder")}
            return set_license_rules(work, command(info, SetLicenseRules, input, **tables))

        return await changed(info, LicenseRules, input, verb)


def _table(value: Any, name: str) -> Any:
    if value is not None and not isinstance(value, dict):
        raise BadInput(name, shown(value), "an object")
    return value
