"""Move what is there: a holder to another pool, seats of a lot to another pool or region, a lot split anew."""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console.acting import id_of
from api.console.declare import (
    Claim,
    Context,
    Done,
    Field,
    FormPage,
    HasNeeds,
    Ids,
    Note,
    Opened,
    Option,
    Outcome,
    Part,
    Preview,
    Query,
    Refused,
)
from api.console.desk import desk_of
from api.console.license_read import license_of
from api.console.refusals import told
from api.console.rooms_said import room_parts
from api.console.supply_fields import PRICE_MOST, REASON_TEXT, opened, pool_options, reason_options
from governance.agreements.rules import ChangeReason
from governance.directory.models import Person
from governance.entitlements.models import MetricLine, Pool
from governance.entitlements.queries import allocation, allocations_of, lot, pool, pools_of, visible_pools
from governance.entitlements.service import (
    MoveAllocation,
    Share,
    SplitLot,
    move_allocation,
    preview_move_allocation,
    preview_split_lot,
    split_lot,
)
from governance.kernel.errors import NotFound
from governance.seats.queries import assignment
from governance.seats.service import TransferSeats, preview_transfer, suggest_pool, transfer_seats

SHARE: Final = re.compile(r"\s*(?P<code>.+?)\s*[=:]\s*(?P<quantity>\d{1,9})\s*")


async def license_pools(ctx: Context) -> tuple[Option, ...]:
    """The open pools of the license."""
    async with ctx.work() as work:
        query = visible_pools(work).where(MetricLine.entitlement_id == license_of(ctx), Pool.closed_at.is_(None))
        rows = (await work.session.execute(query.order_by(Pool.name, Pool.id))).scalars().all()
    return tuple(Option(str(row.id), text=row.name) for row in rows)


