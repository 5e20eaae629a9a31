"""Boards over the graph: set up and read with who speaks for whom; its quarter once; nobody else's, no half input."""

from api.graphql.engine import encode_node_id
from governance.reviews.rules import Seat
from policies.access.parties import Role
from tests.api.graphql.conftest import Door

NAMES = "{ boards { edges { node { name quorum chairNeeded departmentsNeeded members { department seat } } } } }"
CREATE = "mutation($in: CreateBoardInput!) { createBoard(input: $in) { ... on Board { id } ... on Refusal { code } } }"
ADD = """mutation($in: AddBoardMemberInput!) { addBoardMember(input: $in) {
    ... on BoardMember { department } ... on Refusal { code message } } }"""
PREPARE = """mutation($in: PrepareBoardReviewInput!) { prepareBoardReview(input: $in) {
    ... on Review { title snapshot { content } } ... on Refusal { code message } } }"""


async def test_a_board_is_set_up_read_and_its_quarter_prepared_once(door: Door) -> None:
    admin = await door.as_("admin")
    unit = encode_node_id("Unit", door.estate.units["halden"])
    given = {"name": "License board", "unit": unit, "departmentsNeeded": ["Finance"]}
    board = (await admin.ask(CREATE, **{"in": given}))["createBoard"]["id"]
    person = encode_node_id("Person", door.estate.people["board-sales"])
    asked = {"board": board, "person": person, "department": "Sales", "seat": Seat.CHAIR.value}
    assert (await admin.ask(ADD, **{"in": asked}))["addBoardMember"] == {"department": "Sales"}
    again = (await admin.ask(ADD, **{"in": asked}))["addBoardMember"]
    assert again["code"] == "BAD_INPUT"
    [edge] = (await admin.ask(NAMES))["boards"]["edges"]
    assert edge["node"] == {
        "name": "License board", "quorum": 2, "chairNeeded": True, "departmentsNeeded": ["Finance"],
        "members": [{"department": "Sales", "seat": "CHAIR"}],
    }  # fmt: skip
    first = (await admin.ask(PREPARE, **{"in": {"board": board}}))["prepareBoardReview"]
    assert first["snapshot"]["content"]["format"] == "lictor-review/2"
    assert (await admin.ask(PREPARE, **{"in": {"board": board}}))["prepareBoardReview"]["code"] == "ALREADY_DECIDED"


async def test_a_board_member_reads_boards_and_sets_up_none(door: Door) -> None:
    await door.estate.grant("board-sales", Role.BOARD_MEMBER)
    sales = await door.as_("board-sales")
    unit = encode_node_id("Unit", door.estate.units["halden"])
    assert (await sales.ask(NAMES))["boards"]["edges"] == []
    assert (await sales.ask(CREATE, **{"in": {"name": "Own board", "unit": unit}}))["createBoard"]["code"] == "REFUSED"
