"""Questions that every change of supply asks alike, and the license that it stands under."""

from collections.abc import Mapping
from typing import Any, Final

from api.console.context import Context
from api.console.controls import Option
from api.console.desk import desk_of
from api.console.forms import Field, Ids, Opened
from api.console.license_read import license_id_of
from api.console.reader import indented
from governance.agreements.rules import ChangeReason
from governance.catalog.band_text import LONGEST, read_bands
from governance.directory.queries import unit_tree
from governance.entitlements.models import Entitlement, Pool
from governance.entitlements.queries import entitlement, visible_pools
from governance.entitlements.rules import CostBasis
from governance.kernel.errors import BadInput
from governance.kernel.money import parse_money

PRICE_MOST: Final = 1_000_000_000


def reason_options(*, new: bool) -> tuple[Option, ...]:
    """Why something is recorded; what begins is usually new, what is corrected never is."""
    reasons = [each for each in ChangeReason if new or each is not ChangeReason.NEW]
    return tuple(Option(each.value, f"agreements.reason_{each.value.lower()}") for each in reasons)


async def unit_options(ctx: Context) -> tuple[Option, ...]:
    """The units within reach, whatever the scope of the page, from top to bottom."""
    desk = desk_of(ctx)
    async with desk.office.reading(desk.actor, desk.request_id) as work:
        nodes = await unit_tree(work)
    return tuple(Option(value, text=label) for value, label in indented(nodes))


async def pool_options(ctx: Context) -> tuple[Option, ...]:
    """Every open pool within reach, by license and name: the preview says where a seat cannot go."""
    async with ctx.work() as work:
        query = (
            visible_pools(work).where(Pool.closed_at.is_(None)).with_only_columns(Pool.id, Pool.name, Entitlement.name)
        )
        rows = (await work.session.execute(query.order_by(Entitlement.name, Pool.name, Pool.id))).all()
    return tuple(Option(str(pool_id), text=f"{license_} · {name}") for pool_id, name, license_ in rows)


async def opened(ctx: Context, ids: Ids, title: str, initial: Mapping[str, Any], tab: str = "pools") -> Opened:
    """A form under its license. Raises NotFound."""
    license_id = license_id_of(ids["id"])
    async with ctx.work() as work:
        row = await entitlement(work, license_id)
    here = f"/licenses/{license_id}"
    crumbs = ((ctx.text("licenses.title"), "/licenses"), (row.name, here))
    return Opened(ctx.text(title), initial, row.name, crumbs, cancel=f"{here}?tab={tab}")


def price_given(values: Mapping[str, Any], currency: str, basis: str = "basis") -> dict[str, Any]:
    """The price that a form tells, as the verbs take it: with bands that of the first. Raises BadInput."""
    bands = read_bands(values["bands"] or "")
    if values["unit_price"] is not None:
        unit_price = parse_money(f"{values['unit_price'].decimal()}", currency, field="unit_price").micros
    elif bands:
        unit_price = bands[0][1]
    else:
        raise BadInput("unit_price", "nothing", "a price, or bands")
    return {
        "unit_price": unit_price, "cost_basis": CostBasis(values[basis]), "pack_size": values["pack_size"] or 1,
        "bands": bands,
    }  # fmt: skip


REASON: Final = Field("reason", "supply.reason", "select", options=reason_options(new=True))
REASON_TEXT: Final = Field("reason_text", "supply.reason_text", required=False, longest=400, help="supply.reason_help")
QUANTITY: Final = Field(
    "quantity", "license.quantity", "number", required=False, minimum=0, maximum=PRICE_MOST, help="supply.unlimited"
)
BASES: Final = tuple(Option(each.value, f"supply.basis_{each.value.lower()}") for each in CostBasis)
UNIT_PRICE: Final = Field(
    "unit_price", "license.price", "money", required=False, minimum=0, maximum=PRICE_MOST, help="supply.price_help"
)
BANDS: Final = Field("bands", "supply.bands", "textarea", required=False, longest=LONGEST, help="supply.bands_help")
PACK_SIZE: Final = Field(
    "pack_size", "supply.pack_size", "number", required=False, minimum=1, maximum=1_000_000, help="supply.pack_help"
)
