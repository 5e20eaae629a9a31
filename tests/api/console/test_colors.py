"""The status colors can be read and told apart, by people who see all hues and by people who do not."""

import math
import re
from itertools import combinations

import pytest

from api.console.assets import STATIC

STATUSES = ("ok", "warn", "high", "critical", "unknown", "exempt")
THEMES = {"light": 0, "dark": 1}
Triple = tuple[float, float, float]
# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB; one matrix serves both halves of the color space.
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
TRITANOPIA = ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900))
# Brettel, Viénot, Mollon 1997 in linear sRGB: two half planes and the normal that parts them; the better model of tritanopia.
NEAR = ((1.01277, 0.13548, -0.14826), (-0.01243, 0.86812, 0.14431), (0.07589, 0.80500, 0.11911))
FAR = ((0.93678, 0.18979, -0.12657), (0.06154, 0.81526, 0.12320), (-0.37562, 1.12767, 0.24796))
NORMAL = (0.03901, -0.02788, -0.01113)
DICHROMACIES = {
    "protanopia": (PROTANOPIA, PROTANOPIA),
    "deuteranopia": (DEUTERANOPIA, DEUTERANOPIA),
    "tritanopia": (TRITANOPIA, TRITANOPIA),
    "tritanopia in two planes": (NEAR, FAR),
}


def tokens(theme):
    css = (STATIC / "lictor.css").read_text("utf-8")
    found = re.findall(r"--l-([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", css)
    return {name: colors[THEMES[theme]] for name, *colors in found}


def linear(color) -> Triple:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return tuple(each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)


def luminance(color):
    red, green, blue = linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: Triple) -> Triple:
    red, green, blue = (min(max(each, 0), 1) for each in rgb)
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (each ** (1 / 3) if each > 216 / 24389 else (24389 / 27 * each + 16) / 116 for each in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def delta_e(one: Triple, other: Triple) -> float:
    """CIE 1976: the measure in which the design's distance of 9 is meant."""
    return math.dist(one, other)


def times(row, rgb) -> float:
    return sum(weight * channel for weight, channel in zip(row, rgb, strict=True))


def seen(color, dichromacy) -> Triple:
    rgb = linear(color)
    near, far = DICHROMACIES[dichromacy]
    return lab(tuple(times(row, rgb) for row in (near if times(NORMAL, rgb) >= 0 else far)))


def test_the_color_distance_equals_a_published_conversion():
    assert lab(linear("#ff0000")) == pytest.approx((53.24, 80.09, 67.20), abs=0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("dichromacy", DICHROMACIES)
def test_statuses_differ_under_every_dichromacy(theme, dichromacy):
    colors = tokens(theme)
    near = {
        (one, other): delta_e(seen(colors[one], dichromacy), seen(colors[other], dichromacy))
        for one, other in combinations(STATUSES, 2)
    }
    assert min(near.values()) >= 9, {pair: round(distance, 1) for pair, distance in near.items() if distance < 9}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("text", [*STATUSES, "ink", "quiet", "soft", "link"])
def test_text_can_be_read_on_every_ground(theme, text):
    colors = tokens(theme)
    grounds = ["page", "surface", "sunken"] if text in STATUSES else ["page", "surface", "sunken", "rail", "current"]
    assert {
        ground: contrast(colors[text], colors[ground])
        for ground in grounds
        if contrast(colors[text], colors[ground]) < 4.5
    } == {}


@pytest.mark.parametrize("theme", THEMES)
def test_the_primary_button_can_be_read(theme):
    assert contrast("#ffffff", tokens(theme)["accent"]) >= 4.5


def test_tokens_are_those_of_the_design():
    """One departs: critical in light was #8f0b4b, which a tritanope could not tell from high (6.2)."""
    light, dark = tokens("light"), tokens("dark")
    assert [light[each] for each in STATUSES] == ["#006d8a", "#976700", "#9e3300", "#830b4b", "#6b7280", "#7526cf"]
    assert [dark[each] for each in STATUSES] == ["#5cc8ee", "#f5cc52", "#ef8a4e", "#f9508f", "#aab1bd", "#ab82f0"]
    assert (light["accent"], dark["accent"]) == ("#3a4bc2", "#5768e6")
