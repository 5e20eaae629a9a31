"""Every text the console says, by key and language, with the plural the language asks for.

`messages/<locale>.json` holds the kit's own texts; `messages/<page>.<locale>.json` those of one page file, whose keys
all begin with `<page>.`. A value is a text with `{names}`, or an object of plural forms chosen by `count`.
"""

import json
import re
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Final

from babel import Locale
from babel.core import negotiate_locale
from babel.numbers import format_decimal

LOCALES: Final = ("en", "de")
FOLDER: Final = files("api.console").joinpath("messages")
_LANGUAGE: Final = re.compile(r"^\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q=([0-9.]{1,5}))?\s*$")

Message = str | dict[str, str]


class UnknownTextError(KeyError):
    """A key that no catalog has."""


@cache
def catalog(locale: str) -> dict[str, Message]:
    """All texts of one language. Raises ValueError when two files give one key or a page leaves its own names."""
    texts: dict[str, Message] = {}
    for file in sorted(FOLDER.iterdir(), key=lambda each: each.name):
        if file.name != f"{locale}.json" and not file.name.endswith(f".{locale}.json"):
            continue
        page = file.name.removesuffix(f"{locale}.json").rstrip(".")
        for key, message in json.loads(file.read_text("utf-8")).items():
            if key in texts or (page and not key.startswith(f"{page}.")):
                raise ValueError(f"{file.name} may not give {key}")
            texts[key] = message
    return texts


def text(locale: str, key: str, /, **facts: Any) -> str:
    """The text of `key` in `locale` with `{facts}` filled in; a number as `count` chooses the plural form.

    Facts are put in as they are: format numbers and dates first. `{n}` is the count, grouped for the language.
    """
    message = catalog(locale).get(key)
    if message is None:
        raise UnknownTextError(key)
    if isinstance(message, dict):
        count = facts["count"]
        message = message.get(Locale.parse(locale).plural_form(count)) or message["other"]
        facts.setdefault("n", format_decimal(count, locale=locale))
    return message.format(**facts) if facts else message


def known(locale: str, key: str) -> bool:
    """Whether the catalog has this key."""
    return key in catalog(locale)


def placeholders(message: Message) -> frozenset[str]:
    """The names of the facts a message uses, over all its plural forms."""
    forms = message.values() if isinstance(message, dict) else (message,)
    return frozenset(name for form in forms for _, name, _, _ in Formatter().parse(form) if name)


def negotiate(accept_language: str) -> str:
    """The language of ours that an Accept-Language header prefers, English where none fits."""
    wanted = []
    for item in accept_language.split(",")[:20]:
        found = _LANGUAGE.match(item)
        if found:
            wanted.append((-float(found[2] or 1) if (found[2] or "1").count(".") < 2 else 0.0, found[1]))
    names = [name.replace("-", "_") for _, name in sorted(wanted, key=lambda each: each[0])]
    return negotiate_locale(names, LOCALES) or "en"
