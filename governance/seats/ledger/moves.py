"""What an event does to a seat's columns: instants that are set once stay as they are. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.kernel.errors import WrongState
from governance.seats.ledger.book import SeatLine
from governance.seats.ledger.port import Move
from governance.seats.rules import WORDS, ReleaseReason, SeatEvent, SeatState, next_state

DEFAULT_REASON = {
    SeatEvent.RELEASE: ReleaseReason.ADMIN,
    SeatEvent.DECLINE: ReleaseReason.DECLINED,
    SeatEvent.EXPIRE: ReleaseReason.INVITE_EXPIRED,
}


@dataclass(frozen=True)
class Moved:
    """The state a seat goes to, the columns that change, when it holds from, and whether there is a step to tell."""

    event: SeatEvent
    state: SeatState
    values: dict[str, Any]
    at: datetime
    told: bool = True


def moved(seat: SeatLine, ask: Move, now: datetime) -> Moved | WrongState:
    """Say what the event changes, or why the seat's state does not allow it."""
    if ask.only_from is not None and seat.state is not ask.only_from:
        return WrongState("seat", seat.state.value, WORDS[ask.event])
    state = next_state(seat.state, ask.event, used=seat.first_use_at is not None)
    if not isinstance(state, SeatState):
        return state
    at = ask.at or now
    if ask.event is SeatEvent.USE:
        return _used(seat, state, at, now)
    values: dict[str, Any] = {"state": state}
    if state is SeatState.RELEASED:
        reason = ask.reason or DEFAULT_REASON[ask.event]
        values |= {"released_at": at, "released_recorded_at": now, "release_reason": reason, "reclaim_due_at": None}
    elif ask.event is SeatEvent.ACCEPT:
        values["accepted_at"] = at
    elif ask.event is SeatEvent.PROPOSE_RECLAIM:
        values["reclaim_due_at"] = ask.due_at
    elif ask.event is SeatEvent.KEEP:
        values["reclaim_due_at"] = None
    return Moved(ask.event, state, values, at)


def _used(seat: SeatLine, state: SeatState, at: datetime, now: datetime) -> Moved:
    """Use before the episode began is another episode's; later use moves the last use forward, never back."""
    if at < seat.started_at:
        return Moved(SeatEvent.USE, seat.state, {}, at, told=False)
    last = at if seat.last_use_at is None else max(at, seat.last_use_at)
    values: dict[str, Any] = {"state": state, "last_use_at": last, "reclaim_due_at": None}
    if seat.first_use_at is None:
        values |= {"first_use_at": at, "first_use_recorded_at": now}
    return Moved(SeatEvent.USE, state, values, at, told=state is not seat.state)
