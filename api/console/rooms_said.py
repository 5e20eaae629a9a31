"""What a change of supply does to rooms, as its preview shows it: seats before and after, and whom it leaves over."""

from api.console.context import Context
from api.console.controls import Column
from api.console.parts import Note, Part, Table
from api.console.values import Balance, Level, SeatBar
from governance.entitlements.service import Preview


def room_parts(ctx: Context, foreseen: Preview) -> tuple[Part, ...]:
    """The rooms that change, and a warning where holders are left over."""
    rooms = Table(
        ctx.text("supply.rooms"),
        (
            Column("name", "license.pool", strong=True),
            Column("bar", "license.position_in_pool", kind="seatbar", value=lambda r: SeatBar(r.occupied, r.after)),
            Column("before", "supply.before", kind="number", leaves=2, quiet=True),
            Column("after", "supply.after", kind="number"),
            Column("balance", "licenses.balance", kind="balance", value=lambda r: _balance(r.after, r.occupied)),
        ),
        foreseen.rooms,
    )  # fmt: skip
    over = sum(room.over for room in foreseen.rooms)
    warned = (Note(ctx.text("supply.over", count=over), level=Level.HIGH),) if over else ()
    return (*((rooms,) if foreseen.rooms else ()), *warned)


def _balance(after: int | None, occupied: int) -> Balance:
    return Balance(None if after is None else after - occupied)
