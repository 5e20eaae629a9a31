"""Assign seats without a license at hand: which one first."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console.declare import Context, Done, Field, FormPage, Ids, Opened, Option, Outcome, Query
from governance.entitlements.models import Entitlement
from governance.entitlements.queries import visible_entitlements
from policies.access.actions import Action

MOST: Final = 500


async def licenses(ctx: Context) -> tuple[Option, ...]:
    """Licenses within reach by name."""
    async with ctx.work() as work:
        query = visible_entitlements(work, Action.ENTITLEMENT_READ).order_by(Entitlement.name, Entitlement.id)
        rows = (await work.session.execute(query.limit(MOST))).scalars().all()
    return tuple(Option(str(row.id), text=row.name) for row in rows)


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The question."""
    return Opened(ctx.text("assign.title"), {}, ctx.text("assign.which_text"), cancel="/licenses")


async def choose(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Go on to the form of that license."""
    return Done(f"/licenses/{UUID(values['license'])}/assign")


FORM: Final = FormPage(
    name="assign-which", path="/assign", opens=opens, submit=choose, button="assign.go_on", action="seat:assign",
    nav="licenses", fields=(Field("license", "licenses.license", "select", options=licenses),),
)  # fmt: skip
PAGES: Final = (FORM,)
