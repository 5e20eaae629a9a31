"""What does not fit between a license, its seats here, what is held at the vendor, and use; settled by preview."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api.console import formats
from api.console.declare import (
    Action,
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Empty,
    Field,
    Figure,
    Figures,
    FormPage,
    Ids,
    Level,
    Link,
    Missing,
    Note,
    Opened,
    Option,
    Outcome,
    Part,
    Person,
    Preview,
    Query,
    Refused,
    Status,
    Table,
)
from api.console.desk import desk_of, provenance_of
from api.console.holdings_said import GRAVE
from api.console.license_read import license_id_of
from api.console.supply_fields import opened
from governance.entitlements.models import Pool
from governance.entitlements.queries import visible_pools
from governance.fulfillment.rules import Mode
from governance.fulfillment.service.ordering import mode_of
from governance.holdings.queries import Moment
from governance.holdings.rules import DONE_HERE, Difference
from governance.holdings.service import (
    Found,
    FourWay,
    Settled,
    SettleDifferences,
    four_way,
    preview_settling,
    settle_differences,
)

SHOWN: Final = 200
POOLS: Final = 50
AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One difference as it is read."""

    status: Status
    person: Person
    account: str
    used: str
    remedy: str


async def _view(ctx: Context, ids: Ids) -> FourWay:
    license_id = license_id_of(ids["id"])
    async with ctx.work() as work:
        at = ctx.as_of or ctx.now
        return await four_way(work, license_id, Moment(at, ctx.now))


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The four figures, the lists they rest on, and every difference, the gravest first."""
    view = await _view(ctx, ids)
    here = f"/licenses/{view.license.id}"
    settle = Action("holdings.settle", f"{here}/differences/settle", "check", primary=True, action="seat:fulfill")
    listed = Action("orders.title", "/work-orders", "inbox", action="seat:read")
    may = any(found.remedy in DONE_HERE for found in view.found) and ctx.as_of is None
    return Detail(
        ctx.text("holdings.title"),
        ((ctx.text("licenses.title"), "/licenses"), (view.license.name, here)),
        parts=(
            Figures(_figures(ctx, view)),
            *_unknown(ctx, view),
            _table(ctx, view),
            _sources(ctx, view),
            await _ways(ctx, view),
        ),
        actions=(listed, settle) if may else (listed,),
        provenance=await provenance_of(ctx),
    )


def _figures(ctx: Context, view: FourWay) -> tuple[Figure, ...]:
    def number(value: int | None, why: str) -> str | Missing:
        return Missing(ctx.text(why)) if value is None else formats.number(ctx.locale, value)

    entitled = ctx.text("seats.no_limit") if view.entitled is None else formats.number(ctx.locale, view.entitled)
    used = number(view.used, "holdings.no_use") if ctx.may("usage:read") else Missing(ctx.text("holdings.not_yours"))
    return (
        Figure(ctx.text("holdings.entitled"), entitled, lines=(ctx.text("holdings.entitled_of"),)),
        Figure(ctx.text("holdings.assigned"), formats.number(ctx.locale, view.assigned)),
        Figure(ctx.text("holdings.held"), number(view.held, "holdings.no_list")),
        Figure(ctx.text("holdings.used"), used, lines=(ctx.text("holdings.used_of"),)),
    )


def _unknown(ctx: Context, view: FourWay) -> tuple[Part, ...]:
    if view.held is None:
        return (Note(ctx.text("holdings.read_first"), level=Level.UNKNOWN),)
    return () if view.complete else (Note(ctx.text("holdings.partly"), level=Level.UNKNOWN),)


def _table(ctx: Context, view: FourWay) -> Table:
    more = ctx.text("holdings.first", count=SHOWN, total=len(view.found)) if len(view.found) > SHOWN else ""
    title = f"{ctx.text('holdings.differences')}{f' · {more}' if more else ''}"
    empty = Empty(ctx.text("holdings.none"), ctx.text("holdings.none_text"), "check")
    return Table(title, COLUMNS, [_row(ctx, view, found) for found in view.found[:SHOWN]], empty=empty)


def _row(ctx: Context, view: FourWay, found: Found) -> DifferenceRow:
    four, kind = found.four, found.difference.value.lower()
    person = None if four.person_id is None else view.people[four.person_id]
    href = f"/people/{person.id}" if person is not None and ctx.may("person:read") else ""
    used = "" if four.used_at is None else formats.day(ctx.locale, four.used_at.date())
    return DifferenceRow(
        Status(GRAVE.get(found.difference, Level.WARN), ctx.text(f"holdings.kind_{kind}")),
        Person(person.name if person is not None else ctx.text("holdings.nobody"), "", href),
        (four.account or "") if ctx.may("person:read") else "", used,
        ctx.text(f"holdings.remedy_{found.remedy.value.lower()}"),
    )  # fmt: skip


def _sources(ctx: Context, view: FourWay) -> Table:
    return Table(
        ctx.text("holdings.sources"),
        (
            Column("source", "holdings.source", value=lambda row: row.source, sub=lambda row: row.instance),
            Column("observed", "holdings.observed", value=lambda row: _moment(ctx, row.observed_at)),
        ),
        view.readings, empty=Empty(ctx.text("holdings.no_list"), ctx.text("holdings.read_first"), "import"),
    )  # fmt: skip


async def _ways(ctx: Context, view: FourWay) -> Table:
    """How each open pool's seats come to stand at the vendor, and where that is set."""
    ids = [line.id for line in view.lines]
    async with ctx.work() as work:
        query = visible_pools(work).where(Pool.line_id.in_(ids), Pool.closed_at.is_(None)).order_by(Pool.name, Pool.id)
        pools = (await work.session.execute(query)).scalars().all()
        modes = {pool.id: await mode_of(work, pool.id) for pool in pools[:POOLS]}
    may = ctx.may("pool:create") and ctx.as_of is None
    here = f"/licenses/{view.license.id}/pools"
    return Table(
        ctx.text("orders.of_pool"),
        (
            Column("name", "seat.pool", strong=True),
            Column(
                "mode", "orders.mode", kind="link" if may else "text",
                value=lambda row: _way(ctx, modes[row.id], f"{here}/{row.id}/fulfillment" if may else ""),
            ),
        ),
        pools[:POOLS],
    )  # fmt: skip


