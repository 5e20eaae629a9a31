"""A board's agenda over the graph: items, minutes, votes, decisions, actions; who may not gets a Refusal as value."""

from dataclasses import dataclass
from typing import Any

from api.graphql.engine import encode_node_id
from governance.kernel.clock import HandClock
from governance.reviews.rules import Seat
from governance.reviews.service import PrepareMeeting, prepare_meeting
from tests.api.graphql.conftest import Door, Graph
from tests.governance.reviews.test_board import board, sits
from tests.governance.reviews.test_review import act
from tests.reports.ground import furnished

AGENDA = """query($id: ID!) { review(id: $id) { meetingDay { day } agenda {
    key title kind facts own { text author { name } subjectKind }
    tally { carried lacks silent voices { department choice } }
    notes { text } votes { choice department supersededAt } decisions { outcome text tally } } } }"""
ACTIONS = """query($filter: ActionFilter) { actionItems(filter: $filter) { edges { node {
    id what state overdue dueDay item steps { state reason }
    aim { measure subject direction target judgeDay then { value n exact } verdict { verdict } } } } } }"""
SAID = {
    "scheduleMeeting": "... on MeetingDay { day }",
    "addAgendaItem": "... on OwnAgendaItem { item title }",
    "noteAgendaItem": "... on AgendaItemNote { text author { name } }",
    "castVote": "... on AgendaItemVote { choice department }",
    "decideAgendaItem": "... on AgendaItemDecision { id outcome tally }",
    "assignAction": "... on ActionItem { id state }",
    "closeAction": "... on ActionItem { id state }",
}


@dataclass
class Room:
    """A board of Sales (chair) and Finance with a frozen quarter, and its members' graphs."""

    door: Door
    review: str
    sales: Graph
    finance: Graph


async def room(door: Door) -> Room:
    estate = door.estate
    of = await board(estate, needed=())
    await sits(estate, of, "board-sales", "Sales", Seat.CHAIR)
    await sits(estate, of, "board-finance", "Finance")
    await furnished(estate)
    review = await act(estate, "admin", prepare_meeting, PrepareMeeting(of.id))
    sales, finance = await door.as_("board-sales"), await door.as_("board-finance")
    return Room(door, encode_node_id("Review", review.id), sales, finance)


async def do(graph: Graph, name: str, **given: Any) -> dict[str, Any]:
    kind = name[0].upper() + name[1:] + "Input"
    asked = f"mutation($in: {kind}!) {{ {name}(input: $in) {{ {SAID[name]} ... on Refusal {{ code message path }} }} }}"
    said: dict[str, Any] = (await graph.ask(asked, **{"in": given}))[name]
    return said


async def agenda(graph: Graph, review: str) -> dict[str, dict[str, Any]]:
    return {each["key"]: each for each in (await graph.ask(AGENDA, id=review))["review"]["agenda"]}


async def test_a_proposal_goes_from_the_agenda_through_a_vote_to_a_decision(door: Door) -> None:
    at = await room(door)
    frozen = await agenda(at.sales, at.review)
    assert {each["own"] for each in frozen.values()} == {None}
    assert all(each["facts"]["rule"] for each in frozen.values())
    given = {"review": at.review, "title": "Return seats", "text": "All unused ones.", "kind": "PROPOSAL"}
    key = (await do(at.sales, "addAgendaItem", **given))["item"]
    item = {"review": at.review, "item": key}
    assert (await do(at.finance, "noteAgendaItem", **item, text="Sales agrees."))["text"] == "Sales agrees."
    assert (await do(at.sales, "castVote", **item, choice="AGAINST"))["department"] == "Sales"
    await do(at.sales, "castVote", **item, choice="FOR")
    early = await do(at.sales, "decideAgendaItem", **item, outcome="APPROVED", text="Do it.")
    assert (early["code"], "still lacks: votes of 1 of: Finance" in early["message"]) == ("WRONG_STATE", True)
    await do(at.finance, "castVote", **item, choice="FOR")
    made = await do(at.sales, "decideAgendaItem", **item, outcome="APPROVED", text="Do it.")
    assert made["tally"]["carried"] is True
    again = await do(at.finance, "decideAgendaItem", **item, outcome="NOTED", text="No.")
    assert again["code"] == "CONFLICT"
    told = await agenda(at.sales, at.review)
    assert {name: each for name, each in told.items() if name != key} == frozen
    assert (told[key]["title"], told[key]["kind"], told[key]["own"]["text"], told[key]["facts"]) == (
        "Return seats", "PROPOSAL", "All unused ones.", None,
    )  # fmt: skip
    assert told[key]["tally"] == {
        "carried": True, "lacks": "", "silent": [],
        "voices": [{"department": "Finance", "choice": "FOR"}, {"department": "Sales", "choice": "FOR"}],
    }  # fmt: skip
    assert [(each["choice"], each["supersededAt"] is None) for each in told[key]["votes"]] == [
        ("AGAINST", False), ("FOR", True), ("FOR", True),
    ]  # fmt: skip
    assert [each["outcome"] for each in told[key]["decisions"]] == ["APPROVED"]
    assert [each["text"] for each in told[key]["notes"]] == ["Sales agrees."]


