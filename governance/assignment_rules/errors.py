"""How assignment rules say no: a change that nobody looked at first."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class RuleUnseen(BusinessError):
    """A rule is applied or ended only by the token of its preview: whom it gives and takes seats is looked at first."""

    code: ClassVar[Code] = Code.PREVIEW_STALE
    rule: str

    def message(self) -> str:
        return f"Look at the preview of rule {self.rule} first, and give its token."
