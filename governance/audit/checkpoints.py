"""Checkpoints as signed notes: what the trail held, under which root, when; signed with this deployment's key.

The text follows C2SP tlog-checkpoint and signed-note (https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note):
origin, size and root a line each, here a line on the time too; then an Ed25519 signature (RFC 8032).
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from governance.audit.errors import BadCheckpoint
from governance.audit.models import Checkpoint
from governance.audit.rules import instant_text

ED25519 = b"\x01"
KEY_BYTES = 32
NOTE = re.compile(
    r"(?P<text>(?P<origin>\S+)\n(?P<size>0|[1-9]\d{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\nsealed (?P<at>\S{27})\n)"
    r"\n— (?P<name>\S+) (?P<signature>[A-Za-z0-9+/]{91}=)\n"
)


@dataclass(frozen=True)
class Signer:
    """The key of this deployment: a seed of 32 bytes, of which Ed25519 makes both halves."""

    seed: bytes

    def sign(self, text: str) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())

    @property
    def public_key(self) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()


@dataclass(frozen=True)
class Statement:
    """What a checkpoint states, wherever it is kept: in the database, or in a file somebody took away."""

    tenant_id: UUID
    size: int
    root: bytes
    sealed_at: datetime
    public_key: bytes
    signature: bytes

    @classmethod
    def of(cls, row: Checkpoint) -> "Statement":
        return cls(row.tenant_id, row.size, row.root, row.sealed_at, row.public_key, row.signature)

    @property
    def signed(self) -> bool:
        """Tell whether its own key signed it; whether that key is to be trusted is another question."""
        try:
            key = Ed25519PublicKey.from_public_bytes(self.public_key)
            key.verify(self.signature, text_of(self.tenant_id, self.size, self.root, self.sealed_at).encode())
        except (InvalidSignature, ValueError):
            return False
        return True


def origin_of(tenant_id: UUID) -> str:
    """Name the trail of a tenant as its checkpoints do."""
    return f"lictor/trail/{tenant_id}"


def text_of(tenant_id: UUID, size: int, root: bytes, sealed_at: datetime) -> str:
    """Give the text that is signed."""
    lines = (origin_of(tenant_id), str(size), _base64(root), f"sealed {instant_text(sealed_at)}")
    return "".join(f"{line}\n" for line in lines)


def note_of(statement: Statement) -> str:
    """Give a checkpoint as the file that readers keep."""
    origin = origin_of(statement.tenant_id)
    text = text_of(statement.tenant_id, statement.size, statement.root, statement.sealed_at)
    return f"{text}\n— {origin} {_base64(key_id(origin, statement.public_key) + statement.signature)}\n"


def read_note(note: str, what: str, tenant_id: UUID, keys: frozenset[bytes]) -> Statement:
    """Read a checkpoint that was kept as a file. Raises BadCheckpoint where no key of `keys` signed it for here."""
    found = NOTE.fullmatch(note)
    if found is None:
        raise BadCheckpoint(what, "it is not written as one")
    origin = origin_of(tenant_id)
    if found["origin"] != origin or found["name"] != origin:
        raise BadCheckpoint(what, f"it is of {found['origin']}, this trail is {origin}")
    marked = base64.b64decode(found["signature"])
    at = _instant(found["at"], what)
    for key in keys:
        said = Statement(tenant_id, int(found["size"]), base64.b64decode(found["root"]), at, key, marked[4:])
        if marked[:4] == key_id(origin, key) and said.signed and note_of(said) == note:
            return said
    raise BadCheckpoint(what, "no key that is known here signed it")


def size_of(note: str) -> int:
    """Say how many entries a kept checkpoint speaks of, before anything of it is believed; 0 where it is none."""
    found = NOTE.fullmatch(note)
    return 0 if found is None else int(found["size"])


def key_line(tenant_id: UUID, public_key: bytes) -> str:
    """Give the public key as readers keep it: name, key id and key (the verifier key of signed-note)."""
    origin = origin_of(tenant_id)
    return f"{origin}+{key_id(origin, public_key).hex()}+{_base64(ED25519 + public_key)}"


def read_key(line: str, what: str, tenant_id: UUID) -> bytes:
    """Read a public key as `key_line` wrote it. Raises BadCheckpoint."""
    said = line.strip()
    try:
        key = base64.b64decode(said.split("+", 2)[-1], validate=True)[1:]
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES or key_line(tenant_id, key) != said:
        raise BadCheckpoint(what, "its public key is not written as `lictor trail key` writes it")
    return key


def key_id(name: str, public_key: bytes) -> bytes:
    """Give the four bytes by which a signature says whose it is."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:4]


def _instant(said: str, what: str) -> datetime:
    try:
        return datetime.strptime(said, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        raise BadCheckpoint(what, f"{said} is no instant") from None


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
