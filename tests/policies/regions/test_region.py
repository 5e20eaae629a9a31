import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.regions.region import (
    WORLD,
    WORLDWIDE,
    InvalidGrouping,
    Territory,
    UnknownRegion,
    world_tree,
)

TREE = world_tree()
CODES = sorted(TREE.nodes)
codes = st.sampled_from(CODES)
above_countries = st.sampled_from(sorted(code for code in CODES if "-" not in code))


def test_every_place_lies_in_the_world():
    for code in CODES:
        if code != WORLD:
            assert TREE.ancestors(code)[-1] == WORLD


def test_every_iso_country_and_subdivision_has_a_place():
    assert {country.alpha_2 for country in pycountry.countries} == {code for code in CODES if len(code) == 2}
    assert TREE.ancestors("DE-BY") == ("DE", "155", "150", WORLD)
    assert TREE.ancestors("GB-LND")[-4:] == ("GB", "154", "150", WORLD)
    assert TREE.name("155") == "Western Europe"


def test_the_world_is_above_itself_alone():
    assert TREE.ancestors(WORLD) == ()


@pytest.mark.parametrize("code", ["", "de", "ZZ", "DE-ZZ", "999", "DACH"])
def test_an_unknown_code_is_named(code):
    with pytest.raises(UnknownRegion) as refused:
        TREE.ancestors(code)
    assert refused.value.code == code


@given(codes)
def test_a_worldwide_grant_covers_every_place(code):
    assert WORLDWIDE.covers(code, TREE)
    assert not Territory(frozenset()).covers(code, TREE)


@given(st.frozensets(above_countries, max_size=6), st.frozensets(above_countries, max_size=6), codes)
def test_the_most_specific_listed_place_decides_and_exclusion_wins_a_tie(included, excluded, code):
    territory = Territory(included, excluded)
    expected = False
    for place in (code, *TREE.ancestors(code)):
        if place in excluded:
            break
        if place in included:
            expected = True
            break
    assert territory.covers(code, TREE) is expected


def test_a_country_taken_out_of_europe_may_have_one_part_put_back():
    territory = Territory(frozenset({"150", "DE-BY"}), frozenset({"DE"}))
    assert territory.covers("FR", TREE)
    assert not territory.covers("DE", TREE)
    assert not territory.covers("DE-BE", TREE)
    assert territory.covers("DE-BY", TREE)


def test_a_territory_naming_an_unknown_place_is_refused():
    with pytest.raises(UnknownRegion):
        Territory(frozenset({"150"}), frozenset({"XX"})).covers("FR", TREE)
    with pytest.raises(UnknownRegion):
        WORLDWIDE.covers("XX", TREE)


def test_a_grouping_cuts_across_areas_and_is_more_specific_than_the_area_around_it():
    tree = TREE.extended("DACH", "Germany, Austria, Switzerland", {"DE", "AT", "CH"})
    assert "DACH" in tree
    assert "DACH" not in TREE
    assert tree.memberships("DE-BY") == {"DACH"}
    assert tree.ancestors("DACH") == (WORLD,)
    but_dach = Territory(frozenset({"155"}), frozenset({"DACH"}))
    only_dach = Territory(frozenset({"DACH"}), frozenset({"155"}))
    assert [but_dach.covers(code, tree) for code in ("FR", "DE", "AT-9")] == [True, False, False]
    assert [only_dach.covers(code, tree) for code in ("FR", "DE", "AT-9")] == [False, True, True]


def test_a_grouping_of_groupings_holds_their_members():
    tree = TREE.extended("DACH", "DACH", {"DE", "AT", "CH"}).extended("EMEA", "EMEA", {"DACH", "150", "145", "002"})
    assert tree.contains("EMEA", "DACH")
    assert tree.contains("EMEA", "KE")
    assert not tree.contains("DACH", "EMEA")
    assert tree.contains(WORLD, "EMEA")
    # An area inside a grouping is more specific than the grouping.
    assert Territory(frozenset({"EMEA"}), frozenset({"002"})).covers("DE", tree)
    assert not Territory(frozenset({"EMEA"}), frozenset({"002"})).covers("KE", tree)


def test_of_two_groupings_that_overlap_the_exclusion_wins():
    tree = TREE.extended("NORTH", "North", {"DK", "SE"}).extended("COAST", "Coast", {"DK", "NL"})
    territory = Territory(frozenset({"NORTH"}), frozenset({"COAST"}))
    assert territory.covers("SE", tree)
    assert not territory.covers("DK", tree)


@pytest.mark.parametrize(
    ("code", "name", "members", "reason"),
    [
        ("DE", "Germany again", {"FR"}, "3 to 32"),
        ("dach", "small", {"DE"}, "3 to 32"),
        ("155", "digits", {"DE"}, "3 to 32"),
        ("DACH", " ", {"DE"}, "name"),
        ("DACH", "empty", set(), "member"),
    ],
)
def test_a_grouping_that_would_confuse_is_refused(code, name, members, reason):
    with pytest.raises(InvalidGrouping, match=reason):
        TREE.extended(code, name, members)


def test_a_grouping_is_not_defined_twice_and_has_known_members():
    tree = TREE.extended("DACH", "DACH", {"DE"})
    with pytest.raises(InvalidGrouping, match="taken"):
        tree.extended("DACH", "DACH", {"AT"})
    with pytest.raises(UnknownRegion):
        TREE.extended("DACH", "DACH", {"DE", "QQ"})
