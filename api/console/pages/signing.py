"""A new agreement: what was signed with whom, until when, who answers for it, and when notice is due."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console.declare import Context, Done, Field, FormPage, Ids, Opened, Option, Outcome, Query, Refused
from api.console.desk import desk_of
from api.console.finding_people import suggest_people
from api.console.naming import people_called, suggest_vendors, vendor_called
from api.console.supply_fields import unit_options
from governance.agreements.models import Agreement
from governance.agreements.rules import Payment, Side
from governance.agreements.service import NewAgreement, sign_agreement
from governance.catalog.service import NewVendor, add_vendor
from governance.directory.models import Tenant
from governance.kernel.work import Work

NOTICE_MOST: Final = 3650


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """An agreement that begins today, in the tenant's own currency and zone."""
    async with ctx.work() as work:
        tenant = await work.session.get_one(Tenant, work.tenant_id)
    units = await unit_options(ctx)
    initial = {
        "side": Side.PROCURED.value, "payment": Payment.DUE.value, "currency": tenant.currency, "zone": tenant.zone,
        "first_day": ctx.now.astimezone(ctx.zone).date().isoformat(), "region": "001",
        "unit_id": units[0].value if units else "",
    }  # fmt: skip
    crumbs = ((ctx.text("agreements.title"), "/agreements"),)
    return Opened(ctx.text("agreements.new"), initial, ctx.text("agreements.new_text"), crumbs, cancel="/agreements")


async def submit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Keep it; a vendor that the catalog does not know is added in the same step where that is wanted."""
    people = await people_called(ctx, owner_id=values["owner_id"], deputy_id=values["deputy_id"])
    if isinstance(people, Refused):
        return people
    vendor = await vendor_called(ctx, values["vendor"])
    if vendor is None and not values["new_vendor"]:
        return Refused({"vendor": ctx.text("agreements.unknown_vendor", vendor=values["vendor"])})

    async def sign(work: Work) -> Agreement:
        vendor_id = vendor.id if vendor else (await add_vendor(work, NewVendor(values["vendor"]))).id
        return await sign_agreement(work, _command(values, vendor_id, people))

    row = await desk_of(ctx).perform(sign)
    return Done(f"/agreements/{row.id}", ctx.text("agreements.signed", number=row.number))


def _command(values: Mapping[str, Any], vendor_id: UUID, people: Mapping[str, UUID | None]) -> NewAgreement:
    return NewAgreement(
        number=values["number"], title=values["title"], vendor_id=vendor_id, unit_id=UUID(values["unit_id"]),
        currency=values["currency"].upper(), zone=values["zone"], first_day=values["first_day"],
        last_day=values["last_day"], side=Side(values["side"]), owner_id=people["owner_id"],
        deputy_id=people["deputy_id"], region=values["region"].upper(), auto_renews=values["auto_renews"],
        notice_days=values["notice_days"], payment=Payment(values["payment"]),
    )  # fmt: skip


SIDES: Final = tuple(Option(each.value, f"agreements.side_{each.value.lower()}") for each in Side)
PAYMENTS: Final = tuple(Option(each.value, f"license.payment_{each.value.lower()}") for each in Payment)
FORM: Final = FormPage(
    name="agreement-new", path="/agreements/new", opens=opens, submit=submit, button="agreements.sign",
    action="agreement:create", nav="licenses",
    fields=(
        Field("number", "license.number", longest=120, help="agreements.number_help", heading="agreements.what"),
        Field("title", "agreements.name", longest=200),
        Field("side", "agreements.side", "choice", options=SIDES),
        Field("vendor", "agreements.vendor", longest=200, suggest=suggest_vendors),
        Field("new_vendor", "agreements.new_vendor", "checkbox", required=False),
        Field("unit_id", "license.unit", "select", options=unit_options, heading="agreements.whose"),
        Field("region", "license.region", longest=10, help="supply.region_help"),
        Field("owner_id", "licenses.owner", "person", required=False, longest=254, suggest=suggest_people,
              help="boards.member_help"),
        Field("deputy_id", "agreements.deputy", "person", required=False, longest=254, suggest=suggest_people),
        Field("first_day", "license.first_day", "date", heading="agreements.term"),
        Field("last_day", "license.last_usable", "date", required=False, help="supply.perpetual"),
        Field("zone", "agreements.zone", longest=60, help="agreements.zone_help"),
        Field("currency", "agreements.currency", longest=3),
        Field("notice_days", "agreements.notice_days", "number", required=False, minimum=0, maximum=NOTICE_MOST,
              help="agreements.notice_help"),
        Field("auto_renews", "agreements.renews", "checkbox", required=False),
        Field("payment", "license.paid", "select", options=PAYMENTS),
    ),
)  # fmt: skip
PAGES: Final = (FORM,)
