"""Rights in the graph: explained with every reason, and chosen where a product is named and no pool."""

from sqlalchemy import select

from api.graphql.engine import encode_node_id
from governance.entitlements.models import Entitlement

REFUSED = "... on Refusal { code path }"
WHY = f"""query($input: ExplainEntitlementInput!) {{ explainEntitlement(input: $input) {{ ... on EntitlementExplanation {{
    product country asOf knownAt ruleVersion inputsHash person {{ name }}
    candidates {{ ruling place behind line free pool {{ name }} reasons {{ code needs }} price
        standings {{ criterion says }} }} }} {REFUSED} }} }}"""
ASSIGN = f"""mutation($input: AssignSeatsInput!) {{ assignSeats(input: $input) {{ ... on AssignmentAnswer {{
    seated {{ poolId seat {{ pool {{ name }} }} }} denied {{ reasons {{ code }} }} }} {REFUSED} }} }}"""


async def test_a_right_is_explained_taken_and_explained_as_it_was(door):
    license_ = await door.estate.license(pools={"near": 1, "far": 2})
    async with door.estate.office.database.read(door.estate.tenant_id) as session:
        product_id = (await session.execute(select(Entitlement.product_id))).scalar_one()
    ada, product = encode_node_id("Person", door.estate.people["ada"]), encode_node_id("Product", product_id)
    admin, auditor = await door.as_("admin"), await door.as_("auditor")
    asked = {"person": ada, "product": product}
    before = (await auditor.ask(WHY, input=asked))["explainEntitlement"]
    far, near = before["candidates"]
    assert (far["ruling"], far["place"], far["pool"], far["price"]) == ("TAKEN", 1, {"name": "far"}, "57.00 USD a seat")
    assert (near["ruling"], near["behind"]) == ("FIT", "NAME")
    assert (before["country"], before["person"], len(far["standings"])) == ("DE", {"name": "Ada"}, 5)
    seated = (await admin.ask(ASSIGN, key="one", input={"people": [ada], "product": product}))["assignSeats"]
    far_id = encode_node_id("Pool", license_.pools["far"])
    assert seated == {"seated": [{"poolId": far_id, "seat": {"pool": {"name": "far"}}}], "denied": []}
    assert (await admin.ask(ASSIGN, key="one", input={"people": [ada], "product": product}))["assignSeats"] == seated
    held = (await auditor.ask(WHY, input=asked))["explainEntitlement"]
    assert held["candidates"][0]["ruling"] == "HELD"
    for wrong, path in (
        ({"people": [ada]}, ["pool"]),
        ({"people": [ada], "pool": far_id, "product": product}, ["product"]),
    ):
        assert (await admin.ask(ASSIGN, input=wrong))["assignSeats"] == {"code": "BAD_INPUT", "path": path}
    wrong = (await auditor.ask(WHY, input={**asked, "region": "Mars"}))["explainEntitlement"]
    assert wrong == {"code": "BAD_INPUT", "path": ["region"]}
    stranger = await door.as_("board-sales")
    assert (await stranger.ask(WHY, input=asked))["explainEntitlement"]["code"] == "NOT_FOUND"
