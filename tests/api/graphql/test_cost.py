"""Cost in the graph: by unit with its rates, and of a position in the reporting currency."""

from datetime import date

from api.graphql.engine import encode_node_id
from tests.governance.entitlements.signed import allocated, bought, lot, pooled, signed
from tests.governance.metrics.rated import rated

BY_UNIT = """query($input: CostInput) { costByUnit(input: $input) { ... on Refusal { code path message }
    ... on CostByUnit { currency missingRates reconciled { agrees lots partly toldCost { amount currency } }
    periods { name whole } definition { id version } scope { everything }
    units { unit depth whole { total { amount } idlePercent } }
    rows { unit vendor period { name } rate rateDay rateSource cost { total { amount currency } }
           converted { unallocated { amount } unused { amount } } } } } }"""
POSITION = """{ position { ... on LicensePosition { totals { costInReporting { currency askedDay missingRates
    total { amount } parts { amount { amount currency } converted { amount } rate rateDay rateSource } } } } } }"""


async def francs(estate):
    line = await signed(estate)
    row = await bought(estate, lot(line.line_id, 10, currency="CHF", unit_price=36_500_000))
    pool = await pooled(estate, line.line_id)
    await allocated(estate, row.lot_key, pool.id, 4)


async def test_cost_by_unit_says_amounts_rates_and_whether_it_reconciles(door, office):
    await francs(door.estate)
    await rated(office, date(2026, 2, 27), USD="1.2", CHF="1")
    graph = await door.as_("auditor")
    told = (await graph.ask(BY_UNIT, input={"firstDay": "2026-02-01"}))["costByUnit"]
    assert [each["name"] for each in told["periods"]] == ["2026-02", "2026-03"]
    assert (told["currency"], told["missingRates"], told["definition"]["id"]) == ("USD", [], "cost_by_unit")
    assert told["reconciled"] == {
        "agrees": True, "lots": 1, "partly": 0, "toldCost": [{"amount": "30.00", "currency": "CHF"}],
    }  # fmt: skip
    rest, pool = (row for row in told["rows"] if row["period"]["name"] == "2026-02")
    assert (pool["rate"], pool["rateDay"], pool["rateSource"]) == ("1.2", "2026-02-27", "ECB")
    assert pool["converted"] == {"unallocated": {"amount": "0.00"}, "unused": {"amount": "13.44"}}
    assert rest["converted"]["unallocated"] == {"amount": "20.16"}
    assert [(each["depth"], each["whole"]["total"]["amount"]) for each in told["units"]] == [(0, "36.00"), (1, "14.40")]
    refused = (await graph.ask(BY_UNIT, input={"firstDay": "2026-04-01"}))["costByUnit"]
    assert (refused["code"], refused["path"]) == ("BAD_INPUT", ["firstDay"])


async def test_a_position_says_its_cost_in_the_reporting_currency_or_why_not(door, office):
    await francs(door.estate)
    graph = await door.as_("auditor")
    said = (await graph.ask(POSITION))["position"]["totals"]["costInReporting"]
    assert (said["total"], said["missingRates"]) == (None, ["CHF"])
    await rated(office, date(2026, 2, 27), USD="1.2", CHF="1")
    said = (await graph.ask(POSITION))["position"]["totals"]["costInReporting"]
    assert said["total"] == {"amount": "438.00"}
    assert said["parts"][0]["rateDay"] == "2026-02-27"
    assert said["askedDay"] == "2026-03-02"


SEATS = """{ seatCosts(input: {by: LINE}) { ... on Refusal { code } ... on SeatCosts { by currency askedDay
    definition { id } unusedDefinition { id } whole { id name costs { total { term { amount { amount } } } } }
    rows { id name of purchased occupied unassigned neverUsed dormant withheld dormantWithheld costs {
        currency seats perSeat { day { amount { amount } rate } month { amount { amount } } year { converted { amount } }
        term { amount { amount } } } unassigned { year { amount { amount } } } neverUsed { year { rate } }
        dormant { day { rate } } endless { amount } unlimited { amount } } } } } }"""
PRICES = """query($id: ID!) { priceHistory(license: $id) { upliftCap definition { id } purchases { costBasis renews overCap
    unitPrice { amount } bands { first last unitPrice { amount } } seatYear { amount } } } }"""


async def test_cost_a_seat_and_its_history_are_told_and_money_is_guarded(door):
    built = await door.estate.license("m365", quantity=10, pools={"sales": 4})
    graph = await door.as_("admin")
    told = (await graph.ask(SEATS))["seatCosts"]
    assert told["by"] == "LINE"
    assert (told["definition"]["id"], told["unusedDefinition"]["id"]) == ("seat_cost", "unused_seats")
    [row] = told["rows"]
    assert (row["of"], row["purchased"], row["unassigned"], row["withheld"]) == ("m365", 10, 10, None)
    assert row["id"] == encode_node_id("MetricLine", built.line_id)
    [cost] = row["costs"]
    assert cost["perSeat"]["year"]["converted"] == {"amount": "57.00"}
    assert cost["perSeat"]["term"]["amount"] == {"amount": "57.00"}
    assert cost["unassigned"]["year"]["amount"] == {"amount": "570.00"}
    assert told["whole"]["costs"][0]["total"]["term"]["amount"] == {"amount": "570.00"}
    holder = await door.as_("ada")
    assert (await holder.ask("{ seatCosts { ... on SeatCosts { rows { name } } } }"))["seatCosts"] == {"rows": []}
    refused = await holder.answer("{ seatCosts { ... on SeatCosts { whole { costs { currency } } } } }")
    assert refused["extensions"] == {"withheld": ["SeatCostRow.costs"]}, "money is a class of its own"
    history = (await graph.ask(PRICES, id=encode_node_id("Entitlement", built.entitlement_id)))["priceHistory"]
    assert (history["upliftCap"], history["definition"]) == (None, {"id": "price_history"})
    [purchase] = history["purchases"]
    assert (purchase["costBasis"], purchase["bands"], purchase["renews"]) == ("PER_SEAT", [], False)
