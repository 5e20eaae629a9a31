"""Why long work stops before its end: somebody asked it to, or another worker has taken it over."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class Cancelled(BusinessError):
    """Somebody asked this run to stop; what was not committed is undone."""

    code: ClassVar[Code] = Code.WRONG_STATE
    run: UUID

    def message(self) -> str:
        return f"Run {self.run} was cancelled. What it had not finished was undone."


@dataclass(eq=False)
class LeaseLost(BusinessError):
    """Another worker holds this run now: the one with the older fence changes nothing any more."""

    code: ClassVar[Code] = Code.LEASE_LOST
    run: UUID
    fence: int

    def message(self) -> str:
        return f"Run {self.run} was taken over by another worker (fence {self.fence} is no longer the newest)."


@dataclass(eq=False)
class PrincipalGone(BusinessError):
    """Who asked for the run is no longer there, or has left: nobody's rights are left to act under."""

    code: ClassVar[Code] = Code.REFUSED
    principal: str

    def message(self) -> str:
        return f"{self.principal} asked for this run and may no longer act. Nothing was changed; ask for it anew."
