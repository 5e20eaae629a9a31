"""How a reorganization says no: to a unit that has ended, and to what is not the unit's to give."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class NotOfTheUnit(BusinessError):
    """Something was chosen that does not belong to the unit."""

    code: ClassVar[Code] = Code.BAD_INPUT
    field: str
    has: str
    unit: str

    def message(self) -> str:
        return f"{self.has} does not belong to {self.unit} itself. Choose from what the unit has."

    def path(self) -> tuple[str, ...]:
        return (self.field,)
