"""A board's review with a row for every sheet of its workbook: voted, decided, given to do, and signed by one."""

from datetime import timedelta
from uuid import UUID

from governance.reviews.models import ActionItem, Review
from governance.reviews.rules import Choice, ItemKind, ItemOutcome, Seat
from governance.reviews.service import (
    AddItem,
    AssignAction,
    CastVote,
    DecideItem,
    PrepareMeeting,
    add_item,
    assign_action,
    cast_vote,
    decide_item,
    prepare_meeting,
    sign_review,
)
from tests.estate import Estate
from tests.governance.reviews.test_board import board, sits
from tests.governance.reviews.test_review import act, decided, standing, to_sign


async def reviewed(estate: Estate) -> tuple[Review, str, ActionItem]:
    """Give the review, the key of its proposal, and the action that followed. Finance signed, the chair did not."""
    of = await board(estate)
    await sits(estate, of, "board-sales", "Sales", Seat.CHAIR)
    await sits(estate, of, "board-finance", "Finance")
    row = await act(estate, "admin", prepare_meeting, PrepareMeeting(of.id))
    key, given = await proposed(estate, row.id)
    await decided(estate, await standing(estate, row.id))
    await act(estate, "board-finance", sign_review, await to_sign(estate, row.id))
    return row, key, given


async def proposed(estate: Estate, review_id: UUID) -> tuple[str, ActionItem]:
    own = await act(estate, "board-sales", add_item, AddItem(review_id, "=Buy 20", "More.", ItemKind.PROPOSAL))
    for who in ("board-sales", "board-finance"):
        await act(estate, who, cast_vote, CastVote(review_id, own.key, Choice.FOR))
    approved = DecideItem(review_id, own.key, ItemOutcome.APPROVED, "Buy them.")
    await act(estate, "board-sales", decide_item, approved)
    due = estate.office.clock.now().date() + timedelta(days=3)
    action = AssignAction(review_id, "Order them", estate.people["ada"], due, own.key)
    return own.key, await act(estate, "board-sales", assign_action, action)
