"""Prices in bands over the graph: kept, corrected, told part by part; a wrong band is named and changes nothing."""

from sqlalchemy import func, select

from api.graphql.engine import encode_node_id
from governance.audit.models import Entry
from governance.catalog.models import ListPrice, Tier

REFUSED = "... on Refusal { code message path }"
WORKING = """{ quantity total { amount } parts { units first last unitPrice { amount } amount { amount } }
    nextBand { more quantity extra { amount } } cheaperMore { quantity total { amount } extra { amount } } }"""
LOT = f"id version costBasis unitPrice {{ amount }} bands {{ first last unitPrice {{ amount }} }} priceFor {WORKING}"
BUY = f"mutation($input: BuyLotInput!) {{ buyLot(input: $input) {{ ... on Lot {{ {LOT} }} {REFUSED} }} }}"
CORRECT = f"mutation($input: CorrectLotInput!) {{ correctLot(input: $input) {{ ... on Lot {{ {LOT} }} {REFUSED} }} }}"
PREVIEW = (
    "query($input: CorrectLotInput!) { correctLotPreview(input: $input) { ... on Preview { token changes } "
    + REFUSED
    + " } }"
)
SET = f"""mutation($input: SetListPriceInput!) {{ setListPrice(input: $input) {{
    ... on ListPrice {{ id basis priceFor(quantity: 12) {WORKING} }} {REFUSED} }} }}"""
BANDS = [{"first": 1, "last": 10, "unitPrice": "10.00"}, {"first": 11, "unitPrice": "8.50"}]


async def test_a_lot_in_bands_is_bought_told_and_corrected(door):
    built = await door.estate.license()
    graph = await door.as_("admin")
    line = encode_node_id("MetricLine", built.line_id)
    lot = {
        "line": line, "quantity": 9, "firstDay": "2026-01-01", "lastDay": "2026-12-31", "zone": "UTC",
        "currency": "EUR", "costBasis": "VOLUME", "bands": BANDS,
    }  # fmt: skip
    gap = [BANDS[0], {"first": 13, "unitPrice": "8.50"}]
    for wrong, path in (
        ({"bands": gap}, ["bands", "1", "first"]),
        ({"bands": [BANDS[0], {"first": 11, "unitPrice": "-1"}]}, ["bands", "1", "unitPrice"]),
        ({"bands": None, "unitPrice": "5"}, ["bands"]),
        ({"costBasis": "PER_SEAT"}, ["bands"]),
        ({"unitPrice": "9.99"}, ["unitPrice"]),
    ):
        said = (await graph.ask(BUY, input=lot | wrong))["buyLot"]
        assert (said["code"], said["path"]) == ("BAD_INPUT", path)
    bought = (await graph.ask(BUY, input=lot))["buyLot"]
    assert (bought["costBasis"], bought["unitPrice"], bought["bands"][0]["last"]) == ("VOLUME", {"amount": "10.00"}, 10)
    assert bought["priceFor"] == {
        "quantity": 9,
        "total": {"amount": "90.00"},
        "parts": [
            {"units": 9, "first": 1, "last": 10, "unitPrice": {"amount": "10.00"}, "amount": {"amount": "90.00"}}
        ],
        "nextBand": {"more": 2, "quantity": 11, "extra": {"amount": "3.50"}},
        "cheaperMore": None,
    }
    on = {"costBasis": "GRADUATED", "quantity": 3, "unitsBefore": 9}
    more = (await graph.ask(BUY, key="more", input=lot | on))["buyLot"]
    assert (more["unitPrice"], more["priceFor"]["total"]) == ({"amount": "10.00"}, {"amount": "27.00"})
    flat = {"costBasis": "PER_SEAT", "bands": None, "unitPrice": "5", "unitsBefore": 9}
    assert (await graph.ask(BUY, key="flat", input=lot | flat))["buyLot"]["path"] == ["unitsBefore"]
    change = {"costBasis": "GRADUATED", "bands": [BANDS[0], {"first": 11, "unitPrice": "8.00"}], "quantity": 12}
    fix = {"lot": bought["id"], "expected": bought["version"], "changes": change, "reason": "INCORRECT_INPUT"}
    seen = (await graph.ask(PREVIEW, input=fix))["correctLotPreview"]
    assert seen["changes"]["bands"] == [[1, 10_000_000], [11, 8_000_000]], seen
    fixed = (await graph.ask(CORRECT, input=fix | {"token": seen["token"]}))["correctLot"]
    assert fixed["priceFor"]["total"] == {"amount": "116.00"}
    assert [part["units"] for part in fixed["priceFor"]["parts"]] == [10, 2]


async def test_a_list_price_in_bands_supersedes_and_leaves_one_entry(door):
    await door.estate.product("m365", tiers=("E3",))
    graph = await door.as_("admin")
    async with door.estate.office.database.read(door.estate.tenant_id) as session:
        tier = encode_node_id("Tier", (await session.execute(select(Tier.id))).scalar_one())
    price = {"tier": tier, "currency": "EUR", "unitPrice": "9.50"}
    assert (await graph.ask(SET, key="one", input=price))["setListPrice"]["basis"] == "PER_SEAT"
    bands = {"tier": tier, "currency": "EUR", "basis": "VOLUME", "bands": BANDS}
    told = (await graph.ask(SET, key="two", input=bands))["setListPrice"]
    assert told["priceFor"]["total"] == {"amount": "102.00"}
    again = (await graph.ask(SET, key="three", input=bands))["setListPrice"]
    assert again["id"] == told["id"], "the same price again is no other one"
    pack = (await graph.ask(SET, key="four", input=price | {"basis": "PACK"}))["setListPrice"]
    assert (pack["code"], pack["path"]) == ("BAD_INPUT", ["basis"])
    async with door.estate.office.database.read(door.estate.tenant_id) as session:
        entries = select(func.count()).select_from(Entry).where(Entry.subject_type == "tier")
        prices = (await session.execute(select(ListPrice).order_by(ListPrice.recorded_at, ListPrice.id))).scalars()
        assert [each.superseded_at is None for each in prices] == [False, True]
        assert (await session.execute(entries)).scalar_one() == 2
