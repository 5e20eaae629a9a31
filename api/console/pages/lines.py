"""How a license is counted, otherwise: another mode, tier or order of a line after a look; and what is suggested."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from api.console import formats
from api.console.acting import id_of
from api.console.counting_said import COUNTING_FIELDS, recount_parts
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
    Option,
    Outcome,
    Panel,
    Part,
    Preview,
    Query,
    Refused,
    Table,
)
from api.console.desk import desk_of, provenance_of
from api.console.license_read import license_id_of
from api.console.naming import suggest_tiers, tier_called
from api.console.standing import names_of
from api.console.supply_fields import opened
from governance.catalog.models import Tier
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import entitlement, line, visible_pools
from governance.entitlements.rules import COUNTING, Covered, Expiry, Overage, OwnDevice, Resets, VmCores
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.seats.models import Assignment, Lease
from governance.seats.over import OverAllocated, over_allocated
from governance.seats.service import ChangeLine, LinePreview, change_line, coming_back, preview_change_line

NAMES: Final = ("covered", "overage", "overage_percent", "expiry", "grace_days", "spill_order", *COUNTING)
POOLS: Final = 50


async def _line(ctx: Context, ids: Ids) -> tuple[MetricLine, Entitlement, Tier | None]:
    async with ctx.work() as work:
        row, license_ = await line(work, id_of(ids["line"], "metric line"))
        tier = await work.session.get(Tier, (work.tenant_id, row.tier_id)) if row.tier_id else None
    return row, license_, tier


async def opens_change(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The line as it stands."""
    row, _, tier = await _line(ctx, ids)
    initial = {
        "overage": row.overage.value, "overage_percent": row.overage_percent or "", "expiry": row.expiry.value,
        "grace_days": row.grace_days, "spill_order": "" if row.spill_order is None else row.spill_order,
        "covered": row.covered.value, "tier": tier.code if tier else "",
        "measure": row.measure or "", "resets": row.resets.value,
        "own_device": row.own_device.value, "least_cores": row.least_cores, "vm_cores": row.vm_cores.value,
    }  # fmt: skip
    form = await opened(ctx, ids, "lines.change", initial, "lots")
    return Opened(f"{form.title}: {row.code}", form.initial, form.sub, form.crumbs, cancel=form.cancel)


