from datetime import UTC, datetime

import pytest
from babel import Locale

from policies.regions.policy import (
    IndividualUsage,
    InvalidRegionPolicy,
    default_policies,
    region_policies,
    region_policy,
)
from policies.regions.region import WORLD, UnknownRegion, world_tree

WORLD_SAYS = dict(default_policies().said[WORLD])


def test_every_place_has_a_policy():
    for code in world_tree().nodes:
        assert region_policy(code).code == code


def test_a_part_of_a_country_inherits_from_above():
    bavaria = region_policy("DE-BY")
    assert (bavaria.currency, bavaria.locale, bavaria.zone) == ("EUR", "de-DE", "Europe/Berlin")
    assert bavaria.individual_usage is IndividualUsage.AGGREGATE_ONLY
    assert bavaria.data_residency == "150"
    assert region_policy("KE").individual_usage is IndividualUsage.PSEUDONYMOUS


def test_every_locale_is_known_to_babel():
    for code in default_policies().said:
        Locale.parse(region_policy(code).locale, sep="-")


def test_support_hours_follow_the_clocks_of_the_region():
    hours, zone = region_policy("DE").support_hours, region_policy("DE").zone
    assert hours.are_open(datetime(2026, 7, 1, 7, 0, tzinfo=UTC), zone)  # 9:00 in summer
    assert not hours.are_open(datetime(2026, 1, 7, 7, 59, tzinfo=UTC), zone)  # 8:59 in winter
    assert not hours.are_open(datetime(2026, 1, 7, 16, 0, tzinfo=UTC), zone)  # 17:00, the end is not included
    assert not hours.are_open(datetime(2026, 1, 10, 10, 0, tzinfo=UTC), zone)  # a Saturday


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "EURO"),
        ("locale", "Deutsch"),
        ("zone", "Europe/Nowhere"),
        ("zone", "../etc/passwd"),
        ("support_days", [0, 8]),
        ("support_opens", WORLD_SAYS["support_closes"]),
        ("retention_days", 0),
        ("retention_days", True),
        ("data_residency", "QQ"),
        ("individual_usage", "SOMETIMES"),
        ("retension_days", 30),
    ],
)
def test_a_wrong_field_is_named_with_its_region(field, value):
    with pytest.raises(InvalidRegionPolicy) as refused:
        region_policies({WORLD: WORLD_SAYS, "DE": {field: value}}, world_tree())
    assert (refused.value.code, refused.value.field) == ("DE", field)


def test_a_world_that_says_nothing_is_refused():
    with pytest.raises(InvalidRegionPolicy, match="nor in any region above"):
        region_policies({"DE": {"currency": "EUR"}}, world_tree())


def test_a_policy_for_an_unknown_place_is_refused():
    with pytest.raises(UnknownRegion):
        region_policies({WORLD: WORLD_SAYS, "QQ": {}}, world_tree())
