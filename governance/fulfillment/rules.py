"""How a seat comes to stand at the vendor: by nobody's doing, by a signed call, or by a connector that fetches it."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from governance.kernel.errors import BadInput

URL_MOST = 500
SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - how a secret begins, no secret
MOST_ATTEMPTS = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
ACCEPTED = 202
AGAIN = frozenset({408, 409, 421, 425, 429})


class Mode(StrEnum):
    """How a pool's seats are fulfilled: recorded only, told by a signed call, or fetched by a connector."""

    RECORD = "RECORD"
    WEBHOOK = "WEBHOOK"
    CONNECTOR = "CONNECTOR"


class OrderAct(StrEnum):
    """What is to be done at the vendor."""

    GRANT = "GRANT"
    REVOKE = "REVOKE"


class Fulfilled(StrEnum):
    """How far it is there."""

    NOT_NEEDED = "NOT_NEEDED"
    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"


class Answered(StrEnum):
    """What a receiver's status means: done, taken on and told of later, worth another try, or a no for good."""

    DONE = "DONE"
    TAKEN = "TAKEN"
    AGAIN = "AGAIN"
    NO = "NO"


def checked_url(url: str | None, mode: Mode) -> str | None:
    """Give the address that a WEBHOOK pool calls; the other modes have none. Raises BadInput."""
    if mode is not Mode.WEBHOOK:
        if url:
            raise BadInput("url", url[:60], f"no address: a {mode} pool calls nobody")
        return None
    right = "https:// and a host; http:// with this very machine only"
    text = (url or "").strip()
    if not text or len(text) > URL_MOST or not text.isascii() or not text.isprintable():
        raise BadInput("url", text[:60] or "nothing", f"{right}, at most {URL_MOST} characters")
    try:
        parts = urlsplit(text)
        plain = parts.scheme == "http" and _loopback(parts.hostname or "")
        _ = parts.port
    except ValueError:
        raise BadInput("url", text[:60], right) from None
    if not parts.hostname or (parts.scheme != "https" and not plain):
        raise BadInput("url", text[:60], right)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadInput("url", f"{parts.scheme}://…@{parts.hostname}"[:60], "an address without a password or fragment")
    return text


def new_secret(drawn: bytes) -> str:
    """Write the key that both sides sign with, as receivers of signed calls know it: whsec_ and base64."""
    return SECRET_PREFIX + base64.b64encode(drawn).decode()


def signed(secret: str, delivery: UUID, at: datetime, body: bytes) -> Mapping[str, str]:
    """Give the headers of a signed call: its stable id, when it was sent, and the signature of both with the body.

    HMAC-SHA256 over `id.timestamp.body`, as Standard Webhooks has it
    (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md). The id is the same at every try.
    """
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    told = b".".join((f"msg_{delivery.hex}".encode(), stamp.encode(), body))
    seal = base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
    return {"webhook-id": f"msg_{delivery.hex}", "webhook-timestamp": stamp, "webhook-signature": f"v1,{seal}"}


def wait_after(order_id: UUID, attempts: int) -> timedelta:
    """Say how long an order rests after that many tries: a minute, doubling fourfold up to 6 hours, less up to a half.

    What is taken off is drawn from the order and the try, so that calls which failed together do not return together.
    """
    full: timedelta = min(FIRST_WAIT * (4 ** (attempts - 1)), LONGEST_WAIT)
    drawn = int.from_bytes(hashlib.sha256(order_id.bytes + attempts.to_bytes(4)).digest()[:4]) / 2**32
    return full * (1 - drawn / 2)


def answered(status: int) -> Answered:
    """Say what a status means. 202 takes the order on: its end is confirmed over the graph."""
    if status == ACCEPTED:
        return Answered.TAKEN
    if 200 <= status < 300:
        return Answered.DONE
    return Answered.AGAIN if status in AGAIN or status >= 500 or status < 400 else Answered.NO


def after_release(mode: Mode, state: Fulfilled, attempts: int) -> bool:
    """Say whether a seat that is given back must be revoked there: unless nobody was ever told of its grant."""
    never_told = mode is Mode.WEBHOOK and state is Fulfilled.PENDING and attempts == 0
    return state is not Fulfilled.NOT_NEEDED and not never_told


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
