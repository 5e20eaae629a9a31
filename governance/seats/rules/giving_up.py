"""Whose seat to ask back first where more are taken than there are: never used, then dormant, then the newest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

DORMANT_AFTER = timedelta(days=60)
DUE_AFTER = timedelta(days=30)
"""How long being over may last before it is overdue; nobody is revoked by that either."""


class GiveUp(StrEnum):
    """Why a seat is suggested."""

    NEVER_USED = "NEVER_USED"
    DORMANT = "DORMANT"
    NEWEST = "NEWEST"


@dataclass(frozen=True)
class HeldSince:
    """A seat that takes room: since when it is held, and when it was used last (None: never).

    `told` False: of this holder nobody may be told whether they use it; the seat then counts by its age alone.
    """

    assignment_id: UUID
    started_at: datetime
    last_use_at: datetime | None
    told: bool = True


@dataclass(frozen=True)
class Suggested:
    assignment_id: UUID
    why: GiveUp


def give_up_first(seats: Iterable[HeldSince], over: int, at: datetime) -> tuple[Suggested, ...]:
    """Rank the seats and give as many as are too many: never used ones the longest held first, dormant ones the
    longest unused first, then the newest.
    """
    ranked: list[tuple[int, float, UUID, GiveUp]] = []
    for seat in seats:
        if seat.told and seat.last_use_at is None:
            ranked.append((0, seat.started_at.timestamp(), seat.assignment_id, GiveUp.NEVER_USED))
        elif seat.told and seat.last_use_at is not None and at - seat.last_use_at >= DORMANT_AFTER:
            ranked.append((1, seat.last_use_at.timestamp(), seat.assignment_id, GiveUp.DORMANT))
        else:
            ranked.append((2, -seat.started_at.timestamp(), seat.assignment_id, GiveUp.NEWEST))
    return tuple(Suggested(assignment_id, why) for _, _, assignment_id, why in sorted(ranked)[: max(0, over)])
