"""The way of one seat in words: its steps with their time, errors and calls for help among them, in order."""

from collections.abc import Mapping
from datetime import datetime

from api.console import formats
from api.console.context import Context
from api.console.objects import Path
from api.console.parts import Note, Panel, Part
from api.console.values import Level, Step
from governance.activation.journeys import Failure, Journey
from governance.activation.models import ErrorText


def journey_panel(ctx: Context, journey: Journey | None, texts: Mapping[str, ErrorText]) -> Panel:
    """The panel of a seat's way; `texts` say by code what errors mean. None: it may not be told to this reader."""
    title = ctx.text("journey.title")
    if journey is None:
        return Panel(title, (Note(ctx.text("journey.unseen"), "lock"),))
    steps: list[tuple[datetime, Step]] = [
        (one.at, Step(Level.OK, step_words(ctx, one.step.value), _when(ctx, one.at))) for one in journey.reached
    ]
    steps += [(one.at, _failure(ctx, one, texts.get(one.code))) for one in journey.failures]
    for row in journey.contacts:
        said = ctx.text("journey.contact", channel=ctx.text(f"journey.channel_{row.channel.value.lower()}"))
        until = "" if row.closed_at is None else f" – {_when(ctx, row.closed_at)}"
        detail = ". ".join(filter(None, (_when(ctx, row.opened_at) + until, row.note)))
        steps.append((row.opened_at, Step(Level.WARN if row.closed_at is None else Level.OK, said, detail)))
    ordered = [step for _, step in sorted(steps, key=lambda pair: pair[0])]
    parts: tuple[Part, ...] = (Path(tuple(ordered)),)
    return Panel(title, parts)


def step_words(ctx: Context, step: str) -> str:
    """The name of a step."""
    return ctx.text(f"journey.step_{step.lower()}")


def _failure(ctx: Context, one: Failure, text: ErrorText | None) -> Step:
    said = ctx.text("journey.error", code=one.code, step=step_words(ctx, one.step.value))
    state = ctx.text("journey.overcome" if one.overcome else "journey.stuck")
    words = (_when(ctx, one.at), state, text.title if text else "", (text.help or "") if text else "")
    return Step(
        Level.UNKNOWN if one.overcome else Level.HIGH, said, ". ".join(word.rstrip(".") for word in words if word)
    )


def _when(ctx: Context, at: datetime) -> str:
    return formats.instant(ctx.locale, at, ctx.zone)
