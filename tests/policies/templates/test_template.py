"""A template is read whole, region by region, and what is wrong with it is named: where, what, and what would be right."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from governance.entitlements.rules import CostBasis, Expiry, LicenseModel, Overage, RenewalBasis, Term
from policies.templates import fields, template
from policies.templates.merging import flat, laid, merged, nested
from policies.templates.template import InvalidTemplate, check_template, read_overrides

SHIPPED = sorted(Path(template.__file__).parent.glob("*.toml"))
SEATS = tomllib.loads(
    """
title = "Seats"
product = "m365"
[lines.named]
model = "NAMED_USER"
term = "SUBSCRIPTION"
overage = "ALLOW_TO_PERCENT"
overage_percent = 110
[lines.named.supply]
quantity = 10
months = 12
[pools.emea]
percent = 60
region = "150"
[alerts.use]
warn = 70
[regions.150]
ladders.expiry = { days_before = [60, 0], days_after = [1], then_every = 7 }
[regions.DE]
usage.individual = "AGGREGATE_ONLY"
lines.named.supply.currency = "EUR"
pools.emea = false
pools.de.seats = 4
"""
)
DE = ("DE", "155", "150", "001")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_is_shipped_can_be_read(path: Path) -> None:
    check_template(tomllib.loads(path.read_text("utf-8")))


def test_the_words_are_those_of_the_house() -> None:
    said = (fields.MODELS, fields.TERMS, fields.OVERAGES, fields.EXPIRIES, fields.RENEWAL_BASES)
    assert said == tuple(tuple(words) for words in (LicenseModel, Term, Overage, Expiry, RenewalBasis))
    assert set(fields.COST_BASES) <= set(CostBasis)


def test_a_region_inherits_what_it_does_not_say_and_the_nearest_word_holds() -> None:
    check_template(SEATS)
    german, swiss = (flat(read_overrides(SEATS, way_up, {})) for way_up in (DE, ("CH", "155", "150", "001")))
    assert (german["lines.named.supply.currency"], german["lines.named.supply.months"]) == ("EUR", 12)
    assert german["ladders.expiry.days_before"] == swiss["ladders.expiry.days_before"] == [60, 0]
    assert "usage.individual" not in swiss
    assert german["usage.individual"] == "AGGREGATE_ONLY"
    assert {path for path in german if path.startswith("pools.")} == {
        "pools.de.line", "pools.de.name", "pools.de.region", "pools.de.seats"
    }  # fmt: skip
    assert (swiss["pools.emea.percent"], swiss["pools.emea.region"], german["pools.de.region"]) == ("60", "150", "DE")


def test_an_override_takes_the_place_of_what_it_excludes() -> None:
    own = flat(
        read_overrides(SEATS, ("001",), {"pools": {"emea": {"seats": 3}}, "lines": {"named": {"overage": "BLOCK"}}})
    )
    assert own["pools.emea.seats"] == 3
    assert "pools.emea.percent" not in own
    assert (own["lines.named.overage"], own["lines.named.overage_percent"]) == ("BLOCK", None)
    assert nested(flat(SEATS)) == SEATS
    assert laid(SEATS, DE)["region"] == "DE"


@pytest.mark.parametrize(
    ("change", "path", "needs"),
    [
        ({"lines": {"named": {"overge": "BLOCK"}}}, "lines.named.overge", "overage, if that is meant"),
        ({"lines": {"named": {"model": "NAMED"}}}, "lines.named.model", "one of NAMED_USER"),
        ({"lines": {"named": {"grace_days": 5}}}, "lines.named.grace_days", "0, because expiry is RESTRICT"),
        ({"lines": {"named": {"overage": "BLOCK", "overage_percent": 120}}}, "lines.named.overage_percent", "no percentage"),
        ({"lines": {"Named One": {}}}, "lines.Named One", "a code of small letters"),
        ({"lines": {"named": {"supply": {"currency": "EURO"}}}}, "lines.named.supply.currency", "ISO 4217"),
        ({"lines": {"named": {"supply": {"unit_price": "5,70"}}}}, "lines.named.supply.unit_price", "57.00"),
        ({"pools": {"emea": {"line": "floating"}}}, "pools.emea.line", "one of the lines named"),
        ({"lines": {"more": {"model": "SITE", "term": "TRUE_UP"}}}, "pools.emea.line", "one of the lines named, more"),
        ({"pools": {"apac": {"percent": 41}}}, "pools", "100 % or less"),
        ({"pools": {"apac": {"name": "Asia"}}}, "pools.apac", "either percent"),
        ({"alerts": {"use": {"warn": 95}}}, "alerts.use", "0 < warn < high < critical"),
        ({"ladders": {"notice": {"then_every": 7}}}, "ladders.notice.days_before", "a list of days that fall"),
        ({"journey": {"value_feature": "x"}}, "journey.value_type", "the type of event"),
        ({"regions": {"DE": {"product": "other"}}}, "regions.DE.product", "one of region"),
        ({"regions": {"Bavaria": {}}}, "regions.Bavaria", "a region"),
        ({"regions": {"FR": {"alerts": {"use": {"high": 60}}}}}, "regions.FR.alerts.use", "0 < warn"),
        ({"lines": "named"}, "lines", "at most 12 tables"),
        ({"usage": 3}, "usage", "a table of individual"),
        ({"title": ""}, "title", "a text of 1 to 200"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_what_would_be_right(change: dict[str, Any], path: str, needs: str) -> None:
    with pytest.raises(InvalidTemplate) as bad:
        check_template(merged(SEATS, change))
    (problem,) = [one for one in bad.value.problems if one.path == path]
    assert needs in problem.needs


def test_every_problem_is_told_at_once_and_of_overrides_too() -> None:
    with pytest.raises(InvalidTemplate) as bad:
        check_template({"lines": {"named": {"term": "YEARLY", "grace_days": -1}}})
    assert [one.path for one in bad.value.problems] == ["title", "lines.named.term", "lines.named.grace_days"]
    with pytest.raises(InvalidTemplate) as bad:
        read_overrides(SEATS, DE, {"pools": {"emea": {"percent": "many"}}, "title": "x"})
    assert [one.path for one in bad.value.problems] == ["overrides.title", "overrides.pools.emea.percent"]
