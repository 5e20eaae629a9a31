"""What boards gave one to do, on one's own page: open actions with their days, the overdue ones first."""

from api.console.board_said import action_status
from api.console.context import Context
from api.console.controls import Column
from api.console.parts import Panel, Part, Table
from governance.reviews.models import ActionItem
from governance.reviews.queries import closed_by, visible_actions
from governance.reviews.queries import states as states_of
from policies.access.actions import Action

SHOWN = 50


async def own_actions(ctx: Context) -> tuple[Part, ...]:
    """The open actions that are one's own; nothing where there are none."""
    async with ctx.work() as work:
        own = visible_actions(work, Action.REVIEW_ACT).where(
            ActionItem.owner_now == work.actor.person_id, ~closed_by(work.now())
        )
        rows = (
            (await work.session.execute(own.order_by(ActionItem.due_day, ActionItem.id).limit(SHOWN))).scalars().all()
        )
        stand = await states_of(work, [row.id for row in rows])
    if not rows:
        return ()
    columns = (
        Column("what", "boards.action", value=lambda row: row.what, strong=True),
        Column("due", "reviews.due_day", kind="date", value=lambda row: row.due_day, leaves=4),
        Column(
            "status", "table.status", kind="status", value=lambda row: action_status(ctx, row, stand[row.id], ctx.now)
        ),
    )
    table = Table(
        ctx.text("actions.yours"), columns, rows, bare=True, ident="board-actions",
        row_href=lambda row: f"/actions/{row.id}",
    )  # fmt: skip
    return (Panel(ctx.text("actions.yours"), (table,)),)
