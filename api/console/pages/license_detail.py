"""One license: its position in full, pools, seats and lots, what comes next, the agreement behind it."""

from datetime import timedelta
from typing import Any, Final

from api.console import formats
from api.console.cost_said import converted_facts
from api.console.covered_said import covered_parts
from api.console.declare import (
    Action,
    Badge,
    Context,
    Detail,
    DetailPage,
    Facts,
    Figure,
    Figures,
    Ids,
    Level,
    Link,
    Missing,
    Panel,
    Part,
    Path,
    Query,
    SeatBar,
    Seats,
    Step,
    Tab,
)
from api.console.desk import provenance_of
from api.console.license_read import Read, license_id_of, read_license
from api.console.license_tabs import TABS, tab_parts
from api.console.measured_said import measured_parts
from api.console.parts import Provenance
from api.console.queue_read import help_panel
from api.console.seat_cost_said import seat_years
from api.console.standing import feeds, model_words, status_of
from api.console.template_said import template_parts
from governance.entitlements.rules import MEASURED
from governance.kernel.due import days_until, holds_at
from governance.metrics.measures import Measures
from policies.thresholds.threshold import Level as Line
from policies.thresholds.threshold import Lines

SOON_DAYS: Final = 30


async def show(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """The page of one license."""
    read = await read_license(ctx, license_id_of(ids["id"]))
    row, asked = read.entitlement, query.raw.get("tab", "pools")
    tab = asked if asked in TABS else "pools"
    here = f"/licenses/{row.id}"
    badges = tuple(
        dict.fromkeys(
            (
                *(model_words(ctx, (line.model,)) for line in read.lines),
                *(ctx.text(f"license.term_{line.term.value.lower()}") for line in read.lines),
            )
        )
    )
    differs, of_template = await template_parts(ctx, row.id)
    return Detail(
        row.name,
        ((ctx.text("licenses.title"), "/licenses"), (read.vendor.name, "")),
        tuple(Badge(each) for each in badges),
        parts=(*_position_parts(ctx, read), *differs),
        side=(*_side(ctx, read), *of_template, *await help_panel(ctx, row.id, row.product_id)),
        tabs=_tabs(ctx, read, tab, here),
        under_tabs=await tab_parts(ctx, row.id, tab, read.pools, query),
        actions=_actions(ctx, read, here),
        freshness=feeds(ctx, read.told.freshness),
        provenance=await _provenance(ctx, read),
    )


def _actions(ctx: Context, read: Read, here: str) -> tuple[Action, ...]:
    buy = Action("license.buy", f"{here}/lots/new", "receipt", action="lot:create", dialog=True)
    open_pool = Action("license.open_pool", f"{here}/pools/new", "plus", action="pool:create", dialog=True)
    assign = Action("assign.title", f"{here}/assign", "person-plus", primary=True, action="seat:assign", dialog=True)
    return (buy, assign) if any(pool.id for pool in read.pools) else (buy, open_pool)


def _tabs(ctx: Context, read: Read, tab: str, here: str) -> tuple[Tab, ...]:
    seats = {"seats": read.seats.occupied} if ctx.past and read.seats else read.counts
    counts = {"pools": sum(1 for pool in read.pools if pool.id), "lots": len(read.lots), **seats}
    tabs = [Tab(ctx.text(f"license.tab_{name}"), f"{here}?tab={name}", counts.get(name), name == tab) for name in TABS]
    if ctx.may("seat:read"):
        tabs.append(Tab(ctx.text("holdings.title"), f"{here}/differences"))
    if any(line.model in MEASURED for line in read.lines):
        tabs.append(Tab(ctx.text("consumption.title"), f"{here}/consumption"))
    if ctx.may("audit:read"):
        tabs.append(Tab(ctx.text("license.tab_story"), f"/trail/entitlement/{read.entitlement.id}"))
    return tuple(tabs)


def _position_parts(ctx: Context, read: Read) -> tuple[Part, ...]:
    if read.seats is None:
        return (Panel(ctx.text("licenses.position"), (_nothing(ctx),)),)
    seats, href = read.seats, f"/licenses/{read.entitlement.id}/consumption"
    measured = measured_parts(ctx, seats.measured, href)
    if measured and MEASURED.issuperset(line.model for line in read.lines):
        return measured
    status = status_of(ctx, seats.occupied, seats.purchased, read.thresholds)
    said = ctx.text("license.status", level=ctx.text(f"status.{status.level}"), share=status.note)
    said = said if seats.purchased else f"{ctx.text(f'status.{status.level}')}, {status.note}"
    shown = type(status)(status.level, said)
    return (
        Panel(
            ctx.text("licenses.position"),
            (Seats(_large_bar(ctx, seats, read.thresholds)), Figures(_figures(ctx, read, seats), bare=True)),
            status=shown,
            why=status.why,
        ),
        *covered_parts(ctx, seats),
        *measured,
    )


def _nothing(ctx: Context) -> Part:
    return Facts(((ctx.text("licenses.position"), Missing(ctx.text("license.no_lines"))),))


def _large_bar(ctx: Context, seats: Measures, lines: Lines) -> SeatBar:
    limit = seats.purchased
    ticks: list[tuple[int, str]] = []
    if limit:
        for line in Line:
            percent = lines.line(line)
            named = f"{formats.number(ctx.locale, percent)} {ctx.text(f'status.{line.name.lower()}').lower()}"
            ticks.append((int(limit * percent / 100), named))
    idle = seats.occupied - seats.observed if seats.observed is not None else 0
    inside = ctx.text("license.active", n=formats.number(ctx.locale, seats.observed)) if seats.observed else ""
    label = "" if limit is None else ctx.text("license.purchased", n=formats.number(ctx.locale, limit))
    return SeatBar(seats.occupied, limit, seats.allocated, idle, ticks=tuple(ticks), inside=inside, post_label=label)


def _figures(ctx: Context, read: Read, seats: Measures) -> tuple[Figure, ...]:
    def number(value: int | None) -> str:
        return ctx.text("seats.no_limit") if value is None else formats.number(ctx.locale, value)

    idle = (
        ctx.text("license.use_unknown")
        if seats.observed is None
        else ctx.text("license.idle", count=seats.occupied - seats.observed)
    )
    pools = ctx.text("license.pools_count", count=sum(1 for pool in read.pools if pool.id))
    balance = formats.balance(ctx.locale, seats.balance)
    meaning = "license.free" if (seats.balance or 0) >= 0 else "license.over"
    return (
        Figure(ctx.text("seats.occupied"), number(seats.occupied), lines=(idle,)),
        Figure(ctx.text("seats.allocated"), number(seats.allocated), lines=(pools,)),
        Figure(ctx.text("license.unallocated"), number(seats.unallocated), lines=(ctx.text("license.reserve"),)),
        Figure(ctx.text("licenses.balance"), balance, lines=(ctx.text(meaning),)),
    )


def _side(ctx: Context, read: Read) -> tuple[Part, ...]:
    panels: list[Part] = [Panel(ctx.text("license.next"), (Path(_next_steps(ctx, read)),))]
    panels.append(_agreement_panel(ctx, read))
    if read.reclaims and not ctx.past:
        row = (ctx.text("license.proposed"), formats.number(ctx.locale, read.reclaims))
        review = Action("license.review_reclaims", f"/seats?license={read.entitlement.id}&state=RECLAIM_PENDING")
        panels.append(Panel(ctx.text("license.reclaim"), (Facts((row,)),), actions=(review,)))
    return tuple(panels)


def _next_steps(ctx: Context, read: Read) -> tuple[Step, ...]:
    """The notice deadline and the last usable day, each in the license's own zone."""
    now, steps = ctx.as_of or ctx.now, list[Step]()
    agreement = read.agreement
    if agreement is not None and agreement.last_day is not None and agreement.notice_days is not None:
        day = agreement.last_day - timedelta(days=agreement.notice_days)
        left = days_until(day, now, agreement.zone)
        level = Level.HIGH if 0 <= left <= SOON_DAYS else "todo" if left > 0 else Level.UNKNOWN
        words = ctx.text("license.notice", day=formats.day(ctx.locale, day))
        steps.append(Step(level, words, _left(ctx, left)))
    live = [lot for lot in read.lots if holds_at(lot.start, lot.end, now)]
    days = sorted({(lot.last_day, lot.zone) for lot in live if lot.last_day is not None})
    for last_day, zone in days[:3]:
        left = days_until(last_day, now, zone)
        renews = agreement is not None and agreement.auto_renews
        detail = f"{_left(ctx, left)}, {ctx.text('license.renews' if renews else 'license.ends')} ({zone})"
        words = ctx.text("license.last_day", day=formats.day(ctx.locale, last_day))
        steps.append(Step(Level.WARN if left <= SOON_DAYS else "todo", words, detail))
    if live and not days:
        steps.append(Step(Level.OK, ctx.text("license.open_ended")))
    if not live:
        steps.append(Step(Level.UNKNOWN, ctx.text("licenses.nothing_in_force"), ctx.text("license.buy_first")))
    return tuple(steps)


def _left(ctx: Context, days: int) -> str:
    if days == 0:
        return ctx.text("license.today")
    return formats.relative(ctx.locale, ctx.now + timedelta(days=days), ctx.now)


def _agreement_panel(ctx: Context, read: Read) -> Part:
    row, agreement = read.entitlement, read.agreement
    owner: Any = Missing(ctx.text("licenses.no_owner"))
    if row.owner_id is not None and row.owner_id in read.names:
        owner = Link(read.names[row.owner_id], f"/people/{row.owner_id}")
    facts: list[tuple[str, Any]] = [
        (
            ctx.text("license.number"),
            Link(agreement.number, f"/agreements/{agreement.id}") if agreement else Missing(""),
        ),
        (ctx.text("licenses.owner"), owner),
        (ctx.text("license.unit"), read.units.get(row.unit_id, "")),
    ]
    if agreement is not None:
        last = formats.day(ctx.locale, agreement.last_day) if agreement.last_day else ctx.text("license.open_ended")
        facts.append((ctx.text("license.term"), f"{formats.day(ctx.locale, agreement.first_day)} – {last}"))
        if read.money:
            facts.append((ctx.text("license.paid"), ctx.text(f"license.payment_{agreement.payment.value.lower()}")))
    if read.seats is not None and read.money:
        facts += [(ctx.text("license.cost"), amount) for amount in read.seats.cost]
        facts += converted_facts(ctx, read.told.in_reporting(read.seats))
    if read.money:
        facts += seat_years(ctx, read.lots)
        facts.append((ctx.text("price.history"), Link(ctx.text("price.by_purchase"), f"/licenses/{row.id}/prices")))
        facts.append((ctx.text("seat_cost.title"), Link(ctx.text("seat_cost.one_seat"), "/spend/seats")))
    overage = {ctx.text(f"license.overage_{line.overage.value.lower()}") for line in read.lines}
    facts.append((ctx.text("seats.overage"), ", ".join(sorted(overage))))
    ended = {ctx.text(f"granting.expiry_{line.expiry.value.lower()}") for line in read.lines}
    facts.append((ctx.text("granting.expiry"), ", ".join(sorted(ended))))
    facts.append((ctx.text("license.product"), read.product.name))
    return Panel(ctx.text("license.agreement"), (Facts(tuple(facts)),))


async def _provenance(ctx: Context, read: Read) -> Provenance:
    now = ctx.as_of or ctx.now
    lots = ", ".join(
        f"{lot.po_number or lot.first_day} ({ctx.text('seats.no_limit') if lot.quantity is None else lot.quantity})"
        for lot in read.lots
        if holds_at(lot.start, lot.end, now)
    )
    return await provenance_of(ctx, "position", extras=((ctx.text("license.tab_lots"), lots),) if lots else ())


DETAIL: Final = DetailPage(
    name="license", path="/licenses/{id}", gather=show, action="entitlement:read", nav="licenses"
)
PAGES: Final = (DETAIL,)
