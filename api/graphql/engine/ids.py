"""Every id the graph gives away says what it names, so that no id of one thing passes for an id of another."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import strawberry

from governance.kernel.errors import BusinessError, Code

_TYPE_NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,63}\Z")
_MOST_CHARACTERS = 112


@dataclass(eq=False)
class BadNodeId(BusinessError):
    """An id that this graph never gave away, or that names another kind of thing."""

    code: ClassVar[Code] = Code.BAD_INPUT
    needs: str = "an id as this graph gave it"

    def message(self) -> str:
        return f"This is no id that can be used here; needs {self.needs}."

    def path(self) -> tuple[str, ...]:
        return ("id",)


def encode_node_id(type_name: str, uuid: UUID) -> strawberry.ID:
    """Give the opaque id of one thing: unpadded base64url of its type's name, a colon and the 16 bytes of its id."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{type_name}:".encode() + uuid.bytes).decode().rstrip("="))


def decode_node_id(text: str) -> tuple[str, UUID]:
    """Read an id back into type name and id. Raises BadNodeId for anything but the one spelling we give away."""
    if len(text) > _MOST_CHARACTERS:
        raise BadNodeId
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        name = raw[:-17].decode("ascii")
    except (binascii.Error, ValueError):
        raise BadNodeId from None
    if raw[-17:-16] != b":" or not _TYPE_NAME.match(name):
        raise BadNodeId
    uuid = UUID(bytes=raw[-16:])
    if encode_node_id(name, uuid) != text:
        raise BadNodeId
    return name, uuid


def id_of(type_name: str, text: str) -> UUID:
    """Read the id of a thing of this type. Raises BadNodeId when it names another kind of thing."""
    name, uuid = decode_node_id(text)
    if name != type_name:
        raise BadNodeId(f"the id of a {type_name}")
    return uuid