async def test_who_is_no_member_or_may_not_is_told_so_as_a_value(door: Door) -> None:
    at = await room(door)
    admin, ada = await door.as_("admin"), await door.as_("ada")
    given = {"review": at.review, "title": "Own", "text": "Own."}
    assert (await do(admin, "addAgendaItem", **given))["code"] == "SEPARATION_OF_DUTIES"
    assert (await do(ada, "addAgendaItem", **given))["code"] == "NOT_FOUND"
    item = {"review": at.review, "item": "own:nothing"}
    assert (await do(at.sales, "castVote", **item, choice="FOR"))["code"] == "NOT_FOUND"
    assert (await do(admin, "decideAgendaItem", **item, outcome="NOTED", text="So."))["code"] == "REFUSED"
    wrong = await do(at.sales, "addAgendaItem", **given, subject=encode_node_id("Unit", door.estate.units["it"]))
    assert (wrong["code"], wrong["path"]) == ("BAD_INPUT", ["subject"])
    for_it = await do(at.sales, "castVote", review=at.review, item="x", choice="FOR", department="IT")
    assert for_it["code"] == "NOT_FOUND"


async def test_a_day_to_meet_is_set_and_read(door: Door) -> None:
    at = await room(door)
    admin = await door.as_("admin")
    assert (await do(admin, "scheduleMeeting", review=at.review, day="2026-03-20"))["day"] == "2026-03-20"
    assert (await do(admin, "scheduleMeeting", review=at.review, day="2026-03-16"))["day"] == "2026-03-16"
    past = await do(admin, "scheduleMeeting", review=at.review, day="2026-03-01")
    assert (past["code"], past["path"]) == ("BAD_INPUT", ["day"])
    assert (await do(at.sales, "scheduleMeeting", review=at.review, day="2026-03-20"))["code"] == "REFUSED"
    assert (await at.sales.ask(AGENDA, id=at.review))["review"]["meetingDay"] == {"day": "2026-03-16"}


