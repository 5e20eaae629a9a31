"""Why a tenant is not suspended, exported or deleted."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class NotSuspended(BusinessError):
    """A tenant that works is not deleted."""

    code: ClassVar[Code] = Code.WRONG_STATE
    slug: str

    def message(self) -> str:
        return f"Tenant {self.slug} is at work. Suspend it first, so that nothing is added while it is deleted."


@dataclass(eq=False)
class OtherExport(BusinessError):
    """The file shown is no export of the tenant as it stands."""

    code: ClassVar[Code] = Code.CONFLICT
    file: str
    why: str

    def message(self) -> str:
        return (
            f"{self.file} cannot stand for what is deleted: {self.why}. Export the tenant again while it is suspended."
        )


@dataclass(eq=False)
class BadCertificate(BusinessError):
    """A certificate that does not hold."""

    code: ClassVar[Code] = Code.BAD_INPUT
    why: str

    def message(self) -> str:
        return f"The certificate does not hold: {self.why}."
