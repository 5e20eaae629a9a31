"""The verbs of reviews: prepare, decide, sign."""

from governance.reviews.service.decide import DecideReview, decide_review
from governance.reviews.service.prepare import PrepareReview, prepare_review
from governance.reviews.service.sign import SignReview, sign_review, standing_hash

__all__ = [
    "DecideReview",
    "PrepareReview",
    "SignReview",
    "decide_review",
    "prepare_review",
    "sign_review",
    "standing_hash",
]
