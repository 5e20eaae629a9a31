"""One action of a board: who does what by when, the figure it is to move, and what became of both."""

from dataclasses import dataclass
from typing import Any

from api.console.acting import id_of
from api.console.agenda_read import Given, given_of, named_by
from api.console.agenda_said import figure_words, instant_words
from api.console.board_said import action_status
from api.console.declare import (
    Action,
    Badge,
    Column,
    Context,
    Detail,
    Facts,
    Ids,
    Link,
    Missing,
    Panel,
    Part,
    Query,
    Table,
)
from api.console.desk import provenance_of
from api.console.standing import names_of
from governance.kernel.errors import NotFound
from governance.reviews.models import ActionItem, ActionStep, Review
from governance.reviews.queries import action_item, known_by, steps, visible_actions
from governance.reviews.rules import AMOUNTS, ActionState
from policies.access.actions import Action as Act
from policies.access.fields import FieldClass


@dataclass(frozen=True, slots=True)
class ActionRead:
    """An action within reach with its steps and the review that gave it."""

    given: Given
    steps: tuple[ActionStep, ...]
    review: Review
    owner: str
    by: dict[str, str]
    acts: bool
    money: bool


async def read_action(ctx: Context, asked: str) -> ActionRead:
    """Read one action: of a review that one reads, or one's own. Raises NotFound."""
    async with ctx.work() as work:
        row = await action_item(work, id_of(asked, "action"))
        if not known_by([row], ctx.as_of):
            raise NotFound("action", asked)
        (given,) = await given_of(work, [row], ctx.as_of)
        there = tuple(known_by(await steps(work, row.id), ctx.as_of))
        review = await work.session.get_one(Review, (work.tenant_id, row.review_id))
        owner = (await names_of(work, [row.owner_now])).get(row.owner_now, "")
        by = await named_by(ctx, work, [row.recorded_by, *(each.recorded_by for each in there)])
        mine = visible_actions(work, Act.REVIEW_ACT).where(ActionItem.id == row.id)
        acts = (await work.session.execute(mine)).first() is not None
        money = work.gate.may_read(work.actor, FieldClass.MONEY)
    return ActionRead(given, there, review, owner, by, acts, money)


async def show(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """The page of one action; its owner reads it though they read no review. Raises NotFound."""
    read = await read_action(ctx, ids["id"])
    row, reads = read.given.row, ctx.may("review:read")
    told = row.aim_measure is not None and (read.money or row.aim_measure not in AMOUNTS)
    close = Action(
        "actions.close", f"/actions/{row.id}/close", "check", primary=True, action="review:act", dialog=True
    )  # fmt: skip
    crumbs = ((ctx.text("reviews.title"), "/reviews"), (read.review.title, f"/reviews/{row.review_id}"))
    return Detail(
        row.what,
        crumbs if reads else ((ctx.text("my_licenses.title"), "/my-licenses"),),
        (Badge(ctx.text("boards.action")),),
        parts=(_facts(ctx, read), *((_aim(ctx, read),) if told else ()), _steps(ctx, read)),
        actions=(close,) if read.acts and read.given.step.state is ActionState.OPEN else (),
        provenance=await provenance_of(ctx),
    )


def _facts(ctx: Context, read: ActionRead) -> Part:
    row = read.given.row
    title: Any = read.review.title
    if ctx.may("review:read"):
        title = Link(title, f"/reviews/{row.review_id}")
    rows: list[tuple[str, Any]] = [
        (ctx.text("table.status"), action_status(ctx, row, read.given.step, ctx.as_of or ctx.now)),
        (ctx.text("boards.owner"), read.owner),
        (ctx.text("reviews.due_day"), row.due_day),
        (ctx.text("reviews.review"), title),
        (ctx.text("actions.given_by"), read.by[row.recorded_by]),
        (ctx.text("actions.given_at"), instant_words(ctx, row.recorded_at)),
    ]
    return Panel(ctx.text("boards.action"), (Facts(tuple(rows)),))


def aim_words(ctx: Context, given: Given) -> str:
    """`Time to first use within 30 days: at least 80 %`."""
    row = given.row
    assert row.aim_measure is not None
    assert row.aim_direction is not None
    target = figure_words(
        ctx, row.aim_measure, {"value": row.aim_target, **_currency(given)}, frozen=False
    )  # fmt: skip
    least = ctx.text(f"actions.target_{row.aim_direction.value.lower()}", target=target)
    return f"{ctx.text(f'agenda.figure_{row.aim_measure}')}: {least}"


def _currency(given: Given) -> dict[str, Any]:
    then = given.row.aim_then or {}
    return {"currency": then["currency"]} if "currency" in then else {}


def _aim(ctx: Context, read: ActionRead) -> Part:
    row, judged = read.given.row, read.given.verdict
    measure = str(row.aim_measure)
    none = Missing(ctx.text("agenda.no_figure"))
    rows: list[tuple[str, Any]] = [
        (ctx.text("actions.aim"), aim_words(ctx, read.given)),
        (ctx.text("actions.then"), figure_words(ctx, measure, row.aim_then, frozen=False) or none),
        (ctx.text("actions.judge_day"), row.judge_day),
    ]
    if judged is not None:
        rows += [
            (ctx.text("actions.on_that_day"), figure_words(ctx, measure, judged.now, frozen=False) or none),
            (ctx.text("agenda.verdict"), ctx.text(f"agenda.verdict_{judged.verdict.value.lower()}")),
        ]
    return Panel(ctx.text("actions.aim"), (Facts(tuple(rows)),), about=ctx.text("actions.aim_about"))


def _steps(ctx: Context, read: ActionRead) -> Part:
    columns = (
        Column("state", "table.status", value=lambda each: ctx.text(f"boards.action_{each.state.value.lower()}"),
               sub=lambda each: each.reason or "", strong=True),
        Column("by", "renewals.by", value=lambda each: read.by[each.recorded_by], leaves=3),
        Column("at", "agenda.at", value=lambda each: instant_words(ctx, each.recorded_at), leaves=4, quiet=True),
    )  # fmt: skip
    rows = tuple(reversed(read.steps))
    return Panel(ctx.text("actions.states"), (Table(ctx.text("actions.states"), columns, rows, bare=True),))
