"""The verbs of reviews and boards: set up, prepare, decide, sign."""

from governance.reviews.service.boards import AddMember, CreateBoard, EndMember, add_member, create_board, end_member
from governance.reviews.service.decide import DecideReview, decide_review
from governance.reviews.service.prepare import PrepareMeeting, PrepareReview, prepare_meeting, prepare_review
from governance.reviews.service.sign import SignReview, bench, sign_review, standing_hash

__all__ = [
    "AddMember",
    "CreateBoard",
    "DecideReview",
    "EndMember",
    "PrepareMeeting",
    "PrepareReview",
    "SignReview",
    "add_member",
    "bench",
    "create_board",
    "decide_review",
    "end_member",
    "prepare_meeting",
    "prepare_review",
    "sign_review",
    "standing_hash",
]
