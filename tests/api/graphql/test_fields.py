"""Fields that are not for everyone are null for who may not read them, named, and no filter tells them."""

from governance.usage.models import UsageEvent
from policies.access.fields import FieldClass
from policies.access.gate import FIELDS, HERE, Gate
from tests.api.graphql.grown import grown

LOT = "{ lots { nodes { quantity unitPrice { amount micros } total { amount } } } }"


def _gate_without(field_class: FieldClass) -> Gate:
    """Give the house's gate, where nobody may read one class of fields."""
    kept, mine = [], False
    for line in FIELDS.split("\n"):
        if line.startswith("["):
            mine = line == f"[{field_class.name}]"
        kept.append("read = []" if mine and line.startswith("read") else line)
    return Gate.from_lines((HERE / "roles.csv").read_text("utf-8").split("\n"), fields="\n".join(kept))


async def test_the_secret_of_a_token_is_withheld_from_an_auditor_and_named(door):
    said = await (await door.as_("auditor")).answer("{ tokens { nodes { name prefix } } }")
    assert said["data"]["tokens"]["nodes"][0]["prefix"] is None
    assert said["extensions"] == {"withheld": ["Token.prefix"]}
    shown = await (await door.as_("admin")).answer("{ tokens { nodes { prefix } } }")
    assert all(token["prefix"] for token in shown["data"]["tokens"]["nodes"])
    assert "extensions" not in shown


async def test_money_is_withheld_wherever_it_is_reached_from(door, office):
    await door.estate.license()
    graph = await door.as_("admin")
    assert (await graph.ask(LOT))["lots"]["nodes"][0]["total"] == {"amount": "171.00"}
    gate = _gate_without(FieldClass.MONEY)

    async def gates(_tenant):
        return gate

    office.gates = gates
    office.judged_by.clear()
    said = await graph.answer(LOT)
    assert said["data"]["lots"]["nodes"] == [{"quantity": 3, "unitPrice": None, "total": None}]
    assert said["extensions"]["withheld"] == ["Lot.total", "Lot.unitPrice"]
    deep = "{ agreements { nodes { payment entitlements { nodes { lots(first: 1) { nodes { unitPrice { amount } } } } } } } }"
    [agreement] = (await graph.answer(deep))["data"]["agreements"]["nodes"]
    assert agreement["payment"] is None
    assert agreement["entitlements"]["nodes"][0]["lots"]["nodes"] == [{"unitPrice": None}]


async def test_a_filter_by_a_field_that_one_may_not_read_is_refused(door, office):
    graph = await door.as_("admin")
    gate = _gate_without(FieldClass.PERSONAL)

    async def gates(_tenant):
        return gate

    office.gates = gates
    office.judged_by.clear()
    for narrowed in ('mail: "ada@halden.example"', 'country: "DE"'):
        said = await graph.answer(f"{{ people(filter: {{{narrowed}}}) {{ totalCount }} }}")
        assert said["errors"][0]["extensions"]["code"] == "REFUSED"
    assert (await graph.ask("{ people { totalCount nodes { name mail } } }"))["people"]["nodes"][0]["mail"] is None


async def test_the_trail_withholds_amounts_from_who_may_not_read_them(door, office):
    await grown(door.estate)
    graph = await door.as_("auditor")
    assert (await graph.ask("{ auditEntries { nodes { after } } }"))["auditEntries"]["nodes"][0]["after"]
    gate = _gate_without(FieldClass.MONEY)

    async def gates(_tenant):
        return gate

    office.gates = gates
    office.judged_by.clear()
    assert (await graph.answer("{ auditEntries { nodes { after } } }"))["data"]["auditEntries"]["nodes"][0][
        "after"
    ] is None


async def test_usage_of_one_person_is_shown_as_their_region_lets_it(door):
    now = door.estate.office.clock.now()
    for who in ("ada", "ben", "cleo"):  # Germany shows sums only, France no names, the United States both
        await door.estate.add(
            UsageEvent(
                **door.estate.key(), source="s", source_id=who, type="lictor.seat.used",
                person_id=door.estate.people[who], occurred_at=now, recorded_at=now, data={},
            )
        )  # fmt: skip
    asked = "{ usageEvents { totalCount nodes { id person { name } } } }"
    shown = (await (await door.as_("auditor")).ask(asked))["usageEvents"]
    names = [event["person"]["name"] if event["person"] else None for event in shown["nodes"]]
    assert sorted(names, key=str) == ["Cleo", None]
    assert shown["totalCount"] == 2


async def test_an_entry_of_the_trail_leads_to_what_it_is_about(door):
    admin = await door.as_("admin")
    made = await admin.ask('mutation { addVendor(input: {name: "Contoso"}) { ... on Vendor { id } } }')
    auditor = await door.as_("auditor")
    said = await auditor.ask(
        """query($id: ID!) { auditEntries(filter: {subject: $id}) { totalCount nodes {
            act actor person { name } subjectType subject { __typename id } after } } }""",
        id=made["addVendor"]["id"],
    )
    [entry] = said["auditEntries"]["nodes"]
    assert (entry["act"], entry["person"], entry["subjectType"]) == ("catalog:edit", {"name": "Admin"}, "vendor")
    assert entry["subject"] == {"__typename": "Vendor", "id": made["addVendor"]["id"]}
    assert entry["after"] == {"name": "Contoso"}
    assert (await admin.ask("{ auditEntries { totalCount } }"))["auditEntries"]["totalCount"] == 0