def _way(ctx: Context, mode: Mode, href: str) -> Link | str:
    word = ctx.text(f"orders.mode_{mode.value.lower()}")
    return Link(word, href) if href else word


def _moment(ctx: Context, at: datetime) -> str:
    return formats.instant(ctx.locale, at, ctx.zone)


async def kind_options(ctx: Context) -> tuple[Option, ...]:
    """The differences that can be settled here, by their names."""
    return tuple(Option(each.value, f"holdings.kind_{each.value.lower()}") for each in Difference)


async def opens_settle(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The form: which kind of difference to settle; those there are, counted above."""
    view = await _view(ctx, ids)
    ready = [found for found in view.found if found.remedy in DONE_HERE]
    first = ready[0].difference.value if ready else ""
    form = await opened(ctx, ids, "holdings.settle", {"kind": first})
    return Opened(form.title, form.initial, form.sub, form.crumbs, cancel=f"/licenses/{view.license.id}/differences")


async def settle(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what would be done, one row each; with the token of that, do it and tell what became of each."""
    view, desk = await _view(ctx, ids), desk_of(ctx)
    kind = Difference(values["kind"])
    keys = [f.key for f in view.found if f.difference is kind and f.remedy in DONE_HERE][:AT_ONCE]
    if not keys:
        return Refused({"kind": ctx.text("holdings.none_of_kind")})
    command = SettleDifferences(view.license.id, tuple(keys), token or None)
    if not token:
        shown = await preview_settling(desk.desk, desk.actor, command, desk.request_id)
        rows = [Settled(one) for one in shown.planned]
        return Preview((_settled(ctx, rows),), shown.token, ctx.text("holdings.settle_count", count=len(rows)))
    done = await settle_differences(desk.desk, desk.actor, command, desk.request_id)
    left = [one for one in done if one.why]
    if left:
        return Refused({"": ctx.text("holdings.left", count=len(left))}, (_settled(ctx, left),))
    return Done(f"/licenses/{view.license.id}/differences", ctx.text("holdings.done", count=len(done)))


def _settled(ctx: Context, rows: list[Settled]) -> Table:
    return Table(
        ctx.text("holdings.would"),
        (
            Column("name", "seat.person", value=lambda row: row.planned.name, strong=True),
            Column(
                "remedy", "holdings.remedy",
                value=lambda row: ctx.text(f"holdings.remedy_{row.planned.found.remedy.value.lower()}"),
            ),
            Column("pool", "seat.pool", value=lambda row: row.planned.pool.name if row.planned.pool else "", leaves=2),
            Column("why", "holdings.why", value=lambda row: row.why, leaves=1),
        ),
        rows, bare=True,
    )  # fmt: skip


COLUMNS: Final = (
    Column("person", "seat.person", kind="person", strong=True),
    Column("status", "holdings.difference", kind="status"),
    Column("account", "holdings.account", leaves=2, quiet=True),
    Column("used", "holdings.last_use", leaves=1),
    Column("remedy", "holdings.remedy", leaves=3),
)
VIEW: Final = DetailPage(
    name="differences", path="/licenses/{id}/differences", gather=show, action="seat:read", nav="licenses"
)
SETTLE: Final = FormPage(
    name="differences-settle", path="/licenses/{id}/differences/settle", opens=opens_settle, submit=settle,
    button="form.preview", action="seat:fulfill", nav="licenses",
    fields=(Field("kind", "holdings.difference", "select", options=kind_options),),
)  # fmt: skip
PAGES: Final = (VIEW, SETTLE)
