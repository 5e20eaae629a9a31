"""The token of a diff: what destroys is shown first, and done only by the token of exactly what was shown."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import rfc8785

from governance.kernel.errors import BusinessError, Code

VALID_FOR = timedelta(minutes=15)


@dataclass(eq=False)
class PreviewStale(BusinessError):
    """The token does not belong to what would happen now."""

    code: ClassVar[Code] = Code.PREVIEW_STALE
    verb: str

    def message(self) -> str:
        return f"The facts moved since this preview of {self.verb}, or it is older than 15 minutes. Look again."


def preview_token(secret: bytes, *, tenant: str, verb: str, diff: Mapping[str, Any], now: datetime) -> str:
    """Seal `diff` (JSON-like) of `verb` for a tenant; good for 15 minutes."""
    expires = int((now + VALID_FOR).timestamp())
    return f"{expires}.{_seal(secret, tenant, verb, diff, expires)}"


def check_preview(secret: bytes, token: str, *, tenant: str, verb: str, diff: Mapping[str, Any], now: datetime) -> None:
    """Let pass when `token` was made for this very diff. Raises PreviewStale otherwise."""
    head, _, seal = token.partition(".")
    if not head.isascii() or not head.isdigit() or len(head) > 12 or int(head) < now.timestamp():
        raise PreviewStale(verb)
    if not hmac.compare_digest(seal.encode(), _seal(secret, tenant, verb, diff, int(head)).encode()):
        raise PreviewStale(verb)


def _seal(secret: bytes, tenant: str, verb: str, diff: Mapping[str, Any], expires: int) -> str:
    body = rfc8785.dumps({"tenant": tenant, "verb": verb, "diff": dict(diff), "expires": expires})
    return hmac.new(secret, b"lictor preview\0" + body, hashlib.sha256).hexdigest()[:40]
