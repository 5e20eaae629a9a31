"""The state table, row by row, and the one predicate of what takes room."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from governance.kernel.errors import WrongState
from governance.seats.rules import GiveUp, HeldSince, SeatEvent, SeatState, give_up_first, next_state, occupies

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


def test_who_gives_up_first_never_used_it_then_left_it_then_came_last() -> None:
    now, day = datetime(2026, 6, 1, tzinfo=UTC), timedelta(days=1)

    def held(number: int, since: int, used: int | None) -> HeldSince:
        return HeldSince(UUID(int=number), now - since * day, None if used is None else now - used * day)

    seats = [held(1, 90, 1), held(2, 5, 1), held(3, 200, 60), held(4, 200, 61), held(5, 9, None), held(6, 30, None)]
    order = [(each.assignment_id.int, each.why) for each in give_up_first(seats, 6, now)]
    assert order == [
        (6, GiveUp.NEVER_USED), (5, GiveUp.NEVER_USED), (4, GiveUp.DORMANT), (3, GiveUp.DORMANT), (2, GiveUp.NEWEST),
        (1, GiveUp.NEWEST),
    ]  # fmt: skip
    assert len(give_up_first(seats, 2, now)) == 2
    assert give_up_first(seats, -3, now) == ()
