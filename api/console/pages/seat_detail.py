"""One seat: who holds it, how it stands, and its whole way to first use with errors and calls for help."""

from datetime import UTC, timedelta
from typing import Final
from urllib.parse import quote
from uuid import UUID

from api.console.declare import Action, Context, Detail, DetailPage, Facts, Ids, Link, Panel, Query
from api.console.desk import provenance_of
from api.console.journey_said import journey_panel
from api.console.seat_rows import seat_rows
from api.console.standing import day_words, today_only
from governance.activation.journeys import journeys_of
from governance.activation.queries import texts_of
from governance.kernel.errors import NotFound
from governance.seats.queries import assignment, pool_facts

INSTANT: Final = timedelta(microseconds=1)


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The page of one seat within reach."""
    try:
        seat_id = UUID(ids["id"])
    except ValueError:
        raise NotFound("assignment", ids["id"]) from None
    async with ctx.work() as work:
        seat = await assignment(work, seat_id)
        [row] = await seat_rows(ctx, work, [seat])
        journey = (await journeys_of(work, [seat.id])).get(seat.id)
        texts = await texts_of(work, [journey.product_id]) if journey else {}
        product_id = (await pool_facts(work, seat.pool_id))[0].product_id if ctx.may("person:read") else None
        mine = seat.person_id == work.actor.person_id
    holder = Link(row.person.name, row.person.href) if row.person.href else row.person.name
    license_ = Link(row.license, f"/licenses/{row.license_id}") if ctx.may("entitlement:read") else row.license
    before = (seat.started_at - INSTANT).astimezone(UTC).isoformat().replace("+00:00", "Z")
    why = f"/people/{seat.person_id}/rights/{product_id}?as-of={quote(before)}"
    facts = (
        (ctx.text("journey.held"), holder),
        (ctx.text("licenses.license"), license_),
        (ctx.text("seat.pool"), row.pool),
        (ctx.text("table.status"), row.status),
        (ctx.text("seat.since"), day_words(ctx, seat.started_at)),
        *(((ctx.text("rights.why"), Link(ctx.text("rights.seat"), why)),) if ctx.may("person:read") else ()),
    )
    ask = Action("help.ask", f"/my-licenses/{seat.id}/help", "info", action="support:open", dialog=True)
    take = Action("seat.release_short", f"/seats/{seat.id}/release", action="seat:release", dialog=True)
    move = Action("transfer.short", f"/seats/{seat.id}/transfer", action="seat:transfer", dialog=True)
    actions = () if seat.released_at is not None else (ask, take) if mine else (move, take)
    codes = {code: text for (_, code), text in texts.items()}
    home = ("my_licenses.title", "/my-licenses") if mine and ctx.audience == "holder" else ("seat.title", "/seats")
    return Detail(
        f"{row.license}: {row.person.name}", ((ctx.text(home[0]), home[1]),),
        parts=(*today_only(ctx), journey_panel(ctx, journey, codes)),
        side=(Panel(ctx.text("journey.seat"), (Facts(facts),)),),
        actions=actions, provenance=await provenance_of(ctx),
    )  # fmt: skip


DETAIL: Final = DetailPage(name="seat", path="/seats/{id}", gather=show, action="seat:read", nav="licenses")
PAGES: Final = (DETAIL,)
