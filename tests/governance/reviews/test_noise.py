"""A change is told only beyond chance; a decision worked only where the change is real and reached its target."""

from decimal import Decimal

import pytest

from governance.metrics.formulas.wilson import wilson
from governance.reviews.noise import Figure, Moved, Verdict, change, figure, verdict


def share(part: int, n: int) -> dict[str, object]:
    told = wilson(part, n)
    assert told
    return figure(told.value, told.lower, told.upper, exact=False)


def test_the_interval_of_a_difference_is_newcombes_published_one() -> None:
    """56/70 - 48/80: 0.0524 to 0.3339, in Newcombe 1998, table II, method 10."""
    told = change(share(48, 80), share(56, 70))
    assert (round(float(told["lower"]), 4), round(float(told["upper"]), 4)) == (0.0524, 0.3339)
    assert told["moved"] == Moved.UP


def test_the_same_shares_turned_round_went_down() -> None:
    assert change(share(56, 70), share(48, 80))["moved"] == Moved.DOWN


def test_a_small_group_moves_within_noise() -> None:
    assert change(share(6, 10), share(8, 10))["moved"] == Moved.WITHIN_NOISE


@pytest.mark.parametrize(("before", "now", "moved"), [(3, 4, Moved.UP), (4, 3, Moved.DOWN), (4, 4, Moved.SAME)])
def test_counts_are_exact(before: int, now: int, moved: Moved) -> None:
    told = change(figure(before), figure(now))
    assert (told["moved"], told["by"], told["lower"]) == (moved, str(Decimal(now - before)), None)


def test_what_was_not_there_is_new_and_what_is_not_there_cannot_be_told() -> None:
    assert change(None, figure(3))["moved"] == Moved.NEW
    assert change(figure(3), None)["moved"] == Moved.CANNOT_TELL
    assert change(figure(3, exact=False), figure(4, 3, 5, exact=False))["moved"] == Moved.CANNOT_TELL


@pytest.mark.parametrize(
    ("then", "now", "target", "told"),
    [
        (share(48, 80), share(56, 70), "0.75", Verdict.MET),
        (share(48, 80), share(56, 70), "0.9", Verdict.NOT_MET),
        (share(56, 70), share(48, 80), "0.9", Verdict.NOT_MET),
        (share(6, 10), share(8, 10), "0.75", Verdict.CANT_TELL),
        (share(6, 10), share(7, 10), "0.75", Verdict.CANT_TELL),
        (None, share(56, 70), "0.75", Verdict.CANT_TELL),
        (figure(4), figure(9), "9", Verdict.MET),
        (figure(4), figure(8), "9", Verdict.NOT_MET),
        (None, figure(9), "9", Verdict.MET),
        (figure(9), None, "5", Verdict.CANT_TELL),
    ],
)
def test_an_aim_upwards_is_met_beyond_chance_or_surely_not(
    then: Figure | None, now: Figure | None, target: str, told: Verdict
) -> None:
    assert verdict(then, now, target, upward=True) is told


@pytest.mark.parametrize(
    ("then", "now", "target", "told"),
    [
        (share(56, 70), share(48, 80), "0.65", Verdict.MET),
        (share(56, 70), share(48, 80), "0.4", Verdict.NOT_MET),
        (share(48, 80), share(56, 70), "0.9", Verdict.CANT_TELL),
        (figure(9), figure(4), "5", Verdict.MET),
        (figure(9), figure(6), "5", Verdict.NOT_MET),
    ],
)
def test_an_aim_downwards_is_its_mirror(then: Figure | None, now: Figure | None, target: str, told: Verdict) -> None:
    """What went up against the aim is not met by starting below the target: it cannot be told to have worked."""
    assert verdict(then, now, target, upward=False) is told
