"""Every change answers with the thing or with why not, once per key, by the version that was read."""

import asyncio
import json
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.graphql.engine import encode_node_id
from governance.audit.models import Entry
from governance.catalog.models import Vendor
from policies.access.parties import Role
from policies.thresholds import threshold
from tests.estate import Estate

ADMIN, DAY = Role.IT_ADMIN, timedelta(days=1)
REFUSED = "... on Refusal { code message path facts { name value } reasons { code } }"
ADD_VENDOR = (
    f"mutation($name: String!) {{ addVendor(input: {{name: $name}}) {{ ... on Vendor {{ id name }} {REFUSED} }} }}"
)
SIGN = f"""mutation($input: SignAgreementInput!) {{ signAgreement(input: $input) {{
    ... on Agreement {{ id number version vendor {{ name }} unit {{ code }} owner {{ name }} payment }} {REFUSED} }} }}"""
AMEND = f"""mutation($input: AmendAgreementInput!) {{ amendAgreement(input: $input) {{
    ... on Amendment {{ number before after agreement {{ version title amendments {{ totalCount }} }} }} {REFUSED} }} }}"""
BUY = f"mutation($input: BuyLotInput!) {{ buyLot(input: $input) {{ ... on Lot {{ id quantity }} {REFUSED} }} }}"


async def _signing(graph, estate: Estate) -> dict:
    vendor = (await graph.ask(ADD_VENDOR, name="Contoso"))["addVendor"]["id"]
    return {
        "number": "EA-1", "title": "Contoso", "vendor": vendor, "unit": encode_node_id("Unit", estate.units["halden"]),
        "owner": encode_node_id("Person", estate.people["ada"]), "currency": "EUR", "zone": "Europe/Zurich",
        "firstDay": "2026-01-01", "lastDay": "2026-12-31",
    }  # fmt: skip


async def _count(estate: Estate, kind, **narrowed) -> int:
    async with estate.office.database.read(estate.tenant_id) as session:
        query = select(func.count()).select_from(kind).filter_by(tenant_id=estate.tenant_id, **narrowed)
        return (await session.execute(query)).scalar_one()


async def test_an_agreement_is_signed_amended_and_read_back(door):
    graph = await door.as_("admin")
    signed = (await graph.ask(SIGN, input=await _signing(graph, door.estate)))["signAgreement"]
    assert signed["vendor"] == {"name": "Contoso"}
    assert (signed["unit"], signed["owner"], signed["payment"]) == ({"code": "halden"}, {"name": "Ada"}, "DUE")
    amended = await graph.ask(
        AMEND,
        input={
            "agreement": signed["id"], "expectedVersion": 1, "changes": {"title": "New", "owner": None},
            "reason": "REQUESTED", "effectiveDay": "2026-03-01",
        },
    )  # fmt: skip
    assert amended["amendAgreement"]["agreement"] == {"version": 2, "title": "New", "amendments": {"totalCount": 1}}
    assert amended["amendAgreement"]["after"] == {"title": "New", "owner_id": None}


async def test_a_refusal_names_the_input_as_the_graph_calls_it(door):
    graph = await door.as_("admin")
    given = await _signing(graph, door.estate)
    for changed, path in (
        ({"vendor": given["unit"]}, ["vendor"]),
        ({"unit": "nonsense"}, ["unit"]),
        ({"lastDay": "2025-01-01"}, ["lastDay"]),
        ({"currency": "EURO"}, ["currency"]),
    ):
        said = (await graph.ask(SIGN, input=given | changed))["signAgreement"]
        assert (said["code"], said["path"]) == ("BAD_INPUT", path), changed
        assert said["message"]
    assert await _count(door.estate, Vendor) == 1


async def test_a_version_that_was_overtaken_is_a_conflict(door):
    graph = await door.as_("admin")
    signed = (await graph.ask(SIGN, input=await _signing(graph, door.estate)))["signAgreement"]
    change = {
        "agreement": signed["id"], "expectedVersion": 7, "changes": {"title": "New"}, "reason": "REQUESTED",
        "effectiveDay": "2026-03-01",
    }  # fmt: skip
    said = (await graph.ask(AMEND, input=change))["amendAgreement"]
    assert said["code"] == "CONFLICT"
    assert {fact["name"]: fact["value"] for fact in said["facts"]}["actual"] == "1"


async def test_who_may_not_is_refused_and_the_trail_knows(door):
    graph = await door.as_("ada")
    said = (await graph.ask(ADD_VENDOR, name="Contoso"))["addVendor"]
    assert said["code"] == "REFUSED"
    assert await _count(door.estate, Entry, act="access:refused") == 1
    assert await _count(door.estate, Vendor) == 0


