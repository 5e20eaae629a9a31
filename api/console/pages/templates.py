"""Templates: their versions, the licenses held to each with what differs, and a license made of one."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console.acting import id_of
from api.console.declare import (
    Action,
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Empty,
    Facts,
    Field,
    FormPage,
    Ids,
    Link,
    Opened,
    Outcome,
    Panel,
    Preview,
    Query,
    Refused,
    Rows,
    Table,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.finding_people import suggest_people
from api.console.naming import agreement_called, people_called, suggest_agreements
from api.console.paging import cut
from api.console.supply_fields import unit_options
from api.console.templates_read import (
    HERE,
    difference_table,
    facts_of,
    held_rows,
    made_parts,
    names_of,
    typed,
    version_status,
)
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.queries import visible_templates
from governance.rulebook.rules import VersionState
from governance.templates.queries import held_to, instance, instances_of, template_version
from governance.templates.service import MakeLicense, compare, make_license, preview_make


async def templates(ctx: Context, query: Query) -> Rows:
    """One row a template: by its live version, or the newest where none is live."""
    async with ctx.work() as work:
        found = (await work.session.execute(visible_templates(work).order_by(PolicyVersion.number))).scalars().all()
        held = await held_to(work)
    shown: dict[str, PolicyVersion] = {}
    for row in found:
        if row.subject not in shown or shown[row.subject].state is not VersionState.LIVE:
            shown[row.subject] = row
    part = cut(query, sorted(shown.values(), key=lambda row: row.subject), lambda row: row.id)
    rows = [
        {"title": str(row.content.get("title", row.subject)), "code": row.subject, "number": row.shown_number,
         "product": str(row.content.get("product", "–")), "held": held.get(row.subject, 0),
         "status": version_status(ctx, row), "href": f"{HERE}/{row.id}"}
        for row in part.items
    ]  # fmt: skip
    return Rows(
        rows, total=len(shown), next=part.next, previous=part.previous, first_index=part.first_index,
        note=ctx.text("templates.list_note"), provenance=await provenance_of(ctx),
    )  # fmt: skip


async def template(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """One version of a template, the others beside it, and the licenses that are held to the template."""
    async with ctx.work() as work:
        row = await template_version(work, id_of(ids["id"], "template version"))
        every = visible_templates(work).where(PolicyVersion.subject == row.subject)
        versions = (await work.session.execute(every.order_by(PolicyVersion.number.desc()))).scalars().all()
        instances = await instances_of(work, row.subject)
        found, names = await compare(work, instances), await names_of(work, instances)
    held = Table(
        ctx.text("templates.licenses"), HELD, held_rows(ctx, found, names), row_href=lambda each: each["href"],
        empty=Empty(ctx.text("templates.none_held"), ctx.text("templates.none_held_text"), "license"),
    )  # fmt: skip
    listed = Table(
        ctx.text("templates.versions"), VERSIONS,
        [{"number": each.shown_number, "note": each.note, "status": version_status(ctx, each),
          "published": each.published_at.astimezone(ctx.zone).date() if each.published_at else None,
          "href": f"{HERE}/{each.id}"} for each in versions],
        row_href=lambda each: each["href"],
    )  # fmt: skip
    here = f"{HERE}/{row.id}"
    draft = row.state is VersionState.DRAFT
    actions = (
        *((Action("templates.make", f"{here}/make", "plus", primary=True, action="entitlement:create"),)
          if row.state is VersionState.LIVE else ()),
        *((Action("templates.publish", f"{here}/publish", "check", primary=True, action="policy:publish"),)
          if draft else ()),
        *((Action("templates.apply", f"{here}/apply", "refresh", action="entitlement:correct"),)
          if not draft and instances else ()),
        Action("templates.draft", f"{HERE}/new?of={row.id}", "edit", action="policy:draft"),
    )  # fmt: skip
    return Detail(
        str(row.content.get("title", row.subject)), ((ctx.text("templates.title"), HERE),),
        parts=(held, listed), side=(Panel(ctx.text("templates.template"), (facts_of(ctx, row),)),), actions=actions,
        provenance=await provenance_of(ctx),
    )  # fmt: skip


async def held(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """One license and its template: what differs, on purpose or by hand."""
    async with ctx.work() as work:
        row = await instance(work, id_of(ids["id"], "license made from a template"))
        (found,) = await compare(work, [row])
        name = (await names_of(work, [row]))[row.entitlement_id]
    facts = (
        (ctx.text("licenses.license"), Link(name, f"/licenses/{row.entitlement_id}")),
        (ctx.text("templates.template"), Link(row.template, f"{HERE}/{found.version.id}")),
        (ctx.text("templates.version"), str(found.version.shown_number)),
        (ctx.text("templates.newest"), str(found.live.shown_number) if found.live else "–"),
        (ctx.text("templates.region"), row.region),
    )
    here = f"{HERE}/held/{row.id}"
    actions = (
        *((Action("templates.apply_newest", f"{HERE}/{found.live.id}/apply?held={row.id}", "refresh", primary=True,
                  action="entitlement:correct"),) if found.live and (found.behind or found.differences) else ()),
        *((Action("templates.keep", f"{here}/keep", "check", action="entitlement:correct"),)
          if found.differences or row.overrides else ()),
    )  # fmt: skip
    parts = difference_table(ctx, found) if found.differences else None
    return Detail(
        ctx.text("templates.held_title", name=name), ((ctx.text("templates.title"), HERE),),
        parts=(Panel(ctx.text("templates.differences"), (parts,) if parts else (), sub=ctx.text(
            "templates.differences_text" if parts else "templates.as_said_text"
        )),),
        side=(Panel(ctx.text("templates.template"), (Facts(facts),)),), actions=actions,
        provenance=await provenance_of(ctx),
    )  # fmt: skip


async def opens_make(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A license of the live version: whose, where, from when, and what is otherwise."""
    async with ctx.work() as work:
        row = await template_version(work, id_of(ids["id"], "template version"))
    if row.state is not VersionState.LIVE:
        raise NotFound("template version", ids["id"])
    units = await unit_options(ctx)
    title = str(row.content.get("title", row.subject))
    initial = {
        "region": str(row.content.get("region", "001")), "unit_id": units[0].value if units else "",
        "first_day": ctx.now.astimezone(ctx.zone).date().isoformat(),
    }  # fmt: skip
    crumbs = ((ctx.text("templates.title"), HERE), (title, f"{HERE}/{row.id}"))
    return Opened(ctx.text("templates.make"), initial, title, crumbs, cancel=f"{HERE}/{row.id}")


