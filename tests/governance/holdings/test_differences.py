"""Which of the four do not fit: named where it is known, and nothing made of silence."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from governance.holdings.rules import Difference, Four, Holding, Remedy, Seat, differences, remedy_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)
E3, E5 = UUID(int=3), UUID(int=5)
LONG_AGO, LATELY = NOW - timedelta(days=200), NOW - timedelta(days=2)
D = Difference


def seat(**values: Any) -> Seat:
    return Seat(
        **{"id": UUID(int=1), "pool_id": UUID(int=2), "tier_id": E5, "started_at": LONG_AGO, "settled": True} | values
    )


def held(tier: UUID | None = E5) -> tuple[Holding, ...]:
    return (Holding(UUID(int=9), "ada@x", tier, 1, "m365", NOW),)


def four(**values: Any) -> Four:
    """Somebody who is entitled, seated, holds it there and uses it; `values` say what is otherwise."""
    usual = {
        "person_id": UUID(int=7), "left": False, "entitled": True, "seat": seat(), "holdings": held(), "listed": NOW,
        "used_at": LATELY, "use_told": True,
    }  # fmt: skip
    return Four(**usual | values)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, ()),
        ({"seat": None}, (D.HELD_NOT_ASSIGNED,)),
        ({"seat": None, "floating": True}, ()),
        ({"holdings": ()}, (D.ASSIGNED_NOT_HELD,)),
        ({"holdings": (), "listed": None}, ()),
        ({"holdings": (), "seat": seat(started_at=NOW + timedelta(days=1))}, ()),
        ({"holdings": (), "seat": seat(settled=False)}, ()),
        ({"holdings": held(E3)}, (D.HELD_OTHER_TIER,)),
        ({"holdings": held(None)}, ()),
        ({"left": True}, (D.HELD_BY_LEAVER,)),
        ({"person_id": None, "seat": None, "use_told": False}, (D.HELD_BY_NOBODY,)),
        ({"used_at": None}, (D.ASSIGNED_NEVER_USED,)),
        ({"used_at": None, "use_told": False}, ()),
        ({"used_at": None, "seat": seat(started_at=NOW - timedelta(days=30))}, ()),
        ({"seat": None, "holdings": ()}, (D.USED_NOT_ASSIGNED,)),
        ({"seat": None, "holdings": (), "used_at": LONG_AGO}, ()),
        ({"seat": None, "holdings": (), "use_told": False}, ()),
        ({"entitled": False}, (D.USED_NOT_ENTITLED, D.HELD_NOT_ENTITLED)),
        ({"entitled": False, "used_at": LONG_AGO}, (D.HELD_NOT_ENTITLED,)),
        ({"entitled": False, "seat": None, "holdings": ()}, (D.USED_NOT_ENTITLED,)),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(values: dict[str, Any], named: tuple[Difference, ...]) -> None:
    assert differences(four(**values), NOW) == named


def test_who_uses_what_they_hold_is_seated_and_who_does_not_loses_it_there() -> None:
    idle, busy = four(seat=None, used_at=LONG_AGO), four(seat=None)
    assert remedy_of(idle, D.HELD_NOT_ASSIGNED, NOW) is Remedy.REVOKE_THERE
    assert remedy_of(busy, D.HELD_NOT_ASSIGNED, NOW) is Remedy.ASSIGN_HERE
    assert {remedy_of(busy, each, NOW) for each in D} <= set(Remedy)
