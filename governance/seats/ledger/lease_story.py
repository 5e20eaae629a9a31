"""What the ledger tells of leases, in its own transaction: the trail's entry of each change, the event of each end.

A heartbeat that only renews tells nothing: it changes nothing but until when.
"""

from datetime import datetime
from typing import Any

from governance.audit.entries import plain
from governance.kernel.ids import Ids
from governance.seats.leases.lease import Lease, LeaseState
from governance.seats.ledger.book import Book
from governance.seats.ledger.lending import LeaseLine, WaitLine
from governance.seats.ledger.port import Claim

BY_TIME = "system:ledger"
GRANTED, ENDED = "LeaseGranted", "LeaseEnded"
TOLD = ("token", "state", "quantity", "group", "borrowed", "overage", "expires_at", "kept_until")


class LeaseStory:
    """Writes down what became of leases, on the page's lists."""

    def __init__(self, book: Book, ids: Ids) -> None:
        self._book, self._ids = book, ids

    def granted(self, claim: Claim | None, line: LeaseLine) -> None:
        """Tell of a grant; without a claim it comes from the queue."""
        after = _told(line.lease) | {"pool_id": line.pool_id, "person_id": line.person_id, "client": line.client}
        self._entry(claim, "lease:acquire", line, None, after)
        self._event(GRANTED, line)

    def changed(self, claim: Claim | None, line: LeaseLine, was: Lease, at: datetime) -> None:
        """Tell of everything but a renewal."""
        same = (was.state, was.token, was.borrowed) == (line.state, line.token, line.borrowed)
        if same and not line.borrowed:
            return
        before, after = _told(was), _told(line.lease)
        act = "lease:expire" if claim is None else claim.act
        moved = {name for name in TOLD if before[name] != after[name]}
        if moved:
            self._entry(claim, act, line, {n: before[n] for n in moved}, {n: after[n] for n in moved} | {"at": at})
        if was.occupies and line.freed_at is not None:
            self._event(ENDED, line)
        elif not was.occupies and line.freed_at is None:
            self._event(GRANTED, line)

    def ended(self, claim: Claim | None, line: LeaseLine, was: LeaseState, at: datetime) -> None:
        """Tell of an end; of one that was free already, time has told before."""
        act = "lease:expire" if claim is None else claim.act
        self._entry(claim, act, line, {"state": was}, {"state": line.state, "ended_at": at})
        if was is not LeaseState.EXPIRED:
            self._event(ENDED, line)

    def stood(self, claim: Claim | None, line: WaitLine) -> None:
        """Tell that a client stands in line."""
        after = {"pool_id": line.pool_id, "person_id": line.person_id, "client": line.client, "until": line.until}
        self._entry(claim, "lease:wait", line, None, after)

    def waited(self, claim: Claim | None, line: WaitLine) -> None:
        """Tell that it does no more."""
        self._entry(claim, "lease:wait", line, {"until": line.until}, {"ended": line.ended, "at": line.ended_at})

    def _entry(
        self, claim: Claim | None, act: str, line: LeaseLine | WaitLine, before: dict[str, Any] | None,
        after: dict[str, Any],
    ) -> None:  # fmt: skip
        kind = "lease" if isinstance(line, LeaseLine) else "lease_wait"
        self._book.writes.entries.append({
            "tenant_id": line.tenant_id, "id": self._ids.new(), "recorded_at": self._book.now,
            "actor": claim.principal if claim else BY_TIME, "act": act, "subject_type": kind, "subject_id": line.id,
            "before": plain(before), "after": plain(after), "reason": claim.note if claim else None,
            "request_id": claim.request_id if claim else self._ids.new(),
        })  # fmt: skip

    def _event(self, name: str, line: LeaseLine) -> None:
        facts: dict[str, Any] = {"pool_id": line.pool_id, "line_id": line.line_id, "person_id": line.person_id}
        self._book.writes.events.append({
            "tenant_id": line.tenant_id, "id": self._ids.new(), "name": name, "subject_id": line.id,
            "facts": plain(facts), "recorded_at": self._book.now, "available_at": self._book.now, "attempts": 0,
            "done_at": None, "last_error": None,
        })  # fmt: skip


def _told(lease: Lease) -> dict[str, Any]:
    return {name: getattr(lease, name) for name in TOLD}
