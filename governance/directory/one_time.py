"""Codes of an authenticator app: six digits for half a minute (RFC 6238 over RFC 4226), and how an app learns them."""

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
DRIFT = 1  # a clock may be one step off either way
SECRET_BYTES = 20  # RFC 4226, R6: 160 bits
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 16 characters of base32, 80 bits


def code_at(secret: bytes, step: int) -> str:
    """Give the code of one step: HOTP(K, C) of RFC 4226 section 5.3 with SHA-1, C = floor(seconds / 30)."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(now: datetime) -> int:
    """Count the half minutes since 1970."""
    return int(now.timestamp()) // STEP_S


def matching_step(secret: bytes, code: str, now: datetime, *, after: int) -> int | None:
    """Give the step whose code this is, within one step of now and later than `after`; None where none is.

    Every step is compared, so that the time taken says nothing.
    """
    today, found = step_of(now), None
    given = "".join(code.split()).encode("utf-8", "surrogatepass")
    for step in range(today - DRIFT, today + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given) and step > after:
            found = step
    return found


def otpauth_uri(secret: bytes, *, organization: str, login: str) -> str:
    """Give what an authenticator app reads from a picture: the secret, whose it is, and how codes are made."""
    issuer = organization.replace(":", " ")
    asked = {"secret": shown_secret(secret), "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{quote(issuer)}:{quote(login)}?{urlencode(asked, quote_via=quote)}"


def shown_secret(secret: bytes) -> str:
    """Give the secret as apps take it by hand: base32 without padding."""
    return base64.b32encode(secret).rstrip(b"=").decode()


def recovery_code(raw: bytes) -> str:
    """Give ten random bytes as a code to write down: four groups of four."""
    text = base64.b32encode(raw).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def written(code: str) -> str:
    """Give the form under which two spellings of one recovery code are the same."""
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))
