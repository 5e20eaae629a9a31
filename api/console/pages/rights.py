"""Why this seat? What may this person use? Each pool that could give it, by the order of the house, with reasons."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from api.console import formats
from api.console.acting import id_of
from api.console.declare import (
    Column,
    Context,
    Detail,
    DetailPage,
    Empty,
    Facts,
    Footer,
    Ids,
    Level,
    Link,
    Panel,
    Query,
    Status,
    Table,
)
from api.console.desk import provenance_of
from api.console.refusals import told
from api.console.standing import region_name
from governance.catalog.models import Product
from governance.catalog.queries import visible_products
from governance.directory.queries import person
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.queries import visible_pools
from governance.kernel.errors import Reason
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.seats.rules import Ruling, Weighed
from governance.seats.service import Explain, Explained, explain_entitlement
from policies.access.fields import FieldClass

SHOWN: Final = 60
LEVELS: Final = {
    Ruling.TAKEN: Level.OK, Ruling.HELD: Level.OK, Ruling.FIT: Level.EXEMPT, Ruling.UNFIT: Level.UNKNOWN,
}  # fmt: skip


async def of_person(ctx: Context, ids: Ids, query: Query) -> Detail:
    """Every product with a pool within reach: the right that is held, the one that would be taken, or why none."""
    person_id = id_of(ids["id"], "person")
    async with ctx.work() as work:
        row = await person(work, person_id)
        found = [(product, await _explained(ctx, work, person_id, product.id)) for product in await _products(work)]
    rows = [_product_row(ctx, person_id, product, each) for product, each in found]
    table = Table(
        ctx.text("rights.title"),
        (
            Column("product", "rights.product", kind="link", strong=True),
            Column("state", "table.status", kind="status"),
            Column("pool", "seat.pool", leaves=1),
            Column("why", "rights.why", leaves=2, quiet=True),
        ),
        rows, empty=Empty(ctx.text("rights.none"), ctx.text("rights.none_text"), "license"),
        footer=Footer((), ctx.text("rights.method")),
    )  # fmt: skip
    crumbs = ((ctx.text("people.title"), "/people"), (row.name, f"/people/{row.id}"))
    return Detail(ctx.text("rights.title"), crumbs, parts=(table,), provenance=await provenance_of(ctx))


async def _products(work: Work) -> list[Product]:
    pooled = visible_pools(work).with_only_columns(Entitlement.product_id).distinct()
    query = visible_products(work).where(Product.id.in_(pooled)).order_by(Product.name, Product.id).limit(SHOWN)
    return list((await work.session.execute(query)).scalars())


async def _explained(ctx: Context, work: Work, person_id: UUID, product_id: UUID) -> Explained:
    known_at = ctx.known_at or ctx.as_of
    return await explain_entitlement(work, Explain(person_id, product_id, as_of=ctx.as_of, known_at=known_at))


def _product_row(ctx: Context, person_id: UUID, product: Product, found: Explained) -> dict[str, Any]:
    first = found.verdict.nearest
    status = Status(Level.UNKNOWN, ctx.text("rights.none_fit")) if first is None else _status(ctx, first)
    fit = first is not None and first.ruling is not Ruling.UNFIT
    return {
        "product": Link(product.name, f"/people/{person_id}/rights/{product.id}"), "state": status,
        "pool": first.candidate.facts.name if first is not None and fit else "–",
        "why": _reasons(ctx, first) if first is not None and not fit else "",
    }  # fmt: skip


async def of_product(ctx: Context, ids: Ids, query: Query) -> Detail:
    """One product for one person: every candidate, and the hash by which the same is found again. Raises NotFound."""
    person_id, product_id = id_of(ids["id"], "person"), id_of(ids["product"], "product")
    async with ctx.work() as work:
        found = await _explained(ctx, work, person_id, product_id)
        licenses = await _licenses(work, [each.candidate.facts.line_id for each in found.verdict.weighed])
        money = work.gate.may_read(work.actor, FieldClass.MONEY)
    rows = [_candidate_row(ctx, each, licenses) for each in found.verdict.weighed]
    columns = (
        Column("pool", "seat.pool", kind="link", sub=lambda row: row["line"], strong=True),
        Column("state", "table.status", kind="status"),
        Column("free", "rights.free", kind="number", leaves=3),
        Column("tier", "rights.tier", leaves=2),
        Column("ends", "rights.ends", leaves=1),
        *((Column("price", "rights.price", leaves=1),) if money else ()),
        Column("why", "rights.why", leaves=4, quiet=True),
    )
    table = Table(
        ctx.text("rights.candidates"), columns, rows, footer=Footer((), ctx.text("rights.method")),
        empty=Empty("rights.none", "rights.none_text", "license"),
    )  # fmt: skip
    side = Panel(ctx.text("rights.inputs"), (_facts(ctx, found),))
    crumbs = (
        (ctx.text("people.title"), "/people"), (found.person.name, f"/people/{person_id}"),
        (ctx.text("rights.title"), f"/people/{person_id}/rights"),
    )  # fmt: skip
    title = ctx.text("rights.of", who=found.person.name, product=found.product)
    return Detail(title, crumbs, parts=(table,), side=(side,), provenance=await provenance_of(ctx))


async def _licenses(work: Work, line_ids: list[UUID]) -> dict[UUID, UUID]:
    query = select(MetricLine.id, MetricLine.entitlement_id).where(
        MetricLine.tenant_id == work.tenant_id, MetricLine.id.in_(line_ids)
    )
    return {row.id: row.entitlement_id for row in await work.session.execute(query)}


def _facts(ctx: Context, found: Explained) -> Facts:
    verdict = found.verdict
    return Facts(
        (
            (ctx.text("rights.person"), Link(found.person.name, f"/people/{found.person.id}")),
            (ctx.text("rights.from"), region_name(ctx, found.country)),
            (ctx.text("rights.as_of"), formats.instant(ctx.locale, found.as_of, ctx.zone)),
            (ctx.text("rights.known_at"), formats.instant(ctx.locale, found.known_at, ctx.zone)),
            (ctx.text("rights.rule"), str(verdict.rule_version)),
            (ctx.text("rights.hash"), f"{verdict.inputs_hash[:16]}…"),
        )
    )


def _candidate_row(ctx: Context, one: Weighed, licenses: Mapping[UUID, UUID]) -> dict[str, Any]:
    facts = one.candidate.facts
    return {
        "pool": Link(facts.name, f"/licenses/{licenses[facts.line_id]}?tab=pools"), "line": facts.line_code,
        "state": _status(ctx, one), "free": ctx.text("seats.no_limit") if facts.free is None else facts.free,
        "tier": facts.tier.code if facts.tier else "–", "ends": _ends(ctx, one),
        "price": _price(ctx, one), "why": _reasons(ctx, one) or _carried(ctx, one) or _behind(ctx, one),
    }  # fmt: skip


def _status(ctx: Context, one: Weighed) -> Status:
    return Status(LEVELS[one.ruling], ctx.text(f"rights.{one.ruling.value.lower()}"))


def _reasons(ctx: Context, one: Weighed) -> str:
    return "; ".join(
        ctx.text("rights.reason", subject=_about(ctx, reason), has=each.has, needs=each.needs)
        for reason, each in ((reason, told(reason, ctx.locale)) for reason in one.reasons)
    )


def _carried(ctx: Context, one: Weighed) -> str:
    """By which orders a right that is held is carried, a suite's as well."""
    lots = one.right.lots if one.right else ()
    return ctx.text("rights.carried", lots=", ".join(lots)) if lots else ""


def _about(ctx: Context, reason: Reason) -> str:
    """What a reason is about; the person, whom rules know by id, as the person."""
    return ctx.text("rights.person") if reason.subject.startswith("person ") else told(reason, ctx.locale).subject


def _ends(ctx: Context, one: Weighed) -> str:
    """The last instant of the supply; of what is not in force nothing ends."""
    if not one.candidate.facts.in_force:
        return "–"
    ends = one.candidate.ends
    return ctx.text("rights.endless") if ends is None else formats.instant(ctx.locale, ends, ctx.zone)


def _price(ctx: Context, one: Weighed) -> str:
    price = one.candidate.price
    return "–" if price is None else formats.money(ctx.locale, Money(price.micros, price.currency))


def _behind(ctx: Context, one: Weighed) -> str:
    return ctx.text(f"rights.behind_{one.behind.value.lower()}") if one.behind else ctx.text("rights.first")


PERSON: Final = DetailPage(
    name="rights", path="/people/{id}/rights", gather=of_person, action="seat:read", nav="people"
)  # fmt: skip
PRODUCT: Final = DetailPage(
    name="right", path="/people/{id}/rights/{product}", gather=of_product, action="seat:read", nav="people"
)
PAGES: Final = (PERSON, PRODUCT)
