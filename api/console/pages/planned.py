"""What is planned for units on a day to come: listed with what became of it, and taken back before its day."""

from collections.abc import Mapping
from typing import Any, Final

from api.console.acting import actors_of, id_of
from api.console.declare import (
    Action,
    Column,
    Context,
    Done,
    Empty,
    Field,
    Filter,
    FormPage,
    Ids,
    Level,
    Link,
    Opened,
    Option,
    Outcome,
    Query,
    Rows,
    Status,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.paging import read_rows
from api.console.standing import day_words, today_only, units_of
from governance.kernel.page import Order
from governance.reorganization.models import PlannedReorganization
from governance.reorganization.queries import planned, visible_planned
from governance.reorganization.rules import PlannedState
from governance.reorganization.service import withdraw_planned

HERE: Final = "/planned-changes"
ALL: Final = "all"
LEVELS: Final = {
    PlannedState.PLANNED: Level.WARN, PlannedState.DONE: Level.OK, PlannedState.STOPPED: Level.HIGH,
    PlannedState.WITHDRAWN: Level.UNKNOWN,
}  # fmt: skip


async def listed(ctx: Context, query: Query) -> Rows:
    """What is planned for units within reach, the latest day first; without a filter, what waits for its day."""
    async with ctx.work() as work:
        chosen = visible_planned(work)
        if query.filters.get("state") != ALL:
            chosen = chosen.where(PlannedReorganization.state == PlannedState.PLANNED)
        order = (Order(PlannedReorganization.due_at, True), Order(PlannedReorganization.id, True))
        read = await read_rows(work, query, chosen, order)
        found = read.page.rows
        units = await units_of(work, [key for row in found for key in (row.unit_id, row.to_id) if key is not None])
        actors = await actors_of(ctx, work, [row.principal for row in found])
    rows = [
        {
            "unit": Link(units.get(row.unit_id, "–"), f"/units/{row.unit_id}"),
            "verb": ctx.text(f"units.verb_{row.verb.value.removeprefix('unit:')}"),
            "to": units.get(row.to_id, "–") if row.to_id else "–", "day": row.due_at, "reason": row.reason,
            "by": actors[row.principal], "why": row.why or "",
            "status": Status(LEVELS[row.state], ctx.text(f"units.plan_{row.state.value.lower()}")),
            "act": _way(ctx, row),
        }
        for row in found
    ]  # fmt: skip
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("units.planned_note"),
        provenance=await provenance_of(ctx), above=today_only(ctx),
    )  # fmt: skip


def _way(ctx: Context, row: PlannedReorganization) -> Link | None:
    if row.state is not PlannedState.PLANNED or ctx.past or not ctx.may("unit:edit"):
        return None
    return Link(ctx.text("units.plan_withdraw"), f"{HERE}/{row.id}/withdraw")


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that takes a plan back; one that something became of has none. Raises NotFound."""
    async with ctx.work() as work:
        row = await planned(work, id_of(ids["id"], "planned reorganization"))
        names = await units_of(work, [row.unit_id])
    if row.state is not PlannedState.PLANNED:
        return None
    about = ctx.text("units.plan_withdraw_text", day=day_words(ctx, row.due_at))
    crumbs = ((ctx.text("units.planned"), HERE),)
    title = ctx.text("units.plan_withdraw_title", unit=names.get(row.unit_id, "–"))
    return Opened(title, {}, about, crumbs, cancel=HERE)


async def withdraw(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Take it back."""
    planned_id = id_of(ids["id"], "planned reorganization")
    await desk_of(ctx).perform(lambda work: withdraw_planned(work, planned_id, values["reason"]))
    return Done(HERE, ctx.text("units.plan_is_withdrawn"))


LIST: Final = TablePage(
    name="planned-changes", path=HERE, title="units.planned", action="unit:read", nav="people", rows=listed,
    columns=(
        Column("unit", "units.what", kind="link", strong=True),
        Column("verb", "seat.act", leaves=4),
        Column("to", "units.planned_to", leaves=3),
        Column("day", "units.planned_day"),
        Column("status", "table.status", kind="status"),
        Column("reason", "access.reason", leaves=2, quiet=True),
        Column("by", "units.planned_by", leaves=1, quiet=True),
        Column("why", "units.planned_why", leaves=1, quiet=True),
        Column("act", "units.plan_withdraw", kind="link"),
    ),
    filters=(Filter("state", "table.status", (Option("", "units.planned_open"), Option(ALL, "licenses.any"))),),
    empty=Empty("units.planned_empty", "units.planned_empty_text", "scope",
                Action("units.title", "/units", action="unit:read")),
)  # fmt: skip
WITHDRAW: Final = FormPage(
    name="planned-withdraw", path=f"{HERE}/{{id}}/withdraw", opens=opens, submit=withdraw,
    button="units.plan_withdraw", action="unit:edit", nav="people",
    fields=(Field("reason", "access.reason", "textarea", longest=400),),
)  # fmt: skip
PAGES: Final = (LIST, WITHDRAW)
