"""How the directory says no: to a sign-in, to a unit that cannot move or end, to a link that was used."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from governance.kernel.errors import BusinessError, Code


class Why(StrEnum):
    """Why a provider's word was not taken, as the trail keeps it."""

    ALGORITHM = "ALGORITHM"
    AUDIENCE = "AUDIENCE"
    AUTH_TIME = "AUTH_TIME"
    AUTHORIZED_PARTY = "AUTHORIZED_PARTY"
    CODE = "CODE"
    EXPIRED = "EXPIRED"
    ISSUED_AT = "ISSUED_AT"
    ISSUER = "ISSUER"
    KEY = "KEY"
    KEYS = "KEYS"
    LEFT = "LEFT"
    LOGOUT = "LOGOUT"
    MAIL_TAKEN = "MAIL_TAKEN"
    METADATA = "METADATA"
    NONCE = "NONCE"
    NOT_KNOWN = "NOT_KNOWN"
    NOT_YET = "NOT_YET"
    OTHER_BROWSER = "OTHER_BROWSER"
    OTHER_PERSON = "OTHER_PERSON"
    PERSON = "PERSON"
    PROVIDER_SAID_NO = "PROVIDER_SAID_NO"
    SECRET = "SECRET"  # noqa: S105 - a word, no secret
    SIGNATURE = "SIGNATURE"
    STATE = "STATE"
    STATE_OLD = "STATE_OLD"
    STATE_SPENT = "STATE_SPENT"
    SUBJECT = "SUBJECT"
    TOKEN = "TOKEN"  # noqa: S105 - a word, no secret
    UNREACHABLE = "UNREACHABLE"


@dataclass(eq=False)
class SignInFailed(BusinessError):
    """Login or password is wrong, or the account is locked: one answer, so that nobody learns which."""

    code: ClassVar[Code] = Code.SIGN_IN_FAILED

    def message(self) -> str:
        return "Sign-in failed. Check login and password; after five failures an account rests, 15 minutes at first."


@dataclass(eq=False)
class SignInAgain(BusinessError):
    """There is no session, token or link that holds."""

    code: ClassVar[Code] = Code.SIGN_IN_AGAIN

    def message(self) -> str:
        return "You are not signed in, or your sign-in has ended. Sign in again."


@dataclass(eq=False)
class ProofTooOld(BusinessError):
    """The act wants a proof given a moment ago, by a person in a browser."""

    code: ClassVar[Code] = Code.SIGN_IN_AGAIN
    minutes: int

    def message(self) -> str:
        return f"Prove again who you are: this asks for a sign-in not older than {self.minutes} minutes."


@dataclass(eq=False)
class CodeRefused(BusinessError):
    """The code is wrong, too old, or was used before."""

    code: ClassVar[Code] = Code.BAD_INPUT

    def message(self) -> str:
        return "This code does not pass. Give the one that the app shows now; each code passes once."

    def path(self) -> tuple[str, ...]:
        return ("code",)


@dataclass(eq=False)
class TooManyTries(BusinessError):
    """Too many sign-ins failed from one network address, whoever they were for."""

    code: ClassVar[Code] = Code.TOO_MANY
    retry_after_s: int

    def message(self) -> str:
        return f"Too many sign-ins failed from your network. Try again in {self.retry_after_s} s."


@dataclass(eq=False)
class NotVouchedFor(BusinessError):
    """A provider's word was not taken. People are told one sentence for every `why`; the trail keeps it."""

    code: ClassVar[Code] = Code.SIGN_IN_FAILED
    why: Why

    def facts(self) -> Mapping[str, str]:
        return {}

    def message(self) -> str:
        return "Your organization's sign-in was not accepted. You are not signed in; nothing was changed."


@dataclass(eq=False)
class LinkSpent(BusinessError):
    """The link was used before, or its time is over."""

    code: ClassVar[Code] = Code.ALREADY_DECIDED

    def message(self) -> str:
        return "This link was already used or has expired. Ask for a new one."


@dataclass(eq=False)
class UnitBelowItself(BusinessError):
    """A unit would hang below itself."""

    code: ClassVar[Code] = Code.BAD_INPUT
    unit: str
    parent: str

    def message(self) -> str:
        return f"{self.unit} cannot hang below {self.parent}, which lies below it. Choose a parent outside its subtree."

    def path(self) -> tuple[str, ...]:
        return ("parent_id",)


@dataclass(eq=False)
class UnitNotEmpty(BusinessError):
    """A unit still has units or people and cannot end."""

    code: ClassVar[Code] = Code.WRONG_STATE
    unit: str
    units: int
    people: int

    def message(self) -> str:
        return f"{self.unit} cannot end: it has {self.units} units and {self.people} people. Move them first."


@dataclass(eq=False)
class Taken(BusinessError):
    """A value that must be single in the tenant belongs to another record."""

    code: ClassVar[Code] = Code.CONFLICT
    field: str
    has: str

    def message(self) -> str:
        return f"{self.field} {self.has!r} belongs to another record of this tenant; needs one that is not taken."

    def path(self) -> tuple[str, ...]:
        return (self.field,)


@dataclass(eq=False)
class OwnElevation(BusinessError):
    """Whoever asks for a role does not decide on it: a second pair of eyes does."""

    code: ClassVar[Code] = Code.SEPARATION_OF_DUTIES
    elevation: UUID

    def message(self) -> str:
        return "You asked for this role yourself, so somebody else has to decide on it. Nothing was changed."
