"""What can be asked of templates: versions, the licenses held to them, and both previews."""

from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, select

from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved
from api.graphql.inputs import GIVEN, WHICH, NodeId, answered, asked, opened, values
from api.graphql.nodes import by, listed
from api.graphql.templates.previews import (
    ApplyTemplateInput,
    ApplyTemplatePreview,
    ApplyTemplatePreviewOutcome,
    MakeLicenseInput,
    MakeLicensePreview,
    MakeLicensePreviewOutcome,
    applying,
    making,
)
from api.graphql.templates.things import LicenseRules, TemplateInstance, TemplateVersion
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion as VersionRow
from governance.rulebook.queries import visible_templates
from governance.rulebook.rules import PolicyKind, VersionState
from governance.templates import queries
from governance.templates.models import LicenseRules as RulesRow
from governance.templates.models import TemplateInstance as InstanceRow
from governance.templates.service import preview_apply, preview_make


@strawberry.input(description="Which versions of templates.")
class TemplateFilter:
    template: str | None = asked("Only of this template.", default=None)
    state: VersionState | None = asked("Only those that stand so.", default=None)


@strawberry.input(description="Which licenses that are held to templates.")
class TemplateInstanceFilter:
    template: str | None = asked("Only of this template.", default=None)
    license: strawberry.ID | None = asked("Only this license.", of="Entitlement", default=None)
    behind: bool | None = asked("Only those that a newer version waits for, or only the others.", default=None)


@strawberry.type(description="What can be asked of templates.")
class TemplateQueries:
    @paged("The versions of the tenant's templates, the latest first.", FieldClass.PUBLIC)
    async def template_versions(
        self, info: Info, paging: Paging, filter: Annotated[TemplateFilter | None, WHICH] = None
    ) -> Connection[TemplateVersion]:
        wanted = values(info, filter or TemplateFilter())
        named = {"subject": wanted["template"], "state": wanted["state"]}

        def narrowed(work: Work) -> Select[Any]:
            return visible_templates(work).filter_by(**{k: v for k, v in named.items() if v is not None})

        order = by(VersionRow.drafted_at, VersionRow.id, descending=True)
        return await listed(info, paging, TemplateVersion, order, narrowed=narrowed)

    @resolved("One version of a template; null where there is none within reach.", FieldClass.PUBLIC)
    async def template_version(self, info: Info, id: NodeId) -> TemplateVersion | None:
        return await TemplateVersion.by_id(info, id)

    @paged("The licenses that are held to templates.", FieldClass.PUBLIC)
    async def template_instances(
        self, info: Info, paging: Paging, filter: Annotated[TemplateInstanceFilter | None, WHICH] = None
    ) -> Connection[TemplateInstance]:
        wanted = values(info, filter or TemplateInstanceFilter())

        def narrowed(work: Work) -> Select[Any]:
            query = queries.visible_instances(work)
            if wanted["template"] is not None:
                query = query.where(InstanceRow.template == wanted["template"])
            if (license_id := wanted.get("license_id")) is not None:
                query = query.where(InstanceRow.entitlement_id == license_id)
            if wanted["behind"] is not None:
                newer = _newer().exists()
                query = query.where(newer if wanted["behind"] else ~newer)
            return query

        return await listed(info, paging, TemplateInstance, by(InstanceRow.id, InstanceRow.id), narrowed=narrowed)

    @resolved("One license that is held to a template; null where there is none within reach.", FieldClass.PUBLIC)
    async def template_instance(self, info: Info, id: NodeId) -> TemplateInstance | None:
        return await TemplateInstance.by_id(info, id)

    @resolved("What holds for one license alone; null where nothing does.", FieldClass.PUBLIC)
    async def license_rules(self, info: Info, license: NodeId) -> LicenseRules | None:
        license_id = opened("Entitlement", license, "license")
        async with info.context.reading() as work:
            query = queries.visible_rules(work).where(RulesRow.entitlement_id == license_id)
            row = (await work.session.execute(query)).scalar_one_or_none()
        return None if row is None else LicenseRules.of(row)

    @resolved("All that `makeLicense` with this input would make; nothing is written.", FieldClass.PUBLIC)
    async def preview_make_license(
        self, info: Info, input: Annotated[MakeLicenseInput, GIVEN]
    ) -> MakeLicensePreviewOutcome:
        async def look() -> MakeLicensePreview:
            async with info.context.reading() as work:
                return MakeLicensePreview(seen=await preview_make(work, making(info, input)))

        return await answered(look())

    @resolved("What `applyTemplate` with this input would change; nothing is written.", FieldClass.PUBLIC)
    async def preview_apply_template(
        self, info: Info, input: Annotated[ApplyTemplateInput, GIVEN]
    ) -> ApplyTemplatePreviewOutcome:
        async def look() -> ApplyTemplatePreview:
            async with info.context.reading() as work:
                return ApplyTemplatePreview(seen=await preview_apply(work, applying(info, input)))

        return await answered(look())


def _newer() -> Select[Any]:
    """Find the live version of an instance's template where it is another one than it is held to."""
    return select(VersionRow.id).where(
        VersionRow.tenant_id == InstanceRow.tenant_id,
        VersionRow.kind == PolicyKind.TEMPLATE,
        VersionRow.subject == InstanceRow.template,
        VersionRow.state == VersionState.LIVE,
        VersionRow.id != InstanceRow.version_id,
    )
