"""Agreements: signed once, changed by amendments with a reason, each with what was and what is."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from governance.agreements import queries, service
from governance.agreements.models import Agreement
from governance.agreements.rules import ChangeReason, Payment
from governance.catalog.models import Vendor
from governance.kernel.errors import BadInput, Conflict, NotFound, Refused
from governance.kernel.work import Office
from policies.access.parties import Role
from tests.estate import Estate


async def new_agreement(estate: Estate, **changes: Any) -> service.NewAgreement:
    vendor = await estate.add(Vendor(**estate.key(), name=f"Vendor {uuid4().hex[:6]}"))
    base = service.NewAgreement(
        number="EA-1", title="Enterprise", vendor_id=vendor.id, unit_id=estate.units["sales"], currency="EUR",
        zone="Europe/Zurich", first_day=date(2026, 1, 1), last_day=date(2026, 12, 31), notice_days=90,
    )  # fmt: skip
    return replace(base, **changes)


async def signed(office: Office, estate: Estate, **changes: Any) -> Agreement:
    new = await new_agreement(estate, **changes)
    return await office.perform(estate.actor("admin"), lambda w: service.sign_agreement(w, new))


def amendment(agreement_id: Any, version: int = 1, **changes: Any) -> service.AmendAgreement:
    return service.AmendAgreement(agreement_id, version, changes, ChangeReason.REQUESTED, date(2026, 4, 1))


async def test_an_amendment_keeps_what_was_what_is_and_why(office: Office, estate: Estate) -> None:
    row = await signed(office, estate)
    command = amendment(row.id, last_day=date(2027, 12, 31), payment=Payment.PAID)
    await office.perform(estate.actor("admin"), lambda w: service.amend_agreement(w, command))
    async with office.reading(estate.actor("admin")) as work:
        now = await queries.agreement(work, row.id)
        kept = (await work.session.execute(queries.visible_amendments(work))).scalar_one()
    assert (now.version, now.last_day, now.payment) == (2, date(2027, 12, 31), Payment.PAID)
    assert kept.before == {"last_day": "2026-12-31", "payment": "DUE"}
    assert kept.after == {"last_day": "2027-12-31", "payment": "PAID"}
    assert (kept.number, kept.reason) == (1, ChangeReason.REQUESTED)


async def test_an_amendment_on_an_older_version_is_a_conflict(office: Office, estate: Estate) -> None:
    row = await signed(office, estate)
    admin = estate.actor("admin")
    await office.perform(admin, lambda w: service.amend_agreement(w, amendment(row.id, title="One")))
    with pytest.raises(Conflict):
        await office.perform(admin, lambda w: service.amend_agreement(w, amendment(row.id, title="Two")))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"currency": "EUX"}, "currency"),
        ({"zone": "Europe/Zurych"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"region": "ZZ"}, "region"),
        ({"last_day": date(2025, 12, 31)}, "last_day"),
        ({"first_day": date(1, 1, 1)}, "first_day"),
        ({"notice_days": -1}, "notice_days"),
        ({"number": " "}, "number"),
        ({"title": "x" * 201}, "title"),
        ({"auto_renews": "yes"}, "auto_renews"),
        ({"payment": "MAYBE"}, "payment"),
    ],
)
async def test_bad_input_is_named_with_its_field_and_what_it_needs(
    office: Office, estate: Estate, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as no:
        await signed(office, estate, **changes)
    assert no.value.field == field
    assert no.value.needs


async def test_a_reason_that_is_other_needs_a_text_and_what_changes_nothing_is_refused(
    office: Office, estate: Estate
) -> None:
    row = await signed(office, estate)
    admin = estate.actor("admin")
    bare = replace(amendment(row.id, title="New"), reason=ChangeReason.OTHER)
    for command, field in (
        (bare, "reason_text"),
        (amendment(row.id, title=row.title), "changes"),
        (amendment(row.id), "changes"),
        (amendment(row.id, number="EA-2"), "changes.number"),
        (amendment(row.id, last_day=date(2020, 1, 1)), "changes.last_day"),
    ):
        with pytest.raises(BadInput) as no:
            await office.perform(admin, lambda w, c=command: service.amend_agreement(w, c))
        assert no.value.field == field


async def test_a_number_is_signed_once(office: Office, estate: Estate) -> None:
    await signed(office, estate)
    with pytest.raises(BadInput, match="not taken"):
        await signed(office, estate)


async def test_what_lies_outside_ones_units_is_not_there_and_what_one_may_only_read_is_refused(
    office: Office, estate: Estate
) -> None:
    row = await signed(office, estate)
    elsewhere = estate.actor("ada", role=Role.LICENSE_OWNER, unit="finance")
    with pytest.raises(NotFound):
        await office.perform(elsewhere, lambda w: service.amend_agreement(w, amendment(row.id, title="Mine")))
    with pytest.raises(Refused):
        await office.perform(
            estate.actor("auditor"), lambda w: service.amend_agreement(w, amendment(row.id, title="Mine"))
        )
    owner = estate.actor("ada", role=Role.LICENSE_OWNER, unit="sales")
    await office.perform(owner, lambda w: service.amend_agreement(w, amendment(row.id, title="Mine")))


async def test_an_owner_cannot_move_an_agreement_to_where_they_have_no_right(office: Office, estate: Estate) -> None:
    row = await signed(office, estate)
    owner = estate.actor("ada", role=Role.LICENSE_OWNER, unit="sales")
    with pytest.raises(Refused):
        await office.perform(
            owner, lambda w: service.amend_agreement(w, amendment(row.id, unit_id=estate.units["finance"]))
        )


async def test_another_tenants_agreement_is_not_there(office: Office, estate: Estate) -> None:
    row = await signed(office, estate)
    other = await Estate.raised(office, "Twin Group")
    with pytest.raises(NotFound):
        await office.perform(
            other.actor("admin"), lambda w: service.amend_agreement(w, amendment(row.id, title="Mine"))
        )
