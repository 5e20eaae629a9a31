"""The state table, row by row, and the one predicate of what takes room."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.kernel.errors import WrongState
from governance.seats.rules import SeatEvent, SeatState, next_state, occupies

S, E = SeatState, SeatEvent
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROWS = [
    (None, E.ASSIGN, False, S.ASSIGNED),
    (None, E.INVITE, False, S.INVITED),
    (S.INVITED, E.ACCEPT, False, S.ASSIGNED),
    (S.INVITED, E.DECLINE, False, S.RELEASED),
    (S.INVITED, E.EXPIRE, False, S.RELEASED),
    (S.INVITED, E.RELEASE, False, S.RELEASED),
    (S.ASSIGNED, E.USE, False, S.ACTIVE),
    (S.ASSIGNED, E.SUSPEND, False, S.SUSPENDED),
    (S.ASSIGNED, E.PROPOSE_RECLAIM, False, S.RECLAIM_PENDING),
    (S.ASSIGNED, E.RELEASE, False, S.RELEASED),
    (S.ACTIVE, E.USE, True, S.ACTIVE),
    (S.ACTIVE, E.SUSPEND, True, S.SUSPENDED),
    (S.ACTIVE, E.PROPOSE_RECLAIM, True, S.RECLAIM_PENDING),
    (S.ACTIVE, E.RELEASE, True, S.RELEASED),
    (S.SUSPENDED, E.RESUME, False, S.ASSIGNED),
    (S.SUSPENDED, E.RESUME, True, S.ACTIVE),
    (S.SUSPENDED, E.RELEASE, True, S.RELEASED),
    (S.RECLAIM_PENDING, E.USE, False, S.ACTIVE),
    (S.RECLAIM_PENDING, E.KEEP, False, S.ASSIGNED),
    (S.RECLAIM_PENDING, E.KEEP, True, S.ACTIVE),
    (S.RECLAIM_PENDING, E.RELEASE, True, S.RELEASED),
]
ALLOWED = {(state, event) for state, event, _, _ in ROWS}


@pytest.mark.parametrize(("state", "event", "used", "after"), ROWS)
def test_each_row_of_the_table_leads_where_it_says(
    state: SeatState | None, event: SeatEvent, used: bool, after: SeatState
) -> None:
    assert next_state(state, event, used=used) is after


def test_no_other_event_moves_a_seat_and_nothing_leaves_released() -> None:
    others = [(s, e) for s in (None, *S) for e in E if (s, e) not in ALLOWED]
    assert all(isinstance(next_state(state, event), WrongState) for state, event in others)
    assert {event for state, event in others if state is S.RELEASED} == set(E)


def test_what_takes_room_is_said_once() -> None:
    later = NOW + timedelta(seconds=1)
    assert {s for s in S if occupies(s, at=NOW, invitation_expires_at=later)} == set(S) - {S.RELEASED}
    assert not occupies(S.INVITED, at=later, invitation_expires_at=later)
    assert occupies(S.ASSIGNED, at=later, invitation_expires_at=NOW)
    assert not occupies(S.SUSPENDED, at=NOW, suspended_occupies=False)
