"""The words of covers and headers, by key, in the languages of texts/."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

LANGUAGES = ("en", "de")


@dataclass(frozen=True)
class Words:
    """One language. Keys are `table.word` of its file; a call fills the places in braces."""

    texts: Mapping[str, str]

    def __call__(self, key: str, **facts: Any) -> str:
        return self.texts[key].format(**facts) if facts else self.texts[key]


def words_in(locale: str) -> Words:
    """Give the words of a language (`de-CH` counts as `de`); English where it is not spoken here."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    return Words(_texts(language if language in LANGUAGES else "en"))


@cache
def _texts(language: str) -> Mapping[str, str]:
    document = tomllib.loads((Path(__file__).parent / "texts" / f"{language}.toml").read_text("utf-8"))
    flat = {f"{table}.{key}": text for table, texts in document.items() for key, text in texts.items()}
    return MappingProxyType(flat)
