"""Requests for seats: what waits for a decision, who stands in line, and the forms that decide; and asking oneself."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_

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
    Opened,
    Option,
    Outcome,
    Query,
    Rows,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.paging import read_rows
from api.console.request_rows import RequestRow, request_rows
from governance.kernel.errors import NotFound
from governance.kernel.page import Order
from governance.kernel.work import Work
from governance.requests.models import SeatRequest
from governance.requests.queries import seat_request, stands, visible_requests
from governance.requests.rules import HIGHEST, OPEN, REASON_MOST, RequestState, state_at
from governance.requests.service import (
    ApproveRequest,
    RefuseRequest,
    RequestSeat,
    approve_request,
    may_ask_for,
    refuse_request,
    request_seat,
    withdraw_request,
)

HERE: Final = "/requests"
OWN: Final = "/my-licenses"
ALL: Final = "all"


async def requests(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it, the oldest first; without a filter, what is undecided or in line."""
    async with ctx.work() as work:
        chosen = visible_requests(work).where(*_narrowing(work, query.filters.get("state", "")))
        read = await read_rows(work, query, chosen, (Order(SeatRequest.asked_at, False), Order(SeatRequest.id, False)))
        rows = await request_rows(ctx, work, read.page.rows)
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("requests.note"),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _narrowing(work: Work, asked: str) -> list[ColumnElement[bool]]:
    if asked == ALL:
        return []
    states = (RequestState(asked),) if asked in set(RequestState) else tuple(sorted(OPEN))
    return [or_(*(stands(work, state) for state in states))]


