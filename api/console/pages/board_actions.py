"""Actions of a board: each on a page of its own; giving one with what it aims at, and saying that it is done."""

from collections.abc import Mapping
from typing import Any, Final

from api.console.acting import id_of
from api.console.action_detail import read_action, show
from api.console.agenda_said import item_href, item_title
from api.console.declare import (
    Context,
    DetailPage,
    Done,
    Field,
    FormPage,
    Ids,
    Note,
    Opened,
    Option,
    Outcome,
    Query,
    Refused,
)
from api.console.desk import desk_of
from api.console.finding_people import find_people, suggest_people
from api.console.item_detail import asked_ids, read_item
from governance.kernel.work import Work
from governance.reviews.models import ActionItem
from governance.reviews.queries import review
from governance.reviews.rules import ActionState, Direction
from governance.reviews.service import MEASURES, Aim, AssignAction, CloseAction, assign_action, close_action
from policies.access.actions import Action as Act

WHOLE: Final = (
    "first_use_within_30", "first_use_median", "utilization", "in_use", "open_findings", "renewal_rate", "spend",
)  # fmt: skip
BETWEEN: Final = "|"


async def give_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What follows from an item, or from the review as a whole. Raises NotFound."""
    if "key" in ids:
        row, _, entry = await read_item(ctx, ids["id"], ids["key"])
        here, sub = item_href(entry), item_title(ctx, entry)
        crumbs: tuple[tuple[str, str], ...] = ((row.title, f"/reviews/{row.id}"), (sub, here))
    else:
        async with ctx.work() as work:
            row = await review(work, id_of(ids["id"], "review"))
        here, sub = f"/reviews/{row.id}", row.title
        crumbs = ((row.title, here),)
    above = ((ctx.text("reviews.title"), "/reviews"), *crumbs)
    return Opened(ctx.text("agenda.give"), {"direction": Direction.UP.value}, sub, above, cancel=here)


async def aims(ctx: Context) -> tuple[Option, ...]:
    """The figures an action can be aimed at: the item's own first, then those of the whole unit."""
    review_id, key = asked_ids(ctx)
    own: tuple[Option, ...] = ()
    if key and key != "new":
        _, _, entry = await read_item(ctx, review_id, key)
        measure, subject = str(entry.facts.get("measure", "")), str(entry.facts.get("subject", ""))
        if measure in MEASURES and subject:
            said = f"{ctx.text(f'agenda.figure_{measure}')}, {item_title(ctx, entry)}"
            own = (Option(f"{measure}{BETWEEN}{subject}", text=said),)
    return (*own, *(Option(f"{name}{BETWEEN}", f"agenda.figure_{name}") for name in WHOLE))


async def suggest_owners(ctx: Context, typed: str) -> list[Option]:
    """People whom a decision may name."""
    return await suggest_people(ctx, typed, Act.REVIEW_DECIDE)


async def give(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Give it, with the figure of its aim gathered at once."""
    found = await find_people(ctx, [values["owner"]], Act.REVIEW_DECIDE)
    if not found.people:
        return Refused({"owner": ctx.text("reviews.nobody", mail=values["owner"])})
    (owner_id,) = found.people
    aim, wrong = _aim(ctx, values)
    if wrong:
        return Refused(wrong)
    key = ids.get("key")
    command = AssignAction(id_of(ids["id"], "review"), values["what"], owner_id, values["dueDay"], key, aim)

    async def verb(work: Work) -> ActionItem:
        return await assign_action(work, command)

    row = await desk_of(ctx).perform(verb)
    return Done(f"/actions/{row.id}", ctx.text("actions.given"))


def _aim(ctx: Context, values: Mapping[str, Any]) -> tuple[Aim | None, dict[str, str]]:
    """The aim, or what of it is still to be said: figure, target and day go together."""
    said = {name: values[name] for name in ("measure", "target", "judgeDay")}
    if not any(said.values()):
        return None, {}
    wrong = {name: ctx.text("actions.aim_whole") for name, value in said.items() if not value}
    if wrong:
        return None, wrong
    measure, _, subject = str(said["measure"]).partition(BETWEEN)
    target = str(said["target"]).strip().removesuffix("%").strip()
    if ctx.locale == "de":
        target = target.replace(",", ".")
    return Aim(measure, Direction(values["direction"]), target, said["judgeDay"], subject), {}


async def close_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Whether it is done, or dropped. Raises NotFound."""
    read = await read_action(ctx, ids["id"])
    row, here = read.given.row, f"/actions/{read.given.row.id}"
    note = Note(ctx.text("actions.close_note"))
    initial = {"state": ActionState.DONE.value}
    return Opened(ctx.text("actions.close"), initial, row.what, ((row.what, here),), (note,), cancel=here)


async def close(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Say it; nobody closes it twice."""
    command = CloseAction(id_of(ids["id"], "action"), ActionState(values["state"]), values["reason"])

    async def verb(work: Work) -> ActionItem:
        return await close_action(work, command)

    await desk_of(ctx).perform(verb)
    return Done(f"/actions/{command.action_id}", ctx.text("actions.closed"))


FIELDS: Final = (
    Field("what", "boards.action", longest=500, help="actions.what_help"),
    Field("owner", "boards.owner", "person", longest=254, suggest=suggest_owners, help="boards.member_help"),
    Field("dueDay", "reviews.due_day", "date", help="actions.due_help"),
    Field("measure", "actions.aim", "select", required=False, options=aims, help="actions.aim_help"),
    Field("direction", "actions.direction", "choice", required=False,
          options=tuple(Option(each.value, f"actions.direction_{each.value.lower()}") for each in Direction)),
    Field("target", "actions.target", required=False, longest=40, help="actions.target_help"),
    Field("judgeDay", "actions.judge_day", "date", required=False, help="actions.judge_help"),
)  # fmt: skip
GIVE: Final = FormPage(
    name="review-action", path="/reviews/{id}/actions/new", opens=give_opens, submit=give, button="agenda.give",
    action="review:decide", nav="reviews", fields=FIELDS,
)  # fmt: skip
GIVE_UPON: Final = FormPage(
    name="review-item-action", path="/reviews/{id}/items/{key}/actions/new", opens=give_opens, submit=give,
    button="agenda.give", action="review:decide", nav="reviews", fields=FIELDS,
)  # fmt: skip
DETAIL: Final = DetailPage(name="board-action", path="/actions/{id}", gather=show, action="review:act", nav="reviews")
CLOSE: Final = FormPage(
    name="board-action-close", path="/actions/{id}/close", opens=close_opens, submit=close, button="actions.close",
    action="review:act", nav="reviews",
    fields=(
        Field("state", "table.status", "choice", options=(
            Option(ActionState.DONE.value, "boards.action_done"),
            Option(ActionState.DROPPED.value, "boards.action_dropped"))),
        Field("reason", "actions.reason", "textarea", required=False, longest=500, help="actions.reason_help"),
    ),
)  # fmt: skip
PAGES: Final = (GIVE, GIVE_UPON, DETAIL, CLOSE)
