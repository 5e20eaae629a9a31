"""Each purchase beside the one before it: on every basis a seat and year, as paid and at constant currency."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest

from governance.agreements.rules import ChangeReason
from governance.agreements.service import AmendAgreement, amend_agreement
from governance.entitlements.rules import CostBasis
from governance.kernel.errors import NotFound
from governance.kernel.work import Office
from governance.metrics.answers import moments
from governance.metrics.price_history import PriceHistory, price_histories, price_history
from tests.estate import Estate
from tests.governance.entitlements.signed import bought, lot, signed
from tests.governance.metrics.rated import rated


async def told(office: Office, estate: Estate, license_id, who: str = "admin") -> PriceHistory:
    async with office.reading(estate.actor(who)) as work:
        return await price_history(work, license_id, moments(work, None, None))


async def test_purchases_compare_on_every_basis_and_across_currencies(office: Office, estate: Estate) -> None:
    line = await signed(estate)
    years = {n: {"first_day": date(n, 1, 1), "last_day": date(n, 12, 31)} for n in (2023, 2024, 2025, 2026)}
    first = await bought(estate, lot(line.line_id, 10, unit_price=100_000_000, po_number="A", **years[2023]))
    packs = {"cost_basis": CostBasis.PACK, "pack_size": 5}
    await bought(estate, lot(line.line_id, 11, unit_price=600_000_000, po_number="B", **packs, **years[2024]))
    flat = {"cost_basis": CostBasis.FLAT, "currency": "CHF"}
    await bought(estate, lot(line.line_id, 20, unit_price=2_000_000_000, po_number="C", **flat, **years[2025]))
    renewed = {"renewal_of": first.lot_key, "unit_price": 110_000_000, "po_number": "D"}
    await bought(estate, lot(line.line_id, 10, **renewed, **years[2026]))
    bare = await told(office, estate, line.entitlement_id)
    c = bare.purchases[2]
    assert c.converted is not None
    assert (c.converted.converted, c.constant, c.change) == (None, None, None), "no rate, no change, never 0"
    await rated(office, (office.clock.now() - timedelta(days=3)).date(), USD="1.0000", CHF="0.5000")
    history = await told(office, estate, line.entitlement_id)
    a, b, c, d = history.purchases
    assert [one.po_number for one in history.purchases] == ["A", "B", "C", "D"]
    assert a.seat_year is not None
    assert (a.seat_year.micros, a.before, a.change) == (100_000_000, None, None)
    assert b.seat_year is not None
    assert b.cost.micros == 1_800_000_000, "a broken pack is paid in full"
    assert b.seat_year.micros == round(1_800_000_000 * 365 / (11 * 366))
    assert b.change == Decimal("63.2")
    assert c.change is None, "what was paid in two currencies is not compared"
    assert c.converted is not None
    assert c.converted.converted is not None
    assert (c.converted.converted.micros, c.converted.rate) == (200_000_000, "2")
    assert c.constant == Decimal("22.6")
    assert (d.before, d.change, d.constant) == (a.lot_key, Decimal("10.0"), Decimal("10.0"))
    assert (d.renews, d.over_cap, c.renews, c.over_cap) == (True, None, False, None), "no cap is agreed"
    known_then = office.clock.now()
    for version, (cap, over) in enumerate((("10", False), ("9.99", True)), start=1):
        office.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
        change = AmendAgreement(
            line.agreement_id, version, {"uplift_cap": cap}, ChangeReason.REQUESTED, date(2026, 1, 1)
        )
        await office.perform(estate.actor("admin"), partial(amend_agreement, command=change))
        capped = await told(office, estate, line.entitlement_id)
        assert (capped.cap, [one.over_cap for one in capped.purchases]) == (Decimal(cap), [None, None, None, over])
    async with office.reading(estate.actor("admin")) as work:
        [before] = await price_histories(work, moments(work, None, known_then))
    assert (before.cap, before.purchases[-1].over_cap) == (None, None), "as known before the amendments"
    with pytest.raises(NotFound):
        await told(office, estate, line.entitlement_id, who="ada")
