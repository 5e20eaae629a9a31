"""Agreements: what was signed with whom, until when, and every amendment since."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import and_, func, or_

from api.console import formats
from api.console.declare import (
    Action,
    Badge,
    Change,
    Column,
    Context,
    Detail,
    DetailPage,
    Empty,
    Entry,
    Facts,
    Filter,
    Ids,
    Level,
    Link,
    Missing,
    Option,
    Panel,
    Query,
    Rows,
    Status,
    Story,
    Table,
    TablePage,
)
from api.console.desk import provenance_of
from api.console.finding_people import escaped
from api.console.paging import read_rows
from api.console.standing import names_of, person_of, region_name, today_only, units_of
from governance.agreements.models import Agreement, Amendment
from governance.agreements.queries import agreement, visible_agreements, visible_amendments
from governance.agreements.rules import Payment, Side
from governance.catalog.models import Vendor
from governance.entitlements.models import Entitlement
from governance.entitlements.queries import visible_entitlements
from governance.kernel.due import days_until
from governance.kernel.errors import NotFound
from governance.kernel.page import Order
from policies.access.fields import FieldClass

SOON_DAYS: Final = 90
VENDOR_OF_AGREEMENT: Final = and_(Vendor.tenant_id == Agreement.tenant_id, Vendor.id == Agreement.vendor_id)


@dataclass(frozen=True, slots=True)
class Row:
    """An agreement with its vendor's name."""

    agreement: Agreement
    vendor: str
    status: Status


