"""Retention from the database: sides apart, reach, both clocks, currencies at their rates, an unknown rate told."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import update

from governance.agreements.models import Agreement
from governance.agreements.rules import Side
from governance.agreements.spoken import CancelReason, Outcome, Stage
from governance.entitlements.models import Lot
from governance.kernel.errors import BadInput
from governance.kernel.work import Office
from governance.renewals.retention import Retention, RetentionBy, RetentionQuery, retention
from governance.renewals.service import RecordOutcome, record_outcome
from policies.access.parties import Role
from tests.estate import Estate, License
from tests.governance.metrics.rated import rated

FROM, UNTIL = date(2026, 1, 1), date(2026, 2, 28)
TERM = {"first_day": date(2025, 2, 1), "last_day": date(2026, 1, 31), "unit_price": 10_000_000, "quantity": 10}


async def ended(office: Office, estate: Estate, code: str, outcome: Outcome | None, **more: Any) -> License:
    value, side = more.pop("value", None), more.pop("side", Side.PROVIDED)
    license_ = await estate.license(code, **{**TERM, **more})
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(update(Agreement).where(Agreement.id == license_.agreement_id).values(side=side))
    if outcome is not None:
        reason = CancelReason.TOO_EXPENSIVE if outcome.ends else None
        said = RecordOutcome(
            license_.lot_key, Stage.BOOKED, outcome, cancel_reason=reason, value=value,
            quantity=None if value is None else 20,
        )  # fmt: skip
        await office.perform(estate.actor("admin"), lambda work: record_outcome(work, said))
    return license_


async def told(office: Office, estate: Estate, who: Any = None, side: Side = Side.PROVIDED, **more: Any) -> Retention:
    async with office.reading(who or estate.actor("admin")) as work:
        return await retention(work, RetentionQuery(side, more.pop("first_day", FROM), UNTIL, **more))


async def test_the_two_sides_are_never_in_one_figure(office: Office, estate: Estate) -> None:
    await ended(office, estate, "a", Outcome.EXPANDED, value=300_000_000)
    await ended(office, estate, "b", Outcome.CANCELLED)
    await ended(office, estate, "c", Outcome.CANCELLED, side=Side.PROCURED)
    ours, spent = await told(office, estate), await told(office, estate, side=Side.PROCURED)
    assert (ours.total.due.due, ours.total.due.renewed, ours.definition.label) == (2, 1, "retention/1")
    assert (spent.total.due.due, spent.total.due.renewed, spent.definition.label) == (1, 0, "spend_retention/1")
    worths = ours.total.booked.worths
    assert worths is not None
    assert (worths.grr, worths.nrr, worths.by_value) == (Fraction(1, 2), Fraction(3, 2), Fraction(1, 2))
    assert ours.total.due.by_seats == Fraction(1, 2)
    assert ours.total.due.by_count is not None
    assert 0.09 < ours.total.due.by_count.lower < 0.1


async def test_what_is_not_due_yet_is_told_apart(office: Office, estate: Estate) -> None:
    await ended(office, estate, "a", Outcome.RENEWED)
    await ended(office, estate, "later", None, last_day=date(2026, 12, 31))
    async with office.reading(estate.actor("admin")) as work:
        found = await retention(work, RetentionQuery(Side.PROVIDED, FROM, date(2026, 12, 31)))
    assert (found.total.due.due, found.total.due.not_yet_due, found.total.contracts) == (1, 1, 2)


async def test_nothing_due_is_null_and_days_must_be_in_order(office: Office, estate: Estate) -> None:
    found = await told(office, estate)
    assert found.total.due.by_count is None
    assert found.total.booked.worths is not None
    assert found.total.booked.worths.grr is None
    with pytest.raises(BadInput):
        await told(office, estate, first_day=date(2027, 1, 1))


async def test_a_group_sees_only_what_lies_within_reach(office: Office, estate: Estate) -> None:
    await ended(office, estate, "a", Outcome.RENEWED, unit="sales", owner=None)
    await ended(office, estate, "b", Outcome.CANCELLED, unit="finance", owner=None)
    ada = estate.actor("ada", role=Role.LICENSE_OWNER, unit="sales")
    mine, all_of_it = await told(office, estate, ada), await told(office, estate, by=RetentionBy.UNIT)
    assert (mine.total.due.due, mine.total.due.renewed, mine.scope.everything) == (1, 1, False)
    assert [(one.name, one.due.due, one.due.lost) for one in all_of_it.groups] == [("Finance", 1, 1), ("Sales", 1, 0)]


async def test_each_dimension_parts_the_whole(office: Office, estate: Estate) -> None:
    await ended(office, estate, "a", Outcome.RENEWED)
    await ended(office, estate, "b", Outcome.CANCELLED)
    for by in RetentionBy:
        found = await told(office, estate, by=by)
        assert sum(group.due.due for group in found.groups) == found.total.due.due == 2, by


async def test_what_was_learned_later_is_not_in_what_was_known_before(office: Office, estate: Estate) -> None:
    await ended(office, estate, "a", None)
    before = office.clock.now()
    office.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    license_ = await ended(office, estate, "b", None)
    found, earlier = await told(office, estate), await told(office, estate, known_at=before)
    assert (found.total.due.due, earlier.total.due.due) == (2, 1)
    assert license_.lot_key


async def test_currencies_meet_at_the_rates_told_and_a_missing_one_is_no_zero(office: Office, estate: Estate) -> None:
    license_ = await ended(office, estate, "a", Outcome.RENEWED)
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(update(Lot).where(Lot.lot_key == license_.lot_key).values(currency="CHF"))
    unknown = (await told(office, estate)).total
    assert (unknown.booked.worths, unknown.constant.worths, unknown.due.renewed) == (None, None, 1)
    assert unknown.constant.missing[0].startswith("CHF 2026-02-28")
    await rated(office, date(2025, 1, 31), USD="1.0", CHF="1.0")
    await rated(office, date(2026, 1, 30), USD="1.0", CHF="0.5")
    found = (await told(office, estate)).total
    assert found.booked.worths is not None
    assert found.constant.worths is not None
    assert (found.booked.worths.waterfall.opening, found.booked.worths.waterfall.closing) == (100_000_000, 200_000_000)
    assert (found.constant.worths.waterfall.opening, found.constant.worths.nrr) == (200_000_000, Fraction(1))
    assert [(rate.currency, rate.rate, rate.day) for rate in found.constant.rates] == [("CHF", "2", date(2026, 1, 30))]
