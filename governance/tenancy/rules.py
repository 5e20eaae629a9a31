"""What of a tenant leaves the house in an export, and what a certificate of deletion says."""

import base64
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import rfc8785

FORMAT = "lictor-tenant-export/1"
CERTIFICATE = "lictor-deletion-certificate/1"
# What opens a door is nobody's to carry away: an export is read by more people than the one it would let in.
LEFT_OUT = ("password_hash", "secret_hash", "code_hash", "proof_hash", "secret_sealed", "csrf")


def carried(column: str) -> bool:
    """Tell whether a column goes into an export."""
    return column not in LEFT_OUT


def plain(value: Any) -> Any:
    """Write a value as JSON says it: instants and days by ISO 8601, bytes in base64, numbers that need it as text."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return plain(value.value)
        case UUID() | Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case bytes() | memoryview():
            return base64.b64encode(bytes(value)).decode()
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
    return str(value)


def statement(said: Mapping[str, Any]) -> str:
    """Give the text that a certificate's signature stands under: canonical JSON (RFC 8785) of all but the signature."""
    return rfc8785.dumps({key: value for key, value in said.items() if key != "signature"}).decode()
