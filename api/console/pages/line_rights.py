"""Rights beside seats: a line grants older releases or a second device, on a clause, and such a right ends on a day."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console.acting import id_of
from api.console.context import Context, Query
from api.console.controls import Option
from api.console.desk import desk_of
from api.console.forms import Done, Field, FormPage, Ids, Opened, Outcome
from api.console.license_read import license_id_of, license_of
from api.console.supply_fields import opened
from governance.entitlements.models import MetricLine
from governance.entitlements.queries import visible_lines
from governance.entitlements.rights import (
    EndLineRight,
    GrantLineRight,
    end_line_right,
    grant_line_right,
    line_right,
)
from governance.entitlements.rules import RightKind
from governance.kernel.errors import NotFound

KINDS: Final = tuple(Option(each.value, f"line_rights.kind_{each.value.lower()}") for each in RightKind)


async def own_lines(ctx: Context) -> tuple[Option, ...]:
    """The lines of the license that the address names."""
    async with ctx.work() as work:
        query = visible_lines(work).where(MetricLine.entitlement_id == license_of(ctx)).order_by(MetricLine.code)
        rows = (await work.session.execute(query)).scalars().all()
    return tuple(Option(str(row.id), text=row.code) for row in rows)


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A right from today on. Raises NotFound."""
    today = ctx.now.astimezone(ctx.zone).date().isoformat()
    return await opened(ctx, ids, "line_rights.grant", {"kind": RightKind.DOWNGRADE.value, "first_day": today}, "lots")


async def submit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Record it: what was known before stays readable."""
    kind = RightKind(values["kind"])
    command = GrantLineRight(
        UUID(values["line"]), kind, values["clause"], values["first_day"], values["last_day"], values["levels"]
    )
    await desk_of(ctx).perform(lambda work: grant_line_right(work, command))
    return Done(f"/licenses/{license_id_of(ids['id'])}?tab=lots", ctx.text("line_rights.granted"))


async def opens_end(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The last day on which it holds: today unless said otherwise. Raises NotFound, of an ended one too."""
    async with ctx.work() as work:
        if (await line_right(work, id_of(ids["right"], "line right"))).last_day is not None:
            raise NotFound("line right", ids["right"])
    today = ctx.now.astimezone(ctx.zone).date().isoformat()
    return await opened(ctx, ids, "line_rights.end_title", {"last_day": today}, "lots")


async def submit_end(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Let it end on that day."""
    command = EndLineRight(id_of(ids["right"], "line right"), values["last_day"])
    await desk_of(ctx).perform(lambda work: end_line_right(work, command))
    return Done(f"/licenses/{license_id_of(ids['id'])}?tab=lots", ctx.text("line_rights.ended"))


GRANT: Final = FormPage(
    name="line-right", path="/licenses/{id}/rights/new", opens=opens, submit=submit, button="line_rights.grant",
    action="entitlement:correct", nav="licenses",
    fields=(
        Field("line", "lines.code", "select", options=own_lines),
        Field("kind", "line_rights.kind", "choice", options=KINDS),
        Field("levels", "line_rights.back", "number", required=False, minimum=1, maximum=100,
              help="line_rights.back_help"),
        Field("first_day", "license.first_day", "date"),
        Field("last_day", "license.last_usable", "date", required=False, help="line_rights.last_help"),
        Field("clause", "line_rights.clause", "textarea", longest=1000, help="line_rights.clause_help"),
    ),
)  # fmt: skip
END: Final = FormPage(
    name="line-right-end", path="/licenses/{id}/rights/{right}/end", opens=opens_end, submit=submit_end,
    button="line_rights.end_title", action="entitlement:correct", nav="licenses",
    fields=(Field("last_day", "line_rights.last_day", "date"),),
)  # fmt: skip
PAGES: Final = (GRANT, END)
