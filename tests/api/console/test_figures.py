"""Server-made figures show what is so, in percent of their place, without script or style."""

import re
from xml.etree import ElementTree as ET

import pytest

from api.console.figures import Curve, funnel_bar, seatbar, sparkline, stepcurve, whisker
from api.console.parts import Whisker
from api.console.values import SeatBar
from tests.api.console.sample import BARS, curve, term


def drawn(markup):
    return ET.fromstring(str(markup))


def widths(markup, name):
    return [float(each.get("width").rstrip("%")) for each in drawn(markup).iter("rect") if each.get("class") == name]


def post(markup):
    return next(each.get("x1") for each in drawn(markup).iter("line") if each.get("class") == "l-post")


@pytest.mark.parametrize("limit", [1, 7, 1200, 10**9])
def test_the_post_stands_at_one_place_in_every_row(limit):
    assert post(seatbar(SeatBar(limit // 2, limit), "")) == "86%"


def test_occupied_is_in_proportion_to_the_post():
    assert widths(seatbar(SeatBar(600, 1200, 900), ""), "l-occupied") == [43.0]
    assert widths(seatbar(SeatBar(600, 1200, 900), ""), "l-allocated") == [64.5]


def test_overage_is_hatched_beyond_the_post_and_cut_above_sixteen_percent():
    within, above = seatbar(SeatBar(110, 100), ""), seatbar(SeatBar(117, 100), "")
    assert widths(within, "l-occupied") == [86.0]
    assert "url(#l-hatch-over)" in within
    assert "l-over-arrow" not in within
    assert "l-over-arrow" in above


def test_nothing_is_drawn_beyond_the_place():
    for occupied in range(0, 400, 7):
        for rect in drawn(seatbar(SeatBar(occupied, 100, 250), "")).iter("rect"):
            x, width = float(rect.get("x").rstrip("%")), float(rect.get("width").rstrip("%"))
            assert 0 <= x <= x + width <= 100.01


def test_unlimited_has_no_post_and_fades():
    shown = seatbar(SeatBar(700, None), "")
    assert "l-post" not in shown
    assert "url(#l-fade)" in shown


def test_all_lots_ended_leaves_the_post_at_zero():
    assert post(seatbar(SeatBar(14, 0), "")) == "0.3%"


def test_stale_use_is_dashed_and_not_solid():
    shown = seatbar(SeatBar(41, 75, 75, stale=True), "")
    assert "l-stale" in shown
    assert "l-occupied" not in shown


def test_the_large_form_names_post_and_thresholds():
    bar = SeatBar(1151, 1200, 1160, 107, ticks=((960, "80 warn"), (1200, "100 critical")), post_label="1,200 <b>")
    shown = seatbar(bar, "", large=True)
    assert "1,200 &lt;b&gt;" in shown
    assert "80 warn" in shown
    assert "url(#l-hatch-idle)" in shown


def test_a_whisker_stays_on_its_line():
    shown = whisker(Whisker(120, -5, 300, 0, 100, 50), "")
    places = [float(x) for x in re.findall(r'(?:x1|x2|cx)="([\d.]+)%"', str(shown))]
    assert all(0 <= place <= 100 for place in places)


def test_a_curve_rises_in_steps_and_keeps_its_level_to_the_horizon():
    shown = stepcurve(Curve([(10, 0.5, 0.4, 0.6)]), "s", horizon=20, axis=((0, "0"),))
    line = next(each for each in drawn(shown).iter("polyline"))
    assert line.get("points") == "0,100 50,100 50,50 100,50"


def test_a_level_series_runs_through_the_middle():
    assert '0,10 100,10"' in sparkline([5, 5])
    assert sparkline([5]) == ""


@pytest.mark.parametrize(
    "figure",
    [*(seatbar(case[0], case[2]) for case in BARS), curve().drawing, term(), funnel_bar(0.4), sparkline([1, 2])],
)
def test_no_figure_carries_style_or_script(figure):
    assert not re.search(r"\sstyle=|<script|<style|\son\w+=|javascript:", str(figure))
    root = drawn(figure)
    assert root.get("role") == "img" or root.get("aria-hidden") == "true"
