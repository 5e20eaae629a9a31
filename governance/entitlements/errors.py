"""How entitlements say no."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class PreviewNeeded(BusinessError):
    """The change leaves holders beyond the room there is: it is looked at first, and done by the preview's token."""

    code: ClassVar[Code] = Code.PREVIEW_STALE
    verb: str
    over: int

    def message(self) -> str:
        return (
            f"{self.verb} would leave {self.over} taken seats beyond what there is. Nobody is revoked by it, yet "
            "look at its preview first and repeat it with the preview's token."
        )
