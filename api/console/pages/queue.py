"""The queue: everything that waits for IT in one place, each with its one next act."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.declare import (
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Empty,
    Field,
    FormPage,
    Ids,
    Link,
    Opened,
    Outcome,
    Panel,
    Part,
    Query,
    Table,
)
from api.console.desk import desk_of, provenance_of
from api.console.own_help import product_names
from api.console.parts import Footer
from api.console.queue_read import SHOWN, Waiting, contacts, lapsed_invitations, narrowing, reclaims, requests, stuck
from api.console.seat_rows import SEAT_COLUMNS
from api.console.standing import today_only
from governance.activation.queries import contact
from governance.activation.service import CloseContact, close_contact
from governance.kernel.errors import NotFound

HERE: Final = "/queue"


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """What waits, in the order in which somebody waits for it; parts with nothing in them are not shown."""
    async with ctx.work() as work:
        license_ = await narrowing(work, query.raw.get("license", ""))
        product_id, license_id = (license_.product_id, license_.id) if license_ else (None, None)
        found = (
            ("requests", await requests(ctx, work, license_id), REQUESTS),
            ("contacts", await contacts(ctx, work, product_id), CONTACTS),
            ("stuck", await stuck(ctx, work, product_id), STUCK),
            ("reclaims", await reclaims(ctx, work, license_id), SEATS),
            ("lapsed", await lapsed_invitations(ctx, work, license_id), SEATS),
        )
    parts = [_panel(ctx, name, waiting, columns) for name, waiting, columns in found if waiting.total]
    nothing = Empty(ctx.text("queue.nothing"), ctx.text("queue.nothing_text"), "inbox")
    crumbs = ((license_.name, f"/licenses/{license_.id}"),) if license_ else ()
    return Detail(
        ctx.text("queue.title"), crumbs, parts=(*today_only(ctx), *(parts or (nothing,))),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _panel(ctx: Context, name: str, waiting: Waiting, columns: tuple[Column, ...]) -> Part:
    title, total = ctx.text(f"queue.{name}"), formats.number(ctx.locale, waiting.total)
    more = ctx.text("queue.first", count=SHOWN, total=total) if waiting.total > SHOWN else ""
    links: tuple[Link, ...] = ()
    if name == "requests":
        links = (Link(ctx.text("queue.all_requests"), "/requests"),)
    if name == "reclaims":
        links = (Link(ctx.text("queue.all_reclaims"), "/seats?state=RECLAIM_PENDING"),)
    footer = Footer(links, more) if links or more else None
    return Panel(title, (Table(title, columns, waiting.rows, bare=True),), corner=total, footer=footer)


async def opens_close(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that closes a call for help; a closed one has none."""
    async with ctx.work() as work:
        row = await contact(work, _uuid(ids["id"]))
        names = await product_names(work, [row.product_id])
    if row.closed_at is not None:
        return None
    sub = " · ".join(filter(None, (names[row.product_id], row.note)))
    return Opened(ctx.text("queue.close_title"), {"version": str(row.version)}, sub, cancel=HERE)


async def close(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Close the call as it was shown; another version by now is refused."""
    said = str(values["version"])
    asked = CloseContact(_uuid(ids["id"]), int(said) if said.isascii() and said.isdigit() else 0)
    await desk_of(ctx).perform(lambda work: close_contact(work, asked))
    return Done(HERE, ctx.text("queue.closed"))


def _uuid(asked: str) -> UUID:
    try:
        return UUID(asked)
    except ValueError:
        raise NotFound("contact", asked) from None


WHO: Final = Column("who", "seat.person", kind="person", strong=True)
PRODUCT: Final = Column("product", "help.product", leaves=3)
STEP: Final = Column("step", "queue.step", leaves=2)
SINCE: Final = Column("since", "queue.since", kind="date", leaves=3)
ACT: Final = Column("act", "seat.act", kind="link")
CONTACTS: Final = (
    WHO, PRODUCT, STEP, Column("said", "help.note", leaves=4), SINCE, Column("source", "queue.source", leaves=1), ACT,
)  # fmt: skip
REQUESTS: Final = (
    WHO, Column("license", "licenses.license", leaves=3), Column("said", "requests.reason", leaves=2), SINCE,
    Column("status", "table.status", kind="status", leaves=1), ACT,
    Column("no", "requests.refuse", kind="link"),
)  # fmt: skip
STUCK: Final = (
    WHO, PRODUCT, STEP, Column("code", "queue.code", kind="code"), Column("said", "queue.help", leaves=1), SINCE, ACT,
)  # fmt: skip
SEATS: Final = (*SEAT_COLUMNS, Column("act", "seat.act", kind="link", value=lambda row: row.act, leaves=2))
QUEUE: Final = DetailPage(name="queue", path=HERE, gather=show, action="seat:reclaim", nav="queue")
CLOSE: Final = FormPage(
    name="queue-close", path=f"{HERE}/{{id}}/close", opens=opens_close, submit=close, button="queue.close",
    action="support:close", nav="queue", fields=(Field("version", "findings.version", "hidden", longest=10),),
)  # fmt: skip
PAGES: Final = (QUEUE, CLOSE)
