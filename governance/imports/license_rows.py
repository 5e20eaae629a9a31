"""Takes a row of the table of licenses: a purchase that is new comes in, one that is known stays or is refused."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select

from governance.agreements.models import Agreement
from governance.agreements.rules import ChangeReason
from governance.entitlements import queries as entitlements
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine
from governance.entitlements.rules import CostBasis, LicenseModel, Overage, Term
from governance.entitlements.service import (
    NewAllocation,
    NewEntitlement,
    NewLine,
    NewLot,
    NewPool,
    add_line,
    allocate,
    buy_lot,
    grant_entitlement,
    open_again,
    open_pool,
)
from governance.imports.formats.cells import Problem, Unreadable, micros_of
from governance.imports.names import RowRefused
from governance.imports.rules import RowOutcome
from governance.imports.taking import Taking, Took, Values, differing, seen

LOT_REMEDY = "a purchase is changed by its correction (correctLot) with a reason, not by an import"
LINE_REMEDY = "a line keeps how it counts; give the row another line code"
LICENSE_REMEDY = "a license keeps its agreement and product; give the row another license code"
ALLOCATION_REMEDY = "seats of a pool are changed by changeAllocation with a reason, not by an import"


@dataclass(frozen=True)
class _Place:
    agreement: Agreement
    license: Entitlement
    line: MetricLine


def key_of_license(values: Values) -> str:
    """Give what rows of one license share: they see each other, on a trial as well."""
    return str(values["license"])


async def take_license(taking: Taking, row: Values) -> Took:
    """Take one purchase with its license, line and pool where these are new. Raises RowRefused and what verbs raise."""
    took = Took(RowOutcome.UNCHANGED, "lot", taking.work.tenant_id)
    place = await _place(taking, row, took)
    values = _lot_values(row, place.agreement)
    lot = await _known_lot(taking, place.line, row["po_number"])
    if lot is None:
        prior = await _prior(taking, place.line, row.get("renewal_of"))
        new = NewLot(line_id=place.line.id, **values)
        if prior is not None:
            new = replace(new, renewal_of=prior.lot_key, reason=ChangeReason.RENEWAL)
        lot = await buy_lot(taking.work, new, settles=False)
        took.outcome, took.line_id = RowOutcome.CREATED, place.line.id
        took.made.add("lot", lot.id)
    else:
        has = {name: _plain(getattr(lot, name)) for name in values}
        if problems := differing(has, {name: _plain(value) for name, value in values.items()}, LOT_REMEDY):
            raise RowRefused(*problems)
    took.subject_id = lot.lot_key
    if row.get("pool"):
        await _allocated(taking, row, place, lot, took)
    return took


async def _place(taking: Taking, row: Values, took: Took) -> _Place:
    """Find the license and line of a row, or bring them in. Raises RowRefused."""
    names = taking.names
    agreement = await seen(taking, await names.agreement(row["agreement"]), row["agreement"])
    product_id = await names.product(row["product"], agreement.vendor_id, took.made)
    tier_id = await names.tier(row["tier"], product_id, took.made) if row.get("tier") else None
    line = NewLine(
        code=row.get("line") or "main", model=LicenseModel(row["model"]), term=Term(row["term"]), tier_id=tier_id,
        overage=Overage(row.get("overage") or Overage.BLOCK), overage_percent=row.get("overage_percent") or None,
    )  # fmt: skip
    there = await names.license(row["license"])
    if there is None or there.withdrawn_at is not None:
        new = NewEntitlement(
            agreement_id=agreement.id, product_id=product_id, code=row["license"],
            name=row.get("name") or row["license"], unit_id=await names.unit(row["unit"]), lines=(line,),
            owner_id=await names.person(row.get("owner"), "owner"),
        )  # fmt: skip
        granted = await grant_entitlement(taking.work, new)
        took.made.add("entitlement", granted.id, granted.version)
        there = granted
    elif problems := differing(
        {"agreement": there.agreement_id, "product": there.product_id},
        {"agreement": agreement.id, "product": product_id}, LICENSE_REMEDY,
    ):  # fmt: skip
        raise RowRefused(*(Problem(each.field, str(row[each.field]), LICENSE_REMEDY) for each in problems))
    return _Place(agreement, there, await _line(taking, there, line, took))


async def _line(taking: Taking, license_: Entitlement, new: NewLine, took: Took) -> MetricLine:
    line = await taking.names.line(license_.id, new.code)
    if line is None or line.withdrawn_at is not None:
        line = await add_line(taking.work, license_.id, new)
        took.made.add("line", line.id, line.version)
        return line
    await entitlements.line(taking.work, line.id, locked=True)  # whoever imports the same purchase comes after us
    fields = {"model": "model", "term": "term", "tier": "tier_id", "overage": "overage"}
    has = {name: getattr(line, attribute) for name, attribute in fields.items()}
    needs = {name: getattr(new, attribute) for name, attribute in fields.items()}
    if problems := differing(has, needs, LINE_REMEDY):
        raise RowRefused(*problems)
    if all(item["id"] != str(line.id) for item in took.made.items) and _is_new(license_, took):
        took.made.add("line", line.id, line.version)
    return line


def _is_new(license_: Entitlement, took: Took) -> bool:
    return any(item["id"] == str(license_.id) for item in took.made.items)


def _lot_values(row: Values, agreement: Agreement) -> dict[str, Any]:
    currency, last = row.get("currency") or agreement.currency, row.get("last_day")
    bands = row.get("bands") or []
    return {
        "quantity": None if row["quantity"] == "unlimited" else row["quantity"],
        "first_day": date.fromisoformat(row["first_day"]), "last_day": date.fromisoformat(last) if last else None,
        "zone": row.get("zone") or agreement.zone, "currency": currency,
        "unit_price": _unit_price(row, currency, bands), "bands": bands, "pack_size": row.get("pack_size") or 1,
        "included": tuple(sorted(set(row.get("included") or ("001",)))),
        "excluded": tuple(sorted(set(row.get("excluded") or ()))),
        "cost_basis": CostBasis(row.get("cost_basis") or CostBasis.PER_SEAT), "po_number": row["po_number"],
    }  # fmt: skip


def _unit_price(row: Values, currency: str, bands: list[list[int]]) -> int:
    """Give the price of one unit: as the row says, else as its first band says. Raises RowRefused."""
    said = row.get("unit_price")
    if not said and bands:
        return bands[0][1]
    if not said:
        raise RowRefused(Problem("unit_price", "nothing", "a price such as 12.58, or bands"))
    try:
        return micros_of(said, currency)
    except Unreadable as wrong:
        raise RowRefused(Problem("unit_price", said, str(wrong))) from None


async def _known_lot(taking: Taking, line: MetricLine, po_number: str) -> Lot | None:
    """Give the purchase of a line with that order number. Raises RowRefused where several have it."""
    here = (Lot.tenant_id == taking.work.tenant_id, Lot.line_id == line.id, Lot.superseded_at.is_(None))
    found = (await taking.work.session.execute(select(Lot).where(*here, Lot.po_number == po_number))).scalars().all()
    if len(found) > 1:
        needs = "an order number that one purchase of this line has; here several have it"
        raise RowRefused(Problem("po_number", po_number, needs))
    return found[0] if found else None


async def _prior(taking: Taking, line: MetricLine, po_number: str | None) -> Lot | None:
    if po_number is None:
        return None
    prior = await _known_lot(taking, line, po_number)
    if prior is None:
        needs = "the order number of an earlier purchase of the same line, known or further up in the file"
        raise RowRefused(Problem("renewal_of", po_number, needs))
    return prior


async def _allocated(taking: Taking, row: Values, place: _Place, lot: Lot, took: Took) -> None:
    """See that the row's pool has the row's seats of this purchase. Raises RowRefused where it has others."""
    quantity = _seats(row.get("allocated"), lot)
    pool = await taking.names.pool(place.line.id, row["pool"])
    if pool is None:
        unit_id = await taking.names.unit(row["pool_unit"], "pool_unit") if row.get("pool_unit") else None
        unit_id = unit_id or place.license.unit_id
        pool = await open_pool(taking.work, NewPool(place.line.id, row["pool"], row["pool"], unit_id))
        took.made.add("pool", pool.id, pool.version)
    elif pool.closed_at is not None:
        await open_again(taking.work, pool)
        took.made.add("pool", pool.id, pool.version)
    here = (Allocation.tenant_id == taking.work.tenant_id, Allocation.pool_id == pool.id)
    query = select(Allocation).where(*here, Allocation.lot_key == lot.lot_key, Allocation.superseded_at.is_(None))
    given = (await taking.work.session.execute(query)).scalars().all()
    if not given:
        new = await allocate(taking.work, NewAllocation(lot.lot_key, pool.id, quantity), settles=False)
        took.made.add("allocation", new.id)
        took.line_id = place.line.id
        took.outcome = RowOutcome.CREATED if took.outcome is RowOutcome.CREATED else RowOutcome.CHANGED
    elif [each.quantity for each in given] != [quantity]:
        raise RowRefused(*differing({"allocated": given[-1].quantity}, {"allocated": quantity}, ALLOCATION_REMEDY))


def _seats(said: Any, lot: Lot) -> int | None:
    if said is None:
        return lot.quantity
    return None if said == "unlimited" else int(said)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value
