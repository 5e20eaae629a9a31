"""Deciding: the board says what follows, of the whole and of each item; until somebody signs, it may say it anew."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from governance.directory.queries import person as person_in_reach
from governance.kernel import given
from governance.kernel.errors import BadInput, Conflict, WrongState
from governance.kernel.work import Change, Work
from governance.reviews.errors import VoteLacks
from governance.reviews.models import Decision, Review
from governance.reviews.queries import (
    Entry,
    item,
    item_decisions,
    review,
    review_ownership,
    signatures,
    snapshot,
)
from governance.reviews.rules import ItemKind, ItemOutcome, ReviewState, sha256_of
from governance.reviews.service.vote import tally_of
from governance.reviews.voting import check_decided
from policies.access.actions import Action

TEXT_MOST = 2000
BY_VOTE = frozenset({ItemOutcome.APPROVED, ItemOutcome.REJECTED})


@dataclass(frozen=True)
class DecideReview:
    review_id: UUID
    expected_version: int
    text: str
    action_owner_id: UUID | None = None
    due_day: date | None = None


@dataclass(frozen=True)
class DecideItem:
    """`expected`: the id of the item's standing decision that was read (None: there was none)."""

    review_id: UUID
    item_key: str
    outcome: ItemOutcome
    text: str
    expected: UUID | None = None


async def decide_review(work: Work, command: DecideReview) -> Decision:
    """Record the board's decision upon the frozen snapshot.

    Raises NotFound, Refused, Conflict (version), BadInput (text, due day), WrongState once somebody signed.
    """
    row = await _undecided(work, command.review_id, command.expected_version)
    _check(command, work)
    if command.action_owner_id is not None:
        await person_in_reach(work, command.action_owner_id, Action.REVIEW_DECIDE)
    decision = await _decision(
        work, row, command.text.strip(),
        {"action_owner": str(command.action_owner_id) if command.action_owner_id else None,
         "due_day": command.due_day.isoformat() if command.due_day else None},
    )  # fmt: skip
    decision.action_owner_id, decision.due_day = command.action_owner_id, command.due_day
    work.session.add(decision)
    before = row.state
    row.state, row.version = ReviewState.DECIDED, row.version + 1
    await work.record(
        Change("review:decide", "review", row.id, {"state": before}, {"state": row.state, "decision": decision.sha256})
    )
    return decision


async def decide_item(work: Work, command: DecideItem) -> Decision:
    """Record the board's decision on one item; signatures bind the decisions on items too.

    Where the item is a PROPOSAL, or was voted on, APPROVED and REJECTED take a quorum and its majority.

    Raises NotFound, Refused, Conflict (`expected`), VoteLacks, BadInput, WrongState once somebody signed.
    """
    row = await _undecided(work, command.review_id, None)
    found = await item(work, row.id, command.item_key)
    outcome = given.word(command.outcome, "outcome", ItemOutcome)
    text = given.text(command.text, "text", most=TEXT_MOST)
    stands = next(iter(await item_decisions(work, row.id, found.key)), None)
    if (None if stands is None else stands.id) != command.expected:
        has = "nothing" if stands is None else str(stands.id)
        raise Conflict("This item's decision", str(command.expected), has)
    counted = await _counted(work, row, found, outcome)
    said: dict[str, Any] = {"item": found.key, "outcome": outcome.value, "tally": counted}
    if found.own is not None:
        said |= {"item_title": found.title, "item_text": found.own.text}
    decision = await _decision(work, row, text, said)
    decision.item_key, decision.outcome, decision.tally = found.key, outcome, counted
    work.session.add(decision)
    row.version += 1
    was = None if stands is None else {"item": found.key, "outcome": stands.outcome}
    after = {"item": found.key, "outcome": outcome, "decision": decision.sha256}
    await work.record(Change("review:decide-item", "review", row.id, was, after))
    await work.emit("ItemDecided", decision.id)
    return decision


async def _undecided(work: Work, review_id: UUID, expected_version: int | None) -> Review:
    row = await review(work, review_id, lock=True)
    work.permit(Action.REVIEW_DECIDE, await review_ownership(work, row), f"review {row.title}")
    if expected_version is not None and row.version != expected_version:
        raise Conflict("review", str(expected_version), str(row.version))
    if await signatures(work, row.id):
        raise WrongState("review with signatures", row.state.value, "be decided anew")
    return row


async def _counted(work: Work, row: Review, found: Entry, outcome: ItemOutcome) -> dict[str, Any] | None:
    """Give the tally that a decision stands on; None where nobody was asked to vote. Raises VoteLacks."""
    counted = await tally_of(work, row, found.key)
    if counted is None:
        if found.kind is ItemKind.PROPOSAL and outcome in BY_VOTE:
            raise VoteLacks(outcome.value, "no vote", "a board that votes: this review is no board's")
        return None
    if found.kind is not ItemKind.PROPOSAL and not counted.voices:
        return None
    if outcome in BY_VOTE:
        check_decided(outcome, counted)
    return counted.kept()


async def _decision(work: Work, row: Review, text: str, more: dict[str, Any]) -> Decision:
    """Draw up a decision upon what was frozen, with the hash of all it says."""
    decided_at = work.now()
    body = {
        "snapshot": (await snapshot(work, row.id)).sha256,
        "text": text,
        **more,
        "decided_by": work.actor.principal,
        "decided_at": decided_at.isoformat(),
    }
    return Decision(
        tenant_id=work.tenant_id, id=work.new_id(), review_id=row.id, text=text, decided_by=work.actor.principal,
        recorded_at=decided_at, sha256=sha256_of(body),
    )  # fmt: skip


def _check(command: DecideReview, work: Work) -> None:
    text = command.text.strip()
    if not text or len(text) > TEXT_MOST:
        raise BadInput("text", f"{len(text)} characters", f"a decision of 1 to {TEXT_MOST} characters")
    if command.due_day is not None and command.due_day < work.now().date():
        raise BadInput("dueDay", command.due_day.isoformat(), "today or a later day")
