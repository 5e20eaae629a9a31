"""How a reorganization says no: to what is not the unit's to give, and to a plan that does not hold any more."""

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


@dataclass(eq=False)
class PlanMoved(BusinessError):
    """What was shown when it was planned is not what would be done today."""

    code: ClassVar[Code] = Code.PREVIEW_STALE
    verb: str
    unit: str

    def message(self) -> str:
        return f"What {self.verb} of {self.unit} would do is not what was shown when it was planned. Plan it anew."
