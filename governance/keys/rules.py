"""The rules of license keys: what a key is, how it stands, what of it may be shown, and how a file of them is read."""

import csv
import hashlib
import hmac
import io
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from governance.kernel import given
from governance.kernel.errors import BadInput
from governance.keys.errors import BadKeyFile

AT_MOST = 5_000
FILE_MOST = 2_000_000  # characters
KEY_MOST, LABEL_MOST, REASON_MOST = 1_000, 120, 400
SHOWN, SHOWN_FROM = 4, 12
"""How many of a key's last signs tell it from others, and how long a key must be for that to give nothing away."""
COLUMNS = ("key", "label", "kind", "reusable")
YES, NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0", ""})


class KeyKind(StrEnum):
    """A license key that is typed in, or a link that activates."""

    KEY = "KEY"
    LINK = "LINK"


class KeyState(StrEnum):
    """FREE: for the next seat; BOUND: it belongs to a seat; SPENT: its seat is over and it cannot go to another."""

    FREE = "FREE"
    BOUND = "BOUND"
    SPENT = "SPENT"
    RETIRED = "RETIRED"


@dataclass(frozen=True)
class NewKey:
    """A key as it is taken in. `reusable`: free again when its seat is given back; else it is spent with it."""

    secret: str
    label: str | None = None
    kind: KeyKind = KeyKind.KEY
    reusable: bool = False


def key_state(assignment_id: UUID | None, freed_at: datetime | None, retired_at: datetime | None) -> KeyState:
    """Say how a key stands."""
    if retired_at is not None:
        return KeyState.RETIRED
    if assignment_id is not None:
        return KeyState.BOUND
    return KeyState.FREE if freed_at is None else KeyState.SPENT


def hint(secret: str) -> str | None:
    """Give the signs by which a key is recognized; None for one so short that they would give it away."""
    return secret[-SHOWN:] if len(secret) >= SHOWN_FROM else None


def fingerprint(secret: bytes, pool_id: UUID, text: str) -> str:
    """Give what finds the same key of a pool again, and tells nothing of it without the installation's secret."""
    return hmac.new(secret, b"lictor key\0" + pool_id.bytes + text.encode(), hashlib.sha256).hexdigest()


def checked(key: NewKey) -> NewKey:
    """Give a key as it is kept. Raises BadInput, which never repeats the key."""
    try:
        text = given.text(key.secret, "key", most=KEY_MOST)
    except BadInput as no:
        raise BadInput("key", f"a text of {len(key.secret)} characters", no.needs) from None
    kind = given.word(key.kind, "kind", KeyKind)
    if kind is KeyKind.LINK and (urlsplit(text).scheme != "https" or not urlsplit(text).hostname):
        raise BadInput("key", "a link of another scheme", "https:// and a host")
    label = given.optional_text(key.label, "label", most=LABEL_MOST)
    return NewKey(text, label, kind, given.flag(key.reusable, "reusable"))


def read_file(text: str) -> tuple[NewKey, ...]:
    """Read keys from CSV with a header: `key`, and where wanted `label`, `kind`, `reusable`. Raises BadKeyFile."""
    if len(text) > FILE_MOST:
        raise BadKeyFile("file", f"{len(text)} characters", f"at most {FILE_MOST}")
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True))
    except csv.Error as broken:
        raise BadKeyFile("file", f"no readable CSV ({broken})", "CSV with a header") from None
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    if "key" not in header or len(set(header)) != len(header) or not set(header) <= set(COLUMNS):
        raise BadKeyFile("line 1", f"columns {', '.join(header)[:80] or 'none'}", f"key, and only {', '.join(COLUMNS)}")
    found = []
    for number, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            found.append(_read_row(f"line {number}", header, row))
    if not found:
        raise BadKeyFile("file", "no key", "at least one")
    return tuple(found)


def _read_row(where: str, header: list[str], row: list[str]) -> NewKey:
    if len(row) != len(header):
        raise BadKeyFile(where, f"{len(row)} cells", f"{len(header)}, as the header has")
    cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
    reusable, kind = cells.get("reusable", "").casefold(), cells.get("kind", "").upper() or KeyKind.KEY
    if reusable not in YES | NO:
        raise BadKeyFile(f"{where}, reusable", reusable[:20], "yes or no")
    if kind not in set(KeyKind):
        raise BadKeyFile(f"{where}, kind", kind[:20], f"one of {', '.join(KeyKind)}")
    try:
        return checked(NewKey(cells["key"], cells.get("label") or None, KeyKind(kind), reusable in YES))
    except BadInput as no:
        raise BadKeyFile(f"{where}, {no.field}", no.has, no.needs) from None