async def change(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what it does to limits, holders, cost and features; with the token of that, do it."""
    row, license_, tier = await _line(ctx, ids)
    changes = _changes(row, values)
    if (values["tier"] or "") != (tier.code if tier else ""):
        chosen = await tier_called(ctx, license_.product_id, values["tier"]) if values["tier"] else None
        if values["tier"] and chosen is None:
            return Refused({"tier": ctx.text("granting.unknown_tier", tier=values["tier"])})
        changes["tier_id"] = None if chosen is None else chosen.id
    if not changes:
        return Refused({"": ctx.text("lines.nothing_changed")})
    command = ChangeLine(row.id, row.version, changes, token or None)
    if not token:
        async with ctx.work() as work:
            shown = await preview_change_line(work, command)
        return Preview(_shown(ctx, shown), shown.token, ctx.text("lines.apply"))
    await desk_of(ctx).perform(lambda work: change_line(work, command))
    return Done(f"/licenses/{ids['id']}?tab=lots", ctx.text("lines.changed", line=row.code))


def _changes(row: MetricLine, values: Mapping[str, Any]) -> dict[str, Any]:
    """What of the form differs from the line; a percentage and days of grace go with their modes."""
    wanted = {
        "overage": Overage(values["overage"]), "overage_percent": values["overage_percent"] or None,
        "expiry": Expiry(values["expiry"]), "grace_days": values["grace_days"] or 0,
        "covered": Covered(values["covered"]), "spill_order": values["spill_order"],
        "measure": values["measure"] or None,
        "resets": Resets(values["resets"]), "own_device": OwnDevice(values["own_device"]),
        "least_cores": values["least_cores"] or 0, "vm_cores": VmCores(values["vm_cores"]),
    }  # fmt: skip
    return {name: wanted[name] for name in NAMES if wanted[name] != getattr(row, name)}


def _shown(ctx: Context, told: LinePreview) -> tuple[Part, ...]:
    def number(value: int | None) -> str:
        return ctx.text("seats.no_limit") if value is None else formats.number(ctx.locale, value)

    limits = Table(
        ctx.text("lines.limits"),
        (
            Column("name", "lines.what", strong=True, value=lambda row: row.name),
            Column("before", "lines.before", value=lambda row: number(row.before)),
            Column("after", "lines.after", value=lambda row: number(row.after)),
            Column("occupied", "seats.occupied", kind="number", value=lambda row: row.occupied),
        ),
        told.limits, bare=True,
    )  # fmt: skip
    lost = Table(
        ctx.text("lines.lost"),
        (
            Column("feature", "lines.feature", strong=True, value=lambda row: row.name),
            Column("users", "lines.users", value=lambda row: number(row.users) if row.users is not None
                   else ctx.text("lines.few")),
        ),
        told.lost, bare=True,
    )  # fmt: skip
    parts: list[Part] = [Panel(ctx.text("lines.limits"), (limits,), sub=ctx.text("lines.holders", count=told.holders))]
    if told.lost:
        parts.append(Panel(ctx.text("lines.lost"), (lost,)))
    if told.counting is not None:
        parts += recount_parts(ctx, told.counting)
    return tuple(parts)


async def show_suggested(ctx: Context, ids: Ids, query: Query) -> Detail:
    """Whose seats go first where a pool is over, and who could come back to an earlier line. A human decides."""
    license_id = license_id_of(ids["id"])
    async with ctx.work() as work:
        row: Entitlement = await entitlement(work, license_id)
        over = await _over(work, row)
        back = await _back(work, row)
    return Detail(
        ctx.text("lines.suggested"),
        ((ctx.text("licenses.title"), "/licenses"), (row.name, f"/licenses/{row.id}")),
        parts=(_over_part(ctx, over), _back_part(ctx, back)),
        provenance=await provenance_of(ctx),
    )


async def _over(work: Work, row: Entitlement) -> list[tuple[Pool, OverAllocated, str, Any]]:
    query = visible_pools(work).where(MetricLine.entitlement_id == row.id).order_by(Pool.name, Pool.id).limit(POOLS)
    found: list[tuple[Pool, OverAllocated, str, Any]] = []
    for pool in (await work.session.execute(query)).scalars().all():
        told = await over_allocated(work, pool.id)
        ids = [each.assignment_id for each in told.suggested]
        seats = select(Assignment).where(Assignment.tenant_id == work.tenant_id, Assignment.id.in_(ids))
        people = {seat.id: seat.person_id for seat in (await work.session.execute(seats)).scalars()}
        names = await names_of(work, list(people.values()))
        found += [(pool, told, names.get(people[each.assignment_id], ""), each) for each in told.suggested]
    return found


async def _back(work: Work, row: Entitlement) -> list[tuple[str, str, str]]:
    try:
        suggested = await coming_back(work, row.id)
    except BadInput:
        return []
    names = await names_of(work, [each.person_id for each in suggested])
    found = []
    for each in suggested:
        pool = await work.session.get_one(Pool, (work.tenant_id, each.pool_id))
        lease = await work.session.get_one(Lease, (work.tenant_id, each.lease_id))
        found.append((names.get(each.person_id, ""), lease.client, pool.name))
    return found


def _over_part(ctx: Context, rows: list[tuple[Pool, OverAllocated, str, Any]]) -> Part:
    columns = (
        Column("pool", "seat.pool", strong=True, value=lambda row: row[0].name),
        Column("over", "lines.beyond", kind="number", value=lambda row: row[1].over, leaves=2),
        Column("due", "lines.due", leaves=1, value=lambda row: ""
               if row[1].due_at is None else formats.day(ctx.locale, row[1].due_at.astimezone(ctx.zone).date())),
        Column("person", "seat.person",
               value=lambda row: Link(row[2] or ctx.text("seat.person"), f"/seats/{row[3].assignment_id}")),
        Column("why", "holdings.why", value=lambda row: ctx.text(f"lines.why_{row[3].why.value.lower()}")),
    )  # fmt: skip
    title = ctx.text("lines.over_title")
    empty = Empty(ctx.text("lines.none_over"), ctx.text("lines.none_over_text"), "check")
    return Panel(title, (Table(title, columns, rows, bare=True, empty=empty),))


def _back_part(ctx: Context, rows: list[tuple[str, str, str]]) -> Part:
    columns = (
        Column("person", "seat.person", strong=True, value=lambda row: row[0]),
        Column("client", "leases.client", kind="code", leaves=1, value=lambda row: row[1]),
        Column("pool", "lines.back_to", value=lambda row: row[2]),
    )
    title = ctx.text("lines.back_title")
    empty = Empty(ctx.text("lines.none_back"), ctx.text("lines.none_back_text"), "check")
    return Panel(title, (Table(title, columns, rows, bare=True, empty=empty),))


OVERAGES: Final = tuple(Option(each.value, f"license.overage_{each.value.lower()}") for each in Overage)
EXPIRIES: Final = tuple(Option(each.value, f"granting.expiry_{each.value.lower()}") for each in Expiry)
COVERED: Final = tuple(Option(each.value, f"lines.covered_{each.value.lower()}") for each in Covered)
CHANGE: Final = FormPage(
    name="line-change", path="/licenses/{id}/lines/{line}/change", opens=opens_change, submit=change,
    button="form.preview", action="entitlement:correct", nav="licenses",
    fields=(
        Field("tier", "granting.tier", required=False, longest=200, suggest=suggest_tiers, help="granting.tier_help"),
        Field("overage", "granting.overage", "select", options=OVERAGES),
        Field("overage_percent", "granting.percent", required=False, longest=12, help="granting.percent_help"),
        Field("expiry", "granting.expiry", "select", options=EXPIRIES),
        Field("grace_days", "granting.grace", "number", required=False, minimum=0, maximum=365,
              help="granting.grace_help"),
        Field("spill_order", "lines.order", "number", required=False, minimum=0, maximum=99, help="lines.order_help"),
        Field("covered", "lines.covered", "select", options=COVERED, help="lines.covered_help"),
        *COUNTING_FIELDS,
    ),
)  # fmt: skip
SUGGESTED: Final = DetailPage(
    name="suggested", path="/licenses/{id}/suggested", gather=show_suggested, action="seat:read", nav="licenses"
)
PAGES: Final = (CHANGE, SUGGESTED)
