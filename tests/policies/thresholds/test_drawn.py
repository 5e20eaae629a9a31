"""Whose lines a pool is measured by, and which a tenant may not draw."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from policies.thresholds.drawn import Place, drawn_lines, lines_at
from policies.thresholds.threshold import InvalidLines, default_thresholds

PRODUCT, POOL, UNIT, COMPANY = uuid4(), uuid4(), uuid4(), uuid4()
PLACE = Place(PRODUCT, POOL, (UNIT, COMPANY), ("DE", "155", "150", "001"))


def test_without_lines_of_its_own_a_tenant_has_the_defaults() -> None:
    assert lines_at(PLACE, drawn_lines(None)) == default_thresholds().use


def test_lines_that_hold_one_by_one_can_be_out_of_order_together() -> None:
    drawn = drawn_lines(
        {
            "overrides": [
                {"origin": "PRODUCT", "id": str(PRODUCT), "high": 82},
                {"origin": "POOL", "id": str(POOL), "warn": 85},
            ]
        }
    )
    with pytest.raises(InvalidLines):
        lines_at(PLACE, drawn)


def test_nearer_lines_override_inherited_ones() -> None:
    content = {
        "use": {"warn": 70},
        "overrides": [
            {"origin": "UNIT", "id": str(UNIT), "warn": 50},
            {"origin": "UNIT", "id": str(COMPANY), "warn": 55, "high": "85.5"},
            {"origin": "REGION", "id": "150", "critical": 95},
            {"origin": "POOL", "id": str(POOL), "warn": 60, "clear_below": 10},
            {"origin": "PRODUCT", "id": str(PRODUCT), "warn": 65},
        ],
    }
    drawn = drawn_lines(content)
    lines = lines_at(PLACE, drawn)
    assert (lines.warn, lines.high, lines.critical, lines.clear_below) == (
        Decimal(50),
        Decimal("85.5"),
        Decimal(95),
        Decimal(10),
    )
    elsewhere = lines_at(Place(uuid4(), uuid4(), (), ("US", "001")), drawn)
    assert (elsewhere.warn, elsewhere.high) == (Decimal(70), Decimal(90))


@pytest.mark.parametrize(
    "content",
    [
        {"overrides": [{"origin": "POOL", "id": "no id", "warn": 1}]},
        {"overrides": [{"origin": "TENANT", "id": "x", "warn": 1}]},
        {"overrides": [{"origin": "NOBODY", "id": str(UUID(int=1))}]},
        {"overrides": [{"warn": 1}]},
        {"overrides": {"warn": 1}},
        {"overrides": [{"origin": "POOL", "id": str(UUID(int=1)), "warn": "NaN"}]},
        {"use": {"warn": 70}, "overrides": [{"origin": "POOL", "id": str(UUID(int=1)), "high": 60}]},
        {"overrides": [{"origin": "POOL", "id": str(UUID(int=1)), "warn": "much"}]},
    ],
)
def test_lines_that_cannot_be_read_are_named(content: dict[str, object]) -> None:
    with pytest.raises(InvalidLines):
        drawn_lines(content)
