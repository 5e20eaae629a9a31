"""Reads a country however a source writes it: two letters, three letters, or its English name."""

from functools import cache

import pycountry

# Names in everyday use that ISO 3166-1 does not list.
EVERYDAY = {
    "great britain": "GB",
    "holland": "NL",
    "ivory coast": "CI",
    "russia": "RU",
    "the netherlands": "NL",
    "turkey": "TR",
    "uk": "GB",
    "united states of america": "US",
    "usa": "US",
}


def country_code(text: str) -> str | None:
    """Give the ISO 3166-1 alpha-2 code of a country, None where the text names none."""
    return _known().get(text.strip().casefold())


@cache
def _known() -> dict[str, str]:
    known = dict(EVERYDAY)
    for country in pycountry.countries:
        for attribute in ("name", "common_name", "official_name", "alpha_3", "alpha_2"):
            written = getattr(country, attribute, None)
            if written:
                known[written.casefold()] = country.alpha_2
    return known
