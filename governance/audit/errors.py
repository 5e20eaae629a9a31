"""Why the trail cannot be sealed, proven or compared."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class NotSealedYet(BusinessError):
    """The entry, or the whole trail, waits for the next sealing."""

    code: ClassVar[Code] = Code.WRONG_STATE
    what: str

    def message(self) -> str:
        return f"{self.what} is not sealed yet. A server or worker seals within seconds; `lictor trail seal` does now."


@dataclass(eq=False)
class BadCheckpoint(BusinessError):
    """What was given as a checkpoint is none, or none of this trail and key."""

    code: ClassVar[Code] = Code.BAD_INPUT
    what: str
    why: str

    def message(self) -> str:
        return f"{self.what} is no checkpoint of this trail: {self.why}."


@dataclass(eq=False)
class TrailBroken(BusinessError):
    """What was sealed is not what the last checkpoint signed, so nothing further is signed on top of it."""

    code: ClassVar[Code] = Code.UNAVAILABLE
    tenant: str
    why: str

    def message(self) -> str:
        return f"The trail of tenant {self.tenant} is not sealed further: {self.why}. Run `lictor trail verify`."
