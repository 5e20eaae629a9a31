"""A lease by product: of the pool that goes first and has room, of the one it has already, or a place in its line."""

import pytest

from governance.entitlements.rules import LicenseModel
from governance.kernel.errors import Code, NotFound
from governance.kernel.work import Office
from governance.seats.errors import SeatRefused
from governance.seats.leases.lease import Said
from governance.seats.service.lease_choice import LeaseByProduct, lease_by_product
from tests.estate import Estate
from tests.governance.seats.ground import open_desk


async def test_a_client_is_lent_seats_of_the_pool_that_goes_first_and_has_room(office: Office, estate: Estate) -> None:
    product, other = await estate.product("cad"), await estate.product("none")
    lent = {"model": LicenseModel.CONCURRENT_USER, "quantity": 1, "product_id": product}
    cheap = await estate.license("cheap", unit_price=1_000_000, **lent)  # type: ignore[arg-type]
    dear = await estate.license("dear", unit_price=9_000_000, **lent)  # type: ignore[arg-type]
    far = await estate.license("far", unit_price=1, included=("JP",), **lent)  # type: ignore[arg-type]
    admin, ada = estate.actor("admin"), estate.people["ada"]
    async with open_desk(office) as desk:

        async def asked(client: str, **values: object) -> object:
            command = LeaseByProduct(product, ada, client, **values)  # type: ignore[arg-type]
            got = await lease_by_product(desk, admin, command)
            return got.said if got.lease is None else got.lease.pool_id

        assert await asked("ws-1") == cheap.pools["main"]
        assert await asked("ws-2") == dear.pools["main"], "the first is full by now"
        assert await asked("ws-1") == cheap.pools["main"], "it has one already"
        with pytest.raises(SeatRefused) as no:
            await asked("ws-3")
        assert {reason.code for reason in no.value.reasons()} == {Code.LIMIT_REACHED}
        assert await asked("ws-3", waits_s=600) is Said.WAITING
        assert far.pools, "out of its territory it was never tried"
        with pytest.raises(NotFound, match="none"):
            await lease_by_product(desk, admin, LeaseByProduct(other, ada, "ws-1"))