async def agreements(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it, by number."""
    async with ctx.work() as work:
        chosen = visible_agreements(work).join(Vendor, VENDOR_OF_AGREEMENT)
        if side := query.filters.get("side"):
            chosen = chosen.where(Agreement.side == side)
        if payment := query.filters.get("payment"):
            chosen = chosen.where(Agreement.payment == payment)
        if query.search:
            like = f"%{escaped(query.search.casefold())}%"
            columns = (Agreement.number, Agreement.title, Vendor.name)
            chosen = chosen.where(or_(*(func.lower(column).like(like, escape="\\") for column in columns)))
        order = (Order(Agreement.number, query.descending), Order(Agreement.id, query.descending))
        read = await read_rows(work, query, chosen, order)
        vendors = await _vendors(work, read.page.rows)
    rows = [Row(row, vendors[row.vendor_id], _status(ctx, row)) for row in read.page.rows]
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, provenance=await provenance_of(ctx),
        above=today_only(ctx),
    )  # fmt: skip


async def _vendors(work: Any, rows: Sequence[Agreement]) -> dict[UUID, str]:
    return {row.vendor_id: (await work.session.get_one(Vendor, (work.tenant_id, row.vendor_id))).name for row in rows}


def _status(ctx: Context, row: Agreement) -> Status:
    """In force, ending soon, ended, or not begun, by the agreement's own zone."""
    now = ctx.as_of or ctx.now
    if days_until(row.first_day, now, row.zone) > 0:
        return Status(Level.UNKNOWN, ctx.text("license.coming"))
    if row.last_day is None:
        return Status(Level.OK, ctx.text("license.in_force"))
    left = days_until(row.last_day, now, row.zone)
    if left < 0:
        return Status(Level.UNKNOWN, ctx.text("license.ended"))
    level = Level.WARN if left <= SOON_DAYS else Level.OK
    return Status(level, ctx.text("license.in_force"), ctx.text("agreements.days_left", count=left))


async def show(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """One agreement: as it stands, its licenses, and how it came to stand so."""
    try:
        agreement_id = UUID(ids["id"])
    except ValueError:
        raise NotFound("agreement", ids["id"]) from None
    async with ctx.work() as work:
        row = await agreement(work, agreement_id)
        vendor = (await work.session.get_one(Vendor, (work.tenant_id, row.vendor_id))).name
        amended = visible_amendments(work).where(Amendment.agreement_id == row.id).order_by(Amendment.number.desc())
        amendments = (await work.session.execute(amended)).scalars().all()
        bought = visible_entitlements(work).where(Entitlement.agreement_id == row.id).order_by(Entitlement.name)
        licenses = (await work.session.execute(bought)).scalars().all()
        names, units = await names_of(work, [row.owner_id, row.deputy_id]), await units_of(work, [row.unit_id])
        by = await names_of(work, [person_of(each.recorded_by) for each in amendments])
        money = work.gate.may_read(work.actor, FieldClass.MONEY)
    story = Story(
        tuple(_entry(ctx, each, by) for each in amendments),
        Empty(ctx.text("agreements.as_signed"), ctx.text("agreements.as_signed_text"), "file"),
    )
    return Detail(
        row.title,
        ((ctx.text("agreements.title"), "/agreements"), (vendor, "")),
        (Badge(ctx.text(f"agreements.side_{row.side.value.lower()}")), Badge(row.number)),
        parts=(
            *today_only(ctx),
            Panel(ctx.text("licenses.title"), (_licenses(ctx, licenses),)),
            Panel(ctx.text("agreements.amendments"), (story,)),
        ),
        side=(Panel(ctx.text("license.agreement"), (_facts(ctx, row, names, units, money=money),)),),
        actions=_actions(ctx, row),
        provenance=await provenance_of(ctx),
    )


def _actions(ctx: Context, row: Agreement) -> tuple[Action, ...]:
    story = Action("license.tab_story", f"/trail/agreement/{row.id}", "history", changes=False, action="audit:read")
    asked = urlencode({"agreement": row.number})
    grant = Action("granting.new", f"/licenses/new?{asked}", "plus", primary=True, action="entitlement:create")
    amend = Action("agreements.amend", f"/agreements/{row.id}/amend", "edit", action="agreement:amend")
    return amend, grant, story


def _licenses(ctx: Context, licenses: Sequence[Entitlement]) -> Table:
    return Table(
        ctx.text("licenses.title"),
        (
            Column("name", "licenses.license", href=lambda each: f"/licenses/{each.id}", strong=True),
            Column("code", "agreements.code", kind="code", leaves=3),
        ),
        licenses, bare=True, empty=Empty(ctx.text("agreements.no_licenses"), icon="license"),
    )  # fmt: skip


def _facts(ctx: Context, row: Agreement, names: dict[UUID, str], units: dict[UUID, str], *, money: bool) -> Facts:
    def named(person_id: UUID | None) -> Any:
        if person_id is None or person_id not in names:
            return Missing(ctx.text("licenses.no_owner"))
        return Link(names[person_id], f"/people/{person_id}")

    notice = ctx.text("agreements.days", count=row.notice_days) if row.notice_days is not None else None
    cap = row.uplift_cap and ctx.text(
        "agreements.uplift_percent", percent=formats.number(ctx.locale, Decimal(row.uplift_cap))
    )
    return Facts(
        (
            (ctx.text("licenses.owner"), named(row.owner_id)),
            (ctx.text("agreements.deputy"), named(row.deputy_id)),
            (ctx.text("license.unit"), units.get(row.unit_id, "")),
            (ctx.text("license.region"), region_name(ctx, row.region)),
            (ctx.text("license.first_day"), row.first_day),
            (ctx.text("license.last_usable"), row.last_day or Missing(ctx.text("license.open_ended"))),
            (ctx.text("agreements.zone"), row.zone),
            (ctx.text("agreements.notice"), notice or Missing(ctx.text("agreements.no_notice"))),
            (ctx.text("agreements.renews"), ctx.text("agreements.yes" if row.auto_renews else "agreements.no")),
            *(((ctx.text("agreements.uplift"), cap or Missing(ctx.text("agreements.no_uplift"))),) if money else ()),
            (ctx.text("license.paid"), ctx.text(f"license.payment_{row.payment.value.lower()}")),
            (ctx.text("agreements.currency"), row.currency),
        )
    )


def _entry(ctx: Context, row: Amendment, by: dict[UUID, str]) -> Entry:
    local = row.recorded_at.astimezone(ctx.zone)
    person_id = person_of(row.recorded_by)
    changes = tuple(
        Change(name, str(row.before.get(name, "–")), str(row.after.get(name, "–")))
        for name in sorted({*row.before, *row.after})
    )
    reason = ctx.text(f"agreements.reason_{row.reason.value.lower()}")
    act = ctx.text("agreements.amended", number=row.number, day=formats.day(ctx.locale, row.effective_day))
    return Entry(
        formats.day(ctx.locale, local.date()), formats.clock(ctx.locale, local), act,
        by.get(person_id, row.recorded_by) if person_id else row.recorded_by, "edit", changes,
        f"{reason}{f': {row.reason_text}' if row.reason_text else ''}",
    )  # fmt: skip


SIGN: Final = Action("agreements.new", "/agreements/new", "plus", primary=True, action="agreement:create")
LIST: Final = TablePage(
    name="agreements", path="/agreements", title="agreements.title", action="agreement:read", nav="licenses",
    rows=agreements,
    columns=(
        Column("number", "license.number", value=lambda row: row.agreement.title, sub=lambda row: row.agreement.number,
               href=lambda row: f"/agreements/{row.agreement.id}", sort="number", strong=True),
        Column("vendor", "agreements.vendor", leaves=3),
        Column("first_day", "license.first_day", kind="date", value=lambda row: row.agreement.first_day, leaves=2),
        Column("last_day", "license.last_usable", kind="date", value=lambda row: row.agreement.last_day),
        Column("status", "table.status", kind="status"),
    ),
    filters=(
        Filter("side", "agreements.side", (
            Option("", "licenses.any"),
            *(Option(each.value, f"agreements.side_{each.value.lower()}") for each in Side))),
        Filter("payment", "license.paid", (
            Option("", "licenses.any"),
            *(Option(each.value, f"license.payment_{each.value.lower()}") for each in Payment))),
    ),
    search=True, row_href=lambda row: f"/agreements/{row.agreement.id}", actions=(SIGN,),
    empty=Empty("agreements.empty", "agreements.empty_text", "file", SIGN),
)  # fmt: skip
DETAIL: Final = DetailPage(
    name="agreement", path="/agreements/{id}", gather=show, action="agreement:read", nav="licenses"
)
PAGES: Final = (LIST, DETAIL)
