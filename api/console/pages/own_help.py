"""Asking for help with one's own seat, and answering how easy the way to first use was."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console.declare import Context, Done, Field, FormPage, Ids, Opened, Option, Outcome, Query
from api.console.desk import desk_of
from api.console.own_help import HERE, product_names
from api.console.seat_rows import SeatRow, seat_rows
from governance.activation.queries import own_survey
from governance.activation.rules import BEST, CAN_FAIL, Step
from governance.activation.service import OpenContact, answer_survey, open_contact
from governance.kernel.errors import NotFound
from governance.seats.queries import assignment


async def opens_help(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that asks for help; a seat that was given back has none."""
    row = await _own(ctx, ids["id"])
    if row.released is not None:
        return None
    return Opened(ctx.text("help.ask_title", license=row.license), {"step": ""}, ctx.text("help.ask_sub"), cancel=HERE)


async def ask(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Open the contact; who looks after the license is told."""
    row = await _own(ctx, ids["id"])
    step = Step(values["step"]) if values["step"] else None
    asked = OpenContact(row.id, step=step, note=values["note"])
    desk = desk_of(ctx)
    await desk.perform(lambda work: open_contact(work, asked))
    return Done(HERE, ctx.text("help.asked", license=row.license))


async def opens_survey(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The one question; an answered one has no page anymore."""
    async with ctx.work() as work:
        row = await own_survey(work, _uuid(ids["id"]))
        names = await product_names(work, [row.product_id])
    if row.answered_at is not None:
        return None
    return Opened(ctx.text("door.question", product=names[row.product_id]), {}, ctx.text("help.scale"), cancel=HERE)


async def answer(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Keep the answer, once."""
    survey_id, score, desk = _uuid(ids["id"]), int(values["score"]), desk_of(ctx)
    await desk.perform(lambda work: answer_survey(work, survey_id, score))
    return Done(HERE, ctx.text("help.thanks"))


async def _own(ctx: Context, asked: str) -> SeatRow:
    """One's own seat of that id. Raises NotFound for anybody else's."""
    async with ctx.work() as work:
        seat = await assignment(work, _uuid(asked))
        if seat.person_id != work.actor.person_id:
            raise NotFound("assignment", asked)
        [row] = await seat_rows(ctx, work, [seat])
    return row


def _uuid(asked: str) -> UUID:
    try:
        return UUID(asked)
    except ValueError:
        raise NotFound("seat or question", asked) from None


STEPS: Final = (
    Option("", "help.step_unknown"), *(Option(step.value, f"journey.step_{step.value.lower()}") for step in CAN_FAIL),
)  # fmt: skip
HELP: Final = FormPage(
    name="my-licenses-help", path=f"{HERE}/{{id}}/help", opens=opens_help, submit=ask, button="help.ask",
    action="support:open", nav="my-licenses",
    fields=(
        Field("step", "help.step", "select", required=False, options=STEPS),
        Field("note", "help.note", "textarea", longest=1_000, help="help.note_help"),
    ),
)  # fmt: skip
SURVEY: Final = FormPage(
    name="my-licenses-survey", path=f"{HERE}/surveys/{{id}}", opens=opens_survey, submit=answer, button="help.answer",
    action="survey:answer", nav="my-licenses",
    fields=(
        Field("score", "help.score", "choice", help="door.question_privacy",
              options=tuple(Option(str(n), text=str(n)) for n in range(1, BEST + 1))),
    ),
)  # fmt: skip
PAGES: Final = (HELP, SURVEY)
