"""Deciding: the board says what follows from what it saw; until somebody signs, it may say it anew."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from governance.directory.queries import person as person_in_reach
from governance.kernel.errors import BadInput, Conflict, WrongState
from governance.kernel.work import Change, Work
from governance.reviews.models import Decision
from governance.reviews.queries import review, review_ownership, signatures, snapshot
from governance.reviews.rules import ReviewState, sha256_of
from policies.access.actions import Action

TEXT_MOST = 2000


@dataclass(frozen=True)
class DecideReview:
    review_id: UUID
    expected_version: int
    text: str
    action_owner_id: UUID | None = None
    due_day: date | None = None


async def decide_review(work: Work, command: DecideReview) -> Decision:
    """Record the board's decision upon the frozen snapshot.

    Raises NotFound, Refused, Conflict (version), BadInput (text, due day), WrongState once somebody signed.
    """
    row = await review(work, command.review_id, lock=True)
    work.permit(Action.REVIEW_DECIDE, await review_ownership(work, row), f"review {row.title}")
    if row.version != command.expected_version:
        raise Conflict("review", str(command.expected_version), str(row.version))
    if await signatures(work, row.id):
        raise WrongState("review with signatures", row.state.value, "be decided anew")
    _check(command, work)
    if command.action_owner_id is not None:
        await person_in_reach(work, command.action_owner_id, Action.REVIEW_DECIDE)
    frozen = await snapshot(work, row.id)
    decided_at = work.now()
    body = {
        "snapshot": frozen.sha256,
        "text": command.text.strip(),
        "action_owner": str(command.action_owner_id) if command.action_owner_id else None,
        "due_day": command.due_day.isoformat() if command.due_day else None,
        "decided_by": work.actor.principal,
        "decided_at": decided_at.isoformat(),
    }
    decision = Decision(
        tenant_id=work.tenant_id, id=work.new_id(), review_id=row.id, text=command.text.strip(),
        action_owner_id=command.action_owner_id, due_day=command.due_day, decided_by=work.actor.principal,
        recorded_at=decided_at, sha256=sha256_of(body),
    )  # fmt: skip
    work.session.add(decision)
    before = row.state
    row.state, row.version = ReviewState.DECIDED, row.version + 1
    await work.record(
        Change("review:decide", "review", row.id, {"state": before}, {"state": row.state, "decision": decision.sha256})
    )
    return decision


def _check(command: DecideReview, work: Work) -> None:
    text = command.text.strip()
    if not text or len(text) > TEXT_MOST:
        raise BadInput("text", f"{len(text)} characters", f"a decision of 1 to {TEXT_MOST} characters")
    if command.due_day is not None and command.due_day < work.now().date():
        raise BadInput("dueDay", command.due_day.isoformat(), "today or a later day")