async def make(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show everything that would be made; with the token of that, make it."""
    agreement = await agreement_called(ctx, values["agreement"])
    people = await people_called(ctx, owner_id=values["owner_id"])
    if agreement is None:
        return Refused({"agreement": ctx.text("granting.unknown_agreement", number=values["agreement"])})
    if isinstance(people, Refused):
        return people
    wish = MakeLicense(
        id_of(ids["id"], "template version"), agreement.id, values["code"], values["name"], UUID(values["unit_id"]),
        values["first_day"], (values["region"] or "").upper() or None, values["last_day"], people["owner_id"], None,
        values["po_number"], typed(values["overrides"], "overrides"), token or None,
    )  # fmt: skip
    desk = desk_of(ctx)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            seen = await preview_make(work, wish)
        return Preview(made_parts(ctx, seen), seen.token, ctx.text("templates.make_it"))

    async def verb(work: Work) -> UUID:
        return (await make_license(work, wish)).entitlement_id

    license_id = await desk.perform(verb)
    return Done(f"/licenses/{license_id}", ctx.text("templates.made", name=values["name"]))


HELD: Final = (
    Column("name", "licenses.license", strong=True),
    Column("number", "templates.version", kind="number"),
    Column("region", "templates.region", leaves=2, quiet=True),
    Column("overridden", "templates.meant", kind="number", leaves=3),
    Column("drifted", "templates.by_hand", kind="number", leaves=3),
    Column("status", "table.status", kind="status"),
)
VERSIONS: Final = (
    Column("number", "templates.version", value=lambda row: str(row["number"]), strong=True),
    Column("note", "templates.note", quiet=True),
    Column("published", "templates.published", kind="date", leaves=2),
    Column("status", "table.status", kind="status"),
)
NEW: Final = Action("templates.new", f"{HERE}/new", "plus", primary=True, action="policy:draft")
LIST: Final = TablePage(
    name="templates", path=HERE, title="templates.title", action="entitlement:read", nav="licenses", rows=templates,
    columns=(
        Column("title", "templates.template", sub=lambda row: row["code"], strong=True),
        Column("product", "catalog.product", leaves=1),
        Column("number", "templates.version", kind="number", leaves=2),
        Column("held", "templates.licenses", kind="number", leaves=3),
        Column("status", "table.status", kind="status"),
    ),
    row_href=lambda row: row["href"], actions=(NEW,),
    empty=Empty("templates.empty", "templates.empty_text", "file", NEW),
)  # fmt: skip
TEMPLATE: Final = DetailPage(
    name="template", path=f"{HERE}/{{id}}", gather=template, action="entitlement:read", nav="licenses"
)  # fmt: skip
ONE_HELD: Final = DetailPage(
    name="template-held", path=f"{HERE}/held/{{id}}", gather=held, action="entitlement:read", nav="licenses"
)  # fmt: skip
MAKE: Final = FormPage(
    name="template-make", path=f"{HERE}/{{id}}/make", opens=opens_make, submit=make, button="form.preview",
    action="entitlement:create", nav="licenses",
    fields=(
        Field("agreement", "license.agreement", longest=120, suggest=suggest_agreements,
              help="granting.agreement_help"),
        Field("name", "people.name", longest=200),
        Field("code", "templates.license_code", longest=120),
        Field("unit_id", "templates.unit", "select", options=unit_options),
        Field("region", "templates.region", longest=10, help="templates.region_help"),
        Field("first_day", "license.first_day", "date"),
        Field("last_day", "license.last_usable", "date", required=False, help="templates.last_day_help"),
        Field("owner_id", "licenses.owner", required=False, suggest=suggest_people),
        Field("po_number", "license.order", required=False, longest=80),
        Field("overrides", "templates.overrides", "textarea", required=False, longest=20_000,
              help="templates.overrides_help"),
    ),
)  # fmt: skip
PAGES: Final = (LIST, MAKE, ONE_HELD, TEMPLATE)
