"""The key of one's own seat: shown once to its holder, who needs no other right; the trail says that they looked."""

from collections.abc import Mapping
from typing import Any, Final

from api.console.acting import id_of
from api.console.declare import Context, Done, FormPage, Ids, Level, Note, Opened, Outcome, Preview, Query
from api.console.desk import desk_of
from api.console.sealing import check_sealed, sealed
from api.console.seat_rows import seat_rows
from governance.keys.queries import seats_with_key
from governance.keys.service import reveal_own_key
from governance.seats.queries import assignment

HERE: Final = "/my-licenses"
SHOWN_ONCE: Final = "license_keys.reveal_own"


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The question with one button; another's seat, and one without a key, has none."""
    async with ctx.work() as work:
        seat = await assignment(work, id_of(ids["id"], "assignment"))
        if seat.person_id != work.actor.person_id or not await seats_with_key(work, (seat.id,)):
            return None
        [row] = await seat_rows(ctx, work, [seat])
    return Opened(ctx.text("my_licenses.key_title", license=row.license), {}, row.pool, cancel=HERE)


async def submit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what the key says, once its entry is written."""
    seen = {"seat": ids["id"]}
    if token:
        check_sealed(ctx, SHOWN_ONCE, seen, token)
        return Done(HERE)
    seat_id = id_of(ids["id"], "assignment")
    found = await desk_of(ctx).perform(lambda work: reveal_own_key(work, seat_id))
    shown = Note(found.key, "key", Level.WARN)
    return Preview(
        (shown,), sealed(ctx, SHOWN_ONCE, seen), ctx.text("license_keys.close"), ctx.text("my_licenses.key_kept")
    )


PAGES: Final = (
    FormPage(
        name="my-licenses-key", path=f"{HERE}/{{id}}/key", opens=opens, submit=submit, button="my_licenses.key",
        action="seat:accept", nav="my-licenses", fields=(),
    ),
)  # fmt: skip
