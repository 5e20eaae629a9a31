"""The questions of an assignment rule: who, what, and what follows when somebody falls out of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, select

from api.console.declare import Context, Field, Option
from governance.assignment_rules.models import AssignmentRuleVersion
from governance.assignment_rules.rules import HIGHEST, SETTLE_MOST, Leaving
from governance.assignment_rules.service import ApplyRule
from governance.catalog.models import Product, Tier
from governance.directory.models import Group, OrgUnit
from governance.directory.provisioned import visible_groups
from governance.directory.queries import visible_units
from governance.entitlements import queries as entitlements
from governance.entitlements.models import Entitlement, Pool
from governance.entitlements.queries import visible_pools
from governance.kernel.work import Work

MOST: Final = 500
SETTLE: Final = 60


async def product_options(ctx: Context) -> tuple[Option, ...]:
    """The products of the catalog that a license is of, by name."""
    async with ctx.work() as work:
        licensed = select(Entitlement.product_id).where(Entitlement.tenant_id == work.tenant_id)
        query = select(Product).where(Product.tenant_id == work.tenant_id, Product.id.in_(licensed))
        rows = (await work.session.execute(query.order_by(Product.name, Product.id).limit(MOST))).scalars()
        return tuple(Option(str(row.id), text=row.name) for row in rows)


async def group_options(ctx: Context) -> tuple[Option, ...]:
    """No group, then those there are, by name."""
    async with ctx.work() as work:
        rows = await work.session.execute(visible_groups(work).order_by(Group.name_key, Group.id).limit(MOST))
        return (Option("", "rules.any"), *(Option(str(row.id), text=row.name) for row in rows.scalars()))


async def unit_options(ctx: Context) -> tuple[Option, ...]:
    """No unit, then those within reach, by name."""
    async with ctx.work() as work:
        rows = await work.session.execute(visible_units(work).order_by(OrgUnit.name, OrgUnit.id).limit(MOST))
        return (Option("", "rules.any"), *(Option(str(row.id), text=row.name) for row in rows.scalars()))


async def tier_options(ctx: Context) -> tuple[Option, ...]:
    """Any tier, then each under its product."""
    async with ctx.work() as work:
        query = (
            select(Tier, Product.name)
            .join(Product, and_(Product.tenant_id == Tier.tenant_id, Product.id == Tier.product_id))
            .where(Tier.tenant_id == work.tenant_id, Tier.retired_at.is_(None))
            .order_by(Product.name, Tier.rank, Tier.id)
            .limit(MOST)
        )
        rows = (await work.session.execute(query)).all()
    return (Option("", "rules.any"), *(Option(str(tier.id), text=f"{name} · {tier.name}") for tier, name in rows))


async def pool_options(ctx: Context) -> tuple[Option, ...]:
    """Any pool, then the open ones within reach, each under its license."""
    async with ctx.work() as work:
        query = visible_pools(work).where(Pool.closed_at.is_(None)).add_columns(Entitlement.name)
        query = query.order_by(Entitlement.name, Pool.name, Pool.id).limit(MOST)
        rows = (await work.session.execute(query)).all()
    return (Option("", "rules.any"), *(Option(str(pool.id), text=f"{name} · {pool.name}") for pool, name in rows))


def command_of(values: Mapping[str, Any], **more: Any) -> ApplyRule:
    """Make the command of a filled form."""
    ids = {f"{name}_id": UUID(values[name]) if values[name] else None for name in ("group", "unit", "tier", "pool")}
    left_out = UUID(values["except_group"]) if values["except_group"] else None
    return ApplyRule(
        values["reason"], employment=values["employment"], region=(values["region"] or "").strip().upper() or None,
        except_group_id=left_out, priority=values["priority"] or 0, leaving=Leaving(values["leaving"]),
        settle_minutes=SETTLE if values["settle"] is None else values["settle"], **{**ids, **more},
    )  # fmt: skip


def initial_of(version: AssignmentRuleVersion | None, exceptions: Sequence[UUID]) -> dict[str, Any]:
    """Give what a form opens with: what the version says, or what is usual."""
    if version is None:
        return {"priority": 0, "leaving": Leaving.RECLAIM.value, "settle": SETTLE}
    ids = {name: str(getattr(version, f"{name}_id") or "") for name in ("group", "unit", "tier", "pool")}
    return ids | {
        "except_group": str(version.except_group_id or ""), "employment": version.employment or "",
        "region": version.region or "", "priority": version.priority, "leaving": version.leaving.value,
        "settle": version.settle_minutes,
    }  # fmt: skip


async def spoken(ctx: Context, work: Work, version: AssignmentRuleVersion) -> tuple[tuple[str, Any], ...]:
    """Give what a version says, as label and words; what it does not name is left out."""
    found: list[tuple[str, Any]] = []
    for name, kind in (("group", Group), ("unit", OrgUnit), ("tier", Tier), ("pool", Pool)):
        if (id_ := getattr(version, f"{name}_id")) is not None:
            row: Any = await work.session.get_one(kind, (work.tenant_id, id_))
            found.append((ctx.text(f"rules.{name}"), row.name))
    if version.line_id is not None:
        line, license_ = await entitlements.line(work, version.line_id)
        found.append((ctx.text("rules.line"), f"{license_.name} · {line.code}"))
    words = (("employment", version.employment), ("region", version.region))
    found += [(ctx.text(f"rules.{name}"), value) for name, value in words if value]
    if version.except_group_id is not None:
        left_out = await work.session.get_one(Group, (work.tenant_id, version.except_group_id))
        found.append((ctx.text("rules.except_group"), left_out.name))
    found += [
        (ctx.text("rules.priority"), str(version.priority)),
        (ctx.text("rules.leaving"), ctx.text(f"rules.leaving_{version.leaving.value.lower()}")),
        (ctx.text("rules.settle"), str(version.settle_minutes)),
        (ctx.text("rules.reason"), version.reason),
    ]
    return tuple(found)


LEAVING: Final = tuple(Option(each.value, f"rules.leaving_{each.value.lower()}") for each in Leaving)
WHO: Final = (
    Field("group", "rules.group", "select", required=False, options=group_options, heading="rules.who"),
    Field("unit", "rules.unit", "select", required=False, options=unit_options, help="rules.unit_help"),
    Field("region", "rules.region", required=False, longest=10, help="rules.region_help"),
    Field("employment", "rules.employment", required=False, longest=120, help="rules.employment_help"),
    Field("except_group", "rules.except_group", "select", required=False, options=group_options),
)
WHAT: Final = (
    Field("tier", "rules.tier", "select", required=False, options=tier_options, heading="rules.what"),
    Field("pool", "rules.pool", "select", required=False, options=pool_options, help="rules.pool_help"),
    Field("priority", "rules.priority", "number", minimum=0, maximum=HIGHEST, help="rules.priority_help"),
    Field("leaving", "rules.leaving", "select", options=LEAVING, heading="rules.out"),
    Field("settle", "rules.settle", "number", minimum=0, maximum=SETTLE_MOST, help="rules.settle_help"),
)
