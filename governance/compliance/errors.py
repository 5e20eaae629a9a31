"""Why a finding cannot be settled by this person."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class SameHands(BusinessError):
    """Who owns or took on a finding may not waive it: a second pair of eyes does."""

    code: ClassVar[Code] = Code.SEPARATION_OF_DUTIES
    finding: UUID
    because: str

    def message(self) -> str:
        return f"You {self.because}, so somebody else has to waive it. Nothing was changed."
