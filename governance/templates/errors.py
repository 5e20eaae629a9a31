"""Why nothing is made of a template, or applied: what it says cannot be read, or was not looked at first."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code, Reason


@dataclass(eq=False)
class BadOverrides(BusinessError):
    """What is to be different here cannot be read, or does not fit the rest of the template."""

    code: ClassVar[Code] = Code.BAD_INPUT
    template: str
    why: str
    found: tuple[Reason, ...] = ()

    def message(self) -> str:
        return f"Template {self.template} cannot be used with these overrides: {self.why}"

    def facts(self) -> dict[str, str]:
        return {"template": self.template}

    def reasons(self) -> tuple[Reason, ...]:
        return self.found

    def path(self) -> tuple[str, ...]:
        return ("overrides",)


@dataclass(eq=False)
class TemplateUnseen(BusinessError):
    """What a template does is shown first, and done by the token of that."""

    code: ClassVar[Code] = Code.PREVIEW_STALE
    template: str
    licenses: int

    def message(self) -> str:
        return (
            f"Applying template {self.template} to {self.licenses} licenses needs the token of its preview. "
            "Nothing was changed; look first."
        )


@dataclass(eq=False)
class TooManyAtOnce(BusinessError):
    """So many licenses are not changed in one transaction."""

    code: ClassVar[Code] = Code.TOO_MANY
    licenses: int
    most: int

    def message(self) -> str:
        return (
            f"{self.licenses} licenses are more than the {self.most} that are changed at once. "
            "Nothing was changed; ask for it as a run."
        )
