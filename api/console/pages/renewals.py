"""Renewals: what ends when, until which day one may say no, what was said and decided, and how much was kept."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import or_

from api.console.acting import id_of
from api.console.declare import (
    Action,
    Column,
    Context,
    DetailPage,
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
    Refused,
    Rows,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.paging import read_rows
from api.console.renewal_detail import RenewalRow, row_of, show
from api.console.standing import names_of
from governance.agreements.models import Agreement
from governance.agreements.rules import Side
from governance.agreements.spoken import CancelReason, Channel, Stage
from governance.agreements.spoken import Outcome as Becomes
from governance.entitlements.models import Entitlement, Lot
from governance.kernel.page import Order
from governance.renewals.queries import endings, outcomes_of, renewal, visible_renewals
from governance.renewals.service import (
    GiveNotice,
    RecordConversation,
    RecordOutcome,
    give_notice,
    record_conversation,
    record_outcome,
)
from policies.access.fields import FieldClass

COMING, PAST, ALL = "coming", "past", "all"


async def renewals(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it: what is still to come, the nearest first, unless asked otherwise."""
    async with ctx.work() as work:
        chosen = visible_renewals(work, known_at=ctx.known_at)
        if side := query.filters.get("side"):
            chosen = chosen.where(Agreement.side == Side(side)) if side in set(Side) else chosen
        when, today = query.filters.get("when", ""), (ctx.as_of or ctx.now).astimezone(ctx.zone).date()
        if when in {"", COMING}:
            chosen = chosen.where(Lot.last_day >= today)
        elif when == PAST:
            chosen = chosen.where(Lot.last_day < today)
        if query.search:
            found = (Entitlement.name, Agreement.number, Lot.po_number)
            chosen = chosen.where(or_(*(column.icontains(query.search, autoescape=True) for column in found)))
        back = query.descending or when == PAST
        read = await read_rows(work, query, chosen, (Order(Lot.last_day, back), Order(Lot.lot_key, back)))
        keys = [lot.lot_key for lot in read.page.rows]
        more = visible_renewals(work, known_at=ctx.known_at).with_only_columns(Lot.lot_key, Entitlement, Agreement)
        beside = {row[0]: (row[1], row[2]) for row in await work.session.execute(more.where(Lot.lot_key.in_(keys)))}
        ends = await endings(work, [(lot, beside[lot.lot_key][1]) for lot in read.page.rows], ctx.known_at)
        owners = await names_of(work, [license_.owner_id for license_, _ in beside.values()])
        money = work.gate.may_read(work.actor, FieldClass.MONEY)
    rows: list[RenewalRow] = [
        row_of(ctx, lot, *beside[lot.lot_key], ends[lot.lot_key], owners, money=money) for lot in read.page.rows
    ]
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("renewals.note"),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


async def _opened(ctx: Context, ids: Ids, title: str, initial: Mapping[str, Any] | None = None) -> Opened:
    async with ctx.work() as work:
        lot, license_, agreement = await renewal(work, id_of(ids["id"], "renewal"))
    here = f"/renewals/{lot.lot_key}"
    crumbs = ((ctx.text("renewals.title"), "/renewals"), (license_.name, here))
    sub = f"{agreement.number} · {lot.po_number or '–'}"
    return Opened(ctx.text(title), initial or {}, sub, crumbs, cancel=here)


