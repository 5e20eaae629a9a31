"""Every SELECT of reviews and boards: those within reach, what was frozen, decided and signed, who speaks for whom."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal, select

from governance.directory.models import OrgUnit, Person
from governance.directory.queries import ownership
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from governance.reviews.models import Board, BoardMember, Decision, Mandate, Meeting, Review, Signature, Snapshot
from policies.access.actions import Action
from policies.access.parties import Ownership
from policies.regions.region import WORLD

# A review speaks of a unit wherever its licenses are used: it lies in the world, and in no smaller region.
REVIEW_PLACED = Placed(unit=Review.unit_id, region=literal(WORLD))
BOARD_PLACED = Placed(unit=Board.unit_id, region=literal(WORLD))


def visible_reviews(work: Work, action: Action = Action.REVIEW_READ) -> Select[Review]:
    """Give the reviews whose unit lies within reach."""
    return select(Review).where(Review.tenant_id == work.tenant_id, work.reach(action, REVIEW_PLACED))


async def review_ownership(work: Work, row: Review) -> Ownership:
    """Say whose a review is: its unit's."""
    return await ownership(work, unit_id=row.unit_id, region=WORLD)


async def review(work: Work, review_id: UUID, *, lock: bool = False) -> Review:
    """Give one review within reach, locked for a change when asked. Raises NotFound."""
    query = visible_reviews(work).where(Review.id == review_id)
    if lock:
        query = query.with_for_update(key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("review", str(review_id))
    return row


async def snapshot(work: Work, review_id: UUID) -> Snapshot:
    """Give what was frozen for a review that the caller already fetched within reach."""
    query = select(Snapshot).where(Snapshot.tenant_id == work.tenant_id, Snapshot.review_id == review_id)
    return (await work.session.execute(query)).scalar_one()


async def decisions(work: Work, review_id: UUID) -> list[Decision]:
    """Give the decisions on a review as a whole, the one that stands first."""
    query = (
        select(Decision)
        .where(Decision.tenant_id == work.tenant_id, Decision.review_id == review_id, Decision.item_key.is_(None))
        .order_by(Decision.recorded_at.desc(), Decision.id.desc())
    )
    return list((await work.session.execute(query)).scalars())


async def signatures(work: Work, review_id: UUID) -> list[tuple[Signature, str, str]]:
    """Give the signatures of a review in order, each with the signer's name and the name of their unit."""
    query = (
        select(Signature, Person.name, OrgUnit.name)
        .join(Person, (Person.tenant_id == Signature.tenant_id) & (Person.id == Signature.person_id))
        .join(OrgUnit, (OrgUnit.tenant_id == Signature.tenant_id) & (OrgUnit.id == Signature.unit_id))
        .where(Signature.tenant_id == work.tenant_id, Signature.review_id == review_id)
        .order_by(Signature.recorded_at, Signature.id)
    )
    return [(row[0], row[1], row[2]) for row in (await work.session.execute(query)).all()]


def visible_snapshots(work: Work) -> Select[Snapshot]:
    """Give what was frozen for the reviews within reach."""
    return select(Snapshot).where(Snapshot.tenant_id == work.tenant_id, Snapshot.review_id.in_(within_reach(work)))


def visible_decisions(work: Work) -> Select[Decision]:
    """Give the decisions on the reviews within reach as a whole."""
    mine = (Decision.tenant_id == work.tenant_id, Decision.review_id.in_(within_reach(work)))
    return select(Decision).where(*mine, Decision.item_key.is_(None))


def visible_signatures(work: Work) -> Select[Signature]:
    """Give the signatures of the reviews within reach."""
    return select(Signature).where(Signature.tenant_id == work.tenant_id, Signature.review_id.in_(within_reach(work)))


def visible_boards(work: Work, action: Action = Action.REVIEW_READ) -> Select[Board]:
    """Give the boards whose unit lies within reach."""
    return select(Board).where(Board.tenant_id == work.tenant_id, work.reach(action, BOARD_PLACED))


async def board_ownership(work: Work, row: Board) -> Ownership:
    """Say whose a board is: its unit's."""
    return await ownership(work, unit_id=row.unit_id, region=WORLD)


async def board(work: Work, board_id: UUID, *, lock: bool = False) -> Board:
    """Give one board within reach, locked for a change when asked. Raises NotFound."""
    query = visible_boards(work).where(Board.id == board_id)
    if lock:
        query = query.with_for_update(key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("board", str(board_id))
    return row


def visible_members(work: Work) -> Select[BoardMember]:
    """Give the memberships of the boards within reach, those that ended too."""
    boards = visible_boards(work).with_only_columns(Board.id)
    return select(BoardMember).where(BoardMember.tenant_id == work.tenant_id, BoardMember.board_id.in_(boards))


async def speakers(work: Work, board_id: UUID) -> list[BoardMember]:
    """Give every membership of a board that the caller already fetched within reach, in the order they began."""
    query = select(BoardMember).where(BoardMember.tenant_id == work.tenant_id, BoardMember.board_id == board_id)
    return list((await work.session.execute(query.order_by(BoardMember.start, BoardMember.id))).scalars())


async def meeting(work: Work, review_id: UUID) -> tuple[Meeting, Board] | None:
    """Give the board whose review this is, which the caller already fetched within reach; None where it has none."""
    query = (
        select(Meeting, Board)
        .join(Board, (Board.tenant_id == Meeting.tenant_id) & (Board.id == Meeting.board_id))
        .where(Meeting.tenant_id == work.tenant_id, Meeting.review_id == review_id)
    )
    found = (await work.session.execute(query)).one_or_none()
    return None if found is None else (found[0], found[1])


async def taken(work: Work, board_id: UUID, period: str) -> bool:
    """Say whether a board has a review of this period."""
    query = select(Meeting.id).where(
        Meeting.tenant_id == work.tenant_id, Meeting.board_id == board_id, Meeting.period == period
    )
    return (await work.session.execute(query)).first() is not None


async def frozen_before(work: Work, board_id: UUID) -> Snapshot | None:
    """Give what was frozen for a board's last review."""
    query = (
        select(Snapshot)
        .join(Meeting, (Meeting.tenant_id == Snapshot.tenant_id) & (Meeting.review_id == Snapshot.review_id))
        .where(Meeting.tenant_id == work.tenant_id, Meeting.board_id == board_id)
        .order_by(Meeting.recorded_at.desc(), Meeting.id.desc())
        .limit(1)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def marks(work: Work, review_id: UUID) -> list[tuple[Mandate, Signature]]:
    """Give the signatures of a board's review, each with the department it was given for, in order."""
    query = (
        select(Mandate, Signature)
        .join(Signature, (Signature.tenant_id == Mandate.tenant_id) & (Signature.id == Mandate.signature_id))
        .where(Mandate.tenant_id == work.tenant_id, Mandate.review_id == review_id)
        .order_by(Signature.recorded_at, Signature.id)
    )
    return [(row[0], row[1]) for row in (await work.session.execute(query)).all()]


def within_reach(work: Work) -> Any:
    """Give the ids of the reviews within reach."""
    return visible_reviews(work).with_only_columns(Review.id)
