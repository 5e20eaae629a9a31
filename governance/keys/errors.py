"""How license keys say no: keys that are there already, or a file of them that cannot be read."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class TooManyKeys(BusinessError):
    code: ClassVar[Code] = Code.TOO_MANY
    asked: int
    at_most: int

    def message(self) -> str:
        return f"{self.asked} keys in one call; at most {self.at_most}. Split the call."


@dataclass(eq=False)
class BadKeyFile(BusinessError):
    """A file of keys that cannot be taken in: `where` and what is wrong, never the key itself."""

    code: ClassVar[Code] = Code.BAD_INPUT
    where: str
    has: str
    needs: str

    def message(self) -> str:
        return f"{self.where}: {self.has}; it needs {self.needs}. Nothing was taken in."
