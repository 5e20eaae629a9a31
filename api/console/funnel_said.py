"""The activation funnel in words: steps with who could, did, may still and is lost; errors; help; the one question."""

from dataclasses import dataclass
from typing import Any, Final

from api.console import formats
from api.console.context import Context
from api.console.controls import Column
from api.console.figures_said import share_figure
from api.console.objects import Funnel as FunnelBars
from api.console.parts import Empty, Figure, Figures, Footer, Note, Panel, Part, Table
from api.console.values import Link, Missing, Suppressed
from governance.activation.rules import Step
from governance.metrics.formulas.wilson import Proportion
from governance.metrics.funnel import Funnel, FunnelGroup, StepTold


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step as a table and its file tell it; shares are 0 to 1."""

    step: str
    eligible: Any
    reached: Any
    share: Any
    low: float | None
    high: float | None
    not_yet: Any
    lost: Any
    wait: Any


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One error code at one step."""

    code: str
    step: str
    seats: int
    overcome: int
    stuck: int


def funnel_parts(ctx: Context, told: Funnel) -> tuple[Part, ...]:
    """The cards of the funnel: steps, errors, help and answers; or why there are none."""
    if told.suppressed:
        if not told.seats:
            return ()
        text = ctx.text("activation.suppressed_text", k=formats.number(ctx.locale, told.k))
        return (Panel(ctx.text("funnel.title"), (Empty(ctx.text("activation.suppressed"), text, "eye-off"),)),)
    return (_steps(ctx, told), *_groups(ctx, told), *_errors(ctx, told), _help(ctx, told), *_answers(ctx, told))


def _steps(ctx: Context, told: Funnel) -> Panel:
    shown = tuple((_name(ctx, each), each.reached, each.eligible) for each in told.steps if each.eligible is not None)
    rows = [_row(ctx, each) for each in told.steps]
    definition = Link(ctx.text("metrics.definition"), "/metrics/activation_funnel")
    unseen = [_name(ctx, each) for each in told.steps if not each.observed]
    notes = (Note(ctx.text("funnel.not_observed", steps=", ".join(unseen))),) if unseen else ()
    return Panel(
        ctx.text("funnel.title"),
        (
            FunnelBars(shown, ctx.text("funnel.title")),
            Table(ctx.text("funnel.steps"), STEPS, rows, bare=True, ident="funnel",
                  footer=Footer((definition,), ctx.text("funnel.method", version=told.definition.version))),
            *notes,
        ),
        sub=ctx.text("funnel.sub", count=told.seats),
    )  # fmt: skip


def _row(ctx: Context, each: StepTold) -> StepRow:
    if each.eligible is None:
        why: Any = Suppressed() if each.suppressed else Missing(ctx.text("funnel.unobserved"))
        return StepRow(_name(ctx, each), why, why, why, None, None, why, why, why)
    share = each.share
    return StepRow(
        _name(ctx, each), each.eligible, each.reached, share.value if share else None,
        share.lower if share else None, share.upper if share else None,
        Suppressed(derivable=True) if each.not_yet is None else each.not_yet,
        Suppressed(derivable=True) if each.lost is None else each.lost, _wait(ctx, each),
    )  # fmt: skip


def _wait(ctx: Context, each: StepTold) -> Any:
    """The median days from the step before; why there are none."""
    if each.wait is None:
        return Missing(ctx.text("funnel.no_wait"))
    return Missing(ctx.text("funnel.not_half")) if each.wait.time is None else round(each.wait.time, 1)


def _groups(ctx: Context, told: Funnel) -> tuple[Panel, ...]:
    """The funnel of a product by unit or region: reached of eligible at each observed step, a row each group."""
    if told.by is None:
        return ()
    steps = [each.step for each in told.steps if each.observed]
    rows = [{"name": group.name, "seats": group.seats} | _shares(ctx, group) for group in told.groups]
    columns = (
        Column("name", f"funnel.by_{told.by.value.lower()}", strong=True),
        Column("seats", "funnel.met", kind="number", leaves=4),
        *(Column(step.value.lower(), f"funnel.step_{step.value.lower()}", kind="percent") for step in steps),
    )
    title = ctx.text("funnel.groups", by=ctx.text(f"funnel.by_{told.by.value.lower()}"))
    definition = Link(ctx.text("metrics.definition"), "/metrics/activation_funnel")
    table = Table(title, columns, rows, bare=True, ident="funnel-groups",
                  footer=Footer((definition,), ctx.text("funnel.groups_method")))  # fmt: skip
    return (Panel(title, (table,), sub=ctx.text("funnel.groups_sub")),)


