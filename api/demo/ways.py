"""How each seat comes to its first use: the steps its sources tell, the errors that stop it, the calls for help."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.demo.cast import DemoPerson
from governance.activation.rules import CLOSED, ERROR, OPENED, STEP

SLOW_LICENSE, SLOW_DAYS, SLOWER_BY = "slack-grid", 40, 14.0
STOPPED_LICENSE, STOPPED_UNIT, STOPPED_CODE, STOPPED_PERCENT = "jetbrains", "eng-apac", "LS-503", 45
VALUE_TYPE = "com.adobe.document.exported"
CALLS_PERCENT, CLOSED_PERCENT, VALUE_PERCENT = 55, 65, 70


@dataclass(frozen=True)
class Way:
    """The steps of a product that its sources tell, and the errors that some meet on the way, in percent of seats."""

    steps: tuple[str, ...]
    errors: Mapping[str, tuple[str, int]]
    value: bool = False


WAYS: Mapping[str, Way] = {
    "adobe-cc": Way(
        ("INSTALLED", "REGISTERED", "VALIDATED"), {"INSTALLED": ("CC-182", 9), "REGISTERED": ("CC-205", 12)}, value=True
    ),
    "jetbrains": Way(("INSTALLED", "VALIDATED"), {"VALIDATED": ("JB-41", 6)}),
    "slack-grid": Way(("REGISTERED",), {}),
}


@dataclass(frozen=True)
class Seated:
    """A seat as its way begins: whose, of which license, since when, and when it is used first, if ever."""

    person: DemoPerson
    license: str
    product: str
    since: datetime
    first_use: datetime | None


def slower(license_: str, since: datetime, until: datetime) -> float:
    """Say how many times longer the wait to first use is: since its sign-in was moved, Slack's is."""
    return SLOWER_BY if license_ == SLOW_LICENSE and since > until - timedelta(days=SLOW_DAYS) else 1.0


def is_stopped(license_: str, person: DemoPerson) -> bool:
    """Say whether the license server of one region keeps this person from using the license at all."""
    stops = license_ == STOPPED_LICENSE and person.unit == STOPPED_UNIT
    return stops and _dice(person, license_, "stopped").randrange(100) < STOPPED_PERCENT


def way_of(seated: Seated) -> Iterator[dict[str, Any]]:
    """Give the events of one way in order; who never uses the seat gets stuck somewhere on it."""
    way = WAYS.get(seated.license)
    if way is None:
        return
    dice = _dice(seated.person, seated.license, "way")
    at, last = seated.since, seated.first_use or seated.since + timedelta(days=6)
    stopped = is_stopped(seated.license, seated.person)
    stop = None if seated.first_use else len(way.steps) - 1 - (0 if stopped else dice.choice((0, 0, 1)))
    for number, step in enumerate(way.steps):
        at += (last - at) * dice.uniform(0.2, 0.6)
        code, percent = way.errors.get(step, ("", 0))
        if number == stop:
            if stopped or code:
                yield from _failed(seated, dice, step, STOPPED_CODE if stopped else code, at, solved=False)
            return
        if dice.randrange(100) < percent:
            yield from _failed(seated, dice, step, code, at - (at - seated.since) / 5, solved=True)
        yield _event(seated, STEP, at, step, step=step)
    if way.value and seated.first_use and dice.randrange(100) < VALUE_PERCENT:
        late = seated.first_use + timedelta(hours=dice.randrange(3, 400))
        yield _event(seated, VALUE_TYPE, late, "value")


def _failed(
    seated: Seated, dice: random.Random, step: str, code: str, at: datetime, *, solved: bool
) -> Iterator[dict[str, Any]]:
    """Give an error, and for some the call to the service desk that follows, closed within days unless it stays open.

    What only the vendor can solve stays open more often.
    """
    yield _event(seated, ERROR, at, f"{step}-{code}", step=step, code=code)
    if dice.randrange(100) >= CALLS_PERCENT:
        return
    case = f"SD-{seated.person.external_id}-{seated.license}"
    channel = dice.choice(("PHONE", "MAIL", "CHAT", "PORTAL"))
    opened = at + timedelta(hours=dice.randrange(1, 30))
    yield _event(seated, OPENED, opened, f"{case}-opened", case=case, channel=channel, step=step)
    if solved or dice.randrange(100) < CLOSED_PERCENT:
        closed = opened + timedelta(hours=dice.randrange(2, 120))
        yield _event(seated, CLOSED, closed, f"{case}-closed", case=case, channel=channel)


def _event(seated: Seated, kind: str, at: datetime, name: str, **data: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{seated.person.external_id}-{seated.license}-{int(seated.since.timestamp())}-{name}",
        "source": f"https://telemetry.halden.example/{seated.product}",
        "type": kind,
        "time": at.isoformat(),
        "data": {"person": seated.person.external_id, "product": seated.product, **data},
    }


def _dice(person: DemoPerson, license_: str, what: str) -> random.Random:
    """Give chance of its own for one seat, so that ways change nothing else of the story."""
    return random.Random(f"{person.external_id}:{license_}:{what}")
