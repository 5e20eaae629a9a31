"""What a usage event must look like: CloudEvents 1.0 in JSON, read strictly, each refusal with what would be right.

Types: `lictor.seat.used` says that a person used a product; its data is `{"person": external id or mail address,
"product": code of the catalog}`. Rooms above add readers of their own types. Any other type is kept as it came and
moves nothing.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from governance.kernel.errors import Code

SEAT_USED = "lictor.seat.used"
MOST_EVENTS = 1_000
MOST_DEPTH = 12
MOST_VALUES = 400
MOST_TEXT = 4_000
AHEAD = timedelta(minutes=5)
RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
ATTRIBUTE = re.compile(r"[a-z0-9]{1,40}", re.ASCII)


@dataclass(frozen=True)
class Use:
    """One event that can be kept. `person` and `product` as they were named; both None where the type names none."""

    source: str
    source_id: str
    type: str
    occurred_at: datetime
    data: dict[str, Any]
    person: str | None
    product: str | None


@dataclass(frozen=True)
class EventRefused:
    """Why the event at `index` of the batch (0 for a single one) was not kept."""

    index: int
    code: Code
    message: str


class Unreadable(ValueError):
    """An event that cannot be kept; its text says what would be right."""


Reader = Callable[[Mapping[str, Any]], tuple[str | None, str | None]]
"""Reads the data of one type of event: gives the person and product it names. Raises Unreadable."""


def read_event(event: Any, now: datetime, readers: Mapping[str, Reader] | None = None) -> Use:
    """Read one event in structured JSON mode; `readers` by type read what the rooms above know. Raises Unreadable.

    `time` may be missing, as CloudEvents allows: then the moment of receipt counts.
    """
    if not isinstance(event, Mapping):
        raise Unreadable("an event is a JSON object")
    _check_attributes(event)
    if event["specversion"] != "1.0":
        raise Unreadable(f"specversion: {shown(event['specversion'])} is not read here; needs '1.0'")
    source, source_id = _attribute(event, "source", 200), _attribute(event, "id", 200)
    kind = _attribute(event, "type", 120)
    occurred_at = _time(event.get("time"), now)
    data = _data(event)
    person = product = None
    if kind == SEAT_USED:
        person, product = named(data, "person", kind), named(data, "product", kind)
    elif readers is not None and kind in readers:
        person, product = readers[kind](data)
    return Use(source, source_id, kind, occurred_at, data, person, product)


def _check_attributes(event: Mapping[str, Any]) -> None:
    for name in ("specversion", "id", "source", "type"):
        if event.get(name) is None:
            raise Unreadable(f"{name}: missing; CloudEvents 1.0 requires specversion, id, source and type")
    for name in event:
        if name != "data_base64" and (not isinstance(name, str) or not ATTRIBUTE.fullmatch(name)):
            raise Unreadable(f"{shown(name)}: no name of an attribute; needs lower-case letters and digits")


def _attribute(event: Mapping[str, Any], name: str, most: int) -> str:
    value = event[name]
    if not isinstance(value, str) or not value.strip():
        raise Unreadable(f"{name}: {shown(value)} cannot be used; needs a text that is not empty")
    if len(value) > most:
        raise Unreadable(f"{name}: has {len(value)} characters; needs at most {most}")
    return _clean(value, name)


def _time(value: Any, now: datetime) -> datetime:
    if value is None:
        return now
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        raise Unreadable(f"time: {shown(value)} cannot be used; needs RFC 3339 with a zone: 2026-03-02T09:00:00Z")
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(f"time: {shown(value)} is no moment of the calendar") from None
    if moment.year < 1990:
        raise Unreadable(f"time: {shown(value)} lies too far back; needs 1990 or later")
    if moment > now + AHEAD:
        raise Unreadable(f"time: {shown(value)} lies in the future; at most 5 minutes ahead of us are let pass")
    return moment


def _data(event: Mapping[str, Any]) -> dict[str, Any]:
    if "data_base64" in event:
        raise Unreadable("data_base64: not read here; needs data as a JSON object")
    content = event.get("datacontenttype")
    if content is not None and not (isinstance(content, str) and _is_json(content)):
        raise Unreadable(f"datacontenttype: {shown(content)} is not read here; needs application/json")
    data = event.get("data")
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise Unreadable("data: needs a JSON object")
    _bound(data, [MOST_VALUES], 0)
    return dict(data)


def _is_json(content: str) -> bool:
    kind = content.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def named(data: Mapping[str, Any], name: str, kind: str, most: int = 254) -> str:
    """Give a text that this type of event must bring. Raises Unreadable."""
    value = data.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise Unreadable(f"data.{name}: {shown(value)} cannot be used; {kind} needs a text of 1 to {most} characters")
    return value.strip()


def _bound(value: Any, left: list[int], depth: int) -> None:
    """Walk a JSON value within bounds; what no database keeps (NUL, lone surrogates, NaN) is refused here."""
    left[0] -= 1
    if left[0] < 0 or depth > MOST_DEPTH:
        raise Unreadable(f"data: needs at most {MOST_VALUES} values and {MOST_DEPTH} levels")
    if isinstance(value, str):
        if len(value) > MOST_TEXT:
            raise Unreadable(f"data: has a text of {len(value)} characters; needs at most {MOST_TEXT}")
        _clean(value, "data")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _bound(key, left, depth + 1)
            _bound(inner, left, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            _bound(inner, left, depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise Unreadable("data: NaN and infinity are no JSON numbers")
    elif isinstance(value, int) and abs(value) > 2**63:
        raise Unreadable("data: needs whole numbers within 64 bits")


def _clean(text: str, where: str) -> str:
    if any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF for c in text if c not in "\n\t\r" or where != "data"):
        raise Unreadable(f"{where}: has a control character or half a character; needs plain text")
    return text


def shown(value: Any) -> str:
    """Give a value as it is told back, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
