"""Correct a lot: what was recorded wrongly, after a look at whom it would leave over."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.declare import (
    Change,
    Context,
    Done,
    Entry,
    Field,
    FormPage,
    Ids,
    Opened,
    Outcome,
    Part,
    Preview,
    Query,
    Story,
)
from api.console.desk import desk_of
from api.console.rooms_said import room_parts
from api.console.supply_fields import (
    BANDS,
    BASES,
    PACK_SIZE,
    REASON_TEXT,
    UNIT_PRICE,
    opened,
    price_given,
    reason_options,
)
from governance.agreements.rules import ChangeReason
from governance.catalog.band_text import bands_text
from governance.entitlements.models import Lot
from governance.entitlements.queries import lot
from governance.entitlements.rules import CostBasis
from governance.entitlements.service import CorrectLot, correct_lot, preview_correct_lot
from governance.entitlements.service import Preview as Foreseen
from governance.kernel.errors import NotFound
from governance.kernel.money import Money

MOST: Final = 1_000_000_000
FIELDS: Final = ("quantity", "first_day", "last_day", "po_number")
PRICE: Final = ("cost_basis", "unit_price", "pack_size", "bands")


async def _read(ctx: Context, ids: Ids) -> Lot:
    try:
        lot_key = UUID(ids["lot"])
    except ValueError:
        raise NotFound("lot", ids["lot"]) from None
    async with ctx.work() as work:
        return await lot(work, lot_key)


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The form, with the lot as it is known today."""
    row = await _read(ctx, ids)
    initial = {
        "quantity": "" if row.quantity is None else row.quantity, "first_day": row.first_day.isoformat(),
        "last_day": row.last_day.isoformat() if row.last_day else "", "po_number": row.po_number or "",
        "cost_basis": row.cost_basis.value, "pack_size": row.pack_size, "bands": bands_text(row.bands, "\n"),
        "unit_price": "" if row.bands else f"{Money(row.unit_price, row.currency).decimal():f}",
        "reason": ChangeReason.INCORRECT_INPUT.value,
    }  # fmt: skip
    return await opened(ctx, ids, "supply.correct", initial, "lots")


async def submit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what differs and what becomes of each pool; with the token of that, supersede the lot."""
    row = await _read(ctx, ids)
    said = {name: values[name] for name in FIELDS} | price_given(values, row.currency, "cost_basis")
    changes = {name: value for name, value in said.items() if value != getattr(row, name)}
    reason = ChangeReason(values["reason"])
    command = CorrectLot(row.lot_key, row.id, changes, reason, values["reason_text"], token or None)
    desk = desk_of(ctx)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            foreseen = await preview_correct_lot(work, command)
        return Preview(_parts(ctx, row, foreseen), foreseen.token, ctx.text("supply.correct"))
    await desk.perform(lambda work: correct_lot(work, command))
    return Done(f"/licenses/{ids['id']}?tab=lots", ctx.text("supply.corrected"))


def _parts(ctx: Context, row: Lot, foreseen: Foreseen) -> tuple[Part, ...]:
    changes = tuple(
        Change(
            ctx.text(f"supply.field_{name}"),
            _told(ctx, row, name, getattr(row, name)),
            _told(ctx, row, name, foreseen.changes[name]),
        )
        for name in (*FIELDS, *PRICE)
        if name in foreseen.changes
    )
    told = Entry("", "", ctx.text("supply.differs"), row.po_number or "", "edit", changes)
    return (Story((told,)), *room_parts(ctx, foreseen))


def _told(ctx: Context, row: Lot, name: str, value: Any) -> str:
    if name == "unit_price":
        return formats.money(ctx.locale, Money(value, row.currency))
    if name == "cost_basis":
        return ctx.text(f"supply.basis_{CostBasis(value).value.lower()}")
    return _said(ctx, bands_text(value) if name == "bands" else value)


def _said(ctx: Context, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, int):
        return formats.number(ctx.locale, value)
    if isinstance(value, str):
        return value
    return formats.day(ctx.locale, value)


FORM: Final = FormPage(
    name="lot-correct", path="/licenses/{id}/lots/{lot}/correct", opens=opens, submit=submit, button="form.preview",
    action="lot:correct", nav="licenses",
    fields=(
        Field("quantity", "license.quantity", "number", required=False, minimum=0, maximum=MOST,
              help="supply.unlimited"),
        Field("first_day", "license.first_day", "date"),
        Field("last_day", "license.last_usable", "date", required=False, help="supply.perpetual"),
        Field("po_number", "license.order", required=False, longest=80),
        Field("cost_basis", "supply.basis", "select", options=BASES), UNIT_PRICE, PACK_SIZE, BANDS,
        Field("reason", "supply.reason", "select", options=reason_options(new=False)),
        REASON_TEXT,
    ),
)  # fmt: skip
PAGES: Final = (FORM,)
