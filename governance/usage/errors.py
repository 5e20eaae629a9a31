"""How usage says no."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class TooManyEvents(BusinessError):
    """A batch that is larger than one call may bring."""

    code: ClassVar[Code] = Code.TOO_MANY
    events: int
    most: int

    def message(self) -> str:
        return (
            f"{self.events} events came in one call; at most {self.most} may. Nothing was kept; send smaller batches."
        )
