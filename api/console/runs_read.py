"""Long work as pages show it: what it is, how it stands, its five named steps, how much time is left."""

from datetime import timedelta
from typing import Final

from api.console import formats
from api.console.context import Context
from api.console.controls import Action
from api.console.objects import Run as Progress
from api.console.texts import known
from api.console.values import Level, Status, Step
from governance.runs.models import Run
from governance.runs.rules import ENDED, RunKind, RunState
from reports.words import words_in

LEVELS: Final = {
    RunState.WAITING: Level.UNKNOWN, RunState.RUNNING: Level.OK, RunState.DONE: Level.OK,
    RunState.FAILED: Level.CRITICAL, RunState.CANCELLED: Level.UNKNOWN,
}  # fmt: skip
STAGES: Final[dict[RunKind, tuple[tuple[str, frozenset[str]], ...]]] = {
    RunKind.REPORT: (
        ("rights", frozenset({"rights"})),
        ("gather", frozenset({"gather"})),
        ("write", frozenset({"write"})),
        ("prove", frozenset({"prove"})),
        ("place", frozenset({"place"})),
    ),
    RunKind.IMPORT_FILE: (
        ("queue", frozenset()),
        ("rights", frozenset()),
        ("read", frozenset({"read"})),
        ("check", frozenset({"check"})),
        ("merge", frozenset({"merge", "try"})),
    ),
    RunKind.IMPORT_PEOPLE: (
        ("queue", frozenset()),
        ("read", frozenset({"read"})),
        ("check", frozenset({"check"})),
        ("merge", frozenset({"merge", "try"})),
        ("link", frozenset({"link"})),
    ),
    RunKind.SCAN: (
        ("queue", frozenset()),
        ("begin", frozenset()),
        ("judge", frozenset()),
        ("settle", frozenset({"done"})),
        ("tell", frozenset()),
    ),
    RunKind.TEMPLATE: (
        ("queue", frozenset()),
        ("rights", frozenset()),
        ("begin", frozenset()),
        ("license", frozenset({"licenses"})),
        ("tell", frozenset()),
    ),
}


def run_title(ctx: Context, row: Run) -> str:
    """What the run does, in words; a report by its own title."""
    if row.kind is RunKind.REPORT:
        return report_title(ctx, str(row.asked.get("name", "")))
    if row.kind is RunKind.IMPORT_PEOPLE and row.asked.get("dry_run"):
        return ctx.text("runs.kind_trial")
    if row.kind is RunKind.IMPORT_FILE and row.asked.get("dry_run"):
        return ctx.text("runs.kind_trial_file")
    return ctx.text(f"runs.kind_{row.kind.value.lower()}")


def report_title(ctx: Context, name: str) -> str:
    """The title of a report of the shelf; the name of one that is gone."""
    words = words_in(ctx.locale)
    return words.texts.get(f"title.{name}", name)


def stood(ctx: Context, row: Run) -> RunState:
    """How a run stood at the page's instant: ended, else begun, else waiting."""
    if ctx.as_of is None or (row.ended_at is not None and row.ended_at <= ctx.as_of):
        return row.state
    begun = row.started_at is not None and row.started_at <= ctx.as_of
    return RunState.RUNNING if begun else RunState.WAITING


def run_status(ctx: Context, row: Run) -> Status:
    """How a run stands at the page's instant, as shape and word."""
    state = stood(ctx, row)
    return Status(LEVELS[state], ctx.text(f"runs.state_{state.value.lower()}"))


def stage(row: Run) -> int:
    """Which of the five steps is at work, 0 to 4; 5 when all are behind it."""
    if row.state is RunState.DONE:
        return 5
    names = STAGES[row.kind]
    if row.started_at is None:
        return 0
    for index, (_, steps) in enumerate(names):
        if row.step in steps:
            return index
    if row.kind is RunKind.SCAN:
        return 1 if row.step is None else 2
    return 0 if row.step is None else 1


def percent(row: Run) -> float:
    """How far the run is, in percent: the rows of the step that counts them, a fifth a step where none are counted."""
    if row.state is RunState.DONE:
        return 100.0
    within = row.rows_done / row.rows_all if row.rows_all else 0.0
    return min(99.0, 20.0 * (stage(row) + min(within, 1.0)))


def progress(ctx: Context, row: Run, *, sub: str = "", result: Action | None = None) -> Progress:
    """The card of a run, polled while it goes on; who may stop it has the button."""
    running = row.state not in ENDED
    stops = row.cancel_asked and running
    cancel = Action("runs.cancel", f"/runs/{row.id}/cancel", post=True)
    return Progress(
        run_title(ctx, row), f"/runs/{row.id}",
        ctx.text("runs.stopping") if stops else ctx.text(f"runs.state_{row.state.value.lower()}"), percent(row),
        _doing(ctx, row), _left(ctx, row), _steps(ctx, row), running, sub,
        cancel if running and not stops else None, result, "" if running else _ended(ctx, row),
        None if running else LEVELS[row.state], f"Run:{row.id}" if running else "",
    )  # fmt: skip


def _doing(ctx: Context, row: Run) -> str:
    if row.state is RunState.WAITING:
        return ctx.text("runs.waits")
    if row.state is not RunState.RUNNING:
        return ""
    named = ctx.text(f"runs.step_{STAGES[row.kind][min(stage(row), 4)][0]}")
    if not row.rows_all and not row.rows_done:
        return named
    done = formats.number(ctx.locale, row.rows_done)
    if row.rows_all is None:
        return ctx.text("runs.rows_open", step=named, done=done)
    return ctx.text("runs.rows", step=named, done=done, all=formats.number(ctx.locale, row.rows_all))


def _left(ctx: Context, row: Run) -> str:
    """How long it will take at the pace so far; nothing while too little is done to say."""
    done = percent(row)
    if row.state is not RunState.RUNNING or row.started_at is None or done < 5:
        return ""
    spent = ctx.now - row.started_at
    if spent < timedelta(seconds=2):
        return ""
    seconds = round(spent.total_seconds() * (100 - done) / done)
    if seconds < 60:
        return ctx.text("runs.seconds_left", count=max(seconds, 1))
    return ctx.text("runs.minutes_left", count=round(seconds / 60))


def _steps(ctx: Context, row: Run) -> tuple[Step, ...]:
    at = stage(row)
    stopped = row.state in (RunState.FAILED, RunState.CANCELLED)
    steps = []
    for index, (name, _) in enumerate(STAGES[row.kind]):
        state = str(Level.OK) if index < at else "now" if index == at else "todo"
        if stopped and index == at:
            state = str(LEVELS[row.state])
        detail = row.step if row.kind is RunKind.SCAN and name == "judge" and index == at and row.step else ""
        steps.append(Step(state, ctx.text(f"runs.step_{name}"), detail))
    return tuple(steps)


def _ended(ctx: Context, row: Run) -> str:
    if row.ended_at is None:
        return ""
    when = formats.instant(ctx.locale, row.ended_at, ctx.zone)
    return ctx.text(f"runs.ended_{row.state.value.lower()}", instant=when)


def state_word(ctx: Context, prefix: str, word: str) -> str:
    """A stored word in the reader's language; the word itself where the catalog does not know it."""
    key = f"{prefix}_{word.lower()}"
    return ctx.text(key) if known(ctx.locale, key) else word
