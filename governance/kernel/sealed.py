"""Secrets that must be read again: sealed at rest with a key that the database never sees (AES-256-GCM)."""

import base64
import binascii
from dataclasses import dataclass
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from governance.kernel.errors import BusinessError, Code
from governance.kernel.ids import Ids

NONCE_BYTES = 12


@dataclass(eq=False)
class SealBroken(BusinessError):
    """What was sealed was changed, belongs elsewhere, or was sealed under another secret of this installation."""

    code: ClassVar[Code] = Code.UNAVAILABLE
    what: str

    def message(self) -> str:
        return f"{self.what} cannot be read: it was sealed under another LICTOR_SECRET, or changed since. Set it anew."


def seal(secret: bytes, ids: Ids, *, purpose: str, about: str, text: str) -> str:
    """Seal `text` for one purpose and one owner (`about`): nowhere else does it open."""
    nonce = ids.secret_bytes(NONCE_BYTES)
    sealed = AESGCM(_key(secret, purpose)).encrypt(nonce, text.encode(), about.encode())
    return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def unseal(secret: bytes, sealed: str, *, purpose: str, about: str) -> str:
    """Open what was sealed for this purpose and owner. Raises SealBroken."""
    try:
        raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        opened = AESGCM(_key(secret, purpose)).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], about.encode())
    except (InvalidTag, binascii.Error, ValueError):
        raise SealBroken(purpose) from None
    return opened.decode()


def _key(secret: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"lictor sealed\0" + purpose.encode()).derive(secret)
