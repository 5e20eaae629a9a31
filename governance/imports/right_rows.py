"""Takes a row of the tables of suites and of rights beside seats: what is new is said, what is known stays or ends."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.catalog.bonding import BondTiers, EndTierBond, bond_tiers, end_tier_bond
from governance.catalog.models import TierBond
from governance.catalog.rules import BondKind
from governance.entitlements.models import Entitlement, LineRight, MetricLine
from governance.entitlements.queries import visible_lines
from governance.entitlements.rights import (
    EndLineRight,
    GrantLineRight,
    end_line_right,
    grant_line_right,
    visible_line_rights,
)
from governance.entitlements.rules import RightKind
from governance.imports.formats.cells import Problem
from governance.imports.names import RowRefused
from governance.imports.rules import RowOutcome
from governance.imports.taking import Taking, Took, Values, differing

RIGHT_REMEDY = "a right that was recorded ends on a day; let it end, and record what holds then from another first day"


def key_of_suite(values: Values) -> str:
    """Give what rows of one suite share."""
    return f"{values['product']} / {values['tier']}"


async def take_suite(taking: Taking, row: Values) -> Took:
    """Say or end one bond. Raises RowRefused and what these verbs raise."""
    work, took = taking.work, Took(RowOutcome.UNCHANGED, "tier", taking.work.tenant_id)
    _, tier_id = await _named(taking, row, "product", "tier", took)
    assert tier_id is not None, "the column is required"
    took.subject_id, kind = tier_id, BondKind(row["says"])
    product_id, part_id = await _named(taking, row, "other_product", "other_tier", took)
    there = await _bond(taking, tier_id, kind, product_id, part_id)
    if row.get("holds") is False:
        if there is not None:
            await end_tier_bond(work, EndTierBond(there.id, row["reason"]))
            took.outcome = RowOutcome.CHANGED
    else:
        parts, products = ((part_id,), None) if part_id else (None, (product_id,))
        await bond_tiers(work, BondTiers(tier_id, kind, row["reason"], parts, products))
        took.outcome = RowOutcome.UNCHANGED if there else RowOutcome.CREATED
    return took


async def _named(taking: Taking, row: Values, product: str, tier: str, took: Took) -> tuple[UUID, UUID | None]:
    """Find the product and the tier that two columns name. Raises RowRefused, which names the columns as they are."""
    try:
        product_id = await taking.names.product(row[product], None, took.made)
        return product_id, await taking.names.tier(row[tier], product_id, took.made) if row.get(tier) else None
    except RowRefused as no:
        renamed = {"product": product, "tier": tier}
        raise RowRefused(*(Problem(renamed.get(e.field, e.field), e.has, e.needs) for e in no.problems)) from None


async def _bond(
    taking: Taking, tier_id: UUID, kind: BondKind, product_id: UUID, part_id: UUID | None
) -> TierBond | None:
    other = TierBond.part_id == part_id if part_id else TierBond.product_id == product_id
    query = select(TierBond).where(
        TierBond.tenant_id == taking.work.tenant_id, TierBond.tier_id == tier_id, TierBond.kind == kind, other,
        TierBond.end.is_(None),
    )  # fmt: skip
    return (await taking.work.session.execute(query)).scalar_one_or_none()


def key_of_right(values: Values) -> str:
    """Give what rows of one license share."""
    return str(values["license"])


async def take_right(taking: Taking, row: Values) -> Took:
    """Record or end one right of a line. Raises RowRefused and what these verbs raise."""
    line = await _line(taking, row)
    kind, first, last = RightKind(row["kind"]), date.fromisoformat(row["first_day"]), row.get("last_day")
    values: dict[str, Any] = {
        "levels": row.get("levels"), "last_day": date.fromisoformat(last) if last else None, "clause": row["clause"],
    }  # fmt: skip
    took = Took(RowOutcome.UNCHANGED, "metric_line", line.id)
    query = visible_line_rights(taking.work).where(
        LineRight.line_id == line.id, LineRight.kind == kind, LineRight.first_day == first
    )
    there = (await taking.work.session.execute(query.order_by(LineRight.id).limit(1))).scalar_one_or_none()
    if there is None:
        await grant_line_right(taking.work, GrantLineRight(line.id, kind, first_day=first, **values))
        took.outcome = RowOutcome.CREATED
        return took
    has = {name: getattr(there, name) for name in values}
    if has == values:
        return took
    if has | {"last_day": values["last_day"]} != values or values["last_day"] is None:
        raise RowRefused(*differing(has, values, RIGHT_REMEDY))
    await end_line_right(taking.work, EndLineRight(there.id, values["last_day"]))
    took.outcome = RowOutcome.CHANGED
    return took


async def _line(taking: Taking, row: Values) -> MetricLine:
    """Give a line within reach; one out of reach reads like one that is not there. Raises RowRefused."""
    code = row.get("line") or "main"
    query = visible_lines(taking.work).where(Entitlement.code == row["license"], MetricLine.code == code)
    line = (await taking.work.session.execute(query)).scalar_one_or_none()
    if line is None:
        named = f"{row['license']} / {code}"
        raise RowRefused(Problem("license", named, "a license and line that exist; import licenses first"))
    return line
