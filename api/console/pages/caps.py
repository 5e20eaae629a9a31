"""How many seats of a license may be taken from people in a term: how each line stands, and the forms that say more."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.acting import actors_of, id_of
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
    Level,
    Link,
    Opened,
    Option,
    Outcome,
    Panel,
    Part,
    Query,
    Status,
    Table,
)
from api.console.desk import desk_of, provenance_of
from api.console.license_read import license_id_of
from api.console.supply_fields import opened
from governance.entitlements.models import MetricLine
from governance.entitlements.queries import entitlement, line, visible_lines
from governance.seats.models import RevocationMark
from governance.seats.revocations import PERSON_HELD, marks_of, revocation_cap
from governance.seats.rules import Cap, MarkKind
from governance.seats.service import RaiseCap, SetCap, raise_revocation_cap, set_revocation_cap
from governance.seats.service.raise_cap import REASON_MOST, SEATS_MOST

SHOWN: Final = 20
LINE, TENANT = "line", "tenant"


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """Each line that people hold seats of, how it stands in its running term, and what was decided about it."""
    license_id = license_id_of(ids["id"])
    async with ctx.work() as work:
        row = await entitlement(work, license_id)
        held = visible_lines(work).where(MetricLine.entitlement_id == row.id, MetricLine.model.in_(PERSON_HELD))
        lines = (await work.session.execute(held.order_by(MetricLine.code).limit(SHOWN))).scalars().all()
        caps = [(each, await revocation_cap(work, each.id)) for each in lines]
        marks = await marks_of(work, [each.id for each in lines])
        actors = await actors_of(ctx, work, [each.recorded_by for each in marks])
    return Detail(
        ctx.text("caps.title"), ((ctx.text("licenses.title"), "/licenses"), (row.name, f"/licenses/{row.id}")),
        parts=(_standing(ctx, license_id, caps), _history(ctx, lines, marks, actors)),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _standing(ctx: Context, license_id: UUID, caps: Sequence[tuple[MetricLine, Cap]]) -> Part:
    may = ctx.may("policy:publish") and not ctx.past
    columns = (
        Column("line", "lines.code", strong=True, sub=lambda row: row["term"]),
        Column("percent", "caps.percent", kind="number", sub=lambda row: row["source"], leaves=2),
        Column("most", "caps.most", kind="number", sub=lambda row: row["raised"]),
        Column("used", "caps.used", kind="number"),
        Column("left", "caps.left", kind="number", leaves=1),
        Column("state", "table.status", kind="status"),
        *((Column("raise", "caps.raise", kind="link", leaves=3), Column("set", "caps.set", kind="link", leaves=3))
          if may else ()),
    )  # fmt: skip
    rows = [_row(ctx, license_id, each, cap) for each, cap in caps]
    empty = Empty(ctx.text("caps.none"), ctx.text("caps.none_text"), "people")
    table = Table(ctx.text("caps.title"), columns, rows, bare=True, empty=empty)
    return Panel(ctx.text("caps.title"), (table,), sub=ctx.text("caps.note"))


def _row(ctx: Context, license_id: UUID, row: MetricLine, cap: Cap) -> dict[str, Any]:
    def number(value: int | None) -> str:
        return ctx.text("seats.no_limit") if value is None else formats.number(ctx.locale, value)

    here = f"/licenses/{license_id}/lines/{row.id}/cap"
    day = "" if cap.opens_at is None else formats.day(ctx.locale, cap.opens_at.astimezone(ctx.zone).date())
    return {
        "line": row.code, "term": ctx.text("caps.opens", day=day) if day else "",
        "percent": f"{cap.rule.percent.normalize():f} %", "source": ctx.text(f"caps.source_{cap.rule.source.lower()}"),
        "most": number(cap.most), "raised": ctx.text("caps.of_it_raised", count=cap.raised) if cap.raised else "",
        "used": number(cap.used), "left": number(cap.left), "state": _status(ctx, cap),
        "raise": Link(ctx.text("caps.raise"), f"{here}/raise"), "set": Link(ctx.text("caps.set"), here),
    }  # fmt: skip


def _status(ctx: Context, cap: Cap) -> Status:
    if cap.left is None:
        return Status(Level.OK, ctx.text("seats.no_limit"))
    if cap.left == 0:
        return Status(Level.HIGH, ctx.text("caps.spent"))
    if cap.rests_until is not None:
        until = formats.instant(ctx.locale, cap.rests_until, ctx.zone)
        return Status(Level.WARN, ctx.text("caps.rests", until=until))
    return Status(Level.OK, ctx.text("caps.room"))


def _history(
    ctx: Context, lines: Sequence[MetricLine], marks: Sequence[RevocationMark], actors: Mapping[str, str]
) -> Part:
    codes = {each.id: each.code for each in lines}
    rows = [
        {
            "what": _said(ctx, each), "who": actors.get(each.recorded_by, "–"), "when": each.recorded_at,
            "line": ctx.text("caps.every_line") if each.line_id is None else codes[each.line_id],
            "why": each.reason or "–",
        }
        for each in marks
    ]  # fmt: skip
    columns = (
        Column("what", "caps.what", strong=True, sub=lambda row: row["line"]),
        Column("why", "caps.reason", quiet=True, leaves=1),
        Column("who", "caps.who", leaves=2),
        Column("when", "caps.when", kind="date", leaves=3),
    )
    empty = Empty(ctx.text("caps.nothing"), icon="check")
    return Panel(ctx.text("caps.history"), (Table(ctx.text("caps.history"), columns, rows, bare=True, empty=empty),))


def _said(ctx: Context, mark: RevocationMark) -> str:
    if mark.kind is MarkKind.SET:
        if mark.percent is None:
            return ctx.text("caps.said_unset")
        return ctx.text("caps.said_set", percent=mark.percent)
    return ctx.text(f"caps.said_{mark.kind.value.lower()}", count=mark.seats)


async def opens_set(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The form of another percentage, with what holds now."""
    cap = await _cap(ctx, ids)
    return await _opened(ctx, ids, "caps.set", {"percent": f"{cap.rule.percent.normalize():f}", "where": LINE})


