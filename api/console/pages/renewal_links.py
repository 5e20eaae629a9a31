"""What renews what: a later lot is linked to one that ends, or said not to renew it after all, each for good reason."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.acting import id_of
from api.console.context import Context, Query
from api.console.controls import Option
from api.console.desk import desk_of
from api.console.forms import Done, Field, FormPage, Ids, Opened, Outcome
from governance.agreements.models import Agreement
from governance.entitlements.models import Entitlement, Lot
from governance.kernel.errors import NotFound
from governance.renewals.following import what_follows
from governance.renewals.queries import renewal, visible_renewals
from governance.renewals.service import LinkRenewal, UnlinkRenewal, link_renewal, unlink_renewal

SHOWN: Final = 200


async def later_lots(ctx: Context) -> tuple[Option, ...]:
    """Lots of the same side that begin later and do not renew this one yet, those of the same license first."""
    lot_key = id_of(ctx.path.split("/")[2], "renewal")
    async with ctx.work() as work:
        lot, license_, agreement = await renewal(work, lot_key)
        already = {each.lot_key for each in (await what_follows(work, [lot_key], None)).get(lot_key, [])}
        query = (
            visible_renewals(work)
            .where(Lot.first_day > lot.first_day, Agreement.side == agreement.side, Lot.lot_key.not_in(already))
            .order_by((Entitlement.id == license_.id).desc(), Lot.first_day, Entitlement.name, Lot.id)
            .limit(SHOWN)
            .with_only_columns(Lot, Entitlement.name)
        )
        rows = (await work.session.execute(query)).all()
    return tuple(Option(str(row.lot_key), text=_named(ctx, row, name)) for row, name in rows)


def _named(ctx: Context, lot: Lot, license_: str) -> str:
    seats = ctx.text("seats.no_limit") if lot.quantity is None else formats.number(ctx.locale, lot.quantity)
    order = lot.po_number or ctx.text("license.no_order")
    return f"{license_} · {order} · {seats} · {formats.day(ctx.locale, lot.first_day)}"


async def _opened(ctx: Context, ids: Ids, title: str) -> Opened:
    async with ctx.work() as work:
        lot, license_, agreement = await renewal(work, id_of(ids["id"], "renewal"))
    here = f"/renewals/{lot.lot_key}"
    crumbs = ((ctx.text("renewals.title"), "/renewals"), (license_.name, here))
    return Opened(ctx.text(title), {}, f"{agreement.number} · {lot.po_number or '–'}", crumbs, cancel=here)


async def opens_link(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Which lot renews this one, too. Raises NotFound."""
    return await _opened(ctx, ids, "renewals.link")


async def link(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Link it."""
    command = LinkRenewal(id_of(ids["id"], "renewal"), UUID(values["by_key"]))
    await desk_of(ctx).perform(lambda work: link_renewal(work, command))
    return Done(f"/renewals/{command.lot_key}", ctx.text("renewals.linked"))


async def opens_unlink(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Why a lot that follows does not renew this one. Raises NotFound, also where it does not follow."""
    lot_key, by_key = id_of(ids["id"], "renewal"), id_of(ids["by"], "lot")
    async with ctx.work() as work:
        await renewal(work, lot_key)
        follows = (await what_follows(work, [lot_key], None)).get(lot_key, [])
    if by_key not in {each.lot_key for each in follows}:
        raise NotFound("lot", ids["by"])
    return await _opened(ctx, ids, "renewals.unlink")


async def unlink(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Take it back."""
    command = UnlinkRenewal(id_of(ids["id"], "renewal"), id_of(ids["by"], "lot"), values["reason_text"])
    await desk_of(ctx).perform(lambda work: unlink_renewal(work, command))
    return Done(f"/renewals/{command.lot_key}", ctx.text("renewals.unlinked"))


LINK: Final = FormPage(
    name="renewal-link", path="/renewals/{id}/link", opens=opens_link, submit=link, button="renewals.link",
    action="renewal:decide", nav="renewals",
    fields=(Field("by_key", "renewals.renewed_by", "select", options=later_lots, help="renewals.link_help"),),
)  # fmt: skip
UNLINK: Final = FormPage(
    name="renewal-unlink", path="/renewals/{id}/follows/{by}/undo", opens=opens_unlink, submit=unlink,
    button="renewals.unlink", action="renewal:decide", nav="renewals",
    fields=(Field("reason_text", "supply.reason", "textarea", longest=400, help="renewals.unlink_help"),),
)  # fmt: skip
PAGES: Final = (LINK, UNLINK)
