"""What differs and what another version changes is decided path by path, without a database."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.templates.rules import (
    Doing,
    Standing,
    Wanted,
    Why,
    compared,
    differences,
    joined,
    ladder_of,
    override_paths,
    shared,
    steps,
)

OLD = {
    "product": "m365", "lines.named.model": "NAMED_USER", "lines.named.overage": "BLOCK", "lines.named.expiry": "GRACE",
    "lines.named.grace_days": 14, "pools.main.line": "named", "pools.main.seats": 60, "alerts.use.warn": "80",
}  # fmt: skip


def planned(
    new: dict[str, Any], *, has: dict[str, Any] = OLD, own: dict[str, Any] | None = None, restore: bool = False
) -> dict[str, tuple[Doing, Any, Why | None]]:
    """Plan another version for a license; `own` are its overrides by path."""
    old, wants = Wanted(OLD, OLD | (own or {})), Wanted(OLD | new, OLD | new | (own or {}))
    found = steps(old, wants, has | (own or {}), frozenset(own or {}), restore=restore)
    return {step.path: (step.doing, step.wants, step.why) for step in found}


def test_what_the_version_says_anew_changes_and_nothing_else() -> None:
    assert planned({"lines.named.overage": "TRUE_UP"}) == {"lines.named.overage": (Doing.CHANGE, "TRUE_UP", None)}
    assert planned({}) == {}


def test_an_override_is_kept_and_what_the_version_says_there_is_told() -> None:
    """The promise of overrides: applying a version never takes back what is otherwise on purpose."""
    found = planned({"pools.main.seats": 90, "alerts.use.warn": "70"}, own={"pools.main.seats": 40})
    assert found == {
        "pools.main.seats": (Doing.KEPT_OVERRIDE, 90, None), "alerts.use.warn": (Doing.CHANGE, "70", None)
    }  # fmt: skip


def test_what_was_changed_by_hand_is_kept_unless_it_is_to_be_taken_back() -> None:
    by_hand = OLD | {"lines.named.overage": "ALLOW_AND_FLAG"}
    new = {"lines.named.overage": "TRUE_UP"}
    assert planned(new, has=by_hand)["lines.named.overage"][0] is Doing.KEPT_BY_HAND
    assert planned(new, has=by_hand, restore=True) == {"lines.named.overage": (Doing.CHANGE, "TRUE_UP", None)}
    assert planned({}, has=by_hand, restore=True) == {"lines.named.overage": (Doing.CHANGE, "BLOCK", None)}


def test_a_mode_stays_with_its_number_where_one_of_them_was_changed_by_hand() -> None:
    by_hand = OLD | {"lines.named.grace_days": 30}
    found = planned({"lines.named.expiry": "REVOKE", "lines.named.grace_days": 0}, has=by_hand)
    assert {path: doing for path, (doing, *_) in found.items()} == {
        "lines.named.expiry": Doing.KEPT_BY_HAND, "lines.named.grace_days": Doing.KEPT_BY_HAND
    }  # fmt: skip


def test_what_cannot_be_applied_says_why() -> None:
    other = {"product": "visio", "lines.named.model": "DEVICE", "pools.main.line": "floating"}
    assert {path: why for path, (doing, _, why) in planned(other).items() if doing is Doing.CANNOT} == {
        "product": Why.FIXED_PRODUCT, "lines.named.model": Why.FIXED_LINE, "pools.main.line": Why.FIXED_POOL
    }  # fmt: skip
    without = {path: value for path, value in OLD.items() if not path.startswith("pools.")}
    found = steps(Wanted(OLD, OLD), Wanted(without, without), OLD, frozenset(), restore=False)
    assert [(one.path, one.doing, one.why) for one in found] == [("pools.main", Doing.CANNOT, Why.POOL_STAYS)]


def test_differences_tell_purpose_from_drift_and_leave_unsaid_what_no_template_says() -> None:
    own = OLD | {"pools.main.seats": 40}
    has = own | {
        "alerts.use.warn": "65",
        "alerts.use.high": "88",
        "lines.extra.model": "SITE",
        "lines.extra.term": "TRUE_UP",
    }
    found = differences(Wanted(OLD, own), has, frozenset({"pools.main.seats"}))
    assert [(one.path, one.template, one.has, one.standing) for one in found] == [
        ("alerts.use.warn", "80", "65", Standing.DRIFTED),
        ("lines.extra", None, "there", Standing.DRIFTED),
        ("pools.main.seats", 60, 40, Standing.OVERRIDDEN),
    ]


@given(
    st.integers(0, 10_000),
    st.lists(st.decimals(0, 100, places=2), min_size=1, max_size=8).filter(lambda parts: sum(parts) <= 100),
)
def test_shares_never_give_more_than_there_is_and_all_of_it_at_a_hundred(seats: int, parts: list[Any]) -> None:
    pools = {f"p{number}": {"line": "named", "percent": str(part)} for number, part in enumerate(parts)}
    given_ = [seat or 0 for seat in shared(pools, {"named": seats}).values()]
    assert sum(given_) == int(seats * sum(parts) / 100)
    assert all(abs(seat - seats * part / 100) < 1 for seat, part in zip(given_, parts, strict=True))
    assert set(shared(pools, {"named": None}).values()) == {None}


def test_a_share_is_compared_as_seats_and_what_starts_a_purchase_not_at_all() -> None:
    document = {
        "title": "Seats", "region": "DE", "product": "m365",
        "lines": {"named": {"model": "NAMED_USER", "tier": None, "supply": {"quantity": 9}}},
        "pools": {"a": {"line": "named", "percent": "50"}, "b": {"line": "named", "percent": "50"}, "c": {"seats": 2}},
    }  # fmt: skip
    assert compared(document, {"named": 9}) == {
        "product": "m365", "lines.named.model": "NAMED_USER", "pools.a.line": "named", "pools.a.seats": 5,
        "pools.b.line": "named", "pools.b.seats": 4, "pools.c.seats": 2,
    }  # fmt: skip
    assert override_paths({"pools": {"a": {"percent": 10}}, "alerts": {"use": {"warn": 1}}}) == {
        "pools.a.seats", "alerts.use.warn"
    }  # fmt: skip


def test_ladders_of_one_agreement_are_told_on_all_their_rungs() -> None:
    one = ladder_of({"days_before": [90, 0], "days_after": [1], "then_every": 30})
    other = ladder_of({"days_before": [60, 0], "days_after": [2], "then_every": 7})
    both = joined([one, other])
    assert (both.days_before, both.days_after, both.then_every) == ((90, 60, 0), (1, 2), 7)
