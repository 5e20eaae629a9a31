"""What one has asked for, on My licenses: undecided, in line, and lately answered, with the way to ask for more."""

from typing import Final

from api.console.context import Context
from api.console.controls import Action, Column
from api.console.parts import Empty, Panel, Part, Table
from api.console.request_rows import request_rows
from governance.requests.models import SeatRequest
from governance.requests.queries import visible_requests

SHOWN: Final = 20


async def own_requests(ctx: Context) -> list[Part]:
    """The panel of one's own requests, the newest first, for who may ask."""
    if not ctx.may("seat:request"):
        return []
    async with ctx.work() as work:
        own = visible_requests(work).where(SeatRequest.person_id == work.actor.person_id)
        newest = own.order_by(SeatRequest.asked_at.desc(), SeatRequest.id.desc()).limit(SHOWN)
        rows = await request_rows(ctx, work, (await work.session.execute(newest)).scalars().all(), own=True)
    title = ctx.text("requests.own")
    empty = Empty(ctx.text("requests.own_none"), ctx.text("requests.own_none_text"), "inbox")
    columns = (
        Column("license", "licenses.license", strong=True),
        Column("pool", "seat.pool", leaves=3, quiet=True),
        Column("said", "requests.reason", leaves=3),
        Column("status", "table.status", kind="status"),
        Column("answer", "requests.answer", leaves=1),
        Column("since", "requests.since", kind="date", leaves=4),
        Column("act", "seat.act", kind="link"),
    )
    ask = () if ctx.past else (Action("requests.ask", "/my-licenses/ask", action="seat:request"),)
    return [Panel(title, (Table(title, columns, rows, bare=True, empty=empty),), actions=ask)]
