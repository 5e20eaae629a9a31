"""The four-way view of every license on one list: entitled, assigned here, held there, used, and what does not fit."""

from dataclasses import dataclass
from typing import Final

from api.console.declare import Column, Context, Empty, Level, Missing, Query, Rows, Status, TablePage
from api.console.desk import provenance_of
from api.console.holdings_said import GRAVE
from api.console.paging import read_rows
from governance.entitlements.models import Entitlement
from governance.holdings.queries import Moment, compared_licenses, lines_of
from governance.holdings.service import FourWay, four_ways
from governance.kernel.page import Order

FIGURES: Final = {"entitled": 3, "assigned": 0, "held": 2, "used": 1}


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """A license with its four figures and the gravest of what does not fit."""

    href: str
    license: str
    status: Status
    entitled: int | str
    assigned: int
    held: int | Missing
    used: int | Missing


async def views(ctx: Context, query: Query) -> Rows:
    """The four figures of each license, by its name."""
    at = Moment(ctx.as_of or ctx.now, ctx.now)
    order = (Order(Entitlement.name), Order(Entitlement.id))
    async with ctx.work() as work:
        read = await read_rows(work, query, compared_licenses(work), order)
        found = await four_ways(work, await lines_of(work, read.page.rows), at)
    return Rows(
        [_row(ctx, view) for view in found], total=read.total, next=read.next, previous=read.previous,
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _row(ctx: Context, view: FourWay) -> LicenseRow:
    def told(value: int | None, why: str) -> int | Missing:
        return Missing(ctx.text(why)) if value is None else value

    return LicenseRow(
        f"/licenses/{view.license.id}/differences", view.license.name, _status(ctx, view),
        ctx.text("seats.no_limit") if view.entitled is None else view.entitled,
        view.assigned, told(view.held, "holdings.no_list"),
        told(view.used, "holdings.no_use") if ctx.may("usage:read") else Missing(ctx.text("holdings.not_yours")),
    )  # fmt: skip


def _status(ctx: Context, view: FourWay) -> Status:
    if view.found:
        kind, count = view.found[0].difference, len(view.found)
        words = ctx.text(f"holdings.kind_{kind.value.lower()}")
        return Status(GRAVE.get(kind, Level.WARN), words, ctx.text("holdings.found", count=count))
    if view.held is None:
        return Status(Level.UNKNOWN, ctx.text("holdings.no_list_yet"))
    return Status(Level.OK, ctx.text("holdings.none"))


LIST: Final = TablePage(
    name="four-ways", path="/differences", title="holdings.all", action="seat:read", nav="licenses", rows=views,
    columns=(
        Column("license", "holdings.license", strong=True),
        Column("status", "holdings.differences", kind="status"),
        *(Column(name, f"holdings.{name}", kind="number", leaves=leaves) for name, leaves in FIGURES.items()),
    ),
    row_href=lambda row: row.href,
    empty=Empty("licenses.empty", "licenses.empty_text", "license"),
)  # fmt: skip
PAGES: Final = (LIST,)
