"""The rights of others over the graph: asked by who may ask, of principals within reach, with the lines that decide."""

from api.graphql.engine import encode_node_id
from policies.access.parties import Role
from tests.api.graphql.grown import grown

WHO = """query($node: ID) { whoCan(action: SEAT_ASSIGN, node: $node) {
  ... on WhoCan { owners { name } grants { nodes { role scope person { name } } totalCount } }
  ... on Refusal { code } } }"""
WHAT = """query($who: ID!) { whatCan(principal: $who) {
  ... on Abilities { principal abilities { action wholeTenant own regions units { code } lines } }
  ... on Refusal { code } } }"""
WHY = """query($who: ID!, $node: ID) { explainAccess(principal: $who, action: SEAT_ASSIGN, node: $node) {
  ... on AccessExplanation { permitted reasons { because line held { role scope unit { code } } } }
  ... on Refusal { code } } }"""


async def test_one_role_is_found_by_all_three_questions(door):
    await grown(door.estate)
    await door.estate.grant("ada", Role.IT_ADMIN, unit="sales")
    graph = await door.as_("admin")
    ada, sales = (
        encode_node_id("Person", door.estate.people["ada"]),
        encode_node_id("Unit", door.estate.units["sales"]),
    )
    who = (await graph.ask(WHO, node=sales))["whoCan"]["grants"]["nodes"]
    assert {"role": "IT_ADMIN", "scope": "UNIT", "person": {"name": "Ada"}} in who
    assert all(one["scope"] == "TENANT" for one in (await graph.ask(WHO))["whoCan"]["grants"]["nodes"])
    able = {one["action"]: one for one in (await graph.ask(WHAT, who=ada))["whatCan"]["abilities"]}
    assert (able["SEAT_ASSIGN"]["units"], able["SEAT_ASSIGN"]["wholeTenant"]) == ([{"code": "sales"}], False)
    assert "it_admin" in able["SEAT_ASSIGN"]["lines"][0]
    assert able["SEAT_ACCEPT"]["own"] is True
    there = (await graph.ask(WHY, who=ada, node=sales))["explainAccess"]
    assert there["permitted"] is True
    assert {"role": "IT_ADMIN", "scope": "UNIT", "unit": {"code": "sales"}} in [r["held"] for r in there["reasons"]]
    anywhere = (await graph.ask(WHY, who=ada))["explainAccess"]
    assert anywhere["permitted"] is False
    assert "OUT_OF_REACH" in {reason["because"] for reason in anywhere["reasons"]}


async def test_who_may_not_ask_gets_a_refusal_and_a_stranger_is_missing(door):
    await grown(door.estate)
    board, admin = await door.as_("board-sales"), await door.as_("admin")
    ada = encode_node_id("Person", door.estate.people["ada"])
    assert (await board.ask(WHO))["whoCan"] == {"code": "REFUSED"}
    assert (await board.ask(WHAT, who=ada))["whatCan"] in ({"code": "REFUSED"}, {"code": "NOT_FOUND"})
    nobody = encode_node_id("Person", door.estate.office.ids.new())
    assert (await admin.ask(WHAT, who=nobody))["whatCan"] == {"code": "NOT_FOUND"}
    wrong = encode_node_id("Unit", door.estate.units["sales"])
    assert (await admin.ask(WHAT, who=wrong))["whatCan"] == {"code": "BAD_INPUT"}
