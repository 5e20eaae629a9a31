"""On what terms a pool lends its seats: for how long, to whom some are kept, how many there are from when on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from governance.entitlements.rules import Overage

NO_TIME = timedelta(0)


@dataclass(frozen=True)
class Limit:
    """How many seats there are from an instant on (None: from the beginning); `seats` None is unlimited."""

    since: datetime | None
    seats: int | None


@dataclass(frozen=True)
class LeaseTerms:
    """What a pool lends on.

    `term`: how long a lease holds without a heartbeat; None: until it is given back. `revival`: how long after its end
    it may come back under its old id. `linger`: how long a seat stays with its client after being given back.
    `borrow_days`: how far ahead one may borrow, 0: not at all; `borrowable`: how many seats at once, None: all.
    `owned`: beyond how many seats a grant is flagged; None: beyond the limit. `ever`: how many the pool could lend if
    nobody else had any; None: as many as the limit says.
    """

    term: timedelta | None = timedelta(seconds=600)
    revival: timedelta = NO_TIME
    linger: timedelta = NO_TIME
    borrow_days: int = 0
    borrowable: int | None = None
    early_return: bool = True
    overage: Overage = Overage.BLOCK
    reserved: Mapping[str, int] = field(default_factory=dict)
    limits: tuple[Limit, ...] = (Limit(None, None),)
    owned: int | None = None
    ever: int | None = None

    def limit(self, now: datetime) -> int | None:
        """Give how many seats there are at an instant; None: no limit, 0 before the first of dated limits."""
        told = [limit for limit in self.limits if limit.since is None or limit.since <= now]
        return told[-1].seats if told else 0

    def flagged_beyond(self, now: datetime) -> int | None:
        """Give beyond how many seats a grant is one too many, allowed or not; None: no limit."""
        return self.limit(now) if self.owned is None else self.owned

    def next_limit(self, now: datetime) -> datetime | None:
        """Give when the number of seats changes next."""
        return min((each.since for each in self.limits if each.since is not None and each.since > now), default=None)
