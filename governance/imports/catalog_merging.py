"""Brings a vendor's table into the catalog, a thousand rows a transaction, each change with its entry in the trail."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update

from governance.catalog.models import Feature, Product, Tier, TierFeature, Vendor
from governance.imports.catalog_plan import Pair, Plan, Standing, Step
from governance.kernel.work import Change, Work
from policies.access.actions import Action

VENDOR, CODE, PRODUCT = "Microsoft", "microsoft-365", "Microsoft 365 and related services"
UNRANKED = 0  # nothing in the table says which SKU covers which: each covers itself until somebody ranks them
ACT = Action.CATALOG_EDIT.value


async def standing(work: Work) -> Standing:
    """Read the vendor's part of the catalog as it stands."""
    here = work.tenant_id
    tiers = (await work.session.execute(select(Tier).where(*of_product(here)))).scalars().all()
    features = (await work.session.execute(select(Feature).where(Feature.tenant_id == here))).scalars().all()
    pairs = await work.session.execute(
        select(TierFeature, Tier.external_id, Feature.external_id)
        .join(Tier, (Tier.tenant_id == TierFeature.tenant_id) & (Tier.id == TierFeature.tier_id))
        .join(Feature, (Feature.tenant_id == TierFeature.tenant_id) & (Feature.id == TierFeature.feature_id))
        .where(*of_product(here))
    )
    return Standing(
        tiers={row.external_id: row for row in tiers if row.external_id},
        features={row.external_id: row for row in features if row.external_id},
        pairs={(row[1], row[2]): row[0] for row in pairs if row[1] and row[2]},
        tier_codes={row.code: row.external_id or str(row.id) for row in tiers},
        feature_codes={row.code: row.external_id or str(row.id) for row in features},
    )


async def carry_out(work: Work, part: Plan) -> None:
    """Write one part of a plan. What refers to a tier that goes stays valid; `reactions.py` tells its owner."""
    changes = await _features(work, part.features)
    if part.tiers or part.pairs:
        changes += await _tiers(work, part)
    changes += await _retire(work, part)
    await work.record_all(changes)


async def _features(work: Work, steps: Sequence[Step]) -> list[Change]:
    new = {step.id: work.new_id() for step in steps if step.row is None}
    rows = [_thing(work, step, new[step.id]) for step in steps if step.row is None]
    if rows:
        await work.session.execute(insert(Feature), rows)
    await _renamed(work, Feature, steps)
    return [_told("feature", step, new.get(step.id), {}) for step in steps]


async def _tiers(work: Work, part: Plan) -> list[Change]:
    product_id = await _product(work)
    new = {step.id: work.new_id() for step in part.tiers if step.row is None}
    rows = [
        _thing(work, step, new[step.id]) | {"product_id": product_id, "rank": UNRANKED}
        for step in part.tiers
        if step.row is None
    ]
    if rows:
        await work.session.execute(insert(Tier), rows)
    await _renamed(work, Tier, part.tiers)
    granted = await _grant(work, part.pairs)
    changes = [
        _told("tier", step, new.get(step.id), {"features_added": granted.pop(step.id, (None, []))[1]})
        for step in part.tiers
    ]
    more = [Change(ACT, "tier", tier_id, after={"features_added": codes}) for tier_id, codes in granted.values()]
    return changes + more


async def _grant(work: Work, pairs: Sequence[Pair]) -> dict[str, tuple[UUID, list[str]]]:
    """Let tiers grant features; gives of each tier its id and the codes of what it now grants."""
    tiers = await _ids(work, Tier, {tier for tier, _ in pairs})
    features = await _ids(work, Feature, {feature for _, feature in pairs})
    there = await _grants(work, [row_id for row_id, *_ in tiers.values()])
    rows, again = [], []
    told: dict[str, tuple[UUID, list[str]]] = {}
    for tier, feature in pairs:
        key = (tiers[tier][0], features[feature][0])
        told.setdefault(tier, (key[0], []))[1].append(features[feature][1])
        if key in there:
            again.append({"tenant_id": work.tenant_id, "id": there[key], "retired_at": None})
        else:
            rows.append({"tenant_id": work.tenant_id, "id": work.new_id(), "tier_id": key[0], "feature_id": key[1]})
    if rows:
        await work.session.execute(insert(TierFeature), rows)
    if again:
        await work.session.execute(update(TierFeature), again)
    return told


