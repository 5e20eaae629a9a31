"""Groups and profiles in the graph: read with who was in them when, personal values kept from who may not see them."""

from datetime import timedelta

from governance.directory.service.groups import GroupFacts, provision_group, reprovision_group
from governance.directory.service.profiles import ProfileFacts, Value
from governance.directory.service.provisioning import provision_person
from tests.api.graphql.conftest import Door

GROUPS = """query($search: String) { groups(filter: {search: $search}) { totalCount nodes { name externalId version
    members { nodes { person { name } start end } } memberships { nodes { person { name } end } } } } }"""
PROFILES = """query($placing: Placing) { profiles(filter: {placing: $placing}) { totalCount nodes { placing
    person { name } userName values { nodes { attribute part value } } } } }"""


async def provisioned(door: Door) -> None:
    """Tell of a group, and of a person whose department nobody knows."""
    office, estate = door.estate.office, door.estate
    admin, ada, ben = estate.actor("admin"), estate.people["ada"], estate.people["ben"]
    facts = GroupFacts("Staff", "staff", "g-1", (ada, ben))
    group = await office.perform(admin, lambda work: provision_group(work, facts))
    office.clock.advance(timedelta(days=1))
    less = GroupFacts("Staff", "staff", "g-1", (ben,))
    await office.perform(admin, lambda work: reprovision_group(work, group.id, less))
    said = Value("enterprise:department", "Nowhere", "nowhere")
    lost = ProfileFacts("dora", "dora", name="Dora", department="Nowhere", values=(said,))
    await office.perform(admin, lambda work: provision_person(work, lost))


async def test_a_group_shows_who_is_in_it_and_who_was(door):
    await provisioned(door)
    (group,) = (await (await door.as_("auditor")).ask(GROUPS, search="sta"))["groups"]["nodes"]
    assert (group["name"], group["externalId"], group["version"]) == ("Staff", "g-1", 2)
    assert [one["person"]["name"] for one in group["members"]["nodes"]] == ["Ben"]
    was = {one["person"]["name"]: one["end"] is None for one in group["memberships"]["nodes"]}
    assert was == {"Ada": False, "Ben": True}
    assert (await (await door.as_("admin")).ask(GROUPS, search="nothing"))["groups"]["totalCount"] == 0


async def test_whom_nobody_could_place_is_found_by_it(door):
    await provisioned(door)
    found = (await (await door.as_("admin")).ask(PROFILES, placing="UNKNOWN_UNIT"))["profiles"]
    assert found["totalCount"] == 1
    assert found["nodes"][0]["person"] == {"name": "Dora"}
    assert found["nodes"][0]["values"]["nodes"] == [
        {"attribute": "enterprise:department", "part": "", "value": "Nowhere"}
    ]


async def test_who_may_not_see_groups_sees_none(door):
    await provisioned(door)
    for who in ("board-sales", "cleo"):
        graph = await door.as_(who)
        assert (await graph.ask(GROUPS))["groups"]["totalCount"] == 0
        assert (await graph.ask("{ profiles { totalCount } }"))["profiles"]["totalCount"] == 0
