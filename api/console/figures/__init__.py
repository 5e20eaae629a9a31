"""Figures drawn on the server as SVG: percent units, classes for color, no script and no style attribute."""

from api.console.figures.costbar import costbar
from api.console.figures.funnel import funnel_bar
from api.console.figures.seatbar import seatbar
from api.console.figures.sparkline import sparkline
from api.console.figures.stepcurve import Curve, stepcurve
from api.console.figures.timeline import Span, timeline
from api.console.figures.whisker import whisker

__all__ = ["Curve", "Span", "costbar", "funnel_bar", "seatbar", "sparkline", "stepcurve", "timeline", "whisker"]
