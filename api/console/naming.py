"""Agreements, vendors, products and tiers as somebody types them: by number, code or name; people by name or mail."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_

from api.console.context import Context
from api.console.controls import Option
from api.console.finding_people import SUGGESTED, escaped, find_people
from api.console.forms import Refused
from governance.agreements.models import Agreement
from governance.agreements.queries import visible_agreements
from governance.catalog.models import Product, Tier, Vendor
from governance.catalog.queries import tiers_on_sale, visible_products, visible_vendors

R = TypeVar("R")

LEAST: Final = 2


async def suggest_agreements(ctx: Context, typed: str) -> list[Option]:
    """Agreements within reach whose number or title holds what was typed, by number."""
    async with ctx.work() as work:
        query = visible_agreements(work).where(_holds(typed, Agreement.number, Agreement.title))
        rows = await _rows(work, query.order_by(Agreement.number), typed)
    return [Option(row.number, text=row.title) for row in rows]


async def suggest_vendors(ctx: Context, typed: str) -> list[Option]:
    """Vendors of the catalog whose name holds what was typed, by name."""
    async with ctx.work() as work:
        rows = await _rows(work, visible_vendors(work).where(_holds(typed, Vendor.name)).order_by(Vendor.name), typed)
    return [Option(row.name, text=row.name) for row in rows]


async def suggest_products(ctx: Context, typed: str) -> list[Option]:
    """Products of the catalog whose code or name holds what was typed, by name."""
    async with ctx.work() as work:
        query = visible_products(work).where(_holds(typed, Product.code, Product.name))
        rows = await _rows(work, query.order_by(Product.name, Product.code), typed)
    return [Option(row.code, text=row.name) for row in rows]


async def suggest_tiers(ctx: Context, typed: str) -> list[Option]:
    """Tiers on sale whose code or name holds what was typed, by name."""
    async with ctx.work() as work:
        query = tiers_on_sale(work).where(_holds(typed, Tier.code, Tier.name))
        rows = await _rows(work, query.order_by(Tier.name, Tier.code), typed)
    return [Option(row.code, text=row.name) for row in rows]


async def suggest_tiers_with_products(ctx: Context, typed: str) -> list[Option]:
    """Tiers on sale as `product / tier` by their codes, for whoever names one of any product, and products as such."""
    async with ctx.work() as work:
        query = tiers_on_sale(work).where(_holds(typed, Tier.code, Tier.name)).order_by(Tier.name, Tier.code)
        tiers = await _rows(work, query, typed)
        query_of_products = visible_products(work).where(_holds(typed, Product.code, Product.name))
        whole = await _rows(work, query_of_products.order_by(Product.name), typed)
        of_tiers = visible_products(work).where(Product.id.in_({row.product_id for row in tiers}))
        codes = {row.id: row.code for row in (await work.session.execute(of_tiers)).scalars()}
    found = [Option(f"{codes[row.product_id]} / {row.code}", text=row.name) for row in tiers]
    return [*found, *(Option(row.code, text=row.name) for row in whole)]


async def agreement_called(ctx: Context, typed: str) -> Agreement | None:
    """The agreement within reach of exactly this number."""
    async with ctx.work() as work:
        query = visible_agreements(work).where(Agreement.number == typed)
        return await _only(work, query)


async def vendor_called(ctx: Context, typed: str) -> Vendor | None:
    """The vendor of this name, whatever its capitals, where there is only one."""
    async with ctx.work() as work:
        query = visible_vendors(work).where(func.lower(Vendor.name) == typed.casefold())
        return await _only(work, query)


async def product_called(ctx: Context, typed: str) -> Product | None:
    """The product of this code; else the one of this name, where there is only one."""
    async with ctx.work() as work:
        by_code = visible_products(work).where(Product.code == typed)
        by_name = visible_products(work).where(func.lower(Product.name) == typed.casefold())
        return await _only(work, by_code) or await _only(work, by_name)


async def tier_called(ctx: Context, product_id: UUID, typed: str) -> Tier | None:
    """The tier of the product of this code, or of this name."""
    async with ctx.work() as work:
        query = tiers_on_sale(work).where(
            Tier.product_id == product_id, or_(Tier.code == typed, func.lower(Tier.name) == typed.casefold())
        )
        return await _only(work, query)


async def people_called(ctx: Context, **typed: str | None) -> dict[str, UUID | None] | Refused:
    """The person that each field names, None where it names nobody; a no at each field that names no one person."""
    found: dict[str, UUID | None] = {}
    wrong: dict[str, str] = {}
    for name, words in typed.items():
        who = (await find_people(ctx, [words])).people if words else {}
        found[name] = next(iter(who), None)
        if words and not who:
            wrong[name] = ctx.text("access.nobody", who=words)
    return Refused(wrong) if wrong else found


def _holds(typed: str, *columns: Any) -> ColumnElement[bool]:
    like = f"%{escaped(typed.casefold())}%"
    return or_(*(func.lower(column).like(like, escape="\\") for column in columns))


async def _rows(work: Any, query: Select[R], typed: str) -> Sequence[R]:
    if len(typed) < LEAST:
        return ()
    rows: Sequence[R] = (await work.session.execute(query.limit(SUGGESTED))).scalars().all()
    return rows


async def _only(work: Any, query: Select[R]) -> R | None:
    """The one row there is; none where there are several."""
    rows: Sequence[R] = (await work.session.execute(query.limit(2))).scalars().all()
    return rows[0] if len(rows) == 1 else None
