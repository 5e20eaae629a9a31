"""Why a review does not go on."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class SeparationOfDuties(BusinessError):
    """Two acts that one person, or one unit, may not do alone."""

    code: ClassVar[Code] = Code.SEPARATION_OF_DUTIES
    has: str
    needs: str

    def message(self) -> str:
        return f"{self.has}; a signature needs {self.needs}."


@dataclass(eq=False)
class SignInAgain(BusinessError):
    """Signing needs a proof of who one is that is minutes, not hours, old."""

    code: ClassVar[Code] = Code.SIGN_IN_AGAIN
    minutes: int

    def message(self) -> str:
        return f"Signing needs your password again: the last time is more than {self.minutes} minutes ago."


@dataclass(eq=False)
class SomethingElseWasShown(BusinessError):
    """The signer names another hash than what stands now."""

    code: ClassVar[Code] = Code.CONFLICT
    signed: str
    stands: str

    def message(self) -> str:
        return "What you were shown is not what stands now. Read the review again, then sign what you read."


@dataclass(eq=False)
class AlreadySigned(BusinessError):
    """One signature a person and review."""

    code: ClassVar[Code] = Code.ALREADY_DECIDED
    review: str

    def message(self) -> str:
        return "You signed this review already. Your signature stands."


@dataclass(eq=False)
class NoMandate(BusinessError):
    """The signer speaks for no department that could still sign; it names who is missing."""

    code: ClassVar[Code] = Code.SEPARATION_OF_DUTIES
    has: str
    missing: str

    def message(self) -> str:
        return f"{self.has}. Still missing: {self.missing or 'nobody'}."


@dataclass(eq=False)
class PeriodTaken(BusinessError):
    """One review a board and period."""

    code: ClassVar[Code] = Code.ALREADY_DECIDED
    board: str
    period: str

    def message(self) -> str:
        return f"{self.board} has a review of {self.period} already. Open that one."


@dataclass(eq=False)
class NotAMember(BusinessError):
    """Only those who speak for a department of the board do this."""

    code: ClassVar[Code] = Code.SEPARATION_OF_DUTIES
    department: str

    def message(self) -> str:
        return f"You do not speak for {self.department} this board today. Only its members do this."


@dataclass(eq=False)
class VoteLacks(BusinessError):
    """The vote on an item does not give this decision; it says what lacks."""

    code: ClassVar[Code] = Code.WRONG_STATE
    outcome: str
    has: str
    lacks: str

    def message(self) -> str:
        return f"The vote stands at {self.has}; {self.outcome} still lacks: {self.lacks}."
