"""What the ledger tells of each decision, in its own transaction: the step, the trail's entry, the event."""

from datetime import datetime
from typing import Any
from uuid import UUID

from governance.audit.entries import plain
from governance.kernel.ids import Ids
from governance.seats.ledger.book import Book, DenialLine, SeatLine
from governance.seats.ledger.moves import Moved
from governance.seats.ledger.port import Claim
from governance.seats.rules import SeatEvent, SeatState

NAMES = {
    SeatEvent.ASSIGN: "SeatAssigned",
    SeatEvent.INVITE: "SeatInvited",
    SeatEvent.ACCEPT: "SeatAccepted",
    SeatEvent.DECLINE: "SeatDeclined",
    SeatEvent.EXPIRE: "InvitationExpired",
    SeatEvent.USE: "SeatFirstUsed",
    SeatEvent.SUSPEND: "SeatSuspended",
    SeatEvent.RESUME: "SeatResumed",
    SeatEvent.PROPOSE_RECLAIM: "ReclaimProposed",
    SeatEvent.KEEP: "SeatKept",
    SeatEvent.RELEASE: "SeatReleased",
}
TOLD_AFTER = ("release_reason", "reclaim_due_at", "released_at", "accepted_at", "first_use_at")


class Story:
    """Writes down what happened, on the page's lists."""

    def __init__(self, book: Book, ids: Ids) -> None:
        self._book, self._ids = book, ids

    def begun(self, claim: Claim, seat: SeatLine) -> None:
        event = SeatEvent.INVITE if seat.state is SeatState.INVITED else SeatEvent.ASSIGN
        after = {
            "state": seat.state, "pool_id": seat.pool_id, "person_id": seat.person_id, "overage": seat.overage,
            "invitation_expires_at": seat.invitation_expires_at,
        }  # fmt: skip
        self._step(claim, seat, event, seat.started_at)
        self._entry(claim, "assignment", seat.id, None, after, claim.note)
        self._event(seat.tenant_id, NAMES[event], seat.id, self._facts(seat))

    def moved(self, claim: Claim, seat: SeatLine, was: SeatState, change: Moved) -> None:
        after = {"state": seat.state} | {k: v for k in TOLD_AFTER if (v := change.values.get(k)) is not None}
        again = change.event is SeatEvent.USE and was is SeatState.RECLAIM_PENDING
        name = "SeatKept" if again else NAMES[change.event]
        self._step(claim, seat, change.event, change.at)
        self._entry(claim, "assignment", seat.id, {"state": was}, after, claim.note)
        self._event(seat.tenant_id, name, seat.id, self._facts(seat) | {"was": was})

    def refused(self, claim: Claim, denial: DenialLine) -> None:
        facts = {"pool_id": denial.pool_id, "person_id": denial.person_id, "code": denial.code}
        after = facts | {"reasons": denial.reasons, "asked": claim.act}
        self._entry(claim, "denial", denial.id, None, after, claim.note, act="seat:refuse")
        self._event(denial.tenant_id, "SeatRefused", denial.id, facts)

    def resupplied(self, tenant_id: UUID, line_id: UUID) -> None:
        """Tell that time has changed a line's supply, for those who watch its use or wait for it."""
        self._event(tenant_id, "SupplyChanged", line_id, {})

    def _facts(self, seat: SeatLine) -> dict[str, Any]:
        return {
            "pool_id": seat.pool_id, "line_id": seat.line_id, "person_id": seat.person_id, "state": seat.state,
            "overage": seat.overage,
        }  # fmt: skip

    def _step(self, claim: Claim, seat: SeatLine, event: SeatEvent, at: datetime) -> None:
        self._book.writes.steps.append({
            "tenant_id": seat.tenant_id, "id": claim.id, "assignment_id": seat.id, "state": seat.state,
            "event": event.value, "at": at, "recorded_at": self._book.now, "actor": claim.principal,
            "reason": claim.note,
        })  # fmt: skip

    def _entry(
        self, claim: Claim, kind: str, subject: UUID, before: dict[str, Any] | None, after: dict[str, Any],
        reason: str | None, *, act: str | None = None,
    ) -> None:  # fmt: skip
        self._book.writes.entries.append({
            "tenant_id": claim.tenant_id, "id": self._ids.new(), "recorded_at": self._book.now,
            "actor": claim.principal, "act": act or claim.act, "subject_type": kind, "subject_id": subject,
            "before": plain(before), "after": plain(after), "reason": reason, "request_id": claim.request_id,
        })  # fmt: skip

    def _event(self, tenant_id: UUID, name: str, subject: UUID, facts: dict[str, Any]) -> None:
        self._book.writes.events.append({
            "tenant_id": tenant_id, "id": self._ids.new(), "name": name, "subject_id": subject,
            "facts": plain(facts), "recorded_at": self._book.now, "available_at": self._book.now, "attempts": 0,
            "done_at": None, "last_error": None,
        })  # fmt: skip
