"""Refusals in the reader's language: what verbs say in English is matched by its form, its facts put into our words.

Verbs, the graph and the trail say one English sentence each; a denial that was kept last year says it too. So a page
does not ask the verb for another language: `messages/phrases_<locale>.json` maps each form, `{} of {} taken`, to the
same in that language, `{0} von {1} belegt`. `{0:t}` is a fact that is such a form itself. What no form fits stays.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from api.console.texts import FOLDER

HOLE: Final = "{}"
FACT: Final = re.compile(r"\{(\d+)(:t)?\}")
DEEPEST: Final = 4
LONGEST: Final = 800


@dataclass(frozen=True, slots=True)
class Phrase:
    """One form: its English as a pattern, and how it is said."""

    english: re.Pattern[str]
    said: str


@cache
def phrases(locale: str) -> tuple[Phrase, ...]:
    """The forms of one language, those with the most words of their own first; none for English."""
    file = FOLDER.joinpath(f"phrases_{locale}.json")
    if not file.is_file():
        return ()
    known: dict[str, str] = json.loads(file.read_text("utf-8"))
    forms = sorted(known.items(), key=lambda each: (-len(each[0].replace(HOLE, "")), each[0]))
    return tuple(Phrase(_pattern(english), said) for english, said in forms)


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.*?)".join(re.escape(part) for part in english.split(HOLE)), re.DOTALL)


def spoken(locale: str, sentence: str, depth: int = 0) -> str:
    """A sentence of a verb in that language; as it is where the language has no form for it."""
    if depth >= DEEPEST or len(sentence) > LONGEST:
        return sentence
    for phrase in phrases(locale):
        found = phrase.english.fullmatch(sentence)
        if found is not None:
            return "".join(_filled(locale, phrase.said, found.groups(), depth))
    return sentence


def _filled(locale: str, said: str, facts: Sequence[str], depth: int) -> Iterator[str]:
    end = 0
    for at in FACT.finditer(said):
        fact = facts[int(at[1])]
        yield said[end : at.start()]
        yield spoken(locale, fact, depth + 1) if at[2] else fact
        end = at.end()
    yield said[end:]