async def opens_raise(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The form that lets more seats be taken until the term ends."""
    await _cap(ctx, ids)
    return await _opened(ctx, ids, "caps.raise", {})


async def _cap(ctx: Context, ids: Ids) -> Cap:
    async with ctx.work() as work:
        row, _ = await line(work, id_of(ids["line"], "metric line"))
        return await revocation_cap(work, row.id)


async def _opened(ctx: Context, ids: Ids, title: str, initial: Mapping[str, Any]) -> Opened:
    form = await opened(ctx, ids, title, initial)
    return Opened(form.title, form.initial, form.sub, form.crumbs, cancel=_here(ids))


def _here(ids: Ids) -> str:
    return f"/licenses/{ids['id']}/caps"


async def set_cap(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Set the percentage of this line, or of every line that says nothing itself."""
    line_id = id_of(ids["line"], "metric line")
    command = SetCap(values["reason"], line_id if values["where"] == LINE else None, values["percent"])
    await desk_of(ctx).perform(lambda work: set_revocation_cap(work, command))
    return Done(_here(ids), ctx.text("caps.set_done"))


async def raise_cap(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Let more seats of the line be taken until its term ends."""
    command = RaiseCap(id_of(ids["line"], "metric line"), values["seats"], values["reason"])
    await desk_of(ctx).perform(lambda work: raise_revocation_cap(work, command))
    return Done(_here(ids), ctx.text("caps.raised_done", count=command.seats))


WHERE: Final = (Option(LINE, "caps.this_line"), Option(TENANT, "caps.every_line"))
REASON: Final = Field("reason", "caps.reason", "textarea", longest=REASON_MOST)
ONE: Final = DetailPage(name="caps", path="/licenses/{id}/caps", gather=show, action="seat:read", nav="licenses")
SET: Final = FormPage(
    name="cap-set", path="/licenses/{id}/lines/{line}/cap", opens=opens_set, submit=set_cap, button="caps.set",
    action="policy:publish", nav="licenses",
    fields=(
        Field("percent", "caps.percent", required=False, longest=12, help="caps.percent_help"),
        Field("where", "caps.where", "select", options=WHERE),
        REASON,
    ),
)  # fmt: skip
RAISE: Final = FormPage(
    name="cap-raise", path="/licenses/{id}/lines/{line}/cap/raise", opens=opens_raise, submit=raise_cap,
    button="caps.raise", action="policy:publish", nav="licenses",
    fields=(Field("seats", "caps.more", "number", minimum=1, maximum=SEATS_MOST), REASON),
)  # fmt: skip
PAGES: Final = (ONE, SET, RAISE)