async def _retire(work: Work, part: Plan) -> list[Change]:
    now, here = work.now(), work.tenant_id
    changes = []
    for model, kind, rows in ((Tier, "tier", part.tiers_gone), (Feature, "feature", part.features_gone)):
        if rows:
            gone = [{"tenant_id": here, "id": row.id, "retired_at": now} for row in rows]
            await work.session.execute(update(model), gone)
        changes += [Change(ACT, kind, row.id, {"retired_at": None}, {"retired_at": now}) for row in rows]
    for tier in part.tiers_gone:
        await work.emit("TierRetired", tier.id)
    for tier_id, lost in (await _withdraw(work, part.pairs_gone)).items():
        changes.append(Change(ACT, "tier", tier_id, after={"features_removed": [code for code, _ in lost]}))
        await work.emit("TierLostFeatures", tier_id, features=sorted({name for _, name in lost}))
    return changes


async def _withdraw(work: Work, pairs: Sequence[Pair]) -> dict[UUID, list[tuple[str, str]]]:
    """Let tiers grant features no more; gives of each tier the codes and names of what it lost."""
    tiers = await _ids(work, Tier, {tier for tier, _ in pairs})
    features = await _ids(work, Feature, {feature for _, feature in pairs})
    there = await _grants(work, [row_id for row_id, *_ in tiers.values()])
    lost: dict[UUID, list[tuple[str, str]]] = {}
    rows = []
    for tier, feature in pairs:
        key = (tiers[tier][0], features[feature][0])
        rows.append({"tenant_id": work.tenant_id, "id": there[key], "retired_at": work.now()})
        lost.setdefault(key[0], []).append(features[feature][1:])
    if rows:
        await work.session.execute(update(TierFeature), rows)
    return lost


async def _product(work: Work) -> UUID:
    """Give the product whose tiers the SKUs are; made at the first import, with its vendor."""
    here = work.tenant_id
    found = (await work.session.execute(_product_ids(here))).scalar_one_or_none()
    if found is not None:
        return UUID(str(found))
    of_name = select(Vendor.id).where(Vendor.tenant_id == here, Vendor.name == VENDOR)
    vendor_id = (await work.session.execute(of_name)).scalar_one_or_none()
    if vendor_id is None:
        vendor_id = work.new_id()
        work.session.add(Vendor(tenant_id=here, id=vendor_id, name=VENDOR))
        await work.record(Change(ACT, "vendor", vendor_id, after={"name": VENDOR}))
    row = Product(tenant_id=here, id=work.new_id(), vendor_id=vendor_id, code=CODE, name=PRODUCT, version=1)
    work.session.add(row)
    await work.record(Change(ACT, "product", row.id, after={"code": CODE, "name": PRODUCT, "vendor_id": vendor_id}))
    return row.id


async def _ids(work: Work, model: type[Tier | Feature], keys: set[str]) -> dict[str, tuple[UUID, str, str]]:
    """Give id, code and name by GUID."""
    query = select(model.external_id, model.id, model.code, model.name).where(model.tenant_id == work.tenant_id)
    if model is Tier:
        query = query.where(Tier.product_id.in_(_product_ids(work.tenant_id)))
    found = await work.session.execute(query.where(model.external_id.in_(sorted(keys))))
    return {str(row[0]): (row[1], row[2], row[3]) for row in found}


async def _grants(work: Work, tier_ids: Sequence[UUID]) -> dict[tuple[UUID, UUID], UUID]:
    query = select(TierFeature.tier_id, TierFeature.feature_id, TierFeature.id).where(
        TierFeature.tenant_id == work.tenant_id, TierFeature.tier_id.in_(tier_ids)
    )
    return {(row[0], row[1]): row[2] for row in await work.session.execute(query)}


async def _renamed(work: Work, model: Any, steps: Sequence[Step]) -> None:
    values = [
        {"tenant_id": work.tenant_id, "id": step.row.id, "name": step.name, "retired_at": None}
        for step in steps
        if step.row is not None
    ]
    if values:
        await work.session.execute(update(model), values)


def _thing(work: Work, step: Step, row_id: UUID) -> dict[str, Any]:
    return {
        "tenant_id": work.tenant_id, "id": row_id, "code": step.code, "name": step.name, "external_id": step.id,
    }  # fmt: skip


def _told(kind: str, step: Step, new_id: UUID | None, more: Mapping[str, Any]) -> Change:
    if step.row is None:
        assert new_id is not None
        return Change(ACT, kind, new_id, after={"code": step.code, "name": step.name, "external_id": step.id, **more})
    was = {"name": step.row.name, "retired_at": step.row.retired_at}
    return Change(ACT, kind, step.row.id, was, {"name": step.name, "retired_at": None, **more})


def of_product(tenant_id: UUID) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Say which tiers are this vendor's."""
    return Tier.tenant_id == tenant_id, Tier.product_id.in_(_product_ids(tenant_id))


def _product_ids(tenant_id: UUID) -> Any:
    return select(Product.id).where(Product.tenant_id == tenant_id, Product.code == CODE)
