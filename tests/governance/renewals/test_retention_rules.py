"""Retention by hand: caps, not yet due, overlap, expansion in the term, renewals of renewals."""

from datetime import date
from fractions import Fraction
from uuid import UUID, uuid4

from governance.renewals.retention_rules import Dated, Span, count_due, parts_of, worths
from governance.renewals.rules import Closing, Part

YEAR = Span(date(2026, 1, 1), date(2026, 12, 31), date(2026, 12, 31))
GONE = Closing(False, False, 0, ())


def lot(
    value: int, closing: Closing | None = None, *, first: date = date(2025, 7, 1), last: date = date(2026, 6, 30),
    agreement: UUID | None = None, of: tuple[UUID, ...] = (), quantity: int | None = 10,
) -> Dated:  # fmt: skip
    key = uuid4()
    part = Part("EUR", first, value, key)
    return Dated(key, agreement or uuid4(), {}, first, last, quantity, part, frozenset(of), closing)


def kept(value: int, seats: int | None = 10, key: UUID | None = None) -> Closing:
    return Closing(True, False, seats, (Part("EUR", date(2026, 7, 1), value, key),))


def judged(*dated: Dated, span: Span = YEAR):  # type: ignore[no-untyped-def]
    return worths(dated, span, lambda part: part.value, {each.lot_key: each for each in dated})


def test_growth_of_one_never_hides_the_loss_of_another() -> None:
    found = judged(lot(100, kept(300)), lot(100, GONE))
    assert (found.grr, found.nrr, found.by_value) == (Fraction(1, 2), Fraction(3, 2), Fraction(1, 2))
    flow = found.waterfall
    assert (flow.opening, flow.expansion, flow.contraction, flow.churn, flow.closing) == (200, 200, 0, 100, 300)


def test_what_is_not_over_is_in_no_denominator_of_due_and_stays_in_the_cohort() -> None:
    dated = lot(100, kept(80, 8)), lot(100, None, last=date(2026, 12, 30))
    due = count_due(dated, YEAR, 0.95)
    assert (due.due, due.renewed, due.not_yet_due, due.seats_due, due.seats_renewed) == (1, 1, 1, 10, 8)
    found = judged(*dated)
    assert (found.due, found.by_value, found.grr) == (100, Fraction(4, 5), Fraction(9, 10))


def test_a_renewal_that_overlaps_is_not_counted_twice() -> None:
    first = lot(100, kept(120))
    early = lot(120, None, first=date(2025, 12, 1), last=date(2027, 1, 1), of=(first.lot_key,))
    assert judged(first, early).waterfall.opening == 100


def test_what_was_bought_to_a_contract_within_its_term_expands_it_and_a_new_contract_does_not() -> None:
    base = lot(100, None, last=date(2027, 6, 30))
    more = lot(40, None, first=date(2026, 3, 1), last=date(2027, 6, 30), agreement=base.agreement_id)
    new = lot(70, None, first=date(2026, 3, 1), last=date(2027, 6, 30))
    flow = judged(base, more, new).waterfall
    assert (flow.opening, flow.expansion, flow.closing) == (100, 40, 140)


def test_a_renewal_that_was_lost_within_the_period_is_churn() -> None:
    second = lot(100, GONE, first=date(2026, 7, 1), last=date(2026, 9, 30))
    first = lot(100, kept(100, key=second.lot_key))
    found = judged(first, second)
    assert (found.waterfall.churn, found.grr, found.by_value) == (100, Fraction(0), Fraction(1, 2))


def test_an_empty_cohort_has_no_rate_and_unlimited_seats_are_told_apart() -> None:
    found, due = judged(), count_due((), YEAR, 0.95)
    assert (found.grr, found.nrr, found.by_value, due.by_count, due.by_seats) == (None, None, None, None, None)
    one = count_due([lot(100, kept(100, None), quantity=None)], YEAR, 0.95)
    assert (one.unlimited, one.seats_due, one.by_seats, one.due) == (1, 0, None, 1)


def test_every_amount_that_is_asked_for_is_known_before() -> None:
    dated = lot(100, kept(300)), lot(7, GONE)
    assert {part.value for part in parts_of(dated, YEAR, {})} == {100, 300, 7}
