"""Entitlements raised through their verbs, for tests of what is done to them."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from governance.agreements import service as agreements
from governance.catalog.models import Vendor
from governance.entitlements import service
from governance.entitlements.models import MetricLine, Room
from governance.entitlements.rules import LicenseModel, Term
from tests.estate import Estate


@dataclass(frozen=True)
class Signed:
    agreement_id: UUID
    product_id: UUID
    entitlement_id: UUID
    line_id: UUID


async def signed(estate: Estate, code: str = "m365", *, unit: str = "halden", **line: Any) -> Signed:
    """Sign an agreement and grant an entitlement with one named-user line."""
    vendor = await estate.add(Vendor(**estate.key(), name=f"Seller of {code}"))
    product_id = await estate.product(f"product-{code}", tiers=("E3",))
    admin, office = estate.actor("admin"), estate.office
    new = agreements.NewAgreement(
        number=f"EA-{code}", title=code, vendor_id=vendor.id, unit_id=estate.units[unit], currency="USD",
        zone="Europe/Zurich", first_day=date(2026, 1, 1), last_day=date(2026, 12, 31),
    )  # fmt: skip
    agreement = await office.perform(admin, lambda w: agreements.sign_agreement(w, new))
    values = {"code": "named", "model": LicenseModel.NAMED_USER, "term": Term.SUBSCRIPTION} | line
    grant = service.NewEntitlement(
        agreement.id, product_id, code, code.upper(), estate.units[unit], (service.NewLine(**values),),
        owner_id=estate.people["admin"],
    )  # fmt: skip
    entitlement = await office.perform(admin, lambda w: service.grant_entitlement(w, grant))
    async with office.reading(admin) as work:
        query = select(MetricLine.id).where(MetricLine.entitlement_id == entitlement.id)
        line_id = (await work.session.execute(query)).scalar_one()
    return Signed(agreement.id, product_id, entitlement.id, line_id)


def lot(line_id: UUID, quantity: int | None = 10, **changes: Any) -> service.NewLot:
    values: dict[str, Any] = {
        "first_day": date(2026, 1, 1), "last_day": date(2026, 12, 31), "zone": "Europe/Zurich", "currency": "USD",
        "unit_price": 57_000_000,
    }  # fmt: skip
    return service.NewLot(line_id, quantity, **(values | changes))


async def bought(estate: Estate, new: service.NewLot) -> Any:
    return await estate.office.perform(estate.actor("admin"), lambda w: service.buy_lot(w, new))


async def pooled(estate: Estate, line_id: UUID, code: str = "main", unit: str = "sales") -> Any:
    new = service.NewPool(line_id, code, code, estate.units[unit])
    return await estate.office.perform(estate.actor("admin"), lambda w: service.open_pool(w, new))


async def allocated(estate: Estate, lot_key: UUID, pool_id: UUID, quantity: int | None, **days: Any) -> Any:
    new = service.NewAllocation(lot_key, pool_id, quantity, **days)
    return await estate.office.perform(estate.actor("admin"), lambda w: service.allocate(w, new))


async def room(estate: Estate, room_id: UUID) -> Room:
    async with estate.office.database.read(estate.tenant_id) as session:
        found = await session.get(Room, (estate.tenant_id, room_id))
    assert found is not None
    return found


async def occupy(estate: Estate, *room_ids: UUID, seats: int) -> None:
    """Let rooms count `seats` as taken, as the ledger does."""
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(update(Room).where(Room.id.in_(room_ids)).values(occupied=seats))
