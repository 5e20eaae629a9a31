"""Retention in the console: rates with what they rest on, the waterfall and its file, sides apart, money by right."""

from datetime import date

from sqlalchemy import update

from governance.agreements.models import Agreement
from governance.agreements.rules import Side
from governance.agreements.spoken import CancelReason, Outcome, Stage
from governance.renewals.service import RecordOutcome, record_outcome

TERM = {"first_day": date(2024, 7, 1), "last_day": date(2025, 6, 30), "unit_price": 10_000_000, "quantity": 10}


async def ended(console, code, outcome, value=None, side=Side.PROVIDED):
    estate = console.estate
    license_ = await estate.license(code, **TERM)
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(update(Agreement).where(Agreement.id == license_.agreement_id).values(side=side))
    reason = CancelReason.TOO_EXPENSIVE if outcome.ends else None
    said = RecordOutcome(license_.lot_key, Stage.BOOKED, outcome, cancel_reason=reason, value=value)
    await estate.office.perform(estate.actor("admin"), lambda work: record_outcome(work, said))


async def four_ways(console):
    """Renewed as it was, grown by half, shrunk by four tenths, lost: 400 a year become 310."""
    await ended(console, "same", Outcome.RENEWED)
    await ended(console, "more", Outcome.EXPANDED, 150_000_000)
    await ended(console, "less", Outcome.CONTRACTED, 60_000_000)
    await ended(console, "gone", Outcome.CANCELLED)


async def test_the_page_tells_rates_and_the_waterfall_of_what_is_provided(console):
    await four_ways(console)
    await ended(console, "bought", Outcome.CANCELLED, side=Side.PROCURED)
    board = await console.browser("board-finance")
    shown = await board.page("/retention")
    assert "Renewal rate by count 75.0%" in shown
    assert "3 of 4 that fell due" in shown
    assert "Gross revenue retention (GRR) 65.0%" in shown
    assert "Net revenue retention (NRR) 77.5%" in shown
    assert "Opening $400.00 $400.00 Expansion $50.00 $50.00 Contraction −$40.00 −$40.00" in shown
    assert "Jan 1, 2025 – Dec 31, 2025" in shown
    told = (await board.get("/retention.csv?table=waterfall-provided")).text
    assert "Churn,-100 USD,-100 USD" in told
    assert "Closing,310 USD,310 USD" in told
    assert "/metrics/retention" in (await board.get("/retention")).text


async def test_what_is_bought_is_spend_kept_and_never_in_the_same_figure(console):
    await four_ways(console)
    await ended(console, "bought", Outcome.CANCELLED, side=Side.PROCURED)
    board = await console.browser("board-finance")
    shown = await board.page("/retention?side=procured&by=unit")
    assert "0 of 1 that fell due" in shown
    assert "Gross spend retention 0.0%" in shown
    assert "GRR" not in shown
    dashboard = await board.page("/dashboard")
    assert "3 of 4 that fell due" in dashboard
    assert "0 of 1 that fell due" in dashboard


async def test_nothing_due_is_no_zero(console):
    shown = await (await console.browser("board-finance", language="de")).page("/retention")
    assert "In diesen Tagen gibt es nichts zu halten" in shown
    assert "0,0" not in shown


async def test_who_may_not_read_renewals_has_no_such_page(console):
    assert (await (await console.browser("ada")).get("/retention")).status_code == 404
