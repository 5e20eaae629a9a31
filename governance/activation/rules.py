"""The words of a journey from invitation to value, and what an event must bring to be a step, an error or a contact.

Types of event: `lictor.activation.step` (person, product, step), `lictor.activation.error` (and a code),
`lictor.support.opened` and `lictor.support.closed` (person, product, case, channel, the step where known).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from governance.usage.rules import Reader, Unreadable, named, shown

STEP, ERROR = "lictor.activation.step", "lictor.activation.error"
OPENED, CLOSED = "lictor.support.opened", "lictor.support.closed"
BEST = 7


class Step(StrEnum):
    """The steps in their order. A seat that nobody is invited to begins as ASSIGNED."""

    INVITED = "INVITED"
    ACCEPTED = "ACCEPTED"
    ASSIGNED = "ASSIGNED"
    INSTALLED = "INSTALLED"
    REGISTERED = "REGISTERED"
    VALIDATED = "VALIDATED"
    FIRST_USE = "FIRST_USE"
    VALUE = "VALUE"


TOLD_BY_EVENTS = (Step.INSTALLED, Step.REGISTERED, Step.VALIDATED, Step.VALUE)
CAN_FAIL = (Step.INSTALLED, Step.REGISTERED, Step.VALIDATED, Step.FIRST_USE, Step.VALUE)


class Mark(StrEnum):
    """What an event says of a step."""

    REACHED = "REACHED"
    FAILED = "FAILED"


class Channel(StrEnum):
    """How somebody asked for help."""

    PHONE = "PHONE"
    MAIL = "MAIL"
    CHAT = "CHAT"
    PORTAL = "PORTAL"
    IN_PERSON = "IN_PERSON"
    OTHER = "OTHER"


def readers(value_types: Mapping[str, object] | None = None) -> dict[str, Reader]:
    """Give what reads each type of event this room knows; `value_types` are those that a tenant counts as value."""
    ours: dict[str, Reader] = {STEP: _read_step, ERROR: _read_error, OPENED: _read_contact, CLOSED: _read_contact}
    return dict.fromkeys(value_types or (), _read_loosely) | ours


def step_of(data: Mapping[str, Any], kind: str, among: tuple[Step, ...]) -> Step:
    """Give the step that an event names. Raises Unreadable."""
    said = data.get("step")
    word = said.strip().upper() if isinstance(said, str) else ""
    if word not in among:
        words = ", ".join(among)
        raise Unreadable(f"data.step: {shown(said)} cannot be used; {kind} needs one of {words}")
    return Step(word)


def channel_of(data: Mapping[str, Any]) -> Channel:
    """Give the channel of a contact, OTHER where none is named. Raises Unreadable."""
    said = data.get("channel", Channel.OTHER.value)
    word = said.strip().upper() if isinstance(said, str) else ""
    if word not in set(Channel):
        raise Unreadable(f"data.channel: {shown(said)} cannot be used; needs one of {', '.join(Channel)}")
    return Channel(word)


def _whom(data: Mapping[str, Any], kind: str) -> tuple[str, str]:
    return named(data, "person", kind), named(data, "product", kind)


def _read_step(data: Mapping[str, Any]) -> tuple[str, str]:
    step_of(data, STEP, TOLD_BY_EVENTS)
    return _whom(data, STEP)


def _read_error(data: Mapping[str, Any]) -> tuple[str, str]:
    step_of(data, ERROR, CAN_FAIL)
    named(data, "code", ERROR, 80)
    return _whom(data, ERROR)


def _read_contact(data: Mapping[str, Any]) -> tuple[str, str]:
    named(data, "case", OPENED, 120)
    channel_of(data)
    if data.get("step") is not None:
        step_of(data, OPENED, CAN_FAIL)
    return _whom(data, OPENED)


def _read_loosely(data: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Read a product's own event, which need not name anybody."""
    found = [data.get(name) for name in ("person", "product")]
    person, product = (one.strip() if isinstance(one, str) and 0 < len(one.strip()) < 255 else None for one in found)
    return person, product
