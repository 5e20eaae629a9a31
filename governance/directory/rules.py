"""The words of the directory: people's standing, kinds of units and principals, and what a natural key looks like."""

from datetime import datetime, timedelta
from enum import StrEnum

from governance.kernel.errors import BadInput
from policies.access.actions import Action
from policies.access.parties import Grant, Role, ScopeKind

IDLE_TIMEOUT = timedelta(hours=12)
ABSOLUTE_TIMEOUT = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)
FAILURES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)
LINK_VALID_FOR = timedelta(days=14)
PASSWORD_LENGTH = (12, 256)

# Everyone in the directory holds what is their own: nobody needs to grant that.
EVERYONE = Grant(Role.HOLDER, ScopeKind.OWN)


class PersonStatus(StrEnum):
    """`ON_LEAVE` keeps seats and is excluded from reclaim; `LEFT` is a leaver."""

    ACTIVE = "ACTIVE"
    ON_LEAVE = "ON_LEAVE"
    LEFT = "LEFT"


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


def same_mail(address: str) -> str:
    """Give the form under which two spellings of one mail address are the same."""
    return address.strip().casefold()


LINK_ACTIONS: dict[LinkPurpose, frozenset[Action]] = {
    LinkPurpose.ACCEPT_SEAT: frozenset({Action.SEAT_ACCEPT, Action.SEAT_READ}),
    LinkPurpose.ANSWER_SURVEY: frozenset({Action.SEAT_READ, Action.SURVEY_ANSWER}),
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
