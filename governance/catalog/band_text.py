"""Bands as people write them in one cell or field: `1-100: 57.00; 101-500: 52.00; 501: 48.00`."""

import re
from collections.abc import Sequence
from typing import Any

from governance.catalog.bands import checked_bands
from governance.kernel.errors import BadInput
from governance.kernel.money import Money, parse_money

EXAMPLE = "1-100: 57.00; 101: 52.00"
LONGEST = 4_000
_BAND = re.compile(
    r"(?P<first>\d{1,9})\s*(?:[-–]\s*(?P<last>\d{1,9})|\+)?\s*[:=]\s*(?P<price>-?\d+(?:\.\d+)?)", re.ASCII
)


def read_bands(text: str, field: str = "bands") -> list[list[int]]:
    """Read bands, one a line or apart by semicolons: first unit (to last unit), colon, price; prices in micro-units.

    Raises BadInput that names the band, counted from 0.
    """
    found: list[dict[str, Any]] = []
    for index, said in enumerate(piece.strip() for piece in re.split(r"[;\r\n]+", text[:LONGEST]) if piece.strip()):
        band = _BAND.fullmatch(said)
        if band is None:
            raise BadInput(f"{field}.{index}", said[:40], f"units, a colon and a price, such as {EXAMPLE}")
        price = parse_money(band["price"], "", field=f"{field}.{index}.unit_price")
        last = None if band["last"] is None else int(band["last"])
        found.append({"first": int(band["first"]), "last": last, "unit_price": price.micros})
    return checked_bands(found, field)


def bands_text(bands: Sequence[Sequence[int]], apart: str = "; ") -> str:
    """Write bands so that they can be read again."""
    ends = [f"-{first - 1}" for first, _ in bands[1:]]
    return apart.join(
        f"{first}{end}: {_amount(price)}" for (first, price), end in zip(bands, [*ends, ""][: len(bands)], strict=True)
    )


def _amount(micros: int) -> str:
    """Write an amount with two decimals, or with as many as it has."""
    whole, _, part = f"{Money(micros, '').decimal():.6f}".rstrip("0").partition(".")
    return f"{whole}.{part:0<2}"
