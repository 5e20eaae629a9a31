"""Usage comes in: events are kept once each, however often they are sent, and what they say of seats is told on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.kernel.database.insert import insert_new
from governance.kernel.errors import Code
from governance.kernel.work import Change, Work
from governance.usage import queries
from governance.usage.errors import TooManyEvents
from governance.usage.models import Feed, UsageEvent
from governance.usage.rules import MOST_EVENTS, SEAT_USED, EventRefused, Reader, Unreadable, Use, read_event
from policies.access.actions import Action
from policies.access.parties import Ownership

MOST_MOMENTS = 100
UNKNOWN_PERSON = "UNKNOWN_PERSON"
UNKNOWN_PRODUCT = "UNKNOWN_PRODUCT"


@dataclass(frozen=True)
class Unmatched:
    """An event that was kept though it names somebody or something nobody here knows; it moves no seat."""

    index: int
    code: str
    message: str


@dataclass(frozen=True)
class Kept:
    """An event that was kept, and whom and what it means; None while nobody here knows the name."""

    id: UUID
    use: Use
    person_id: UUID | None
    product_id: UUID | None


@dataclass(frozen=True)
class IngestAnswer:
    """What became of a batch: kept anew, kept before, refused by position, and kept without a match.

    `kept` are the events that are new, for the rooms above.
    """

    accepted: int
    duplicates: int
    refused: tuple[EventRefused, ...]
    unmatched: tuple[Unmatched, ...]
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True)
class _Matched:
    index: int
    use: Use
    person_id: UUID | None
    product_id: UUID | None
    id: UUID | None = None


async def ingest(work: Work, events: Sequence[Any], readers: Mapping[str, Reader] | None = None) -> IngestAnswer:
    """Keep the events of one call (CloudEvents 1.0, structured JSON) in one transaction.

    `readers` read types of event that rooms above know.

    An event that cannot be read is refused by its position and does not keep the others out. Raises Refused,
    TooManyEvents.
    """
    work.permit(Action.EVENT_INGEST, Ownership(work.tenant_id), "usage")
    if len(events) > MOST_EVENTS:
        raise TooManyEvents(len(events), MOST_EVENTS)
    readable, refused = _read(events, work.now(), readers)
    first = {(use.source, use.source_id): (index, use) for index, use in reversed(readable)}
    known = await queries.already_kept(work, sorted(first)) if first else set()
    fresh = sorted((index, use) for key, (index, use) in first.items() if key not in known) if first else []
    matched = await _match(work, fresh)
    kept = await _keep(work, matched)
    await _hear(work, [use for _, use in readable], kept)
    await _tell(work, kept)
    unmatched = tuple(note for row in kept for note in _notes(row))
    if kept:
        after = {"accepted": len(kept), "sources": sorted({row.use.source for row in kept})}
        await work.record(Change(Action.EVENT_INGEST.value, "usage", work.request_id, after=after))
    told = tuple(Kept(row.id, row.use, row.person_id, row.product_id) for row in kept if row.id is not None)
    return IngestAnswer(len(kept), len(readable) - len(kept), refused, unmatched, told)


async def observe(work: Work, uses: Sequence[Use], people: Mapping[str, UUID]) -> int:
    """Keep what another system recorded of use, such as a license server, once each; gives how many were new.

    `people` tells whom `Use.person` means. It is kept as observed, apart from what is assigned here: no seat moves.
    Raises Refused.
    """
    work.permit(Action.EVENT_INGEST, Ownership(work.tenant_id), "usage")
    first = {(use.source, use.source_id): (index, use) for index, use in reversed(list(enumerate(uses)))}
    known = await queries.already_kept(work, sorted(first)) if first else set()
    products = await queries.products_named(work, {use.product for use in uses if use.product is not None})
    fresh = [
        _Matched(index, use, people.get(use.person or ""), products.get(use.product or ""))
        for key, (index, use) in first.items()
        if key not in known
    ]
    kept = await _keep(work, fresh)
    await _hear(work, uses, kept)
    if kept:
        after = {"accepted": len(kept), "sources": sorted({row.use.source for row in kept})}
        await work.record(Change(Action.EVENT_INGEST.value, "usage", work.request_id, after=after))
    return len(kept)


async def rematch(work: Work, at_most: int = 500) -> tuple[Kept, ...]:
    """Match kept events to people and products that came to be known since; gives those that are whole now.

    What they say of seats is told on as if they had just come; each stays recorded when it was. Within the sweep that
    looks for them, which has no person behind it.
    """
    found: list[_Matched] = []
    rows = await queries.matchable(work, at_most)
    people = await queries.people_named(work, {row.person_named for row in rows if row.person_named})
    products = await queries.products_named(work, {row.product_named for row in rows if row.product_named})
    for row in rows:
        row.person_id = row.person_id or people.get(row.person_named or "")
        row.product_id = row.product_id or products.get(row.product_named or "")
        whole = (row.person_id or not row.person_named) and (row.product_id or not row.product_named)
        row.person_named = row.person_named if row.person_id is None else None
        row.product_named = row.product_named if row.product_id is None else None
        if whole:
            row.matched_at = work.now()
            use = Use(row.source, row.source_id, row.type, row.occurred_at, row.data, None, None)
            found.append(_Matched(0, use, row.person_id, row.product_id, row.id))
    await work.session.flush()
    await _tell(work, found)
    if found:
        after = {"matched": len(found), "sources": sorted({row.use.source for row in found})}
        await work.record(Change("event:match", "usage", work.request_id, after=after))
    return tuple(Kept(row.id, row.use, row.person_id, row.product_id) for row in found if row.id is not None)


def _read(
    events: Sequence[Any], now: datetime, readers: Mapping[str, Reader] | None
) -> tuple[list[tuple[int, Use]], tuple[EventRefused, ...]]:
    readable: list[tuple[int, Use]] = []
    refused: list[EventRefused] = []
    for index, event in enumerate(events):
        try:
            readable.append((index, read_event(event, now, readers)))
        except Unreadable as no:
            refused.append(EventRefused(index, Code.BAD_INPUT, str(no)))
    return readable, tuple(refused)


async def _match(work: Work, fresh: Sequence[tuple[int, Use]]) -> list[_Matched]:
    people = await queries.people_named(work, {use.person for _, use in fresh if use.person is not None})
    products = await queries.products_named(work, {use.product for _, use in fresh if use.product is not None})
    return [
        _Matched(
            index,
            use,
            None if use.person is None else people.get(use.person),
            None if use.product is None else products.get(use.product),
        )
        for index, use in fresh
    ]


async def _keep(work: Work, matched: Sequence[_Matched]) -> list[_Matched]:
    """Insert what is new, in order of keys (two calls never wait for each other crosswise).

    What another call kept in the same moment counts as a duplicate here.
    """
    matched = sorted(matched, key=lambda row: (row.use.source, row.use.source_id))
    rows = [
        {
            "tenant_id": work.tenant_id,
            "id": work.new_id(),
            "source": row.use.source,
            "source_id": row.use.source_id,
            "type": row.use.type,
            "person_id": row.person_id,
            "product_id": row.product_id,
            "occurred_at": row.use.occurred_at,
            "recorded_at": work.now(),
            "data": row.use.data,
            "person_named": row.use.person if row.person_id is None else None,
            "product_named": row.use.product if row.product_id is None else None,
            "matched_at": None,
        }
        for row in matched
    ]
    ids = await insert_new(work.session, UsageEvent, rows)
    named = [replace(row, id=UUID(str(values["id"]))) for row, values in zip(matched, rows, strict=True)]
    kept = [row for row in named if row.id in ids]
    return sorted(kept, key=lambda row: row.index)


async def _hear(work: Work, heard: Sequence[Use], kept: Sequence[_Matched]) -> None:
    """Move the freshness of each source that was heard, also where all it said was known."""
    latest: dict[str, datetime] = {}
    for use in heard:
        latest[use.source] = max(use.occurred_at, latest.get(use.source, use.occurred_at))
    if not latest:
        return
    now = work.now()
    await insert_new(
        work.session,
        Feed,
        [
            {
                "tenant_id": work.tenant_id,
                "id": work.new_id(),
                "source": source,
                "last_event_at": at,
                "last_heard_at": now,
                "events": 0,
            }
            for source, at in sorted(latest.items())
        ],
    )
    counts: dict[str, int] = {}
    for row in kept:
        counts[row.use.source] = counts.get(row.use.source, 0) + 1
    for source, feed in (await queries.feeds_for_update(work, latest)).items():
        feed.last_event_at = max(feed.last_event_at, latest[source])
        feed.last_heard_at = max(feed.last_heard_at, now)
        feed.events += counts.get(source, 0)
    await work.session.flush()


async def _tell(work: Work, kept: Sequence[_Matched]) -> None:
    """Tell of each person and product when use was observed: which seat a moment belongs to is for seats to say."""
    observed: dict[tuple[UUID, UUID], set[datetime]] = {}
    for row in kept:
        if row.use.type == SEAT_USED and row.person_id is not None and row.product_id is not None:
            observed.setdefault((row.person_id, row.product_id), set()).add(row.use.occurred_at)
    for (person_id, product_id), moments in sorted(observed.items()):
        told = sorted(moments)
        if len(told) > MOST_MOMENTS:
            told = [*told[: MOST_MOMENTS - 1], told[-1]]
        await work.emit(
            "UsageObserved",
            person_id,
            product_id=str(product_id),
            first_at=told[0].isoformat(),
            last_at=told[-1].isoformat(),
            moments=[at.isoformat() for at in told],
        )


def _notes(row: _Matched) -> list[Unmatched]:
    notes = []
    if row.use.person is not None and row.person_id is None:
        needs = "the external id or the mail address of one person of the directory"
        notes.append(Unmatched(row.index, UNKNOWN_PERSON, f"data.person: nobody is known by it; needs {needs}"))
    if row.use.product is not None and row.product_id is None:
        notes.append(Unmatched(row.index, UNKNOWN_PRODUCT, "data.product: needs the code of a product of the catalog"))
    return notes
