"""The words of the directory: people's standing, kinds of units and principals, and what a natural key looks like."""

from datetime import datetime, timedelta
from enum import StrEnum

from governance.directory.errors import ProofTooOld
from governance.kernel.errors import BadInput
from policies.access.actions import Action
from policies.access.parties import Grant, Role, ScopeKind

IDLE_TIMEOUT = timedelta(hours=12)
ABSOLUTE_TIMEOUT = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)
FAILURES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)
LOCKED_MOST = timedelta(hours=24)
ADDRESS_FAILURES = 50
ADDRESS_REST = timedelta(minutes=1)
ADDRESS_REST_MOST = timedelta(hours=1)
ADDRESS_FORGOTTEN_AFTER = timedelta(hours=1)
SESSIONS_KEPT_FOR = timedelta(days=30)  # after their end, so that one may still read from where one was signed in
HALVES_KEPT_FOR = timedelta(days=1)
CODE_AWAITED_FOR = timedelta(minutes=5)
PROOF_FRESH_FOR = timedelta(minutes=5)
LINK_VALID_FOR = timedelta(days=14)
PASSWORD_LENGTH = (12, 256)

# Everyone in the directory holds what is their own: nobody needs to grant that.
EVERYONE = Grant(Role.HOLDER, ScopeKind.OWN)


class PersonStatus(StrEnum):
    """`ON_LEAVE` keeps seats and is excluded from reclaim; `LEFT` is a leaver."""

    ACTIVE = "ACTIVE"
    ON_LEAVE = "ON_LEAVE"
    LEFT = "LEFT"


class Placing(StrEnum):
    """How a person whom an identity provider tells of came to their unit."""

    BY_DEPARTMENT = "BY_DEPARTMENT"
    BY_COST_CENTER = "BY_COST_CENTER"
    KEPT = "KEPT"  # nothing was said that names a unit: they stay where they were, a new person at the root
    UNKNOWN_UNIT = "UNKNOWN_UNIT"  # what was said names no unit, or several: as KEPT, and somebody should look


class UnitKind(StrEnum):
    COMPANY = "COMPANY"
    DIVISION = "DIVISION"
    DEPARTMENT = "DEPARTMENT"
    COST_CENTER = "COST_CENTER"


class Department(StrEnum):
    """The functions that sit on a review board."""

    PRODUCT = "PRODUCT"
    SALES = "SALES"
    SUPPORT = "SUPPORT"
    FINANCE = "FINANCE"
    SECURITY = "SECURITY"
    IT = "IT"


class LinkPurpose(StrEnum):
    """The one thing a signed link can do."""

    ACCEPT_SEAT = "ACCEPT_SEAT"
    ANSWER_SURVEY = "ANSWER_SURVEY"
    KEEP_SEAT = "KEEP_SEAT"


def same_mail(address: str) -> str:
    """Give the form under which two spellings of one mail address are the same."""
    return address.strip().casefold()


LINK_ACTIONS: dict[LinkPurpose, frozenset[Action]] = {
    LinkPurpose.ACCEPT_SEAT: frozenset({Action.SEAT_ACCEPT, Action.SEAT_READ}),
    LinkPurpose.ANSWER_SURVEY: frozenset({Action.SEAT_READ, Action.SURVEY_ANSWER}),
    LinkPurpose.KEEP_SEAT: frozenset({Action.SEAT_ACCEPT, Action.SEAT_READ, Action.SEAT_RELEASE}),
}


def session_holds(*, last_seen_at: datetime, ends_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """Tell whether a session still stands: not ended, not past its absolute end, not idle for 12 hours."""
    return ended_at is None and now < ends_at and now < last_seen_at + IDLE_TIMEOUT


def token_holds(*, expires_at: datetime | None, revoked_at: datetime | None, now: datetime) -> bool:
    """Tell whether a token still opens: neither revoked nor expired."""
    return revoked_at is None and (expires_at is None or now < expires_at)


def narrowed(asked: frozenset[Action] | None, own: frozenset[Action] | None) -> frozenset[Action] | None:
    """Give the acts of a new token: what is asked for, never more than the maker's own token has. None is no limit."""
    if own is None:
        return asked
    return own if asked is None else asked & own


def checked_password(password: str) -> str:
    """Give the password back when it is long enough to be one. Raises BadInput, without repeating it."""
    least, most = PASSWORD_LENGTH
    if not least <= len(password) <= most:
        raise BadInput("password", "(not shown)", f"between {least} and {most} characters")
    return password


def rest(first: timedelta, times: int, most: timedelta) -> timedelta:
    """Give how long the `times`-th rest lasts: the first, then twice as long each time, up to the longest."""
    return min(most, first * (1 << min(times - 1, 20)))


def check_fresh(authenticated_at: datetime | None, now: datetime) -> datetime:
    """Let pass who proved within five minutes who they are, and give when. Raises ProofTooOld, as for every token."""
    if authenticated_at is None or now - authenticated_at > PROOF_FRESH_FOR:
        raise ProofTooOld(int(PROOF_FRESH_FOR.total_seconds()) // 60)
    return authenticated_at