async def test_the_same_key_changes_once_and_answers_with_what_is_so_now(door):
    graph = await door.as_("admin")
    first = await graph.ask(ADD_VENDOR, key="k1", name="Contoso")
    again = await graph.ask(ADD_VENDOR, key="k1", name="Contoso")
    assert first == again
    assert await _count(door.estate, Vendor) == 1
    other_selection = (
        'mutation { addVendor(input: {name: "Contoso"}) { ... on Vendor { id products { totalCount } } } }'
    )
    said = (await graph.ask(other_selection, key="k1"))["addVendor"]
    assert said == {"id": first["addVendor"]["id"], "products": {"totalCount": 0}}


async def test_the_same_key_with_another_request_is_a_mismatch(door):
    graph = await door.as_("admin")
    await graph.ask(ADD_VENDOR, key="k1", name="Contoso")
    said = (await graph.ask(ADD_VENDOR, key="k1", name="Fabrikam"))["addVendor"]
    assert said["code"] == "IDEMPOTENCY_MISMATCH"
    assert await _count(door.estate, Vendor) == 1


async def test_a_refusal_is_kept_under_its_key_word_for_word(door):
    graph = await door.as_("admin")
    await graph.ask(ADD_VENDOR, name="Contoso")
    first = await graph.ask(ADD_VENDOR, key="k2", name="Contoso")
    assert first["addVendor"]["code"] == "BAD_INPUT"
    assert await graph.ask(ADD_VENDOR, key="k2", name="Contoso") == first


async def test_the_key_belongs_to_its_principal_and_to_its_place_in_the_answer(door):
    two = f"""mutation {{ a: addVendor(input: {{name: "A"}}) {{ ... on Vendor {{ name }} {REFUSED} }}
        b: addVendor(input: {{name: "B"}}) {{ ... on Vendor {{ name }} {REFUSED} }} }}"""
    graph = await door.as_("admin")
    for _ in range(2):
        assert await graph.ask(two, key="k3") == {"a": {"name": "A"}, "b": {"name": "B"}}
    assert await _count(door.estate, Vendor) == 2
    await door.estate.grant("cleo", ADMIN)
    said = (await (await door.as_("cleo")).ask(two, key="k3"))["a"]
    assert said["code"] == "BAD_INPUT"


async def test_twins_with_one_key_side_by_side_change_once(door):
    graph = await door.as_("admin")
    answers = await asyncio.gather(*[graph.ask(ADD_VENDOR, key="k4", name="Contoso") for _ in range(6)])
    assert len({answer["addVendor"]["id"] for answer in answers}) == 1
    assert await _count(door.estate, Vendor) == 1


async def test_what_a_mutation_shows_is_read_after_it(door):
    graph = await door.as_("admin")
    it, sales = (encode_node_id("Unit", door.estate.units[code]) for code in ("it", "sales"))
    dora = 'externalId: "dora", name: "Dora", mail: "dora@halden.example", country: "CH"'
    enter = "mutation($a: ID!, $b: ID!) {"
    enter += f" one: upsertPerson(input: {{unit: $a, {dora}}}) {{ ... on Person {{ version unit {{ code }} }} }}"
    enter += f" two: upsertPerson(input: {{unit: $b, {dora}}}) {{ ... on Person {{ version unit {{ code }} }} }} }}"
    said = await graph.ask(enter, a=it, b=sales)
    assert [said["one"]["unit"]["code"], said["two"]["unit"]["code"]] == ["it", "sales"]


async def test_a_correction_that_leaves_holders_over_is_looked_at_first(door):
    built = await door.estate.license(quantity=3)
    graph = await door.as_("admin")
    lots = await graph.ask("{ lots { nodes { id version quantity unitPrice { amount } } } }")
    [lot] = lots["lots"]["nodes"]
    correction = {
        "lot": lot["id"], "expected": lot["version"], "reason": "INCORRECT_INPUT",
        "changes": {"quantity": 2, "unitPrice": "60.50"},
    }  # fmt: skip
    look = f"""query($input: CorrectLotInput!) {{ correctLotPreview(input: $input) {{
        ... on Preview {{ destroys token changes rooms {{ kind before after occupied over }} }} {REFUSED} }} }}"""
    seen = (await graph.ask(look, input=correction))["correctLotPreview"]
    assert seen["changes"] == {"quantity": 2, "unit_price": 60_500_000}
    assert {"kind": "LINE", "before": 3, "after": 2, "occupied": 0, "over": 0} in seen["rooms"]
    correct = f"""mutation($input: CorrectLotInput!) {{ correctLot(input: $input) {{
        ... on Lot {{ id version quantity unitPrice {{ amount }} line {{ room {{ ceiling }} }} }} {REFUSED} }} }}"""
    done = (await graph.ask(correct, input=correction | {"token": seen["token"]}))["correctLot"]
    assert (done["id"], done["quantity"], done["unitPrice"]) == (lot["id"], 2, {"amount": "60.50"})
    assert done["version"] != lot["version"]
    assert done["line"] == {"room": {"ceiling": 2}}
    pool = encode_node_id("Pool", built.pools["main"])
    close = (
        f"mutation($input: ClosePoolInput!) {{ closePool(input: $input) {{ ... on Pool {{ closedAt }} {REFUSED} }} }}"
    )
    bare = {"pool": pool, "expectedVersion": 1, "reason": "REQUESTED"}
    assert (await graph.ask(close, input=bare))["closePool"]["code"] == "PREVIEW_STALE"
    look = f"query($input: ClosePoolInput!) {{ closePoolPreview(input: $input) {{ ... on Preview {{ token }} {REFUSED} }} }}"
    token = (await graph.ask(look, input=bare))["closePoolPreview"]["token"]
    assert (await graph.ask(close, input=bare | {"token": token}))["closePool"]["closedAt"].endswith("Z")


