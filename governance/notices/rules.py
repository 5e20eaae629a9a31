"""The words of telling people: channels, how a delivery stands, when it is tried again, and the texts themselves."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from uuid import UUID

LANGUAGES = ("en", "de")
MOST_ATTEMPTS = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=2), timedelta(hours=6)
WHOLE_TRY = timedelta(seconds=45)  # a channel gives up by then: before the next try may begin
LINK = "link"
_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


class Channel(StrEnum):
    MAIL = "MAIL"


class DeliveryState(StrEnum):
    WAITING = "WAITING"
    SENT = "SENT"
    DEAD = "DEAD"


@dataclass(frozen=True)
class Text:
    """A text of the catalog. `link_purpose` names the one-purpose link that is made when the text is delivered."""

    subject: str
    body: str
    link_purpose: str | None = None

    @property
    def needs(self) -> frozenset[str]:
        """Name the facts it cannot be written without; the link is made at delivery."""
        return frozenset(_PLACE.findall(self.subject + self.body)) - {LINK}


@dataclass(frozen=True)
class Letter:
    """A notice ready to go out. `id` is the same at every try, so that a mailbox can tell a repeat."""

    id: UUID
    to_name: str
    to_address: str
    subject: str
    body: str
    language: str
    written_at: datetime


def language_of(*wishes: str | None) -> str:
    """Choose the first wish (`de-CH` counts as `de`) that the catalog speaks; English where it speaks none."""
    for wish in wishes:
        language = (wish or "").replace("_", "-").partition("-")[0].casefold()
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


@cache
def catalog(language: str) -> Mapping[str, Text]:
    """Give all texts of one language by key."""
    file = Path(__file__).with_name("texts") / f"{language}.toml"
    entries = tomllib.loads(file.read_text(encoding="utf-8"))
    return {key: Text(one["subject"], one["body"].strip() + "\n", one.get("link")) for key, one in entries.items()}


def write(text: Text, facts: Mapping[str, object]) -> tuple[str, str]:
    """Fill a text with facts: subject (one line) and body.

    Only `{name}` is replaced, once, by the fact as text; line breaks and control signs within a fact become a space,
    so that no fact can write a header or a paragraph of its own. Raises KeyError for a fact that is missing.
    """

    def fill(template: str) -> str:
        return _PLACE.sub(lambda place: one_line(str(facts[place[1]])), template)

    return one_line(fill(text.subject)), fill(text.body)


def one_line(text: str) -> str:
    """Give the text without line breaks and control signs."""
    return _BREAKS.sub(" ", text).strip()


def wait_after(notice_id: UUID, attempts: int) -> timedelta:
    """Say how long a delivery rests after that many tries: 2 minutes, doubling up to 6 hours, less up to a half.

    The part taken off is drawn from the notice's id and the try, so that deliveries which failed together do not
    come back together, and so that the same try always rests as long.
    """
    full: timedelta = min(FIRST_WAIT * (1 << (attempts - 1)), LONGEST_WAIT)
    drawn = int.from_bytes(hashlib.sha256(notice_id.bytes + attempts.to_bytes(4)).digest()[:4]) / 2**32
    return full * (1 - drawn / 2)
