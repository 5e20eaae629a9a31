"""How the inventory says no."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class DeviceRetired(BusinessError):
    """A device that is there no more, and takes nothing new."""

    code: ClassVar[Code] = Code.WRONG_STATE
    device: str

    def message(self) -> str:
        return f"Device {self.device} was retired. Register it anew, under a code of its own, if it came back."
