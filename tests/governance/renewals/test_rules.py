"""How a renewal stands: by its own zone, by silence, by notice in time; and what it closes at."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from governance.agreements.spoken import Outcome, Stage
from governance.renewals.rules import Ends, Follows, RenewalState, Said, a_year, closing_of, seam, state_at

ENDS = Ends(date(2026, 12, 31), "Europe/Zurich", False, 60, 100, 5_000, None, (), ())
SILENT = replace(ENDS, auto_renews=True)
BOOKED = Said(Stage.BOOKED, Outcome.CANCELLED, None, None)


def noon(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ends", "at", "state"),
    [
        (ENDS, noon(8, 2), RenewalState.UPCOMING),
        (ENDS, noon(8, 3), RenewalState.NOTICE_NEAR),
        (ENDS, noon(10, 1), RenewalState.NOTICE_NEAR),
        (ENDS, noon(10, 2), RenewalState.DECISION_DUE),
        (ENDS, noon(11, 2), RenewalState.DECISION_DUE),
        (SILENT, noon(11, 1), RenewalState.DECISION_DUE),
        (SILENT, noon(11, 2), RenewalState.TOO_LATE_TO_CANCEL),
        (SILENT, datetime(2026, 11, 1, 23, 30, tzinfo=UTC), RenewalState.TOO_LATE_TO_CANCEL),
        (ENDS, noon(1, 1, 2027), RenewalState.LAPSED),
        (SILENT, noon(1, 1, 2027), RenewalState.AUTO_RENEWED),
        (replace(SILENT, notice_given=date(2026, 11, 1)), noon(11, 2), RenewalState.NOTICE_GIVEN),
        (replace(SILENT, notice_given=date(2026, 11, 1)), noon(1, 1, 2027), RenewalState.CANCELLED),
        (replace(SILENT, notice_given=date(2026, 11, 2)), noon(1, 1, 2027), RenewalState.AUTO_RENEWED),
        (replace(ENDS, said=(BOOKED,)), noon(6, 1), RenewalState.CANCELLED),
        (replace(ENDS, said=(replace(BOOKED, stage=Stage.INTENDED),)), noon(6, 1), RenewalState.UPCOMING),
    ],
)
def test_a_renewal_stands_by_its_own_day(ends: Ends, at: datetime, state: RenewalState) -> None:
    assert state_at(ends, at) is state


def test_a_split_closes_at_the_sum_of_what_follows() -> None:
    parts = tuple(Follows(date(2027, 1, 1), seats, seats * 50, "EUR") for seats in (30, 40))
    closing = closing_of(replace(ENDS, follows=parts), noon(1, 2, 2027), "EUR")
    assert (closing.renewed, closing.quantity, closing.value("EUR")) == (True, 70, 3_500)


def test_what_follows_in_two_currencies_is_not_added() -> None:
    parts = tuple(Follows(date(2027, 1, 1), 10, 500, currency) for currency in ("EUR", "USD"))
    closing = closing_of(replace(ENDS, follows=parts), noon(1, 2, 2027), "EUR")
    assert closing.value("EUR") is None
    assert [(part.currency, part.value) for part in closing.parts] == [("EUR", 500), ("USD", 500)]


def test_silence_closes_at_the_opening_and_a_cancellation_at_nothing() -> None:
    silent = closing_of(SILENT, noon(1, 2, 2027), "EUR")
    assert (silent.renewed, silent.by_silence, silent.quantity, silent.value("EUR")) == (True, True, 100, 5_000)
    ended = closing_of(replace(SILENT, said=(BOOKED,)), noon(1, 2, 2027), "EUR")
    assert (ended.renewed, ended.quantity, ended.value("EUR")) == (False, 0, 0)


def test_gap_and_overlap_are_told_in_days() -> None:
    late, early = (Follows(day, 1, 1, "EUR") for day in (date(2027, 1, 11), date(2026, 12, 22)))
    assert (seam(ENDS.last_day, [late]), seam(ENDS.last_day, [early]), seam(ENDS.last_day, [])) == (10, -10, None)


def test_a_leap_day_changes_no_price() -> None:
    leap = a_year(12_000, date(2028, 1, 1), date(2028, 12, 31))
    assert leap == a_year(12_000, date(2027, 1, 1), date(2027, 12, 31)) == 12_000
    assert a_year(1_000, date(2027, 2, 1), date(2027, 2, 28)) == 12_000
    assert a_year(36_000, date(2026, 1, 1), date(2028, 12, 31)) == 12_000
