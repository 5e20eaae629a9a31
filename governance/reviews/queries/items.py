"""Every SELECT of agenda items: the frozen and the own ones in one list, their minutes, votes and decisions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.reviews.models import Decision, ItemNote, ItemVote, OwnItem, Snapshot
from governance.reviews.queries.standing import snapshot, within_reach
from governance.reviews.rules import ItemKind

OWN = "own:"


@dataclass(frozen=True)
class Entry:
    """One item of a review's agenda. `facts`: what was frozen of it; `own`: where a member added it, with text."""

    review_id: UUID
    key: str
    title: str
    kind: ItemKind
    facts: dict[str, Any] = field(default_factory=dict)
    own: OwnItem | None = None


def visible_own_items(work: Work) -> Select[OwnItem]:
    """Give the items that members added to the reviews within reach."""
    return select(OwnItem).where(OwnItem.tenant_id == work.tenant_id, OwnItem.review_id.in_(within_reach(work)))


def visible_notes(work: Work) -> Select[ItemNote]:
    """Give the minutes of the reviews within reach."""
    return select(ItemNote).where(ItemNote.tenant_id == work.tenant_id, ItemNote.review_id.in_(within_reach(work)))


def visible_votes(work: Work) -> Select[ItemVote]:
    """Give the votes on items of the reviews within reach, the superseded ones too."""
    return select(ItemVote).where(ItemVote.tenant_id == work.tenant_id, ItemVote.review_id.in_(within_reach(work)))


def visible_item_decisions(work: Work) -> Select[Decision]:
    """Give the decisions on single items of the reviews within reach."""
    mine = (Decision.tenant_id == work.tenant_id, Decision.review_id.in_(within_reach(work)))
    return select(Decision).where(*mine, Decision.item_key.is_not(None))


async def items(work: Work, review_id: UUID) -> list[Entry]:
    """Give the agenda of a review that the caller already fetched within reach: frozen items, then own ones."""
    return listed_items(review_id, await snapshot(work, review_id), await own_items(work, review_id))


def listed_items(review_id: UUID, frozen: Snapshot, own: Sequence[OwnItem]) -> list[Entry]:
    """Put frozen and own items into one list."""
    return [
        *(
            Entry(review_id, each["key"], _title(each), ItemKind.TOPIC, each)
            for each in frozen.content.get("agenda", ())
        ),
        *(Entry(review_id, each.key, each.title, each.kind, own=each) for each in own),
    ]


async def own_items(work: Work, review_id: UUID) -> Sequence[OwnItem]:
    """Give the own items of such a review in the order they were added."""
    query = select(OwnItem).where(OwnItem.tenant_id == work.tenant_id, OwnItem.review_id == review_id)
    return (await work.session.execute(query.order_by(OwnItem.recorded_at, OwnItem.id))).scalars().all()


async def item(work: Work, review_id: UUID, key: str) -> Entry:
    """Give one item of such a review by its key. Raises NotFound."""
    found = next((each for each in await items(work, review_id) if each.key == key), None)
    if found is None:
        raise NotFound("agenda item", key[:120])
    return found


async def notes(work: Work, review_id: UUID, key: str | None = None) -> Sequence[ItemNote]:
    """Give the minutes of such a review in order, or those of one item."""
    query = select(ItemNote).where(ItemNote.tenant_id == work.tenant_id, ItemNote.review_id == review_id)
    if key is not None:
        query = query.where(ItemNote.item_key == key)
    return (await work.session.execute(query.order_by(ItemNote.recorded_at, ItemNote.id))).scalars().all()


async def live_votes(
    work: Work, review_id: UUID, key: str | None = None, at: datetime | None = None
) -> Sequence[ItemVote]:
    """Give the votes that stand on such a review's items, or on one of them; with `at` those that stood then."""
    stands: ColumnElement[bool] = ItemVote.superseded_at.is_(None)
    if at is not None:
        stands = and_(ItemVote.recorded_at <= at, or_(stands, ItemVote.superseded_at > at))
    query = select(ItemVote).where(ItemVote.tenant_id == work.tenant_id, ItemVote.review_id == review_id, stands)
    if key is not None:
        query = query.where(ItemVote.item_key == key)
    return (await work.session.execute(query.order_by(ItemVote.recorded_at, ItemVote.id))).scalars().all()


async def item_decisions(work: Work, review_id: UUID, key: str | None = None) -> Sequence[Decision]:
    """Give the decisions on such a review's items, or on one of them, the newest first."""
    query = select(Decision).where(
        Decision.tenant_id == work.tenant_id, Decision.review_id == review_id, Decision.item_key.is_not(None)
    )
    if key is not None:
        query = query.where(Decision.item_key == key)
    return (await work.session.execute(query.order_by(Decision.recorded_at.desc(), Decision.id.desc()))).scalars().all()


async def standing_item_decisions(work: Work, review_id: UUID) -> list[Decision]:
    """Give the decision that stands on each decided item of such a review, in the order of their keys."""
    standing: dict[str, Decision] = {}
    for each in await item_decisions(work, review_id):
        standing.setdefault(each.item_key or "", each)
    return [standing[key] for key in sorted(standing)]


def _title(facts: dict[str, Any]) -> str:
    """Give what a frozen item is about; one that is about the whole is named by its rule."""
    return str(facts.get("name") or facts["rule"].partition("/")[0])