async def test_a_lot_is_read_as_it_was_known_then(door, clock):
    await door.estate.license(quantity=3)
    graph = await door.as_("admin")
    before = clock.now().isoformat()
    clock.advance(DAY)
    [lot] = (await graph.ask("{ lots { nodes { id version } } }"))["lots"]["nodes"]
    correct = "mutation($input: CorrectLotInput!) { correctLot(input: $input) { __typename } }"
    fix = {"lot": lot["id"], "expected": lot["version"], "reason": "INCORRECT_INPUT", "changes": {"quantity": 9}}
    assert (await graph.ask(correct, input=fix))["correctLot"] == {"__typename": "Lot"}
    seen = await graph.ask(
        """query($then: Instant!) { now: lots { nodes { quantity } } then: lots(knownAt: $then) { nodes { quantity } }
            entitlements { nodes { lots(knownAt: $then) { nodes { quantity } } } }
            early: lots(asOf: "2025-01-01T00:00:00Z") { totalCount } }""",
        then=before,
    )
    assert (seen["now"]["nodes"], seen["then"]["nodes"]) == ([{"quantity": 9}], [{"quantity": 3}])
    assert seen["entitlements"]["nodes"] == [{"lots": {"nodes": [{"quantity": 3}]}}]
    assert seen["early"] == {"totalCount": 0}


@pytest.mark.parametrize("price", ["57.0000001", "much", "1e400", "1e999999999", "-1"])
async def test_a_price_that_is_none_is_refused(door, price):
    built = await door.estate.license()
    graph = await door.as_("admin")
    lot = {
        "line": encode_node_id("MetricLine", built.line_id), "quantity": 1, "firstDay": "2026-01-01",
        "lastDay": "2026-12-31", "zone": "UTC", "currency": "EUR", "unitPrice": price,
    }  # fmt: skip
    said = (await graph.ask(BUY, input=lot))["buyLot"]
    assert (said["code"], said["path"]) == ("BAD_INPUT", ["unitPrice"])


async def test_an_instant_without_an_offset_is_refused(door):
    graph = await door.as_("admin")
    for bad in ("2026-03-02T09:00:00", "2026-03-02", "yesterday", "2026-13-02T09:00:00Z"):
        said = await graph.answer("query($at: Instant) { unitTree(asOf: $at) { totalCount } }", at=bad)
        assert said["errors"][0]["extensions"]["code"] == "BAD_INPUT", bad


async def test_a_token_shows_its_secret_once_and_opens_the_graph(door):
    graph = await door.as_("admin")
    make = f"""mutation($input: CreateTokenInput!) {{ createToken(input: $input) {{
        ... on CreatedToken {{ secret token {{ id name actions }} }} {REFUSED} }} }}"""
    own = encode_node_id("Person", door.estate.people["admin"])
    given = {"name": "ci", "person": own, "actions": ["UNIT_READ"]}
    made = (await graph.ask(make, key="t1", input=given))["createToken"]
    assert made["token"]["actions"] == ["unit:read"]
    again = (await graph.ask(make, key="t1", input=given))["createToken"]
    assert again == {"secret": None, "token": made["token"]}
    opened = type(graph)(graph.client, made["secret"])
    assert await opened.ask("{ units { totalCount } products { totalCount } }") == {
        "units": {"totalCount": 5},
        "products": {"totalCount": 0},
    }
    revoke = f"mutation($id: ID!) {{ revokeToken(input: {{token: $id}}) {{ ... on Token {{ revokedAt }} {REFUSED} }} }}"
    assert (await graph.ask(revoke, id=made["token"]["id"]))["revokeToken"]["revokedAt"]
    assert (await opened.answer("{ units { totalCount } }"))["code"] == "SIGN_IN_AGAIN"


