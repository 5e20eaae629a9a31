"""A frozen snapshot as tables: the position, findings by check, time to first use, as the board saw them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from api.console import formats
from api.console.context import Context
from api.console.controls import Column
from api.console.figures_said import share_figure, waited
from api.console.findings_read import title_of
from api.console.parts import Empty, Figure, Figures, Footer, Panel, Part, Table
from api.console.values import Balance, Missing, SeatBar, Suppressed
from governance.kernel.money import Money

COUNTED: Final = ("open", "acknowledged", "waived")


@dataclass(frozen=True, slots=True)
class Row:
    """One license of the frozen position."""

    license: str
    product: str
    bar: SeatBar
    said: Mapping[str, Any]

    @property
    def percent(self) -> Any:
        """Occupied of purchased, as a share."""
        percent = self.said["percent"]
        return None if percent is None else Decimal(percent) / 100

    @property
    def cost(self) -> Any:
        """The price of the lots in force, in their currency; where there are several, the first."""
        amounts = money_of(self.said)
        return amounts[0] if amounts else None


def money_of(said: Mapping[str, Any]) -> tuple[Money, ...]:
    """The amounts of a frozen row."""
    return tuple(Money(int(each["micros"]), each["currency"]) for each in said["cost"])


def snapshot_parts(ctx: Context, content: Mapping[str, Any]) -> tuple[Part, ...]:
    """Every table of a snapshot, drawn from what was frozen and from nothing else."""
    return (
        _position(ctx, content["position"]),
        _findings(ctx, content["findings"]),
        _first_use(ctx, content["time_to_first_use"]),
    )


def _row(said: Mapping[str, Any]) -> Row:
    product = " · ".join(each for each in (said.get("product"), said.get("tier")) if each)
    bar = SeatBar(said["occupied"], said["purchased"], said["allocated"])
    return Row(str(said.get("license", "")), product, bar, said)


def _position(ctx: Context, frozen: Mapping[str, Any]) -> Part:
    unlimited = ctx.text("seats.no_limit")
    columns = (
        Column("license", "licenses.license", sub=lambda row: row.product, strong=True),
        Column("bar", "licenses.position", kind="seatbar", leaves=4),
        Column("occupied", "seats.occupied", kind="number", value=lambda row: row.said["occupied"], leaves=3),
        Column("purchased", "seats.purchased", kind="number", leaves=3, quiet=True,
               value=lambda row: unlimited if row.said["purchased"] is None else row.said["purchased"]),
        Column("balance", "licenses.balance", kind="balance", value=lambda row: Balance(row.said["balance"])),
        Column("percent", "reviews.used", kind="percent", leaves=1),
        Column("cost", "license.cost", kind="money", leaves=1),
    )  # fmt: skip
    rows = [_row(each) for each in frozen["rows"]]
    totals: dict[str, Any] = {}
    if frozen["totals"] is not None:
        whole = _row(frozen["totals"])
        purchased = whole.said["purchased"]
        totals = {
            "bar": whole.bar, "occupied": whole.said["occupied"], "balance": Balance(whole.said["balance"]),
            "purchased": unlimited if purchased is None else purchased, "percent": whole.percent,
        }  # fmt: skip
    table = Table(
        ctx.text("licenses.position"), columns, rows, totals=totals, bare=True,
        empty=Empty(ctx.text("reviews.no_licenses"), "", "license"),
    )  # fmt: skip
    return Panel(ctx.text("licenses.position"), (table,), footer=Footer(method=frozen["definition"]))


def _findings(ctx: Context, frozen: Mapping[str, Any]) -> Part:
    columns = (
        Column("check", "findings.check", value=lambda row: title_of(ctx, row["check"]), sub=lambda row: row["check"],
               strong=True),
        *(
            Column(name, f"findings.state_{name}", kind="number", leaves=leaves)
            for name, leaves in zip(COUNTED, (0, 4, 4), strict=True)
        ),
    )  # fmt: skip
    table = Table(ctx.text("findings.title"), columns, frozen["checks"], totals=frozen["totals"], bare=True)
    return Panel(ctx.text("findings.title"), (table,), footer=Footer(method=f"roster {frozen['roster'][:12]}"))


def _first_use(ctx: Context, frozen: Mapping[str, Any]) -> Part:
    shown = (first_use_figure(ctx, frozen), *(_within(ctx, frozen, days) for days in (7, 30)))
    return Figures(shown, ctx.text("activation.first_use"), frozen["definition"])


def first_use_figure(ctx: Context, frozen: Mapping[str, Any]) -> Figure:
    """The median as it was frozen, with its interval, or why there is none."""
    label = ctx.text("activation.median")
    if frozen["suppressed"]:
        return Figure(label, Suppressed(k=frozen["k"]))
    not_yet = "" if frozen["censored"] is None else formats.number(ctx.locale, frozen["censored"])
    count = ctx.text("activation.n", n=formats.number(ctx.locale, frozen["n"]), censored=not_yet)
    median = frozen["median"] or {"time": None, "lower": None, "upper": None}
    time, low, high = (_float(median[key]) for key in ("time", "lower", "upper"))
    return waited(ctx, label, time, low, high, (count,))


def _within(ctx: Context, frozen: Mapping[str, Any], days: int) -> Figure:
    label = ctx.text("activation.within", days=days)
    share = frozen[f"within_{days}"]
    if frozen["suppressed"]:
        return Figure(label, Suppressed(k=frozen["k"]))
    if share is None:
        return Figure(label, Missing(ctx.text("activation.not_followed", days=days)))
    value, low, high = (_float(share[key]) for key in ("value", "lower", "upper"))
    return share_figure(ctx, label, value or 0.0, low, high)


def _float(said: Any) -> float | None:
    return None if said is None else float(said)
