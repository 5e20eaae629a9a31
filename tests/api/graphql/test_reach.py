"""What one may not see is not there, by whatever path it is asked for."""

import hashlib

from graphql import get_named_type

from api.graphql.engine import encode_node_id
from governance.directory.models import ServiceAccount, Token
from policies.access.parties import Role
from tests.api.graphql.asking import GRAPH, is_node, node_of, root_lists
from tests.api.graphql.conftest import Door, Graph
from tests.api.graphql.grown import grown
from tests.estate import Estate

ROLE = Role.LICENSE_OWNER
NODES = sorted(name for name in GRAPH.type_map if name != "Node" and is_node(name))


async def _machine(estate: Estate, client) -> Graph:
    """Sign in as a machine that was granted nothing at all."""
    secret = f"machine of {estate.tenant_id}"
    account = await estate.add(
        ServiceAccount(
            **estate.key(), name="bare", unit_id=estate.units["halden"], created_at=estate.office.clock.now()
        )
    )
    await estate.add(
        Token(
            **estate.key(), name="bare", service_account_id=account.id, prefix="lic_bare",
            secret_hash=hashlib.sha256(secret.encode()).hexdigest(), created_at=estate.office.clock.now(),
        )
    )  # fmt: skip
    return Graph(client, secret)


async def _ids(graph: Graph) -> dict[str, str]:
    """Give an id of each type that a root list shows."""
    found = {}
    for name, field in root_lists().items():
        if is_node(node_of(field)):
            nodes = (await graph.ask(f"{{ {name}(first: 1) {{ nodes {{ id }} }} }}"))[name]["nodes"]
            found |= {node_of(field): node["id"] for node in nodes}
    return found


async def test_whoever_was_granted_nothing_sees_nothing_from_any_list(door, client):
    await grown(door.estate)
    graph = await _machine(door.estate, client)
    for name in root_lists():
        said = await graph.answer(f"{{ {name}(first: 5) {{ totalCount nodes {{ __typename }} }} }}")
        assert "errors" not in said, (name, said)
        assert said["data"][name] in ({"totalCount": 0, "nodes": []}, None), (name, said)


async def test_a_foreign_id_answers_as_a_missing_one_by_every_path(door, office, client):
    await grown(door.estate)
    ids = await _ids(await door.as_("auditor")) | await _ids(await door.as_("admin"))
    assert len(ids) >= 15
    other = Door(await Estate.raised(office, "Other Inc."), client)
    stranger = await other.as_("admin")
    for kind, own in ids.items():
        missing = encode_node_id(kind, office.ids.new())
        asked = (
            "query($id: ID!) { node(id: $id) { id } viewer { explain(action: UNIT_READ, node: $id) { permitted } } }"
        )
        foreign, none = await stranger.answer(asked, id=own), await stranger.answer(asked, id=missing)
        assert foreign == none == {"data": {"node": None, "viewer": {"explain": None}}}, kind


async def test_every_type_with_an_id_is_found_again_by_it(door):
    await grown(door.estate)
    for who in ("admin", "auditor"):
        graph = await door.as_(who)
        for kind, own in (await _ids(graph)).items():
            said = await graph.ask("query($id: ID!) { node(id: $id) { __typename id } }", id=own)
            assert said == {"node": {"__typename": kind, "id": own}}


async def test_an_id_of_no_kind_is_bad_input(door):
    graph = await door.as_("admin")
    for bad in ("", "x", encode_node_id("Query", door.estate.tenant_id), encode_node_id("Node", door.estate.tenant_id)):
        said = await graph.answer("query($id: ID!) { node(id: $id) { id } }", id=bad)
        assert said["errors"][0]["extensions"]["code"] == "BAD_INPUT", bad
    person = encode_node_id("Person", door.estate.people["ada"])
    said = await graph.answer("query($id: ID!) { unit(id: $id) { id } }", id=person)
    assert said["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_an_edge_beyond_reach_is_null_and_the_thing_itself_stays(door):
    built = await door.estate.license("m365", pool_unit="sales")
    await door.estate.grant("cleo", ROLE, unit="sales")
    graph = await door.as_("cleo")
    said = await graph.ask("{ pools { nodes { code unit { code } line { code } } } entitlements { totalCount } }")
    assert said["pools"]["nodes"] == [{"code": "main", "unit": {"code": "sales"}, "line": None}]
    assert said["entitlements"]["totalCount"] == 0
    hidden = encode_node_id("Entitlement", built.entitlement_id)
    assert (await graph.ask("query($id: ID!) { node(id: $id) { id } }", id=hidden)) == {"node": None}


async def test_nobody_is_told_to_sign_in_before_anything_is_read(client):
    response = await client.post("/graphql", content=b"{", headers={"content-type": "application/json"})
    assert response.status_code == 401
    assert response.headers["content-type"].startswith("application/problem+json")
    assert response.json()["code"] == "SIGN_IN_AGAIN"


async def test_a_token_that_was_narrowed_sees_no_more_than_it_may(door, client):
    secret = "narrow"
    estate = door.estate
    await estate.add(
        Token(
            **estate.key(), name="narrow", person_id=estate.people["admin"], prefix="narrow", actions=["unit:read"],
            secret_hash=hashlib.sha256(secret.encode()).hexdigest(), created_at=estate.office.clock.now(),
        )
    )  # fmt: skip
    said = await Graph(client, secret).ask("{ units { totalCount } people { totalCount } }")
    assert said == {"units": {"totalCount": 5}, "people": {"totalCount": 0}}


def test_every_node_type_is_under_test_or_named_here():
    listed = {node_of(field) for field in root_lists().values()}
    below = {"Amendment", "Approval", "ListPrice", "MetricLine", "Tenant", "Tier"}  # shown by the things above them
    assert get_named_type(GRAPH.query_type.fields["node"].type).name == "Node"
    assert below.isdisjoint(listed)
    assert {"Agreement", "Entitlement", "Lot", "Person", "Pool", "Run", "Unit"} <= set(NODES) & listed
