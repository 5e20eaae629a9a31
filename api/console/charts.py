"""Charts that read their numbers from the table in their own card, so that chart, table and file say one thing.

A page names what its table holds and which columns are drawn; the kit does the rest: the table, the links to it, to its
file and to what the figure means, and with script the chart. Without script the server-made `drawing` stays, or the
table alone. At most four series; each has a dash of its own beside its color.

    CurvePart(
        title="Share with first use", ident="first-use", sentence="Half had their first use within 3.2 days",
        columns=COLUMNS, rows=days, definition="time_to_first_use", method="Kaplan-Meier, band 95 %",
        x="day", series=("share",), band=("low", "high"), below="waiting", median=3.2,
        median_label="Half within 3.2 days", marks=(0, 7, 14, 21, 30), drawing=stepcurve(...),
    )
    LinePart(..., x="month", series=("occupied", "forecast"), dashed=("forecast",), band=("low", "high"))
    WaterfallPart(..., x="step", series=("percent",))

The strings in `x`, `series`, `dashed`, `band` and `below` are keys of columns; `definition` is the
name in /metrics/{name}.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from markupsafe import Markup

from api.console.controls import Column
from api.console.parts import Part, Table
from api.console.values import Link

MOST_SERIES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartCard(Part):
    """A card of a chart and its table. `sentence` gives the finding to those who do not see it.

    `ident` is the name of the table on its page and in its file. Raises ValueError for a column that is not there, or
    for more series than can be told apart.
    """

    template: ClassVar[str] = "chart_card"
    kind: ClassVar[str] = ""
    title: str
    ident: str
    sentence: str
    columns: tuple[Column, ...]
    rows: Sequence[Any]
    x: str
    series: tuple[str, ...]
    sub: str = ""
    definition: str = ""
    method: str = ""
    links: tuple[Link, ...] = ()
    drawing: Markup | None = None
    beside: bool = True

    def __post_init__(self) -> None:
        if not 1 <= len(self.series) <= MOST_SERIES:
            raise ValueError(f"A chart shows 1 to {MOST_SERIES} series, {self.ident} names {len(self.series)}")
        unknown = self.named() - {column.key for column in self.columns}
        if unknown:
            raise ValueError(f"The table of {self.ident} has no column {', '.join(sorted(unknown))}")

    def named(self) -> set[str]:
        """Every column that the chart names."""
        return {self.x, *self.series}

    @property
    def table(self) -> Table:
        """What the chart reads."""
        return Table(self.title, self.columns, self.rows, bare=True, compact=True, ident=self.ident)

    def told(self) -> Mapping[str, str]:
        """What the drawing script is told, as data attributes."""
        return {"chart": self.kind, "table": self.ident, "x": self.x, "series": " ".join(self.series)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePart(ChartCard):
    """A share that rises in steps, as of Kaplan and Meier: band, median marked, who is not there yet under the axis.

    `x` holds times in one unit and `marks` those that are written under the axis; shares are 0 to 1.
    """

    kind: ClassVar[str] = "curve"
    band: tuple[str, str] | None = None
    below: str = ""
    dashed: tuple[str, ...] = ()
    median: float | None = None
    median_label: str = ""
    marks: tuple[float, ...] = ()

    def named(self) -> set[str]:
        """Every column that the chart names."""
        return {self.x, *self.series, *(self.band or ()), *((self.below,) if self.below else ())}

    def told(self) -> Mapping[str, str]:
        """What the drawing script is told, as data attributes."""
        return {
            **ChartCard.told(self),
            "band": " ".join(self.band or ()),
            "below": self.below,
            "dashed": " ".join(self.dashed),
            "median": "" if self.median is None else str(self.median),
            "median-label": "" if self.median is None else self.median_label,
            "marks": " ".join(map(str, self.marks)),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePart(ChartCard):
    """Series over time; those in `dashed` are forecasts or the last period, `band` their low and high."""

    kind: ClassVar[str] = "lines"
    band: tuple[str, str] | None = None
    dashed: tuple[str, ...] = ()

    def named(self) -> set[str]:
        """Every column that the chart names."""
        return {self.x, *self.series, *(self.band or ()), *self.dashed}

    def told(self) -> Mapping[str, str]:
        """What the drawing script is told, as data attributes."""
        return {**ChartCard.told(self), "band": " ".join(self.band or ()), "dashed": " ".join(self.dashed)}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterfallPart(ChartCard):
    """From an opening to a closing level in floating bars: first and last row are levels, the others changes."""

    kind: ClassVar[str] = "waterfall"
