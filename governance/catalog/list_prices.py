"""What a vendor asks by its list is written down by hand, in bands where it is; an earlier price stays readable."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.catalog import queries
from governance.catalog.bands import BY_SEAT, MOST_PRICE, CostBasis, Price, check_price, checked_bands
from governance.catalog.models import ListPrice
from governance.kernel import given
from governance.kernel.errors import BadInput
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership


@dataclass(frozen=True)
class SetListPrice:
    """What one seat of a tier costs a month, in micro-units of `currency`; on VOLUME and GRADUATED the first band's."""

    tier_id: UUID
    currency: str
    unit_price: int
    basis: CostBasis = CostBasis.PER_SEAT
    bands: Sequence[Any] = ()


async def set_list_price(work: Work, command: SetListPrice) -> ListPrice:
    """Supersede a tier's list price in a currency; the same again changes nothing. Raises NotFound, BadInput, Refused.

    A list that is imported later has the last word on the tiers that it names.
    """
    tier = await queries.tier(work, command.tier_id)
    work.permit(Action.CATALOG_EDIT, Ownership(work.tenant_id), "catalog")
    currency, price = given.currency(command.currency), _checked(command)
    query = select(ListPrice).where(
        ListPrice.tenant_id == work.tenant_id, ListPrice.tier_id == tier.id, ListPrice.currency == currency,
        ListPrice.superseded_at.is_(None),
    )  # fmt: skip
    old = (await work.session.execute(query.with_for_update())).scalar_one_or_none()
    if old is not None and old.price == price:
        return old
    now = work.now()
    if old is not None:
        old.superseded_at = now
        await work.session.flush()
    row = ListPrice(
        tenant_id=work.tenant_id, id=work.new_id(), tier_id=tier.id, currency=currency, micros=price.unit_price,
        basis=price.cost_basis, bands=list(price.bands), recorded_at=now,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    before = {"currency": currency} | ({"price": None} if old is None else _shown(old))
    await work.record(Change(Action.CATALOG_EDIT.value, "tier", tier.id, before=before, after=_shown(row)))
    return row


def _checked(command: SetListPrice) -> Price:
    """Give the price as it is kept. Raises BadInput."""
    basis = given.word(command.basis, "basis", CostBasis)
    if basis not in BY_SEAT:
        raise BadInput("basis", basis.value, f"one of {', '.join(sorted(BY_SEAT))}: a list tells the price of a seat")
    bands = checked_bands(command.bands, "bands")
    price = Price(basis, given.whole(command.unit_price, "unit_price", most=MOST_PRICE), 1, bands)
    check_price(price, 1)
    return price


def _shown(row: ListPrice) -> dict[str, Any]:
    shown: dict[str, Any] = {"currency": row.currency, "price": row.micros}
    return shown | ({"basis": row.basis.value, "bands": row.bands} if row.bands else {})
