"""What an event does to a seat's columns: first things are set once, the last use never moves back."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from governance.kernel.errors import WrongState
from governance.seats.ledger.book import SeatLine
from governance.seats.ledger.moves import Moved, moved
from governance.seats.ledger.port import Move
from governance.seats.rules import ReleaseReason, SeatEvent, SeatState

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def seat(state: SeatState = SeatState.ACTIVE) -> SeatLine:
    return SeatLine(
        tenant_id=uuid4(), id=uuid4(), line_id=uuid4(), pool_id=uuid4(), person_id=uuid4(), prior_id=None, state=state,
        overage=False, started_at=START, invitation_expires_at=None, accepted_at=None, first_use_at=START + HOUR,
        first_use_recorded_at=START + HOUR, last_use_at=START + 5 * HOUR, released_at=None, released_recorded_at=None,
        release_reason=None, reclaim_due_at=None, recorded_at=START, claim_key=None, claim_hash=None, version=1,
    )  # fmt: skip


def after(row: SeatLine, event: SeatEvent, **values: object) -> Moved | WrongState:
    return moved(row, Move(row.id, row.line_id, row.pool_id, event, **values), START + 9 * HOUR)  # type: ignore[arg-type]


def test_use_that_comes_late_moves_neither_first_nor_last_use() -> None:
    change = after(seat(), SeatEvent.USE, at=START + 3 * HOUR)
    assert isinstance(change, Moved)
    assert change.values["last_use_at"] == START + 5 * HOUR
    assert "first_use_at" not in change.values
    assert not change.told


def test_use_before_the_seat_began_is_not_its_use() -> None:
    change = after(seat(SeatState.RECLAIM_PENDING), SeatEvent.USE, at=START - HOUR)
    assert isinstance(change, Moved)
    assert (change.state, change.values, change.told) == (SeatState.RECLAIM_PENDING, {}, False)


def test_a_release_says_why_and_when_it_was_learned() -> None:
    change = after(seat(), SeatEvent.RELEASE)
    assert isinstance(change, Moved)
    assert change.values["release_reason"] is ReleaseReason.ADMIN
    assert change.values["released_at"] == change.values["released_recorded_at"] == START + 9 * HOUR


def test_a_move_decided_on_another_state_does_not_happen() -> None:
    assert isinstance(after(seat(), SeatEvent.RELEASE, only_from=SeatState.RECLAIM_PENDING), WrongState)
