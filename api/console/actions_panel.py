"""The actions of a review as a card: who does what by when, and whether it is overdue."""

from api.console.agenda_read import Agenda
from api.console.board_said import action_status
from api.console.context import Context
from api.console.controls import Action, Column
from api.console.parts import Empty, Panel, Part, Table
from api.console.values import Person


def actions_panel(ctx: Context, agenda: Agenda, key: str | None = None, acts: tuple[Action, ...] = ()) -> Part:
    """The actions of a review, or those that follow from one item: owner, due, state, overdue."""
    rows = [each for each in agenda.actions if key is None or each.row.item_key == key]
    columns = (
        Column("what", "boards.action", value=lambda each: each.row.what, strong=True),
        Column("owner", "boards.owner", kind="person", leaves=3,
               value=lambda each: Person(agenda.people.get(each.row.owner_now, ""))),
        Column("due", "reviews.due_day", kind="date", value=lambda each: each.row.due_day, leaves=4),
        Column("status", "table.status", kind="status",
               value=lambda each: action_status(ctx, each.row, each.step, ctx.as_of or ctx.now)),
    )  # fmt: skip
    empty = Empty(ctx.text("boards.no_actions"), ctx.text("boards.no_actions_text"), "check")
    table = Table(
        ctx.text("boards.actions"), columns, rows, bare=True, ident="actions", empty=empty,
        row_href=lambda each: f"/actions/{each.row.id}",
    )  # fmt: skip
    return Panel(ctx.text("boards.actions"), (table,), actions=acts)
