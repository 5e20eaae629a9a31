"""The verbs of reviews and boards: set up, prepare, meet, add, note, vote, decide, give to do, judge, sign."""

from governance.reviews.service.actions import (
    AssignAction,
    CloseAction,
    assign_action,
    close_action,
    judge_aim,
)
from governance.reviews.service.aims import MEASURES, Aim
from governance.reviews.service.boards import AddMember, CreateBoard, EndMember, add_member, create_board, end_member
from governance.reviews.service.decide import DecideItem, DecideReview, decide_item, decide_review
from governance.reviews.service.items import AddItem, NoteItem, add_item, note_item
from governance.reviews.service.meet import ScheduleMeeting, schedule_meeting
from governance.reviews.service.prepare import PrepareMeeting, PrepareReview, prepare_meeting, prepare_review
from governance.reviews.service.sign import SignReview, bench, hash_to_sign, sign_review, standing_hash
from governance.reviews.service.vote import CastVote, cast_vote, tallies_of, tally_of

__all__ = [
    "MEASURES",
    "AddItem",
    "AddMember",
    "Aim",
    "AssignAction",
    "CastVote",
    "CloseAction",
    "CreateBoard",
    "DecideItem",
    "DecideReview",
    "EndMember",
    "NoteItem",
    "PrepareMeeting",
    "PrepareReview",
    "ScheduleMeeting",
    "SignReview",
    "add_item",
    "add_member",
    "assign_action",
    "bench",
    "cast_vote",
    "close_action",
    "create_board",
    "decide_item",
    "decide_review",
    "end_member",
    "hash_to_sign",
    "judge_aim",
    "note_item",
    "prepare_meeting",
    "prepare_review",
    "schedule_meeting",
    "sign_review",
    "standing_hash",
    "tallies_of",
    "tally_of",
]
