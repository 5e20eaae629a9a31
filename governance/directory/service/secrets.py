"""Secrets for those who come in: made of 32 random bytes, shown once, kept only as a hash."""

import base64
import hashlib

from governance.kernel.ids import Ids

TOKEN_MARK = "lic_"  # noqa: S105 - how a token begins, no secret
PREFIX_LENGTH = 12


def new_secret(ids: Ids) -> str:
    """Give 32 random bytes as text for a URL or a cookie, 43 characters."""
    return base64.urlsafe_b64encode(ids.secret_bytes(32)).rstrip(b"=").decode()


def new_token_secret(ids: Ids) -> str:
    """Give the secret of an API token: `lic_` and 43 characters."""
    return TOKEN_MARK + new_secret(ids)


def hashed(secret: str) -> str:
    """Give the SHA-256 under which a secret is stored and looked up; 256 random bits need no salt and no stretching."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