async def opens_approve(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that approves; a request that is decided or over has none."""
    row, request = await _of(ctx, ids["id"])
    if state_at(request.state, request.expires_at, ctx.now) is not RequestState.ASKED:
        return None
    title = ctx.text("requests.approve_title", who=row.who.name, license=row.license)
    given = {"version": str(request.version), "priority": 0}
    return Opened(title, given, f"{row.pool} · {row.said}", cancel=HERE)


async def approve(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Approve it as it was shown; the person sits, or stands in line."""
    row, _ = await _of(ctx, ids["id"])
    version, desk = str(values["version"]), desk_of(ctx)
    expected = int(version) if version.isascii() and version.isdigit() else 0
    given = ApproveRequest(row.id, values["priority"] or 0, values["note"], expected)
    done = await approve_request(desk.desk, desk.actor, given)
    said = "requests.approved" if done.state is RequestState.GRANTED else "requests.lined_up"
    return Done(HERE, ctx.text(said, who=row.who.name, license=row.license))


async def opens_refuse(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that refuses; a request that has its answer has none."""
    row, request = await _of(ctx, ids["id"])
    if state_at(request.state, request.expires_at, ctx.now) not in OPEN:
        return None
    title = ctx.text("requests.refuse_title", who=row.who.name, license=row.license)
    return Opened(title, {}, f"{row.pool} · {row.said}", cancel=HERE)


async def refuse(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Refuse it; who asked is told why."""
    row, _ = await _of(ctx, ids["id"])
    given = RefuseRequest(row.id, values["note"])
    await desk_of(ctx).perform(lambda work: refuse_request(work, given))
    return Done(HERE, ctx.text("requests.refused", who=row.who.name))


async def opens_ask(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form in which one asks for oneself; a service has none."""
    if desk_of(ctx).actor.person_id is None:
        return None
    return Opened(ctx.text("requests.ask_title"), {}, ctx.text("requests.ask_sub"), cancel=OWN)


async def ask(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Ask; whoever looks after the license is told."""
    given = RequestSeat(values["reason"], pool_id=_uuid(values["pool"]))
    await desk_of(ctx).perform(lambda work: request_seat(work, given))
    return Done(OWN, ctx.text("requests.asked"))


async def opens_withdraw(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that takes one's own request back."""
    row, request = await _of(ctx, ids["id"])
    if request.ended_at is not None or request.person_id != desk_of(ctx).actor.person_id:
        return None
    return Opened(ctx.text("requests.withdraw_title", license=row.license), {}, row.pool, cancel=OWN)


async def withdraw(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Take it back."""
    request_id = _uuid(ids["id"])
    await desk_of(ctx).perform(lambda work: withdraw_request(work, request_id))
    return Done(OWN, ctx.text("requests.withdrawn"))


async def pool_options(ctx: Context) -> tuple[Option, ...]:
    """The pools that serve the reader, each under its license."""
    if desk_of(ctx).actor.person_id is None:
        return ()
    async with ctx.work() as work:
        found = await may_ask_for(work)
    return tuple(Option(str(each.pool_id), text=f"{each.license} · {each.pool}") for each in found)


async def _of(ctx: Context, asked: str) -> tuple[RequestRow, SeatRequest]:
    async with ctx.work() as work:
        request = await seat_request(work, _uuid(asked))
        [row] = await request_rows(ctx, work, [request])
    return row, request


def _uuid(asked: str) -> UUID:
    try:
        return UUID(asked)
    except ValueError:
        raise NotFound("seat request", asked) from None


STATES: Final = (
    Option("", "requests.open"), *(Option(each.value, f"requests.state_{each.value.lower()}") for each in RequestState),
    Option(ALL, "requests.all"),
)  # fmt: skip
LIST: Final = TablePage(
    name="requests", path=HERE, title="requests.title", action="seat:assign", nav="queue", rows=requests,
    columns=(
        Column("who", "seat.person", kind="person", strong=True),
        Column("license", "licenses.license", href=lambda row: f"/licenses/{row.license_id}", leaves=2),
        Column("pool", "seat.pool", leaves=4, quiet=True),
        Column("said", "requests.reason", leaves=3),
        Column("status", "table.status", kind="status"),
        Column("answer", "requests.answer", leaves=1, quiet=True),
        Column("since", "requests.since", kind="date", leaves=2),
        Column("act", "seat.act", kind="link"),
        Column("no", "requests.refuse", kind="link", leaves=4),
    ),
    filters=(Filter("state", "table.status", STATES),),
    actions=(Action("rules.title", "/assignment-rules", "people", action="group:read", changes=False),),
    empty=Empty("requests.empty", "requests.empty_text", "inbox"),
)  # fmt: skip
VERSION: Final = Field("version", "findings.version", "hidden", longest=10)
APPROVE: Final = FormPage(
    name="request-approve", path=f"{HERE}/{{id}}/approve", opens=opens_approve, submit=approve,
    button="requests.approve", action="seat:assign", nav="queue",
    fields=(
        Field("priority", "requests.priority", "number", minimum=0, maximum=HIGHEST, help="requests.priority_help"),
        Field("note", "requests.decision_note", "textarea", required=False, longest=REASON_MOST),
        VERSION,
    ),
)  # fmt: skip
REFUSE: Final = FormPage(
    name="request-refuse", path=f"{HERE}/{{id}}/refuse", opens=opens_refuse, submit=refuse, button="requests.refuse",
    action="seat:assign", nav="queue",
    fields=(Field("note", "requests.why_not", "textarea", longest=REASON_MOST, help="requests.why_not_help"),),
)  # fmt: skip
ASK: Final = FormPage(
    name="my-licenses-ask", path=f"{OWN}/ask", opens=opens_ask, submit=ask, button="requests.ask_button",
    action="seat:request", nav="my-licenses",
    fields=(
        Field("pool", "requests.what", "select", options=pool_options),
        Field("reason", "requests.reason", "textarea", longest=REASON_MOST, help="requests.reason_help"),
    ),
)  # fmt: skip
WITHDRAW: Final = FormPage(
    name="my-licenses-withdraw", path=f"{OWN}/requests/{{id}}/withdraw", opens=opens_withdraw, submit=withdraw,
    button="requests.withdraw", action="seat:request", nav="my-licenses", fields=(),
)  # fmt: skip
PAGES: Final = (LIST, APPROVE, REFUSE, ASK, WITHDRAW)
