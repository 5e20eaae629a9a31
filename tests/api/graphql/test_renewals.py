"""Renewals in the graph: decided by what was read, told once, kept from those who may not; money hidden from others."""

from datetime import date

from api.graphql.engine import encode_node_id
from governance.entitlements.service.lots import NewLot, buy_lot

REFUSED = "... on Refusal { code path }"
OUTCOME = f"""mutation($input: RecordOutcomeInput!) {{ recordOutcome(input: $input) {{ ... on Renewal {{ state
    outcomes {{ outcomeId stage outcome supersededAt value {{ amount }} }} }} {REFUSED} }} }}"""
TALK = f"""mutation($input: RecordConversationInput!) {{ recordConversation(input: $input) {{ ... on Conversation {{
    withWhom nextOwner {{ name }} }} {REFUSED} }} }}"""
NOTICE = f"""mutation($input: GiveNoticeInput!) {{ giveNotice(input: $input) {{ ... on Renewal {{ state noticeGiven
    notices {{ reference }} conversations {{ nodes {{ summary }} }} }} {REFUSED} }} }}"""
RETENTION = f"""query($input: RetentionInput!) {{ retention(input: $input) {{ ... on Retention {{ total {{ notYetDue due
    asBooked {{ grr waterfall {{ opening {{ amount }} }} }} }} groups {{ name }} }} {REFUSED} }} }}"""


async def test_a_later_outcome_names_the_one_it_supersedes(door):
    key = (await door.estate.license()).lot_key
    graph = await door.as_("admin")
    said = {"renewal": encode_node_id("Renewal", key), "stage": "BOOKED", "outcome": "EXPANDED", "quantity": 5}
    first = (await graph.ask(OUTCOME, input={**said, "valueMicros": "285000000"}))["recordOutcome"]
    assert (first["state"], first["outcomes"][0]["value"]) == ("RENEWED", {"amount": "285.00"})
    assert (await graph.ask(OUTCOME, input={**said, "valueMicros": "1"}))["recordOutcome"]["code"] == "CONFLICT"
    bad = (await graph.ask(OUTCOME, input={**said, "valueMicros": "1.5"}))["recordOutcome"]
    assert (bad["code"], bad["path"]) == ("BAD_INPUT", ["valueMicros"])
    gone = {**said, "outcome": "CANCELLED", "cancelReason": "UNUSED", "quantity": None}
    second = await graph.ask(OUTCOME, input={**gone, "expected": first["outcomes"][0]["outcomeId"]})
    assert second["recordOutcome"]["state"] == "CANCELLED"
    assert [row["supersededAt"] is None for row in second["recordOutcome"]["outcomes"]] == [True, False]


async def test_what_was_said_and_given_notice_of_stands_on_the_renewal(door):
    renewal = encode_node_id("Renewal", (await door.estate.license()).lot_key)
    graph = await door.as_("admin")
    ada = encode_node_id("Person", door.estate.people["ada"])
    talk = {
        "renewal": renewal, "day": "2026-03-01", "withWhom": "Ravi Patel", "channel": "CALL", "summary": "Price holds.",
        "nextStep": "Send use", "nextOwner": ada,
    }  # fmt: skip
    assert (await graph.ask(TALK, input=talk))["recordConversation"]["nextOwner"] == {"name": "Ada"}
    given = await graph.ask(NOTICE, input={"renewal": renewal, "day": "2026-03-02", "reference": "Letter 12"})
    assert given["giveNotice"] == {
        "state": "NOTICE_GIVEN", "noticeGiven": "2026-03-02", "notices": [{"reference": "Letter 12"}],
        "conversations": {"nodes": [{"summary": "Price holds."}]},
    }  # fmt: skip


async def test_the_auditor_reads_the_board_sees_figures_and_neither_decides(door):
    renewal = encode_node_id("Renewal", (await door.estate.license()).lot_key)
    said = {"renewal": renewal, "stage": "BOOKED", "outcome": "RENEWED"}
    period = {"side": "PROCURED", "firstDay": "2026-03-01", "lastDay": "2026-12-31", "by": "PRODUCT"}
    for who in ("auditor", "board-sales"):
        graph = await door.as_(who)
        assert (await graph.ask(OUTCOME, input=said))["recordOutcome"]["code"] == "REFUSED"
        found = (await graph.ask(RETENTION, input=period))["retention"]
        assert (found["total"]["notYetDue"], found["total"]["due"], len(found["groups"])) == (1, 0, 1)
    bad = (await graph.ask(RETENTION, input={**period, "lastDay": "2026-01-01"}))["retention"]
    assert (bad["code"], bad["path"]) == ("BAD_INPUT", ["lastDay"])


LINK = f"""mutation($input: LinkRenewalInput!) {{ linkRenewal(input: $input) {{ ... on Renewal {{ state
    followers {{ quantity renews }} }} {REFUSED} }} }}"""
UNLINK = f"""mutation($input: UnlinkRenewalInput!) {{ unlinkRenewal(input: $input) {{ ... on Renewal {{ state
    followers {{ quantity renews }} }} {REFUSED} }} }}"""


async def test_a_lot_that_renews_two_is_linked_and_parted_and_only_by_who_decides(door):
    estate = door.estate
    term = {"first_day": date(2025, 3, 1), "last_day": date(2026, 2, 28), "quantity": 5}
    one, two = await estate.license("one", **term), await estate.license("two", **term)
    new = NewLot(
        one.line_id, 12, date(2026, 3, 1), date(2027, 2, 28), "Europe/Zurich", "USD", 1_000_000,
        renewal_of=one.lot_key,
    )  # fmt: skip
    later = await estate.office.perform(estate.actor("admin"), lambda work: buy_lot(work, new))
    asked = {"renewal": encode_node_id("Renewal", two.lot_key), "by": encode_node_id("Renewal", later.lot_key)}
    auditor = await door.as_("auditor")
    assert (await auditor.ask(LINK, input=asked))["linkRenewal"]["code"] == "REFUSED"
    graph = await door.as_("admin")
    linked = (await graph.ask(LINK, input=asked))["linkRenewal"]
    assert linked == {"state": "RENEWED", "followers": [{"quantity": 6, "renews": 2}]}
    again = (await graph.ask(LINK, input=asked))["linkRenewal"]
    assert (again["code"], again["path"]) == ("BAD_INPUT", ["by"])
    undone = {**asked, "reasonText": "It was bought for others."}
    assert (await auditor.ask(UNLINK, input=undone))["unlinkRenewal"]["code"] == "REFUSED"
    free = (await graph.ask(UNLINK, input=undone))["unlinkRenewal"]
    assert (free["state"], free["followers"]) != ("RENEWED", linked["followers"])
    assert free["followers"] == []
    twice = (await graph.ask(UNLINK, input=undone))["unlinkRenewal"]
    assert (twice["code"], twice["path"]) == ("BAD_INPUT", ["by"])
