"""A board in words: its seats, what its quorum lacks as a path, how an action stands against its day."""

from datetime import datetime

from api.console import formats
from api.console.context import Context
from api.console.values import Level, Status, Step
from governance.reviews.models import ActionItem, ActionStep, Board
from governance.reviews.quorum import Missing
from governance.reviews.rules import ActionState, ReviewState, Seat

REVIEW_LEVELS = {
    ReviewState.PREPARED: Level.UNKNOWN, ReviewState.DECIDED: Level.WARN, ReviewState.SIGNED: Level.OK,
}  # fmt: skip


def review_status(ctx: Context, state: ReviewState) -> Status:
    """How a review stands, as shape and word."""
    return Status(REVIEW_LEVELS[state], ctx.text(f"reviews.state_{state.value.lower()}"))


def seat_word(ctx: Context, seat: Seat) -> str:
    """As what somebody sits on a board."""
    return ctx.text(f"boards.seat_{seat.value.lower()}")


def board_status(ctx: Context, lacks: Missing) -> Status:
    """Whether a board could reach its quorum with those who sit on it."""
    if lacks.nothing:
        return Status(Level.OK, ctx.text("boards.can_meet"))
    parts = [*lacks.needed, *([ctx.text("boards.the_chair")] if lacks.chair else [])]
    if lacks.departments:
        parts.append(ctx.text("boards.more_departments", count=lacks.departments))
    return Status(Level.HIGH, ctx.text("boards.lacks"), ", ".join(parts))


def quorum_steps(ctx: Context, row: Board, lacks: Missing, departments: int, chairs: str) -> tuple[Step, ...]:
    """What a quorum needs, each with whether those who sit on the board could give it."""
    enough = ctx.text("boards.of_departments", quorum=formats.number(ctx.locale, row.quorum), count=departments)
    short = ctx.text("boards.more_departments", count=lacks.departments) if lacks.departments else ""
    steps = [Step(Level.HIGH if lacks.departments else Level.OK, enough, short)]
    for name in row.departments_needed:
        gone = name in lacks.needed
        key = "boards.nobody_speaks" if gone else "boards.has_voice"
        steps.append(Step(Level.HIGH if gone else Level.OK, ctx.text("boards.needed", department=name), ctx.text(key)))
    if row.chair_needed:
        state = Level.HIGH if lacks.chair else Level.OK
        steps.append(Step(state, ctx.text("boards.chair_signs"), chairs or ctx.text("boards.nobody_chairs")))
    return tuple(steps)


def action_status(ctx: Context, row: ActionItem, step: ActionStep, at: datetime) -> Status:
    """How an action stands at an instant: open, overdue since its day, done, or dropped."""
    state = step.state if step.recorded_at <= at else ActionState.OPEN
    if row.overdue(state, at):
        return Status(Level.HIGH, ctx.text("boards.overdue"))
    levels = {ActionState.OPEN: Level.UNKNOWN, ActionState.DONE: Level.OK, ActionState.DROPPED: Level.EXEMPT}
    return Status(levels[state], ctx.text(f"boards.action_{state.value.lower()}"))