async def test_a_leaver_is_marked_once_and_their_token_opens_nothing_more(door):
    graph, ada = await door.as_("admin"), await door.as_("ada")
    leave = f"mutation($id: ID!) {{ markLeft(input: {{person: $id}}) {{ ... on Person {{ status leftAt version }} {REFUSED} }} }}"
    person = encode_node_id("Person", door.estate.people["ada"])
    said = (await graph.ask(leave, id=person))["markLeft"]
    assert (said["status"], said["version"]) == ("LEFT", 2)
    assert (await graph.ask(leave, id=person))["markLeft"]["code"] == "WRONG_STATE"
    assert (await ada.answer("{ viewer { principal } }"))["code"] == "SIGN_IN_AGAIN"


async def test_a_person_is_entered_and_brought_up_to_date_by_their_natural_key(door):
    graph = await door.as_("admin")
    given = {
        "externalId": "E-1", "name": "Dora", "mail": "dora@halden.example", "country": "CH",
        "unit": encode_node_id("Unit", door.estate.units["it"]), "contractEnd": "2026-12-31",
    }  # fmt: skip
    enter = f"mutation($input: UpsertPersonInput!) {{ upsertPerson(input: $input) {{ ... on Person {{ id name version }} {REFUSED} }} }}"
    first = (await graph.ask(enter, input=given))["upsertPerson"]
    assert (await graph.ask(enter, input=given))["upsertPerson"] == first
    renamed = (await graph.ask(enter, input=given | {"name": "Dora B.", "expectedVersion": 1}))["upsertPerson"]
    assert (renamed["id"], renamed["name"], renamed["version"]) == (first["id"], "Dora B.", 2)
    stale = (await graph.ask(enter, input=given | {"expectedVersion": 1}))["upsertPerson"]
    assert stale["code"] == "CONFLICT"


async def test_a_role_is_granted_and_taken_back(door):
    graph = await door.as_("admin")
    grant = f"mutation($input: GrantRoleInput!) {{ grantRole(input: $input) {{ ... on RoleGrant {{ id role unit {{ code }} }} {REFUSED} }} }}"
    given = {
        "role": "LICENSE_OWNER", "scope": "UNIT", "unit": encode_node_id("Unit", door.estate.units["sales"]),
        "person": encode_node_id("Person", door.estate.people["cleo"]), "reason": "owns Sales",
    }  # fmt: skip
    made = (await graph.ask(grant, input=given))["grantRole"]
    assert made["unit"] == {"code": "sales"}
    cleo = await door.as_("cleo")
    assert (await cleo.ask("{ people { totalCount } }"))["people"]["totalCount"] == 4
    end = f'mutation($id: ID!) {{ endGrant(input: {{grant: $id, reason: "over"}}) {{ ... on RoleGrant {{ end }} {REFUSED} }} }}'
    assert (await graph.ask(end, id=made["id"]))["endGrant"]["end"]
    assert (await cleo.ask("{ people { totalCount } }"))["people"]["totalCount"] == 0


async def test_a_policy_is_drafted_looked_at_and_published_by_the_token(door):
    graph = await door.as_("admin")
    draft = f"mutation($input: DraftPolicyInput!) {{ draftPolicy(input: $input) {{ ... on PolicyVersion {{ id number state }} {REFUSED} }} }}"
    shipped = tomllib.loads((Path(threshold.__file__).parent / "defaults.toml").read_text("utf-8"))
    shipped["use"]["warn"] = 75
    given = {"kind": "THRESHOLDS", "content": json.loads(json.dumps(shipped, default=str)), "examples": [], "note": "n"}
    made = (await graph.ask(draft, input=given))["draftPolicy"]
    assert made["state"] == "DRAFT", made
    look = f"query($id: ID!) {{ policyPreview(version: $id) {{ ... on PolicyPreview {{ token lines {{ line before after }} }} {REFUSED} }} }}"
    seen = (await graph.ask(look, id=made["id"]))["policyPreview"]
    assert {"line": "use.warn", "before": "80", "after": "75"} in seen["lines"]
    publish = f"mutation($input: PublishPolicyInput!) {{ publishPolicy(input: $input) {{ ... on PolicyVersion {{ state }} {REFUSED} }} }}"
    for token, answer in (("nonsense", {"code": "PREVIEW_STALE"}), (seen["token"], {"state": "LIVE"})):
        said = (await graph.ask(publish, input={"version": made["id"], "token": token, "reason": "r"}))["publishPolicy"]
        assert answer.items() <= said.items()
    wrong = (await graph.ask(draft, input=given | {"content": [1]}))["draftPolicy"]
    assert (wrong["code"], wrong["path"]) == ("BAD_INPUT", ["content"])
