"""How Lictor says no: small nouns that carry facts, and one list of codes that every door speaks."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import ClassVar


class Code(StrEnum):
    """Every code a refusal or a problem can carry, at every door."""

    ALREADY_DECIDED = "ALREADY_DECIDED"
    ALREADY_SEATED = "ALREADY_SEATED"
    BAD_CURSOR = "BAD_CURSOR"
    BAD_INPUT = "BAD_INPUT"
    BASE_MISSING = "BASE_MISSING"
    CONFLICT = "CONFLICT"
    COST_LIMIT = "COST_LIMIT"
    COVERED_ALREADY = "COVERED_ALREADY"
    FILE_REFUSED = "FILE_REFUSED"
    HOLDER_NOT_ACTIVE = "HOLDER_NOT_ACTIVE"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    INVITATION_EXPIRED = "INVITATION_EXPIRED"
    LEASE_LOST = "LEASE_LOST"
    LIMIT_REACHED = "LIMIT_REACHED"
    NOT_FOUND = "NOT_FOUND"
    NOT_IN_FORCE = "NOT_IN_FORCE"
    PREVIEW_STALE = "PREVIEW_STALE"
    PRODUCT_NOT_APPROVED = "PRODUCT_NOT_APPROVED"
    REFUSED = "REFUSED"
    SEPARATION_OF_DUTIES = "SEPARATION_OF_DUTIES"
    SIGN_IN_AGAIN = "SIGN_IN_AGAIN"
    SIGN_IN_FAILED = "SIGN_IN_FAILED"
    TERRITORY = "TERRITORY"
    TIER_TOO_LOW = "TIER_TOO_LOW"
    TOO_MANY = "TOO_MANY"
    UNAVAILABLE = "UNAVAILABLE"
    WRONG_STATE = "WRONG_STATE"


@dataclass(frozen=True)
class Reason:
    """One reason of a decision: what is, what would have to be, where that is known from."""

    code: Code
    subject: str
    has: str
    needs: str
    source: str = ""
    remedy: str = ""


class BusinessError(Exception):
    """A business no. Subclasses are dataclasses whose fields are the facts (not frozen: raising sets attributes)."""

    code: ClassVar[Code] = Code.REFUSED

    def facts(self) -> Mapping[str, str]:
        """Name the facts of this no as text, in field order."""
        if not is_dataclass(self):
            return {}
        return {
            f.name: str(v) for f in fields(self) if (v := getattr(self, f.name)) is not None and f.name != "reasons"
        }

    def reasons(self) -> tuple[Reason, ...]:
        """Give every reason that led to this no; empty where the message says it all."""
        return ()

    def message(self) -> str:
        """Say in one sentence what did not happen and why."""
        return f"{type(self).__name__}: {', '.join(f'{k} {v}' for k, v in self.facts().items())}"

    def path(self) -> tuple[str, ...]:
        """Name the input that caused it, outermost first; empty where no single input did."""
        return ()

    def __str__(self) -> str:
        return self.message()


@dataclass(eq=False)
class NotFound(BusinessError):
    """What is not there, or not for you to see: both answer alike."""

    code: ClassVar[Code] = Code.NOT_FOUND
    what: str
    id: str

    def message(self) -> str:
        return f"There is no {self.what} {self.id}, or it is outside your scope."


@dataclass(eq=False)
class Refused(BusinessError):
    """The principal may see the object, yet not do this to it."""

    code: ClassVar[Code] = Code.REFUSED
    action: str
    subject: str = ""

    def message(self) -> str:
        return f"You may not {self.action}{f' on {self.subject}' if self.subject else ''}. Nothing was changed."


@dataclass(eq=False)
class Conflict(BusinessError):
    """The facts moved between reading and writing."""

    code: ClassVar[Code] = Code.CONFLICT
    what: str
    expected: str
    actual: str

    def message(self) -> str:
        return f"{self.what} changed meanwhile: expected version {self.expected}, it is {self.actual}. Read it again."


@dataclass(eq=False)
class RightsMoved(BusinessError):
    """What the actor may do was changed while they did it."""

    code: ClassVar[Code] = Code.CONFLICT
    expected: int
    actual: int

    def message(self) -> str:
        return "Your rights were changed while this was under way. Nothing was changed; try again."


@dataclass(eq=False)
class BadInput(BusinessError):
    """An input that cannot be used, with what would be right."""

    code: ClassVar[Code] = Code.BAD_INPUT
    field: str
    has: str
    needs: str

    def message(self) -> str:
        return f"{self.field}: {self.has!r} cannot be used; needs {self.needs}."

    def path(self) -> tuple[str, ...]:
        return tuple(self.field.split("."))


@dataclass(eq=False)
class WrongState(BusinessError):
    """The object is in a state that this event does not leave."""

    code: ClassVar[Code] = Code.WRONG_STATE
    what: str
    state: str
    event: str

    def message(self) -> str:
        return f"A {self.what} that is {self.state} cannot {self.event}."


@dataclass(eq=False)
class IdempotencyMismatch(BusinessError):
    """The same key came with another body."""

    code: ClassVar[Code] = Code.IDEMPOTENCY_MISMATCH
    key: str

    def message(self) -> str:
        return f"Idempotency-Key {self.key} was used with another request. Use a new key for a new request."


@dataclass(eq=False)
class Unavailable(BusinessError):
    """Nothing was changed; the same call may go through later."""

    code: ClassVar[Code] = Code.UNAVAILABLE
    what: str
    retry_after_s: int = 1

    def message(self) -> str:
        return f"{self.what} did not answer in time. Nothing was changed; try again in {self.retry_after_s} s."


@dataclass(eq=False)
class DatabaseLost(Unavailable):
    """The connection broke under a request: what it read is void, and whether it changed anything is not known."""

    what: str = "The database"

    def message(self) -> str:
        return (
            f"{self.what} was lost on the way. If this was to change something, whether it did is not known: repeat it "
            f"under the same idempotency key in {self.retry_after_s} s, or look first."
        )
