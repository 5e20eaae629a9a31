"""The ledger as others see it: claims go in, each comes back with one answer, after it is safely written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from governance.kernel.errors import BusinessError, Reason
from governance.seats.leases.lease import Answer as LeaseAnswer
from governance.seats.leases.lease import Ask as LeaseAsk
from governance.seats.rules import ReleaseReason, SeatEvent, SeatState


@dataclass(frozen=True)
class Grant:
    """Seat this person in this pool, or invite them. The versions are those of the facts the verb decided on."""

    pool_id: UUID
    line_id: UUID
    person_id: UUID
    person_version: int | None = None
    pool_version: int | None = None
    invite: bool = False


@dataclass(frozen=True)
class Move:
    """Let an event happen to a seat. `at` is when it happened (None: now), for use that was observed earlier.

    `only_from` guards a move that was decided on a state: from any other it does not happen.
    """

    assignment_id: UUID
    line_id: UUID
    pool_id: UUID
    event: SeatEvent
    reason: ReleaseReason | None = None
    at: datetime | None = None
    due_at: datetime | None = None
    only_from: SeatState | None = None


@dataclass(frozen=True)
class Deny:
    """Keep a refusal that was decided by rule, with all its reasons."""

    pool_id: UUID
    line_id: UUID
    person_id: UUID
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Lend:
    """Lend seats of a pool, or do something to what it has lent, by the rules of leases. `person_id`: who acquires."""

    pool_id: UUID
    line_id: UUID
    ask: LeaseAsk
    person_id: UUID | None = None


@dataclass(frozen=True)
class Claim:
    """One thing asked of the ledger. `id` names a granted seat or lease, and the step of a move; it is used once.

    `key` and `hash` make a grant idempotent: the same pair gives the same seat, another hash is a mismatch.
    `revision` is the policy revision under which the right was given; one that was raised since is a CONFLICT.
    """

    id: UUID
    tenant_id: UUID
    principal: str
    act: str
    request_id: UUID
    ask: Grant | Move | Deny | Lend
    revision: int = 0
    key: str | None = None
    hash: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Call:
    """The claims of one call, settled together and in order."""

    claims: tuple[Claim, ...]
    atomic: bool = False


class Outcome(StrEnum):
    """DONE and DENIED are decisions; CONFLICT: facts moved, ask again; UNDONE: another of an atomic call failed."""

    DONE = "DONE"
    DENIED = "DENIED"
    CONFLICT = "CONFLICT"
    FAILED = "FAILED"
    UNDONE = "UNDONE"


@dataclass(frozen=True)
class Answer:
    """What became of a claim. `error` says why a claim FAILED or is in CONFLICT; `reasons` why it was DENIED.

    `lent`: what the rules of leases answered, one for each part of what was asked.
    """

    outcome: Outcome
    assignment_id: UUID | None = None
    state: SeatState | None = None
    overage: bool = False
    reasons: tuple[Reason, ...] = field(default=())
    error: BusinessError | None = None
    replayed: bool = False
    lent: tuple[LeaseAnswer, ...] = field(default=())


class Ledger(Protocol):
    """Says whether there is room. FIFO within a line, answers only after commit, one contract on both databases."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def submit(self, claim: Claim) -> Answer:
        """Give the claim's answer. Raises Unavailable when it waited too long or the database does not answer."""
        ...

    async def submit_all(self, claims: Sequence[Claim], *, atomic: bool = False) -> tuple[Answer, ...]:
        """Give one answer per claim, in order; atomic: all are done, or none. Raises Unavailable."""
        ...
