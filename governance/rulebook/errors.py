"""Why a policy is not taken: it cannot be read, its examples do not hold, it would lock everyone out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code, Reason


@dataclass(eq=False)
class BadPolicy(BusinessError):
    """The content cannot be read as a policy of its kind."""

    code: ClassVar[Code] = Code.BAD_INPUT
    kind: str
    why: str
    found: tuple[Reason, ...] = ()

    def message(self) -> str:
        return f"This is no {self.kind} policy: {self.why}"

    def facts(self) -> Mapping[str, str]:
        return {"kind": self.kind, "why": self.why}

    def reasons(self) -> tuple[Reason, ...]:
        return self.found

    def path(self) -> tuple[str, ...]:
        return ("content",)


@dataclass(eq=False)
class ExamplesFail(BusinessError):
    """The policy decides otherwise than its own examples say, or a line has none."""

    code: ClassVar[Code] = Code.BAD_INPUT
    kind: str
    failed: tuple[str, ...]

    def message(self) -> str:
        return f"{len(self.failed)} examples of the {self.kind} policy do not hold: {'; '.join(self.failed)}"

    def reasons(self) -> tuple[Reason, ...]:
        return tuple(
            Reason(Code.BAD_INPUT, one, "another decision", "the decision of the example", source="examples",
                   remedy="Change the line or its example.")
            for one in self.failed
        )  # fmt: skip

    def path(self) -> tuple[str, ...]:
        return ("examples",)


@dataclass(eq=False)
class LocksOut(BusinessError):
    """Under the new policy whoever publishes it could not publish the next one."""

    code: ClassVar[Code] = Code.CONFLICT
    principal: str

    def message(self) -> str:
        return (
            f"Under this policy {self.principal} could no longer publish a policy. Keep policy:publish for that role."
        )


@dataclass(eq=False)
class DrafterPublishes(BusinessError):
    """The live policy asks for four eyes."""

    code: ClassVar[Code] = Code.SEPARATION_OF_DUTIES
    principal: str

    def message(self) -> str:
        return f"{self.principal} drafted this version; the live policy asks that somebody else publishes it."
