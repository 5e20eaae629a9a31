"""How reviews stood at an instant: which were prepared, decided, signed by then; and which instant a snapshot names."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, literal, or_

from governance.kernel.database import Word
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.reviews.models import Decision, Meeting, Review, Signature
from governance.reviews.queries.standing import visible_reviews
from governance.reviews.rules import ReviewState

R = TypeVar("R")
SNAPSHOT = "snapshot:"
QUARTER = re.compile(r"Q([1-4])-(?:FY)?(\d{4})|(?:FY)?(\d{4})-Q([1-4])")


def prepared_by_then(at: datetime) -> ColumnElement[bool]:
    """Say which reviews were prepared by then."""
    return Review.prepared_at <= at


def state_at(at: datetime | None) -> ColumnElement[Any]:
    """Give the state of a review at an instant: the last signature closes it, the first decision on it decides it."""
    if at is None:
        return Review.state.expression
    later = exists().where(
        Signature.tenant_id == Review.tenant_id, Signature.review_id == Review.id, Signature.recorded_at > at
    )
    decided = exists().where(
        Decision.tenant_id == Review.tenant_id, Decision.review_id == Review.id, Decision.item_key.is_(None),
        Decision.recorded_at <= at,
    )  # fmt: skip
    signed, prepared = (literal(each, Word(ReviewState)) for each in (ReviewState.SIGNED, ReviewState.PREPARED))
    return case(
        (and_(Review.state == ReviewState.SIGNED, ~later), signed),
        (decided, literal(ReviewState.DECIDED, Word(ReviewState))),
        else_=prepared,
    )


async def frozen_as(work: Work, name: str) -> Sequence[Review]:
    """Give the reviews within reach that a snapshot's name means: a board's quarter (FY2026-Q3, Q3-2026), or its id."""
    named: ColumnElement[bool] = Meeting.period == _period(name)
    with suppress(ValueError):
        named = or_(named, Review.id == UUID(name))
    query = (
        visible_reviews(work)
        .outerjoin(Meeting, and_(Meeting.tenant_id == Review.tenant_id, Meeting.review_id == Review.id))
        .where(named)
        .order_by(Review.prepared_at, Review.id)
    )
    return (await work.session.execute(query)).scalars().all()


async def frozen(work: Work, field: str, asked: str) -> Review:
    """Give the one review within reach that `snapshot:…` means. Raises BadInput for none, and for several."""
    found = await frozen_as(work, asked[len(SNAPSHOT) :])
    if not found:
        needs = "a snapshot within your reach, such as snapshot:FY2026-Q3, or an instant"
        raise BadInput(field, asked[:120], f"{needs} such as 2026-03-02T09:00:00Z")
    if len(found) > 1:
        ids = f"one of {len(found)} snapshots of that name, by its review's id"
        raise BadInput(field, asked[:120], f"{ids}: snapshot:{found[0].id}")
    return found[0]


def _period(name: str) -> str:
    """Write a fiscal quarter as it is kept, FY2026-Q3, whether the year or the quarter was said first."""
    said = name.strip().upper()
    found = QUARTER.fullmatch(said)
    return said if found is None else f"FY{found[2] or found[3]}-Q{found[1] or found[4]}"


def known_by(rows: Iterable[R], at: datetime | None) -> list[R]:
    """Give those of the rows that were recorded by then, in their order; all of them where no instant is named."""
    return [row for row in rows if at is None or recorded_at(row) <= at]


def recorded_at(row: Any) -> datetime:
    """Give when a row was recorded."""
    moment: datetime = row.recorded_at
    return moment
