"""Agreements are recorded as they were signed, and changed by amendments, each with its reason and its day."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console.acting import id_of
from api.console.declare import Context, Done, Field, FormPage, Ids, Opened, Option, Outcome, Query, Refused
from api.console.desk import desk_of
from api.console.finding_people import suggest_people
from api.console.naming import people_called, suggest_vendors, vendor_called
from api.console.supply_fields import REASON_TEXT, reason_options, unit_options
from governance.agreements.models import Agreement
from governance.agreements.queries import agreement
from governance.agreements.rules import ChangeReason, Payment, Side
from governance.agreements.service import AmendAgreement, NewAgreement, amend_agreement, sign_agreement
from governance.catalog.service import NewVendor, add_vendor
from governance.directory.models import Person, Tenant
from governance.directory.queries import visible_people
from governance.kernel.work import Work

NOTICE_MOST: Final = 3650
RESPONSIBLE: Final = ("owner_id", "deputy_id")
AS_THEY_ARE: Final = ("title", "region", "zone", "currency", "notice_days", "auto_renews", "uplift_cap")


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
        notice_days=values["notice_days"], payment=Payment(values["payment"]), uplift_cap=values["uplift_cap"],
    )  # fmt: skip


async def _read(ctx: Context, ids: Ids) -> tuple[Agreement, dict[str, str]]:
    """An agreement, and its owner and deputy by mail address, as far as the reader knows them. Raises NotFound."""
    async with ctx.work() as work:
        row = await agreement(work, id_of(ids["id"], "agreement"))
        asked = {name: getattr(row, name) for name in RESPONSIBLE}
        query = visible_people(work).where(Person.id.in_([each for each in asked.values() if each]))
        mails = {each.id: each.mail for each in (await work.session.execute(query)).scalars()}
    return row, {name: mails.get(person_id, "") for name, person_id in asked.items()}


async def opens_amendment(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The agreement as it stands today, bound to the version that was shown. Raises NotFound."""
    row, mails = await _read(ctx, ids)
    here = f"/agreements/{row.id}"
    initial = {
        **{name: getattr(row, name) for name in AS_THEY_ARE}, **mails, "unit_id": str(row.unit_id),
        "first_day": row.first_day.isoformat(), "last_day": row.last_day.isoformat() if row.last_day else "",
        "payment": row.payment.value, "version": str(row.version), "reason": ChangeReason.REQUESTED.value,
        "effective_day": ctx.now.astimezone(ctx.zone).date().isoformat(),
    }  # fmt: skip
    crumbs = ((ctx.text("agreements.title"), "/agreements"), (row.title, here))
    return Opened(ctx.text("agreements.amend"), initial, row.number, crumbs, cancel=here)


async def amend(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Keep the amendment of what differs; who answers stays where the form was left as it opened."""
    row, mails = await _read(ctx, ids)
    typed = {name: values[name] for name in RESPONSIBLE if (values[name] or "") != mails[name]}
    people = await people_called(ctx, **typed)
    if isinstance(people, Refused):
        return people
    said = str(values["version"])
    changes = {
        **{name: values[name] for name in (*AS_THEY_ARE, "first_day", "last_day")}, **people,
        "unit_id": UUID(values["unit_id"]), "payment": Payment(values["payment"]),
        "currency": values["currency"].upper(), "region": values["region"].upper(),
    }  # fmt: skip
    command = AmendAgreement(
        row.id, int(said) if said.isascii() and said.isdigit() else 0, changes, ChangeReason(values["reason"]),
        values["effective_day"], values["reason_text"],
    )  # fmt: skip
    await desk_of(ctx).perform(lambda work: amend_agreement(work, command))
    return Done(f"/agreements/{row.id}", ctx.text("agreements.amended_toast"))


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
        Field("uplift_cap", "agreements.uplift_cap", required=False, longest=12, help="agreements.uplift_help"),
        Field("payment", "license.paid", "select", options=PAYMENTS),
    ),
)  # fmt: skip
STAYING: Final = frozenset({"number", "side", "vendor", "new_vendor"})
AMEND: Final = FormPage(
    name="agreement-amend", path="/agreements/{id}/amend", opens=opens_amendment, submit=amend,
    button="agreements.amend", action="agreement:amend", nav="licenses",
    fields=(
        *(each for each in FORM.fields if each.name not in STAYING),
        Field("effective_day", "agreements.effective", "date", heading="agreements.why"),
        Field("reason", "supply.reason", "select", options=reason_options(new=False)), REASON_TEXT,
        Field("version", "findings.version", "hidden", longest=9),
    ),
)  # fmt: skip
PAGES: Final = (FORM, AMEND)
