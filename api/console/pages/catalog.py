"""Catalog: what can be licensed, whether it may be used, its tiers with what each adds, and what each costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, func, or_

from api.console.acting import id_of
from api.console.declare import (
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
    Rows,
    Status,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.finding_people import escaped
from api.console.paging import read_rows
from api.console.product_detail import show, status_of
from api.console.standing import today_only
from governance.catalog.models import Approval, Product, Vendor
from governance.catalog.queries import latest_approvals, product, visible_products
from governance.catalog.rules import ApprovalStatus
from governance.catalog.service import ApprovalDecision, decide_approval
from governance.kernel.page import Order
from governance.kernel.work import Work

VENDOR_OF_PRODUCT: Final = and_(Vendor.tenant_id == Product.tenant_id, Vendor.id == Product.vendor_id)
DECIDED_HERE: Final = (
    ApprovalStatus.APPROVED, ApprovalStatus.RESTRICTED, ApprovalStatus.SUNSETTING, ApprovalStatus.DENIED,
)  # fmt: skip
UNDECIDED: Final = "undecided"


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product with its vendor's name and how it stands today."""

    id: UUID
    name: str
    vendor: str
    code: str
    until: Any
    status: Status


async def products(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it, by name."""
    async with ctx.work() as work:
        chosen = _standing(work, visible_products(work), query.filters.get("status", ""))
        chosen = chosen.join(Vendor, VENDOR_OF_PRODUCT)
        if query.search:
            like = f"%{escaped(query.search.casefold())}%"
            columns = (Product.name, Product.code, Vendor.name)
            chosen = chosen.where(or_(*(func.lower(column).like(like, escape="\\") for column in columns)))
        order = (Order(Product.name, query.descending), Order(Product.id, query.descending))
        read = await read_rows(work, query, chosen, order)
        vendors = await _vendors(work, read.page.rows)
        decided = await _decided(work, [row.id for row in read.page.rows])
    rows = [_row(ctx, each, vendors[each.vendor_id], decided.get(each.id)) for each in read.page.rows]
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, provenance=await provenance_of(ctx),
        above=today_only(ctx),
    )  # fmt: skip


def _standing(work: Work, chosen: Select[Product], asked: str) -> Select[Product]:
    """Narrow to the products that stand so by the decision that counts now."""
    latest = latest_approvals(work.tenant_id, as_of=work.now()).subquery("latest")
    if asked == UNDECIDED:
        return chosen.where(Product.id.not_in(latest.select().with_only_columns(latest.c.product_id)))
    if asked in set(ApprovalStatus):
        so = latest.select().with_only_columns(latest.c.product_id).where(latest.c.status == ApprovalStatus(asked))
        return chosen.where(Product.id.in_(so))
    return chosen


async def _vendors(work: Work, rows: Sequence[Product]) -> dict[UUID, str]:
    return {row.vendor_id: (await work.session.get_one(Vendor, (work.tenant_id, row.vendor_id))).name for row in rows}


async def _decided(work: Work, ids: Sequence[UUID]) -> dict[UUID, Approval]:
    query = latest_approvals(work.tenant_id, as_of=work.now()).where(Approval.product_id.in_(ids))
    return {row.product_id: row for row in (await work.session.execute(query)).scalars()}


def _row(ctx: Context, row: Product, vendor: str, decided: Approval | None) -> ProductRow:
    until = decided.until if decided else None
    return ProductRow(row.id, row.name, vendor, row.code, until, status_of(ctx, decided))


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What is to be decided about one product. Raises NotFound."""
    async with ctx.work() as work:
        row = await product(work, id_of(ids["id"], "product"))
    crumbs = ((ctx.text("catalog.title"), "/catalog"), (row.name, f"/catalog/{row.id}"))
    return Opened(
        ctx.text("catalog.decide_title", product=row.name), {}, ctx.text("catalog.decide_text"), crumbs,
        cancel=f"/catalog/{row.id}",
    )  # fmt: skip


async def decide(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Record the decision; earlier ones stay readable."""
    product_id = id_of(ids["id"], "product")
    decision = ApprovalDecision(product_id, ApprovalStatus(values["status"]), values["reason"], values["until"])
    await desk_of(ctx).perform(lambda work: decide_approval(work, decision))
    return Done(f"/catalog/{product_id}", ctx.text("catalog.decided"))


LIST: Final = TablePage(
    name="catalog", path="/catalog", title="catalog.title", action="catalog:read", nav="licenses", rows=products,
    columns=(
        Column("name", "catalog.product", sub=lambda row: row.code, href=lambda row: f"/catalog/{row.id}", sort="name",
               strong=True),
        Column("vendor", "agreements.vendor", leaves=3),
        Column("until", "catalog.until", kind="date", leaves=2),
        Column("status", "catalog.use", kind="status"),
    ),
    filters=(
        Filter("status", "catalog.use", (
            Option("", "licenses.any"),
            *(Option(each.value, f"catalog.status_{each.value.lower()}") for each in ApprovalStatus),
            Option(UNDECIDED, "catalog.status_undecided"))),
    ),
    search=True, row_href=lambda row: f"/catalog/{row.id}",
    empty=Empty("catalog.empty", "catalog.empty_text", "license"),
)  # fmt: skip
DETAIL: Final = DetailPage(name="product", path="/catalog/{id}", gather=show, action="catalog:read", nav="licenses")
DECIDE: Final = FormPage(
    name="product-decide", path="/catalog/{id}/decide", opens=opens, submit=decide, button="catalog.decide",
    action="catalog:edit", nav="licenses",
    fields=(
        Field("status", "catalog.use", "choice",
              options=tuple(Option(each.value, f"catalog.status_{each.value.lower()}") for each in DECIDED_HERE)),
        Field("until", "catalog.until", "date", required=False, help="catalog.until_help"),
        Field("reason", "catalog.why", "textarea", longest=400),
    ),
)  # fmt: skip
PAGES: Final = (LIST, DETAIL, DECIDE)
