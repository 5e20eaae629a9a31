"""Groupings of regions of one's own: what each means from which day on, and the form in which it is said."""

from collections.abc import Mapping
from typing import Any, Final

from api.console import formats
from api.console.declare import (
    Action,
    Column,
    Context,
    Done,
    Empty,
    Field,
    FormPage,
    Ids,
    Opened,
    Outcome,
    Query,
    Rows,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.paging import read_rows
from api.console.standing import region_name
from governance.entitlements.models import RegionGroup
from governance.entitlements.service.regions import DefineRegionGroup, define_region_group, region_groups
from governance.kernel.page import Order

HERE: Final = "/settings/regions"


async def listed(ctx: Context, query: Query) -> Rows:
    """The groupings by code, each as it is meant from its day on."""
    async with ctx.work() as work:
        order = (Order(RegionGroup.code, query.descending), Order(RegionGroup.from_day), Order(RegionGroup.id))
        read = await read_rows(work, query, region_groups(work), order)
    rows = [
        {"code": row.code, "name": row.name, "included": _named(ctx, row.included),
         "without": _named(ctx, row.excluded), "from_day": formats.day(ctx.locale, row.from_day)}
        for row in read.page.rows
    ]  # fmt: skip
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("regions.note"),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _named(ctx: Context, codes: list[str]) -> str:
    return ", ".join(region_name(ctx, code) for code in codes)


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """From today on, unless another day is said."""
    today = ctx.now.astimezone(ctx.zone).date().isoformat()
    crumbs = ((ctx.text("regions.title"), HERE),)
    return Opened(ctx.text("regions.new"), {"from_day": today}, ctx.text("regions.new_text"), crumbs, cancel=HERE)


async def define(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Say what the grouping means."""
    new = DefineRegionGroup(
        values["code"], values["name"], tuple(values["included"]), values["from_day"], tuple(values["excluded"] or ())
    )
    row = await desk_of(ctx).perform(lambda work: define_region_group(work, new))
    return Done(HERE, ctx.text("regions.defined", code=row.code))


NEW: Final = Action("regions.new", f"{HERE}/new", "plus", primary=True, action="settings:edit")
LIST: Final = TablePage(
    name="regions", path=HERE, title="regions.title", action="entitlement:read", nav="settings", rows=listed,
    columns=(
        Column("code", "devices.code", strong=True, sort="code"),
        Column("name", "granting.name", leaves=2),
        Column("included", "regions.included"),
        Column("without", "regions.without", leaves=3),
        Column("from_day", "regions.from_day", leaves=1),
    ),
    actions=(NEW,), empty=Empty("regions.empty", "regions.empty_text", "license", NEW),
)  # fmt: skip
FORM: Final = FormPage(
    name="region-new", path=f"{HERE}/new", opens=opens, submit=define, button="regions.define",
    action="settings:edit", nav="settings",
    fields=(
        Field("code", "devices.code", longest=32, help="regions.code_help"),
        Field("name", "granting.name", longest=200),
        Field("included", "regions.included", multiple=True, longest=10, help="supply.territory_help"),
        Field("excluded", "regions.without", required=False, multiple=True, longest=10),
        Field("from_day", "regions.from_day", "date", help="regions.from_day_help"),
    ),
)  # fmt: skip
PAGES: Final = (LIST, FORM)