def _shares(ctx: Context, group: FunnelGroup) -> dict[str, Any]:
    shown: dict[str, Any] = {each.step.value.lower(): Suppressed(derivable=True) for each in group.steps}
    for each in group.steps:
        if each.share is not None:
            shown[each.step.value.lower()] = each.share.value
    return shown if group.steps else {step.value.lower(): Suppressed(derivable=True) for step in Step}


def _name(ctx: Context, each: StepTold) -> str:
    return ctx.text(f"funnel.step_{each.step.value.lower()}")


def _errors(ctx: Context, told: Funnel) -> tuple[Panel, ...]:
    rows = [
        ErrorRow(error.code, _name(ctx, each), error.seats, error.overcome, error.stuck)
        for each in told.steps
        for error in each.errors
    ]
    hidden = sum(each.errors_hidden for each in told.steps)
    if not rows and not hidden:
        return ()
    rows.sort(key=lambda row: (-row.stuck, -row.seats, row.code))
    notes = (Note(ctx.text("funnel.rare", count=hidden)),) if hidden else ()
    table = Table(
        ctx.text("funnel.errors"), ERRORS, rows, bare=True, ident="errors",
        empty=Empty(ctx.text("funnel.no_errors"), icon="check"),
    )  # fmt: skip
    return (Panel(ctx.text("funnel.errors"), (table, *notes), sub=ctx.text("funnel.errors_sub")),)


def _help(ctx: Context, told: Funnel) -> Part:
    survey = told.survey
    answered = survey.response if survey else None
    calls = Suppressed(k=told.k) if told.contacts is None else formats.number(ctx.locale, told.contacts)
    return Figures(
        (
            _share(ctx, ctx.text("funnel.unassisted"), told.unassisted, ctx.text("funnel.of_used"), told.k),
            Figure(ctx.text("funnel.contacts"), calls, lines=(ctx.text("funnel.contacts_of", count=told.seats),)),
            _share(ctx, ctx.text("funnel.response"), answered, ctx.text("funnel.of_asked"), told.k),
        )
    )


def _share(ctx: Context, label: str, found: Proportion | None, of_whom: str, k: int) -> Figure:
    if found is None:
        return Figure(label, Missing(ctx.text("funnel.none_yet", k=k)))
    n = ctx.text("funnel.n", n=formats.number(ctx.locale, found.n), whom=of_whom)
    made = share_figure(ctx, label, found.value, found.lower, found.upper)
    return Figure(made.label, made.value, made.unit, made.whisker, (*made.lines, n))


def _answers(ctx: Context, told: Funnel) -> tuple[Panel, ...]:
    if told.survey is None or not told.survey.asked:
        return ()
    if told.survey.scores is None:
        text = ctx.text("funnel.few_answers", k=told.k)
        return (Panel(ctx.text("funnel.survey"), (Empty(ctx.text("activation.suppressed"), text, "eye-off"),)),)
    answered = told.survey.answered
    rows = [
        {"score": f"{each.low}" if each.low == each.high else f"{each.low}–{each.high}", "answers": each.answers,
         "share": each.answers / answered}
        for each in told.survey.scores
    ]  # fmt: skip
    table = Table(ctx.text("funnel.survey"), ANSWERS, rows, bare=True, ident="survey")
    return (Panel(ctx.text("funnel.survey"), (table,), sub=ctx.text("funnel.survey_sub")),)


STEPS: Final = (
    Column("step", "figure.step", strong=True),
    Column("eligible", "funnel.eligible", kind="number", leaves=4),
    Column("reached", "figure.reached", kind="number"),
    Column("share", "funnel.share", kind="percent"),
    Column("low", "activation.low", kind="percent", leaves=5, quiet=True),
    Column("high", "activation.high", kind="percent", leaves=5, quiet=True),
    Column("not_yet", "activation.not_yet", kind="number", leaves=2),
    Column("lost", "funnel.lost", kind="number", leaves=1),
    Column("wait", "funnel.wait", kind="number", leaves=1),
)
ERRORS: Final = (
    Column("code", "funnel.code", kind="code", strong=True),
    Column("step", "figure.step", leaves=2),
    Column("seats", "funnel.met", kind="number"),
    Column("overcome", "funnel.overcome", kind="number", leaves=3),
    Column("stuck", "funnel.stuck", kind="number"),
)
ANSWERS: Final = (
    Column("score", "funnel.score", strong=True),
    Column("answers", "funnel.answers", kind="number"),
    Column("share", "funnel.share", kind="percent"),
)
