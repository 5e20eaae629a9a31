"""Supply otherwise: a pool gets another quantity from a day on, or is closed, after a look at whom that leaves over."""

from collections.abc import Mapping
from typing import Any, Final

from api.console import formats
from api.console.acting import id_of
from api.console.declare import (
    Change,
    Context,
    Done,
    Entry,
    Field,
    FormPage,
    Ids,
    Opened,
    Option,
    Outcome,
    Preview,
    Query,
    Story,
)
from api.console.desk import desk_of
from api.console.rooms_said import room_parts
from api.console.supply_fields import QUANTITY, REASON_TEXT, opened, reason_options
from governance.agreements.rules import ChangeReason
from governance.entitlements.models import Allocation, Lot, Pool
from governance.entitlements.queries import allocation, lot_by_key, pool
from governance.entitlements.service import (
    ChangeAllocation,
    ClosePool,
    change_allocation,
    close_pool,
    preview_change_allocation,
    preview_close_pool,
)
from governance.kernel.errors import NotFound


async def _allocated(ctx: Context, ids: Ids) -> tuple[Allocation, Pool, Lot]:
    """An allocation as it stands, with its pool and lot. Raises NotFound, also for one that was superseded."""
    allocation_id = id_of(ids["allocation"], "allocation")
    async with ctx.work() as work:
        row = await allocation(work, allocation_id)
        if row.superseded_at is not None:
            raise NotFound("allocation", ids["allocation"])
        return row, await pool(work, row.pool_id), await lot_by_key(work, row.lot_key)


async def opens_change(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The allocation as it is known today; it changes from today on, or from its first day where that is to come."""
    row, _, lot = await _allocated(ctx, ids)
    today = ctx.now.astimezone(ctx.zone).date()
    initial = {
        "quantity": "" if row.quantity is None else row.quantity, "reason": ChangeReason.REQUESTED.value,
        "from_day": max(today, lot.first_day).isoformat(),
    }  # fmt: skip
    return await opened(ctx, ids, "supply.change", initial)


async def change(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what becomes of the pool; with the token of that, change it."""
    row, _, _ = await _allocated(ctx, ids)
    command = ChangeAllocation(
        row.id, values["quantity"], ChangeReason(values["reason"]), values["from_day"], values["reason_text"],
        token or None,
    )  # fmt: skip
    desk = desk_of(ctx)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            foreseen = await preview_change_allocation(work, command)
        seats = Change(ctx.text("license.quantity"), _said(ctx, row.quantity), _said(ctx, values["quantity"]))
        told = Entry("", "", ctx.text("supply.differs"), "", "edit", (seats,))
        return Preview((Story((told,)), *room_parts(ctx, foreseen)), foreseen.token, ctx.text("supply.change"))
    await desk.perform(lambda work: change_allocation(work, command))
    return Done(f"/licenses/{ids['id']}", ctx.text("supply.changed"))


async def _open_pool(ctx: Context, ids: Ids) -> Pool:
    """A pool that is open. Raises NotFound."""
    pool_id = id_of(ids["pool"], "pool")
    async with ctx.work() as work:
        row = await pool(work, pool_id)
    if row.closed_at is not None:
        raise NotFound("pool", ids["pool"])
    return row


async def opens_close(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Why the pool is closed."""
    row = await _open_pool(ctx, ids)
    begun = await opened(ctx, ids, "supply.close", {"reason": ChangeReason.REQUESTED.value, "version": row.version})
    title = ctx.text("supply.close_title", name=row.name)
    return Opened(title, begun.initial, ctx.text("supply.close_text"), begun.crumbs, cancel=begun.cancel)


async def close(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show whom closing leaves over; with the token of that, close it."""
    row = await _open_pool(ctx, ids)
    command = ClosePool(
        row.id, int(values["version"]), ChangeReason(values["reason"]), values["reason_text"], token or None
    )
    desk = desk_of(ctx)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            foreseen = await preview_close_pool(work, command)
        return Preview(room_parts(ctx, foreseen), foreseen.token, ctx.text("supply.close"))
    await desk.perform(lambda work: close_pool(work, command))
    return Done(f"/licenses/{ids['id']}", ctx.text("supply.closed", name=row.name))


def _said(ctx: Context, quantity: int | None) -> str:
    return ctx.text("seats.no_limit") if quantity is None else formats.number(ctx.locale, quantity)


REASONS: Final[tuple[Option, ...]] = reason_options(new=False)
CHANGE: Final = FormPage(
    name="allocation-change", path="/licenses/{id}/allocations/{allocation}/change", opens=opens_change, submit=change,
    button="form.preview", action="pool:allocate", nav="licenses",
    fields=(
        QUANTITY,
        Field("from_day", "supply.from_day", "date", required=False, help="supply.from_day_help"),
        Field("reason", "supply.reason", "select", options=REASONS), REASON_TEXT,
    ),
)  # fmt: skip
CLOSE: Final = FormPage(
    name="pool-close", path="/licenses/{id}/pools/{pool}/close", opens=opens_close, submit=close,
    button="form.preview", action="pool:create", nav="licenses",
    fields=(
        Field("version", "findings.version", "hidden", longest=9),
        Field("reason", "supply.reason", "select", options=REASONS), REASON_TEXT,
    ),
)  # fmt: skip
PAGES: Final = (CHANGE, CLOSE)
