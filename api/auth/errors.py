"""How a door says no before any verb: to a forged form, and to a sign-in over a wire that others can read."""

from dataclasses import dataclass
from typing import ClassVar

from governance.kernel.errors import BusinessError, Code


@dataclass(eq=False)
class ForgedRequest(BusinessError):
    """A change came with a session's cookie but without that session's token, or from another site."""

    code: ClassVar[Code] = Code.REFUSED

    def message(self) -> str:
        return "This form does not belong to your session. Nothing was changed; load the page again and repeat."


@dataclass(eq=False)
class PlainHttp(BusinessError):
    """A password would travel in the open."""

    code: ClassVar[Code] = Code.SIGN_IN_FAILED
    host: str

    def message(self) -> str:
        return f"Sign-in over plain http works on this machine only, not on {self.host}. Use https (LICTOR_PUBLIC_URL)."
