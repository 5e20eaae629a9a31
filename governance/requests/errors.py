"""Why a request for a seat cannot be settled by this person."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class OwnRequest(BusinessError):
    """Whoever asks for a seat, or would sit in it, does not decide on it: a second pair of eyes does."""

    code: ClassVar[Code] = Code.SEPARATION_OF_DUTIES
    request: UUID
    because: str

    def message(self) -> str:
        return f"You {self.because}, so somebody else has to decide on it. Nothing was changed."
