"""The template that a license was made of, on the license's own page: which version, what differs, where to look."""

from uuid import UUID

from api.console.context import Context
from api.console.parts import Facts, Panel, Part
from api.console.templates_read import HERE, difference_table
from api.console.values import Link
from governance.templates.models import TemplateInstance
from governance.templates.queries import visible_instances
from governance.templates.rules import Standing
from governance.templates.service import compare


async def template_parts(ctx: Context, license_id: UUID) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """What differs from the template, and for the side the way to it; as it is now, and nothing without a template."""
    async with ctx.work() as work:
        query = visible_instances(work).where(TemplateInstance.entitlement_id == license_id)
        row = (await work.session.execute(query)).scalar_one_or_none()
        found = None if row is None or ctx.past else (await compare(work, [row]))[0]
    if found is None:
        return (), ()
    drifted = sum(each.standing is Standing.DRIFTED for each in found.differences)
    differs = ctx.text("templates.differ", count=len(found.differences), drifted=drifted)
    facts = Facts((
        (ctx.text("templates.template"), Link(found.instance.template, f"{HERE}/held/{found.instance.id}")),
        (ctx.text("templates.version"), str(found.version.shown_number)),
        (ctx.text("templates.newest"), str(found.live.shown_number) if found.live else "–"),
        (ctx.text("templates.differences"), differs),
    ))  # fmt: skip
    side = (Panel(ctx.text("templates.of_license"), (facts,)),)
    if not found.differences:
        return (), side
    table = difference_table(ctx, found)
    return (Panel(ctx.text("templates.differences"), (table,), sub=ctx.text("templates.differences_text")),), side
