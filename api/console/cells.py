"""How a value reads in a cell, as HTML and as plain text for CSV, each by its kind."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from api.console import formats
from api.console.context import Context
from api.console.controls import Column
from api.console.values import Balance, Instant, Level, Link, Missing, Person, SeatBar, Status, Suppressed
from governance.kernel.money import Money

DASH = "–"


def words(ctx: Context, kind: str, value: Any) -> str:  # noqa: C901, PLR0912 - one line a kind of value
    """The value as a reader of a page sees it, without markup."""
    locale = ctx.locale
    match value:
        case None | "" | Missing():
            return DASH
        case Suppressed():
            return suppressed(ctx, value)
        case Money():
            return formats.money(locale, value)
        case Balance():
            return formats.balance(locale, value.seats, stale=value.stale)
        case Instant():
            return f"{formats.day(locale, value.day)} ({value.zone})"
        case datetime():
            return formats.instant(locale, value, ctx.zone)
        case date():
            return formats.day(locale, value)
        case Status():
            return f"{value.word or ctx.text(f'status.{value.level}')} {value.note}".strip()
        case Person():
            return value.name
        case Link():
            return value.text
        case SeatBar():
            return bar_sentence(ctx, value)
        case bool():
            return str(value)
        case int() | float() | Decimal() | Fraction():
            return _figure(locale, kind, value)
    return str(value)


def _figure(locale: str, kind: str, value: Any) -> str:
    if kind == "balance":
        return formats.balance(locale, int(value))
    if kind == "percent":
        return formats.percent(locale, value)
    return formats.number(locale, value)


def plain(ctx: Context, column: Column, row: Any) -> str:
    """The value for a CSV cell: numbers bare, instants in RFC 3339, shares in percent, money with its code."""
    value = column.of(row)
    match value:
        case None | Missing():
            return ""
        case Money():
            return f"{value.decimal():f} {value.currency}"
        case Balance():
            return "" if value.seats is None else str(value.seats)
        case Instant():
            return f"{value.day.isoformat()} {value.zone}"
        case datetime() | date():
            return value.isoformat()
        case SeatBar():
            return f"{value.occupied}/{'' if value.limit is None else value.limit}"
        case int() | float() | Decimal() | Fraction() if column.kind == "percent":
            return f"{float(value * 100):.1f}"
        case int() | float() | Decimal():
            return str(value)
        case Fraction():
            return str(float(value))
    return words(ctx, column.kind, value)


def suppressed(ctx: Context, value: Suppressed) -> str:
    """`fewer than 5` or `derivable`."""
    return ctx.text("figure.derivable") if value.derivable else ctx.text("figure.suppressed", k=value.k)


def bar_sentence(ctx: Context, bar: SeatBar) -> str:
    """The finding of a seat-bar, for those who do not see it."""
    show = {"occupied": formats.number(ctx.locale, bar.occupied)}
    if bar.limit is None:
        return ctx.text("seats.bar_unlimited", **show)
    if bar.limit <= 0:
        return ctx.text("seats.bar_ended", **show)
    show["limit"] = formats.number(ctx.locale, bar.limit)
    if bar.stale:
        return ctx.text("seats.bar_stale", **show)
    if bar.occupied > bar.limit:
        return ctx.text("seats.bar_over", over=formats.number(ctx.locale, bar.occupied - bar.limit), **show)
    return ctx.text("seats.bar_room", left=formats.number(ctx.locale, bar.limit - bar.occupied), **show)


def tone(value: Any) -> str:
    """The class of a figure: overage is critical, a stale one is unknown, a gap is quiet."""
    match value:
        case Balance(stale=True) | Balance(seats=None) | None | Missing() | Suppressed():
            return "l-quiet"
        case Balance(seats=seats) if seats is not None and seats < 0:
            return f"l-is-{Level.CRITICAL}"
    return ""


def numeric(value: Any) -> str:
    """The bare number that a chart reads from a cell ("" where there is none)."""
    match value:
        case bool() | None:
            return ""
        case int() | float() | Decimal():
            return str(value)
        case Fraction():
            return str(float(value))
        case Money():
            return str(value.decimal())
        case Balance(seats=seats) if seats is not None:
            return str(seats)
        case datetime() | date():
            return value.isoformat()
    return ""