async def test_an_action_with_its_aim_is_given_found_by_its_owner_and_closed(door: Door, clock: HandClock) -> None:
    at = await room(door)
    estate = door.estate
    ben, cleo = await door.as_("ben"), await door.as_("cleo")
    owner = encode_node_id("Person", estate.people["ben"])
    aim = {"measure": "UTILIZATION", "direction": "DOWN", "target": "60", "judgeDay": "2026-03-31"}
    given = {"review": at.review, "what": "Return it", "owner": owner, "dueDay": "2026-03-20"}
    assert (await do(at.sales, "assignAction", **given, aim=aim))["state"] == "OPEN"
    both = await do(at.sales, "assignAction", **given, aim=aim | {"check": "leaver", "step": "VALUE"})
    assert (both["code"], both["path"]) == ("BAD_INPUT", ["aim"])
    unknown = await do(at.sales, "assignAction", **given, aim=aim | {"license": owner})
    assert (unknown["code"], unknown["path"]) == ("BAD_INPUT", ["aim", "license"])
    (edge,) = (await ben.ask(ACTIONS))["actionItems"]["edges"]
    node = edge["node"]
    assert (node["what"], node["state"], node["overdue"]) == ("Return it", "OPEN", False)
    assert node["aim"] == {
        "measure": "UTILIZATION", "subject": "", "direction": "DOWN", "target": "60", "judgeDay": "2026-03-31",
        "then": {"value": "66.7", "n": 3, "exact": True}, "verdict": None,
    }  # fmt: skip
    assert (await cleo.ask(ACTIONS))["actionItems"]["edges"] == []
    assert (await do(cleo, "closeAction", action=node["id"], state="DONE"))["code"] == "NOT_FOUND"
    bare = await do(ben, "closeAction", action=node["id"], state="DROPPED")
    assert (bare["code"], bare["path"]) == ("BAD_INPUT", ["reason"])
    assert (await do(ben, "closeAction", action=node["id"], state="DONE"))["state"] == "DONE"
    assert len((await at.sales.ask(ACTIONS, filter={"open": True}))["actionItems"]["edges"]) == 0
    (edge,) = (await at.sales.ask(ACTIONS, filter={"open": False, "owner": owner}))["actionItems"]["edges"]
    assert edge["node"]["steps"] == [{"state": "OPEN", "reason": None}, {"state": "DONE", "reason": None}]


async def test_who_owns_an_action_reads_no_amount_that_they_may_not(door: Door) -> None:
    at = await room(door)
    owner = encode_node_id("Person", door.estate.people["ben"])
    aim = {"measure": "SPEND", "direction": "DOWN", "target": "100", "judgeDay": "2026-03-31"}
    given = {"review": at.review, "what": "Spend less", "owner": owner, "dueDay": "2026-03-20"}
    assert (await do(at.sales, "assignAction", **given, aim=aim))["state"] == "OPEN"
    (shown,) = (await at.sales.ask(ACTIONS))["actionItems"]["edges"]
    assert shown["node"]["aim"]["target"] == "100"
    said = await (await door.as_("ben")).answer(ACTIONS)
    (edge,) = said["data"]["actionItems"]["edges"]
    assert (edge["node"]["aim"]["target"], edge["node"]["aim"]["then"]) == (None, None)
    assert "Aim.target" in said["extensions"]["withheld"]


async def test_only_overdue_actions_are_given_where_asked_for(door: Door, clock: HandClock) -> None:
    at = await room(door)
    owner = encode_node_id("Person", door.estate.people["ben"])
    for day in ("2026-03-03", "2026-03-20"):
        await do(at.sales, "assignAction", review=at.review, what=day, owner=owner, dueDay=day)
    clock.advance(clock.now().replace(day=5) - clock.now())
    found = (await at.sales.ask(ACTIONS, filter={"overdue": True}))["actionItems"]["edges"]
    assert [(each["node"]["what"], each["node"]["overdue"]) for each in found] == [("2026-03-03", True)]


async def test_who_speaks_for_two_departments_names_one_when_signing(door: Door) -> None:
    """The department is looked at before the password, which no token proves."""
    at = await room(door)
    text = "mutation($in: DecideReviewInput!) { decideReview(input: $in) { ... on Decision { id } } }"
    await at.sales.ask(text, **{"in": {"review": at.review, "expectedVersion": 1, "text": "Keep."}})
    found = await at.sales.ask("query($id: ID!) { review(id: $id) { hashToSign } }", id=at.review)
    given = {"review": at.review, "sha256": found["review"]["hashToSign"]}
    sign = "mutation($in: SignReviewInput!) { signReview(input: $in) { ... on Refusal { code message } } }"
    other = (await at.sales.ask(sign, **{"in": given | {"department": "Finance"}}))["signReview"]
    assert other["code"] == "SEPARATION_OF_DUTIES"
    assert other["message"].startswith("You do not speak for Finance in this board today")
    own = (await at.sales.ask(sign, **{"in": given | {"department": "Sales"}}))["signReview"]
    assert own["code"] == "SIGN_IN_AGAIN"