async def opens_conversation(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A conversation about what ends. Raises NotFound."""
    return await _opened(ctx, ids, "renewals.conversation_new", {"day": _today(ctx)})


async def converse(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Keep the conversation for good."""
    lot_key = id_of(ids["id"], "renewal")
    command = RecordConversation(
        lot_key, values["day"], values["with_whom"], Channel(values["channel"]), values["summary"],
        values["next_step"], None, values["next_due"],
    )  # fmt: skip
    await desk_of(ctx).perform(lambda work: record_conversation(work, command))
    return Done(f"/renewals/{lot_key}", ctx.text("renewals.conversation_kept"))


async def opens_notice(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Notice for what ends. Raises NotFound."""
    return await _opened(ctx, ids, "renewals.notice_new", {"day": _today(ctx)})


async def notify(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Record that notice was given."""
    lot_key = id_of(ids["id"], "renewal")
    command = GiveNotice(lot_key, values["day"], values["reference"], values["sha256"])
    await desk_of(ctx).perform(lambda work: give_notice(work, command))
    return Done(f"/renewals/{lot_key}", ctx.text("renewals.notice_kept"))


async def opens_outcome(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What becomes of it, bound to the words that stand now, stage by stage. Raises NotFound."""
    async with ctx.work() as work:
        rows = await outcomes_of(work, id_of(ids["id"], "renewal"))
    standing = {f"seen_{row.stage.value.lower()}": str(row.id) for row in rows if row.superseded_at is None}
    return await _opened(ctx, ids, "renewals.outcome_new", standing)


async def decide(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Say what becomes of it; an earlier word on the same stage is superseded."""
    lot_key, stage = id_of(ids["id"], "renewal"), Stage(values["stage"])
    seen = str(values[f"seen_{stage.value.lower()}"] or "")
    outcome, reason = Becomes(values["outcome"]), values["cancel_reason"]
    if outcome.ends and not reason:
        return Refused({"cancel_reason": ctx.text("renewals.reason_needed")})
    command = RecordOutcome(
        lot_key, stage, outcome, id_of(seen, "outcome") if seen else None, CancelReason(reason) if reason else None,
        values["reason_text"], values["quantity"], values["value"].micros if values["value"] else None,
    )  # fmt: skip
    await desk_of(ctx).perform(lambda work: record_outcome(work, command))
    return Done(f"/renewals/{lot_key}", ctx.text("renewals.outcome_kept"))


def _today(ctx: Context) -> date:
    return ctx.now.astimezone(ctx.zone).date()


def _words(kind: type[Any], prefix: str, *, empty: bool = False) -> tuple[Option, ...]:
    named = tuple(Option(each.value, f"renewals.{prefix}_{each.value.lower()}") for each in kind)
    return (Option("", "renewals.none"), *named) if empty else named


LIST: Final = TablePage(
    name="renewals", path="/renewals", title="renewals.title", action="renewal:read", nav="renewals", rows=renewals,
    columns=(
        Column("license", "licenses.license", sub=lambda row: row.order, href=lambda row: f"/renewals/{row.id}",
               strong=True),
        Column("timeline", "renewals.when", kind="svg", leaves=4),
        Column("last_day", "license.last_usable", kind="date", sort="last_day"),
        Column("deadline", "renewals.deadline", kind="date", leaves=3),
        Column("quantity", "license.quantity", kind="number", leaves=2),
        Column("yearly", "renewals.yearly", kind="money", leaves=2),
        Column("owner", "licenses.owner", leaves=3),
        Column("status", "table.status", kind="status"),
    ),
    filters=(
        Filter("when", "renewals.when", (
            Option("", "renewals.coming"), Option(PAST, "renewals.past"), Option(ALL, "licenses.any"))),
        Filter("side", "agreements.side", (
            Option("", "licenses.any"),
            *(Option(each.value, f"agreements.side_{each.value.lower()}") for each in Side))),
    ),
    search=True, row_href=lambda row: f"/renewals/{row.id}",
    actions=(Action("retention.title", "/retention", "receipt", changes=False),
             Action("renewals.calendar", "/feeds/renewals.ics", "calendar", changes=False),),
    empty=Empty("renewals.empty", "renewals.empty_text", "calendar"),
)  # fmt: skip
DETAIL: Final = DetailPage(name="renewal", path="/renewals/{id}", gather=show, action="renewal:read", nav="renewals")
CONVERSE: Final = FormPage(
    name="renewal-conversation", path="/renewals/{id}/conversations/new", opens=opens_conversation, submit=converse,
    button="renewals.keep", action="renewal:note", nav="renewals",
    fields=(
        Field("day", "renewals.day", "date"),
        Field("with_whom", "renewals.with_whom", longest=200),
        Field("channel", "renewals.channel", "select", options=_words(Channel, "channel")),
        Field("summary", "renewals.summary", "textarea", longest=2000),
        Field("next_step", "renewals.next_step", required=False, longest=400),
        Field("next_due", "renewals.next_due", "date", required=False),
    ),
)  # fmt: skip
NOTICE: Final = FormPage(
    name="renewal-notice", path="/renewals/{id}/notice", opens=opens_notice, submit=notify,
    button="renewals.keep", action="renewal:decide", nav="renewals",
    fields=(
        Field("day", "renewals.day", "date"),
        Field("reference", "renewals.reference", longest=400, help="renewals.reference_help"),
        Field("sha256", "renewals.sha256", required=False, longest=64, help="renewals.sha256_help"),
    ),
)  # fmt: skip
OUTCOME: Final = FormPage(
    name="renewal-outcome", path="/renewals/{id}/outcome", opens=opens_outcome, submit=decide,
    button="renewals.keep", action="renewal:decide", nav="renewals",
    fields=(
        Field("stage", "renewals.stage", "choice", options=_words(Stage, "stage")),
        Field("outcome", "renewals.outcome", "select", options=_words(Becomes, "outcome")),
        Field("cancel_reason", "renewals.cancel_reason", "select", required=False,
              options=_words(CancelReason, "cancel", empty=True)),
        Field("reason_text", "renewals.reason_text", "textarea", required=False, longest=400),
        Field("quantity", "renewals.follow_seats", "number", required=False, minimum=0, maximum=10_000_000),
        Field("value", "renewals.follow_value", "money", required=False, help="renewals.follow_help"),
        Field("seen_intended", "renewals.stage", "hidden", required=False, longest=36),
        Field("seen_booked", "renewals.stage", "hidden", required=False, longest=36),
    ),
)  # fmt: skip
PAGES: Final = (LIST, DETAIL, CONVERSE, NOTICE, OUTCOME)
