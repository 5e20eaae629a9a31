"""Units as pages show them: the number with what it counts, and how a measured line stands in its period."""

from collections.abc import Iterable, Sequence

from api.console import formats
from api.console.context import Context
from api.console.parts import Figure, Figures, Panel, Part, Seats
from api.console.values import Balance, Level, SeatBar, Status
from governance.entitlements.rules import PeriodUse
from governance.metrics.measured import MeasuredUse


def units(ctx: Context, value: int, measure: str | None) -> str:
    """`12,400 API calls`; the bare number where nobody said what it counts."""
    said = formats.number(ctx.locale, value)
    return said if measure is None else f"{said} {measure}"


def bar_of(use: MeasuredUse) -> SeatBar:
    """What the period consumed against what was bought for it; dashed where nobody recorded anything."""
    return SeatBar(use.use.peak or 0, use.use.entitled, stale=use.use.peak is None)


def balance_of(use: MeasuredUse) -> Balance:
    """What is left of what was bought, signed; by the peak of cores and capacity."""
    known = use.use.entitled is not None and use.use.peak is not None
    return Balance((use.use.entitled or 0) - (use.use.peak or 0) if known else None)


def period_status(ctx: Context, use: PeriodUse) -> Status:
    """How a period stands: nobody knows, within, burst as its mode allows, or beyond that."""
    if use.beyond is None or use.burst is None:
        return Status(Level.UNKNOWN, note=ctx.text("lines.not_recorded"))
    if use.beyond:
        return Status(Level.CRITICAL, note=ctx.text("lines.over", count=formats.number(ctx.locale, use.beyond)))
    if use.burst:
        return Status(Level.HIGH, note=ctx.text("consumption.bursts", count=formats.number(ctx.locale, use.burst)))
    return Status(Level.OK, note=ctx.text("lines.within"))


def worst_of(told: Iterable[MeasuredUse]) -> MeasuredUse | None:
    """The line that stands worst: beyond, then burst, then by the share of what was bought; None of none."""
    return max(
        told,
        key=lambda each: (each.use.beyond or 0, each.use.burst or 0, each.use.percent or 0, each.code),
        default=None,
    )


def measured_words(ctx: Context, told: Sequence[MeasuredUse]) -> str:
    """`calls: 12,400 of 10,000 API calls`, line by line."""
    return ", ".join(_words(ctx, each) for each in told)


def _words(ctx: Context, each: MeasuredUse) -> str:
    if each.use.peak is None:
        return ctx.text("consumption.measured_unknown", code=each.code)
    has = ctx.text("consumption.unlimited")
    if each.use.entitled is not None:
        has = units(ctx, each.use.entitled, each.measure)
    taken = formats.number(ctx.locale, each.use.peak)
    return ctx.text("consumption.measured", code=each.code, taken=taken, entitled=has)


def measured_parts(ctx: Context, told: Sequence[MeasuredUse], href: str) -> tuple[Part, ...]:
    """Each measured line of a license with its bar, what its period consumed and what is left."""
    return tuple(
        Panel(
            _title(ctx, each),
            (Seats(bar_of(each)), Figures(_figures(ctx, each, href), bare=True)),
            sub=f"{formats.day(ctx.locale, each.period.first_day)} – {formats.day(ctx.locale, each.period.last_day)}",
            status=period_status(ctx, each.use),
        )
        for each in told
    )


def _title(ctx: Context, each: MeasuredUse) -> str:
    said = each.measure or ctx.text("consumption.in_units")
    return said if said.casefold() == each.code.casefold() else f"{each.code} · {said}"


def _figures(ctx: Context, each: MeasuredUse, href: str) -> tuple[Figure, ...]:
    def amount(value: int | None, missing: str) -> str:
        return ctx.text(missing) if value is None else formats.number(ctx.locale, value)

    return (
        Figure(ctx.text("consumption.taken"), amount(each.use.taken, "lines.unknown"), href=href),
        Figure(ctx.text("consumption.entitled"), amount(each.use.entitled, "seats.no_limit")),
        Figure(ctx.text("consumption.burst"), amount(each.use.burst, "lines.unknown")),
        Figure(ctx.text("consumption.beyond"), amount(each.use.beyond, "lines.unknown")),
    )
