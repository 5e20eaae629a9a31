"""How seats say no: invitations that ran out, seats just kept, too many at once, refusals with every reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code, Reason


@dataclass(eq=False)
class InvitationExpired(BusinessError):
    code: ClassVar[Code] = Code.INVITATION_EXPIRED
    seat: str
    expired_at: datetime

    def message(self) -> str:
        return f"The invitation to this seat ended at {self.expired_at:%Y-%m-%d %H:%M} UTC. Ask for a new one."


@dataclass(eq=False)
class RecentlyKept(BusinessError):
    """Somebody used or kept the seat not long ago: it is not proposed again before `until`."""

    code: ClassVar[Code] = Code.WRONG_STATE
    seat: str
    until: datetime

    def message(self) -> str:
        return f"This seat was used or kept after a proposal; it can be proposed again from {self.until:%Y-%m-%d} on."


@dataclass(eq=False)
class LeaseLost(BusinessError):
    """A lease that ended, or that another process of its client has taken over: `has` and `needs` say which."""

    code: ClassVar[Code] = Code.LEASE_LOST
    lease: str
    has: str
    needs: str

    def message(self) -> str:
        return f"This lease is no longer yours: it has {self.has}, and it needs {self.needs}. Acquire one anew."


@dataclass(eq=False)
class TooManyLeases(BusinessError):
    code: ClassVar[Code] = Code.TOO_MANY
    asked: int
    at_most: int

    def message(self) -> str:
        return f"{self.asked} leases in one call; at most {self.at_most}. Split the call."


@dataclass(eq=False)
class TooManySeats(BusinessError):
    code: ClassVar[Code] = Code.TOO_MANY
    asked: int
    at_most: int

    def message(self) -> str:
        return f"{self.asked} seats in one call; at most {self.at_most}. Split the call."


@dataclass(eq=False)
class SeatRefused(BusinessError):
    """A seat that cannot be had, with every reason; the first reason's code speaks for all."""

    all_reasons: tuple[Reason, ...]

    @property
    def code(self) -> Code:  # type: ignore[override]
        return self.all_reasons[0].code

    def reasons(self) -> tuple[Reason, ...]:
        return self.all_reasons

    def message(self) -> str:
        return " ".join(f"{r.subject}: has {r.has}, needs {r.needs}." for r in self.all_reasons)


@dataclass(eq=False)
class LineChangeUnseen(BusinessError):
    """A line is changed only by the token of the preview: what that does to its holders is looked at first."""

    code: ClassVar[Code] = Code.PREVIEW_STALE
    line: str
    holders: int

    def message(self) -> str:
        return f"Line {self.line} has {self.holders} holders. Look at the preview first, and give its token."


@dataclass(eq=False)
class RevocationCapped(BusinessError):
    """More seats of a line than may be taken within its term: `used` of `cap` are gone, and it opens at `opens_at`."""

    code: ClassVar[Code] = Code.LIMIT_REACHED
    line: str
    asked: int
    used: int
    cap: int
    opens_at: datetime | None

    def message(self) -> str:
        opens = f"{self.opens_at:%Y-%m-%d %H:%M} UTC" if self.opens_at is not None else "once it has a supply"
        return (
            f"{self.asked} seats of line {self.line} are too many: {self.used} of {self.cap} that may be taken in this "
            f"term are gone. The next term opens {opens}; whoever publishes policy can raise the cap, with a reason."
        )


@dataclass(eq=False)
class RevocationRests(BusinessError):
    """Several seats of the line were taken a short while ago: the next call that takes several waits until then."""

    code: ClassVar[Code] = Code.LIMIT_REACHED
    line: str
    until: datetime

    def message(self) -> str:
        until = f"{self.until:%Y-%m-%d %H:%M} UTC"
        return f"Line {self.line} lost several seats in one call; the next such call may follow from {until} on."
