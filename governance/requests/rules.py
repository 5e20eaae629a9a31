"""The rules of asking for a seat: how a request stands, how long it is good for, and who is next in line."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from governance.kernel.errors import Code, Reason

GOOD_FOR = timedelta(days=30)
"""How long a request waits for a decision."""
REASON_MOST = 400
HIGHEST = 9
"""Priorities go from 0 (usual) to this one; the higher is served first."""


class RequestState(StrEnum):
    """How a request stands: undecided, approved and in line for a seat, or over in one of four ways."""

    ASKED = "ASKED"
    WAITING = "WAITING"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class RequestOrigin(StrEnum):
    """Where a request comes from: asked for, of somebody who came back while their pool was full, or by a rule."""

    ASKED = "ASKED"
    RETURNED = "RETURNED"
    RULE = "RULE"


OPEN = frozenset({RequestState.ASKED, RequestState.WAITING})


def state_at(state: RequestState, expires_at: datetime, now: datetime) -> RequestState:
    """Say how a request stands at an instant: one that nobody decided on in time is over, swept or not."""
    return RequestState.EXPIRED if state is RequestState.ASKED and expires_at <= now else state


def only_full(reasons: Iterable[Reason]) -> bool:
    """Say whether nothing but the want of a seat stands in between: what waiting can mend."""
    codes = {reason.code for reason in reasons}
    return codes == {Code.LIMIT_REACHED}


def only_seated(reasons: Iterable[Reason]) -> bool:
    """Say whether they sit there already: the request is answered by that seat."""
    return Code.ALREADY_SEATED in {reason.code for reason in reasons} <= {Code.ALREADY_SEATED, Code.LIMIT_REACHED}
