"""Why somebody could not be told: a text nobody wrote, or facts that a text needs and did not get."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class UnknownText(BusinessError):
    """The catalog has no such text."""

    code: ClassVar[Code] = Code.BAD_INPUT
    text_key: str

    def message(self) -> str:
        return f"There is no text {self.text_key!r} in the message catalog (governance/notices/texts)."


@dataclass(eq=False)
class FactsMissing(BusinessError):
    """A text names facts that were not given."""

    code: ClassVar[Code] = Code.BAD_INPUT
    text_key: str
    missing: str

    def message(self) -> str:
        return f"The text {self.text_key!r} cannot be written without: {self.missing}."


class SendFailed(Exception):
    """A channel did not take a letter. Its text says why, without addresses and secrets; the letter is tried again."""
