"""One renewal: what ends and when, what it is worth, what follows, what was said, given notice of and decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from markupsafe import Markup

from api.console import formats
from api.console.acting import actors_of, id_of
from api.console.declare import (
    Action,
    Badge,
    Column,
    Context,
    Detail,
    Empty,
    Facts,
    Ids,
    Level,
    Link,
    Missing,
    Panel,
    Query,
    Status,
    Table,
)
from api.console.desk import provenance_of
from api.console.figures import Span, timeline
from api.console.readiness_said import open_findings_of, readiness_panels
from api.console.standing import names_of
from governance.agreements.models import Agreement, Conversation, NoticeGiven, RenewalOutcome
from governance.entitlements.models import Entitlement, Lot
from governance.kernel.due import day_of
from governance.kernel.money import Money
from governance.metrics.answers import moments
from governance.renewals.queries import endings, notices_of, outcomes_of, renewal, said_of, visible_conversations
from governance.renewals.readiness import readiness
from governance.renewals.rules import Ends, RenewalState, seam, state_at
from policies.access.fields import FieldClass

YEAR: Final = timedelta(days=365)
LEVELS: Final = {
    RenewalState.UPCOMING: Level.OK, RenewalState.NOTICE_NEAR: Level.WARN, RenewalState.DECISION_DUE: Level.HIGH,
    RenewalState.TOO_LATE_TO_CANCEL: Level.HIGH, RenewalState.NOTICE_GIVEN: Level.UNKNOWN,
    RenewalState.RENEWED: Level.OK, RenewalState.AUTO_RENEWED: Level.OK, RenewalState.CANCELLED: Level.UNKNOWN,
    RenewalState.LAPSED: Level.CRITICAL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RenewalRow:
    """A purchase that ends, as the list shows it."""

    id: UUID
    license: str
    order: str
    timeline: Markup
    last_day: date
    deadline: date | None
    quantity: int | None
    yearly: Any
    owner: str
    status: Status


def row_of(
    ctx: Context, lot: Lot, license_: Entitlement, agreement: Agreement, ends: Ends, owners: Mapping[UUID, str],
    *, money: bool,
) -> RenewalRow:  # fmt: skip
    """One row of the list; its value is told to who may see money."""
    owner = owners.get(license_.owner_id, "") if license_.owner_id else ""
    yearly = Money(ends.value, lot.currency) if money else Missing(ctx.text("renewals.withheld"))
    return RenewalRow(
        lot.lot_key, license_.name, _order(agreement, lot), _drawn(ctx, ends), ends.last_day,
        ends.deadline, ends.quantity, yearly, owner, status_of(ctx, ends),
    )  # fmt: skip


def status_of(ctx: Context, ends: Ends) -> Status:
    """How a renewal stands, by shape and word."""
    state = state_at(ends, ctx.as_of or ctx.now)
    return Status(LEVELS[state], ctx.text(f"renewals.state_{state.value.lower()}"))


def _order(agreement: Agreement, lot: Lot) -> str:
    """The agreement's number and the order's, where there is one."""
    return " · ".join(each for each in (agreement.number, lot.po_number) if each)


def _drawn(ctx: Context, ends: Ends) -> Markup:
    """The year from today on: the post is the last usable day, the diamond the last day for notice."""
    today = day_of(ctx.as_of or ctx.now, ends.zone)
    months = tuple(today + timedelta(days=30 * n) for n in range(1, 13))
    said = ctx.text("renewals.ends_on", day=formats.day(ctx.locale, ends.last_day))
    level = LEVELS[state_at(ends, ctx.as_of or ctx.now)]
    return timeline(Span(ends.last_day, ends.deadline, level), today, today + YEAR, months, said)


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """One renewal in full. Raises NotFound."""
    async with ctx.work() as work:
        lot, license_, agreement = await renewal(work, id_of(ids["id"], "renewal"))
        ends = (await endings(work, [(lot, agreement)], ctx.known_at))[lot.lot_key]
        outcomes, notices = await outcomes_of(work, lot.lot_key), await notices_of(work, agreement.id)
        talks = visible_conversations(work).where(said_of(lot, agreement))
        newest = talks.order_by(Conversation.day.desc(), Conversation.id.desc())
        said = (await work.session.execute(newest)).scalars().all()
        outcomes, notices, said = (_known(ctx, rows) for rows in (outcomes, notices, said))
        owners = await names_of(work, [license_.owner_id])
        by = await actors_of(ctx, work, [row.recorded_by for row in (*outcomes, *notices, *said)])
        money = work.gate.may_read(work.actor, FieldClass.MONEY)
        when = moments(work, ctx.as_of, ctx.known_at)
        ready = await readiness(work, lot, license_, agreement, ends, when)
        findings = await open_findings_of(ctx, work, license_)
    here = f"/renewals/{lot.lot_key}"
    acts = (
        Action("renewals.decide", f"{here}/outcome", "gavel", primary=True, dialog=True, action="renewal:decide"),
        Action("renewals.talk", f"{here}/conversations/new", "mail", dialog=True, action="renewal:note"),
        Action("renewals.give_notice", f"{here}/notice", "file", dialog=True, action="renewal:decide"),
    )
    parts = (
        *readiness_panels(ctx, ready, lot, ends, findings, money=money),
        Panel(ctx.text("renewals.follows"), (_follows(ctx, lot, ends, money=money),), actions=(_link_act(here),)),
        Panel(ctx.text("renewals.outcomes"), (_outcomes(ctx, lot, outcomes, by, money=money),)),
        Panel(ctx.text("renewals.notices"), (_notices(ctx, notices, by),)),
        *((_talks(ctx, said, by),) if ctx.may("agreement:read") else ()),
    )
    return Detail(
        license_.name,
        ((ctx.text("renewals.title"), "/renewals"), (agreement.number, "")),
        tuple(
            Badge(each) for each in (ctx.text(f"agreements.side_{agreement.side.value.lower()}"), lot.po_number) if each
        ),
        parts=parts,
        side=(Panel(ctx.text("renewals.ends"), (_facts(ctx, lot, license_, agreement, ends, owners, money=money),)),),
        actions=tuple(act for act in acts if ctx.may(act.action)),
        provenance=await provenance_of(ctx),
    )


def _link_act(here: str) -> Action:
    return Action("renewals.link", f"{here}/link", "plus", dialog=True, action="renewal:decide")


def _known(ctx: Context, rows: Sequence[Any]) -> Sequence[Any]:
    """What was recorded by the instant the page is known at."""
    return rows if ctx.known_at is None else [row for row in rows if row.recorded_at <= ctx.known_at]


def _facts(
    ctx: Context, lot: Lot, license_: Entitlement, agreement: Agreement, ends: Ends, owners: Mapping[UUID, str],
    *, money: bool,
) -> Facts:  # fmt: skip
    yearly = Money(ends.value, lot.currency) if money else Missing(ctx.text("renewals.withheld"))
    owner = owners.get(license_.owner_id, "") if license_.owner_id else ""
    return Facts(
        (
            (ctx.text("table.status"), status_of(ctx, ends)),
            (ctx.text("license.last_usable"), ends.last_day),
            (ctx.text("agreements.zone"), ends.zone),
            (ctx.text("renewals.deadline"), ends.deadline or Missing(ctx.text("agreements.no_notice"))),
            (ctx.text("agreements.renews"), ctx.text("agreements.yes" if ends.auto_renews else "agreements.no")),
            (ctx.text("license.quantity"), ends.quantity if ends.quantity is not None else ctx.text("seats.no_limit")),
            (ctx.text("renewals.yearly"), yearly),
            (ctx.text("licenses.owner"), owner or Missing(ctx.text("licenses.no_owner"))),
            (ctx.text("licenses.license"), _link(ctx, license_.name, f"/licenses/{license_.id}", "entitlement:read")),
            (
                ctx.text("license.agreement"),
                _link(ctx, agreement.number, f"/agreements/{agreement.id}", "agreement:read"),
            ),
        )
    )


def _link(ctx: Context, text: str, href: str, right: str) -> Link | str:
    """Lead there who may read it; others read its name."""
    return Link(text, href) if ctx.may(right) else text


def _follows(ctx: Context, lot: Lot, ends: Ends, *, money: bool) -> Table:
    gap, decides = seam(ends.last_day, ends.follows), ctx.may("renewal:decide") and not ctx.past
    seats = None if ends.quantity is None else ends.quantity
    rows = [
        {
            "first_day": each.first_day,
            "quantity": each.quantity,
            "change": None if each.quantity is None or seats is None else each.quantity - seats,
            "yearly": Money(each.value, each.currency) if money else Missing(ctx.text("renewals.withheld")),
            "gap": gap,
            "act": Link(ctx.text("renewals.unlink_act"), f"/renewals/{lot.lot_key}/follows/{each.lot_key}/undo")
            if decides and each.lot_key else None,
        }
        for each in ends.follows
    ]  # fmt: skip
    return Table(
        ctx.text("renewals.follows"),
        (
            Column("first_day", "license.first_day", kind="date", strong=True),
            Column("quantity", "license.quantity", kind="number"),
            Column("change", "renewals.change", kind="balance", leaves=3),
            Column("yearly", "renewals.yearly", kind="money", leaves=2),
            Column("gap", "renewals.gap", kind="number", leaves=4),
            Column("act", "seat.act", kind="link"),
        ),
        rows, bare=True, ident="follows", empty=Empty(ctx.text("renewals.nothing_follows"), icon="calendar"),
    )  # fmt: skip


def _outcomes(ctx: Context, lot: Lot, rows: Sequence[RenewalOutcome], by: Mapping[str, str], *, money: bool) -> Table:
    shown = [
        {
            "at": row.recorded_at,
            "stage": ctx.text(f"renewals.stage_{row.stage.value.lower()}"),
            "outcome": ctx.text(f"renewals.outcome_{row.outcome.value.lower()}"),
            "why": _why(ctx, row),
            "value": Money(row.value, lot.currency) if money and row.value is not None else None,
            "by": by[row.recorded_by],
            "stands": ctx.text("renewals.stands" if _stands(ctx, row) else "renewals.replaced"),
        }
        for row in rows
    ]
    return Table(
        ctx.text("renewals.outcomes"),
        (
            Column("outcome", "renewals.outcome", strong=True),
            Column("stage", "renewals.stage"),
            Column("why", "renewals.reason_text", leaves=4, quiet=True),
            Column("value", "renewals.follow_value", kind="money", leaves=3),
            Column("by", "renewals.by", leaves=3),
            Column("at", "renewals.recorded", kind="date", leaves=2),
            Column("stands", "table.status"),
        ),
        shown, bare=True, ident="outcomes", empty=Empty(ctx.text("renewals.undecided"), icon="gavel"),
    )  # fmt: skip


def _stands(ctx: Context, row: RenewalOutcome) -> bool:
    replaced = row.superseded_at
    return replaced is None or (ctx.known_at is not None and replaced > ctx.known_at)


def _why(ctx: Context, row: RenewalOutcome) -> str:
    reason = ctx.text(f"renewals.cancel_{row.cancel_reason.value.lower()}") if row.cancel_reason else ""
    return ": ".join(each for each in (reason, row.reason_text or "") if each)


def _notices(ctx: Context, rows: Sequence[NoticeGiven], by: Mapping[str, str]) -> Table:
    return Table(
        ctx.text("renewals.notices"),
        (
            Column("day", "renewals.day", kind="date", strong=True),
            Column("reference", "renewals.reference"),
            Column("by", "renewals.by", value=lambda row: by[row.recorded_by], leaves=2),
        ),
        rows, bare=True, ident="notices", empty=Empty(ctx.text("renewals.no_notice"), icon="file"),
    )  # fmt: skip


def _talks(ctx: Context, rows: Sequence[Conversation], by: Mapping[str, str]) -> Panel:
    table = Table(
        ctx.text("renewals.conversations"),
        (
            Column("day", "renewals.day", kind="date", strong=True),
            Column("with_whom", "renewals.with_whom"),
            Column("channel", "renewals.channel", leaves=4,
                   value=lambda row: ctx.text(f"renewals.channel_{row.channel.value.lower()}")),
            Column("summary", "renewals.summary"),
            Column("next_step", "renewals.next_step", leaves=2),
            Column("next_due", "renewals.next_due", kind="date", leaves=3),
            Column("by", "renewals.by", value=lambda row: by[row.recorded_by], leaves=4),
        ),
        rows, bare=True, ident="conversations", empty=Empty(ctx.text("renewals.no_conversation"), icon="mail"),
    )  # fmt: skip
    return Panel(ctx.text("renewals.conversations"), (table,))
