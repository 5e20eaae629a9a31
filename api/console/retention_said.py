"""Retention in words and pictures: rates with how many they rest on, the waterfall, its groups, every rate used."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from api.console import formats
from api.console.charts import WaterfallPart
from api.console.context import Context
from api.console.controls import Column
from api.console.figures_said import share_figure
from api.console.parts import Empty, Figure, Figures, Footer, Note, Panel, Part, Table
from api.console.values import Level, Link, Missing
from governance.agreements.rules import Side
from governance.kernel.money import Money
from governance.metrics.periods import Period, fiscal_quarter
from governance.renewals.retention import ByValue, Retention
from governance.renewals.retention import Figures as Group

FLOW: Final = ("opening", "expansion", "contraction", "churn", "closing")
LAST_QUARTERS: Final = 4
FALLS: Final = frozenset({"contraction", "churn"})


def retention_parts(ctx: Context, told: Retention, *, money: bool) -> tuple[Part, ...]:
    """The cards of one side: figures, waterfall, groups, rates; or why there are none."""
    if not told.total.contracts:
        empty = Empty(ctx.text("retention.nothing"), _in_side(ctx, told, "nothing_text"), "calendar")
        return (Panel(ctx.text("retention.title"), (empty,)),)
    missing = sorted({*told.total.booked.missing, *told.total.constant.missing})
    lacks = ctx.text("retention.missing", rates=", ".join(missing))
    notes = (Note(lacks, level=Level.UNKNOWN),) if missing and money else ()
    hidden = () if money else (Note(ctx.text("retention.withheld")),)
    return (
        Figures(count_figures(ctx, told)),
        *((Figures(value_figures(ctx, told)),) if money else hidden),
        *notes,
        *((waterfall_part(ctx, told),) if money and told.total.booked.worths else ()),
        *_groups(ctx, told, money=money),
        *((_rates(ctx, told),) if money else ()),
    )


def retention_card(ctx: Context, told: Retention, *, money: bool) -> tuple[Part, ...]:
    """What a dashboard tells of one side: its rates and, with money, its waterfall; nothing of a side without any."""
    if not told.total.contracts:
        return ()
    by_count = replace(count_figures(ctx, told)[0], href=f"/retention?side={told.side.value.lower()}")
    title = ctx.text(f"retention.{told.side.value.lower()}")
    figures = Figures((by_count, *(value_figures(ctx, told) if money else ())), title, span(ctx, told))
    return figures, *((waterfall_part(ctx, told),) if money and told.total.booked.worths else ())


def last_four_quarters(day: date, year_start: int) -> Period:
    """The four whole fiscal quarters before the one that holds a day."""
    first, last = (fiscal_quarter(day, year_start, back) for back in (LAST_QUARTERS, 1))
    return Period(first.first, last.last, "")


def count_figures(ctx: Context, told: Retention) -> tuple[Figure, ...]:
    """Renewed of due, by count with its interval and by seats; what is not over yet is told apart."""
    due, rate = told.total.due, told.total.due.by_count
    label = ctx.text("retention.by_count")
    numbers = {name: formats.number(ctx.locale, getattr(due, name)) for name in
               ("due", "renewed", "lost", "by_silence", "not_yet_due", "seats_due", "seats_renewed")}  # fmt: skip
    lines = [ctx.text("retention.of_due", renewed=numbers["renewed"], due=numbers["due"])]
    lines += [ctx.text("retention.silent", count=due.by_silence)] if due.by_silence else []
    lines += [ctx.text("retention.not_yet", count=due.not_yet_due)] if due.not_yet_due else []
    seats = [ctx.text("retention.of_seats", renewed=numbers["seats_renewed"], due=numbers["seats_due"])]
    seats += [ctx.text("retention.unlimited", count=due.unlimited)] if due.unlimited else []
    none = Missing(ctx.text("retention.none_due"))
    first = (
        Figure(label, none, lines=tuple(lines[1:]))
        if rate is None
        else share_figure(ctx, label, rate.value, rate.lower, rate.upper, lines)
    )
    by_seats = _percent(ctx, due.by_seats)
    return first, Figure(
        ctx.text("retention.by_seats"), none if by_seats is None else by_seats, lines=tuple(seats) if by_seats else ()
    )


def value_figures(ctx: Context, told: Retention) -> tuple[Figure, ...]:
    """Renewal rate by value, gross and net retention, as booked; at constant currency on the line below."""
    return tuple(_by_value(ctx, told, name) for name in ("by_value", "grr", "nrr"))


def _by_value(ctx: Context, told: Retention, name: str) -> Figure:
    label = _in_side(ctx, told, name)
    booked, constant = (_rate_of(each, name) for each in (told.total.booked, told.total.constant))
    if told.total.booked.worths is None:
        return Figure(label, Missing(ctx.text("retention.no_rate")))
    said = _percent(ctx, booked)
    if said is None:
        return Figure(label, Missing(ctx.text("retention.none_due" if name == "by_value" else "retention.no_cohort")))
    even = _percent(ctx, constant)
    lines = (ctx.text(f"retention.{name}_text"),)
    return Figure(label, said, lines=(*lines, *((ctx.text("retention.constant_is", rate=even),) if even else ())))


def waterfall_part(ctx: Context, told: Retention) -> WaterfallPart:
    """From what was in force on the first day to what stands of it at the end; the table holds both kinds of rates."""
    booked, constant = told.total.booked, told.total.constant
    assert booked.worths is not None
    rows = [
        {
            "step": ctx.text(f"retention.{step}"),
            "amount": _amount(booked, step),
            "constant": _amount(constant, step) or Missing(ctx.text("retention.no_rate")),
        }
        for step in FLOW
    ]
    columns = (
        Column("step", "retention.step", strong=True),
        Column("amount", "retention.as_booked", kind="money"),
        Column("constant", "retention.constant", kind="money", leaves=3),
    )
    flow = booked.worths.waterfall
    said = {step: formats.money(ctx.locale, Money(getattr(flow, step), booked.currency)) for step in FLOW}
    day = formats.day(ctx.locale, constant.day) if constant.day else ""
    return WaterfallPart(
        title=_in_side(ctx, told, "waterfall"), sub=span(ctx, told), ident=f"waterfall-{told.side.value.lower()}",
        columns=columns, rows=rows, sentence=ctx.text("retention.sentence", **said), definition=told.definition.id,
        method=ctx.text("retention.method", version=told.definition.version, day=day), x="step", series=("amount",),
    )  # fmt: skip


def span(ctx: Context, told: Retention) -> str:
    """The days that are told."""
    first, last = (formats.day(ctx.locale, day) for day in (told.first_day, told.last_day))
    return ctx.text("retention.span", first=first, last=last)


def _amount(by: ByValue, step: str) -> Money | None:
    if by.worths is None:
        return None
    amount = getattr(by.worths.waterfall, step)
    return Money(-amount if step in FALLS else amount, by.currency)


def _rate_of(by: ByValue, name: str) -> Fraction | None:
    return None if by.worths is None else getattr(by.worths, name)


def _percent(ctx: Context, rate: Fraction | None) -> str | None:
    return None if rate is None else formats.percent(ctx.locale, rate)


def _groups(ctx: Context, told: Retention, *, money: bool) -> tuple[Part, ...]:
    if told.by is None:
        return ()
    by = told.by.value.lower()
    rows = [_row(ctx, each) for each in told.groups]
    columns = (
        Column("name", f"retention.by_{by}", strong=True),
        Column("due", "retention.due", kind="number"),
        Column("renewed", "retention.renewed", kind="number", leaves=3),
        Column("count", "retention.short_count", kind="percent"),
        Column("low", "activation.low", kind="percent", leaves=5, quiet=True),
        Column("high", "activation.high", kind="percent", leaves=5, quiet=True),
        Column("seats", "retention.short_seats", kind="percent", leaves=4),
        *((Column("value", "retention.short_value", kind="percent", leaves=4),
           Column("grr", _key(told, "short_grr"), kind="percent", leaves=2),
           Column("nrr", _key(told, "short_nrr"), kind="percent", leaves=2)) if money else ()),
    )  # fmt: skip
    title = ctx.text("retention.groups", by=ctx.text(f"retention.by_{by}"))
    links = (Link(ctx.text("chart.definition"), f"/metrics/{told.definition.id}"),)
    table = Table(title, columns, rows, bare=True, ident="retention-groups")
    return (Panel(title, (table,), sub=span(ctx, told), footer=Footer(links, ctx.text("retention.groups_method"))),)


def _row(ctx: Context, each: Group) -> Mapping[str, Any]:
    due, rate, none = each.due, each.due.by_count, Missing(ctx.text("retention.none_due"))
    return {
        "name": each.name or "–", "due": due.due, "renewed": due.renewed, "count": none if rate is None else rate.value,
        "low": None if rate is None else rate.lower, "high": None if rate is None else rate.upper,
        "seats": none if due.by_seats is None else due.by_seats,
        **{key: _rate_of(each.booked, name) for key, name in (("value", "by_value"), ("grr", "grr"), ("nrr", "nrr"))},
    }  # fmt: skip


def _rates(ctx: Context, told: Retention) -> Part:
    """Every exchange rate that the figures rest on."""
    used = [(ctx.text("retention.as_booked"), rate) for rate in told.total.booked.rates]
    used += [(ctx.text("retention.constant"), rate) for rate in told.total.constant.rates]
    into = told.total.booked.currency
    rows = [
        {"kind": kind, "currency": f"{rate.currency} → {into}", "rate": formats.rate(ctx.locale, Decimal(rate.rate)),
         "day": rate.day,
         "source": rate.source}
        for kind, rate in used
    ]  # fmt: skip
    columns = (
        Column("kind", "retention.kind", strong=True),
        Column("currency", "spend.currencies"),
        Column("rate", "spend.rate"),
        Column("day", "spend.rate_day", kind="date", leaves=4),
        Column("source", "spend.rate_source", leaves=4, quiet=True),
    )
    title = ctx.text("spend.rates")
    empty = Empty(ctx.text("spend.one_currency"), ctx.text("spend.one_currency_text", currency=into), "receipt")
    table = Table(title, columns, rows, bare=True, compact=True, ident="retention-rates", empty=empty)
    return Panel(title, (table,))


def _key(told: Retention, name: str) -> str:
    return f"retention.{name}_{told.side.value.lower()}"


def _in_side(ctx: Context, told: Retention, name: str) -> str:
    """A text in the words of the side: revenue of what we provide, spend of what we buy."""
    return ctx.text(f"retention.{name}" if name == "by_value" else _key(told, name))


def side_of(asked: str) -> Side:
    """The side a filter names: what we provide, unless what we buy is asked for."""
    return Side.PROCURED if asked == Side.PROCURED.value.lower() else Side.PROVIDED