async def opens_transfer(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Who moves, and from where. Raises NotFound, also for a seat that was released."""
    seat_id = id_of(ids["id"], "assignment")
    async with ctx.work() as work:
        seat = await assignment(work, seat_id)
        if seat.released_at is not None:
            raise NotFound("assignment", ids["id"])
        holder = await work.session.get_one(Person, (work.tenant_id, seat.person_id))
        old = await work.session.get_one(Pool, (work.tenant_id, seat.pool_id))
        suggested = await suggest_pool(work, seat)
    title = ctx.text("transfer.title", who=holder.name)
    crumbs = ((ctx.text("seat.title"), "/seats"), (holder.name, f"/seats/{seat_id}"))
    initial = {"pool": query.raw.get("pool", "") or ("" if suggested is None else str(suggested))}
    return Opened(title, initial, ctx.text("transfer.from", pool=old.name), crumbs, cancel=f"/seats/{seat_id}")


async def transfer(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what would become of the seat, or every reason why it cannot move; with the token, move it."""
    desk = desk_of(ctx)
    command = TransferSeats((id_of(ids["id"], "assignment"),), UUID(values["pool"]), values["note"], token or None)
    if token:
        (seat,) = await transfer_seats(desk.desk, desk.actor, command, desk.request_id)
        return Done(f"/seats/{seat.id}", ctx.text("transfer.done"))
    seen = await preview_transfer(desk.desk, desk.actor, command, desk.request_id)
    (one,) = seen.seats
    if one.reasons or seen.token is None:
        said: tuple[Part, ...] = tuple(
            HasNeeds(Claim(f"{each.subject}: {each.has}", each.source), Claim(each.needs, each.remedy))
            for each in (told(reason, ctx.locale) for reason in one.reasons)
        )
        return Refused({"pool": ctx.text("transfer.refused", pool=seen.pool.name)}, said)
    text = ctx.text("transfer.invites" if one.invite else "transfer.will", pool=seen.pool.name)
    return Preview((Note(text),), seen.token, ctx.text("transfer.act"))


async def opens_move(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Seats of one allocation, which go to another pool. Raises NotFound."""
    allocation_id = id_of(ids["allocation"], "allocation")
    async with ctx.work() as work:
        row = await allocation(work, allocation_id)
        old = await pool(work, row.pool_id)
    if row.superseded_at is not None or row.quantity is None:
        raise NotFound("allocation", ids["allocation"])
    begun = await opened(ctx, ids, "transfer.move", {"reason": ChangeReason.REQUESTED.value})
    said = ctx.text("transfer.has", pool=old.name, count=row.quantity)
    return Opened(begun.title, begun.initial, said, begun.crumbs, cancel=begun.cancel)


async def move(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what both pools would have; with the token of that, move the seats."""
    command = MoveAllocation(
        id_of(ids["allocation"], "allocation"), UUID(values["pool"]), values["quantity"],
        ChangeReason(values["reason"]), values["from_day"], values["reason_text"], token or None,
    )  # fmt: skip
    desk = desk_of(ctx)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            foreseen = await preview_move_allocation(work, command)
        return Preview(_kept(ctx, room_parts(ctx, foreseen)), foreseen.token, ctx.text("transfer.move"))
    await desk.perform(lambda work: move_allocation(work, command))
    return Done(f"/licenses/{ids['id']}?tab=pools", ctx.text("transfer.moved", count=values["quantity"]))


async def opens_split(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What each pool has of the lot now, to be written anew. Raises NotFound."""
    lot_key = id_of(ids["lot"], "lot")
    async with ctx.work() as work:
        row = await lot(work, lot_key)
        pools = {each.id: each.code for each in await pools_of(work, row.line_id) if each.closed_at is None}
        had = dict.fromkeys(pools, 0)
        for each in await allocations_of(work, row.line_id):
            now_held = each.start <= ctx.now and (each.end is None or each.end > ctx.now)
            if each.lot_key == lot_key and now_held and each.pool_id in had:
                had[each.pool_id] += each.quantity or 0
    if row.quantity is None:
        raise NotFound("lot", ids["lot"])
    shares = "\n".join(f"{pools[pool_id]} = {quantity}" for pool_id, quantity in had.items())
    initial = {"shares": shares, "reason": ChangeReason.REQUESTED.value}
    begun = await opened(ctx, ids, "transfer.split", initial, "lots")
    left = row.quantity - sum(had.values())
    said = ctx.text("transfer.all", count=row.quantity)
    if left > 0:
        said = f"{said} {ctx.text('transfer.left', count=left)}"
    return Opened(begun.title, begun.initial, said, begun.crumbs, cancel=begun.cancel)


async def split(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what each pool would have; with the token of that, split the lot."""
    lot_key = id_of(ids["lot"], "lot")
    async with ctx.work() as work:
        row = await lot(work, lot_key)
        pools = {each.code: each.id for each in await pools_of(work, row.line_id)}
    shares = []
    for line in values["shares"]:
        read = SHARE.fullmatch(line)
        if read is None or read["code"] not in pools:
            return Refused({"shares": ctx.text("transfer.share_wrong", line=line)})
        shares.append(Share(pools[read["code"]], int(read["quantity"])))
    total = sum(each.quantity for each in shares)
    if total != row.quantity:
        return Refused({"shares": ctx.text("transfer.total_wrong", total=total, all=row.quantity or 0)})
    command = SplitLot(
        lot_key, tuple(shares), ChangeReason(values["reason"]), values["from_day"], values["reason_text"], token or None
    )
    desk = desk_of(ctx)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            foreseen = await preview_split_lot(work, command)
        return Preview(_kept(ctx, room_parts(ctx, foreseen)), foreseen.token, ctx.text("transfer.split"))
    await desk.perform(lambda work: split_lot(work, command))
    return Done(f"/licenses/{ids['id']}?tab=pools", ctx.text("transfer.was_split"))


def _kept(ctx: Context, rooms: tuple[Part, ...]) -> tuple[Part, ...]:
    """The rooms that change now, or that nothing does before the day that was named."""
    return rooms or (Note(ctx.text("transfer.later")),)


REASONS: Final[tuple[Option, ...]] = reason_options(new=False)
FROM_DAY: Final = Field("from_day", "supply.from_day", "date", required=False, help="transfer.from_day_help")
REASON: Final = Field("reason", "supply.reason", "select", options=REASONS)
TRANSFER: Final = FormPage(
    name="seat-transfer", path="/seats/{id}/transfer", opens=opens_transfer, submit=transfer, button="form.preview",
    action="seat:transfer", nav="licenses",
    fields=(
        Field("pool", "transfer.to", "select", options=pool_options),
        Field("note", "seat.note_field", required=False, longest=400),
    ),
)  # fmt: skip
MOVE: Final = FormPage(
    name="allocation-move", path="/licenses/{id}/allocations/{allocation}/move", opens=opens_move, submit=move,
    button="form.preview", action="pool:allocate", nav="licenses",
    fields=(
        Field("pool", "transfer.to", "select", options=license_pools),
        Field("quantity", "license.quantity", "number", minimum=1, maximum=PRICE_MOST), FROM_DAY, REASON, REASON_TEXT,
    ),
)  # fmt: skip
SPLIT: Final = FormPage(
    name="lot-split", path="/licenses/{id}/lots/{lot}/split", opens=opens_split, submit=split, button="form.preview",
    action="pool:allocate", nav="licenses",
    fields=(
        Field("shares", "transfer.shares", multiple=True, longest=120, help="transfer.shares_help"), FROM_DAY, REASON,
        REASON_TEXT,
    ),
)  # fmt: skip
PAGES: Final = (TRANSFER, MOVE, SPLIT)
