'''The console: pages described as data, drawn by one kit, working without script.

A page file `api/console/pages/<name>.py` holds declarations and what gathers their rows; it is registered in
`api/console/site.py`; its texts stand in `messages/<name>.en.json` and `messages/<name>.de.json`, every key beginning
with `<name>.`. All names below come from `api.console.declare`. What is text already (names, sentences from `ctx.text`)
goes into `text=`, `title=` of gathered values; what a declaration calls `label` or `title` is a message key.

    """Vendors: who sells us what, and how each stands."""

    from collections.abc import Mapping
    from typing import Any

    from api.console.declare import (
        Action, Balance, Column, Context, Detail, DetailPage, Done, Facts, Field, Filter, FormPage, Ids, Level, Opened,
        Option, Outcome, Panel, Query, Refused, Rows, SeatBar, Status, TablePage,
    )

    async def vendors(ctx: Context, query: Query) -> Rows:
        async with ctx.work() as work:
            page = await visible_vendors(work, state=query.filters["state"], search=query.search, after=query.after)
        return Rows(page.items, total=page.total, next=page.next, previous=page.previous)

    async def vendor(ctx: Context, ids: Ids, query: Query) -> Detail | None:
        async with ctx.work() as work:
            found = await vendor_by_id(work, ids["id"])
        return found and Detail(found.name, side=(Panel(ctx.text("vendors.facts"), (Facts((("Id", found.id),)),)),))

    async def opens(ctx: Context, ids: Ids, query: Query) -> Opened | None:
        return Opened(ctx.text("vendors.add"), cancel="/vendors")

    async def add(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
        async with ctx.work() as work:
            if await name_taken(work, values["name"]):
                return Refused({"name": ctx.text("vendors.taken", name=values["name"])})
            made = await add_vendor(work, values["name"])
        return Done(f"/vendors/{made.id}", ctx.text("vendors.added", name=made.name))

    STATE = Filter("state", "vendors.state", (Option("", "vendors.any"), Option("open", "vendors.open")))
    ADD = Action("vendors.add", "/vendors/new", icon="plus", primary=True, action="vendor:create", dialog=True)
    LIST = TablePage(
        name="vendors", path="/vendors", title="vendors.title", action="vendor:read", nav="licenses", rows=vendors,
        columns=(
            Column("name", "vendors.name", href=lambda row: f"/vendors/{row.id}", sort="name"),
            Column("position", "vendors.position", kind="seatbar", value=lambda row: SeatBar(row.occupied, row.limit)),
            Column("balance", "vendors.balance", kind="balance", value=lambda row: Balance(row.balance)),
            Column("status", "vendors.status", kind="status", value=lambda row: Status(Level.OK), leaves=3),
        ),
        filters=(STATE,), search=True, actions=(ADD,), legend=True,
    )
    DETAIL = DetailPage(name="vendor", path="/vendors/{id}", gather=vendor, action="vendor:read", nav="licenses")
    FORM = FormPage(
        name="vendor-add", path="/vendors/new", fields=(Field("name", "vendors.name", longest=120),), opens=opens,
        submit=add, button="vendors.add", action="vendor:create", nav="licenses",
    )
    PAGES = (LIST, FORM, DETAIL)

What a verb raises needs no care: a `BusinessError` comes back as 422 with its sentence at the field its path names
and its reasons as has and needs; `NotFound` is the missing page. `Refused(parts=(HasNeeds(...),))` adds remedies;
`Preview(parts, token, confirm)` makes the second step of what destroys: the form comes back with the token, and
`submit` is called again with it.
'''
