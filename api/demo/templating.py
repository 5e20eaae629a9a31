"""What Halden Group makes of a template: seats for signatures, in Germany, the United States and for the board.

The German variant is stricter and in euros. One license was changed by hand later; one still has the first version.
"""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.demo.living import Life
from governance.agreements.rules import Payment
from governance.agreements.service import NewAgreement, sign_agreement
from governance.catalog.service import NewProduct, NewVendor, add_product, add_vendor
from governance.entitlements.models import Entitlement, MetricLine
from governance.kernel.due import day_of
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind
from governance.rulebook.service import DraftPolicy, PublishPolicy, draft_policy, preview_policy, publish_policy
from governance.seats.service import ChangeLine, change_line, preview_change_line
from governance.templates.models import TemplateInstance
from governance.templates.service import (
    ApplyTemplate,
    MakeLicense,
    apply_template,
    make_license,
    preview_apply,
    preview_make,
)
from policies.templates.merging import merged

ZONE, CODE = "Europe/Zurich", "signing-seats"
FIRST_BEFORE, SECOND_BEFORE, HAND_BEFORE = timedelta(days=150), timedelta(days=40), timedelta(days=12)
FIRST: dict[str, Any] = {
    "title": "Signing seats, by the year",
    "product": "docusign",
    "renewal_basis": "FROM_EXPIRY",
    "lines": {
        "named": {
            "model": "NAMED_USER", "term": "SUBSCRIPTION", "overage": "BLOCK", "expiry": "GRACE", "grace_days": 14,
            "supply": {"quantity": 20, "months": 12, "currency": "USD", "unit_price": "300.00"},
        }
    },
    "pools": {"main": {"name": "Signing", "percent": 90}},
    "alerts": {"use": {"warn": 80, "high": 90, "critical": 100, "clear_below": 5}},
    "ladders": {"expiry": {"days_before": [120, 60, 30, 7, 0], "days_after": [1], "then_every": 7}},
    "regions": {
        "DE": {
            "usage": {"individual": "PSEUDONYMOUS"},
            "lines": {"named": {"supply": {"currency": "EUR", "unit_price": "280.00", "zone": "Europe/Berlin"}}},
            "ladders": {"expiry": {"days_before": [180, 120, 90, 60, 30, 7, 0]}},
        },
        "US": {"lines": {"named": {"supply": {"zone": "America/New_York"}}}},
    },
}  # fmt: skip
SECOND = merged(FIRST, {"lines": {"named": {"grace_days": 30}}, "alerts": {"use": {"warn": 75}}})
EXAMPLE = {"region": "DE", "gives": {"lines.named.supply.currency": "EUR", "lines.named.supply.months": 12}}
LICENSES: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    ("sign-de", "Signing, Germany", "DE", "sales-emea", {}),
    ("sign-us", "Signing, United States", "US", "sales", {"lines": {"named": {"supply": {"quantity": 35}}}}),
    ("sign-board", "Signing, board", "001", "finance",
     {"lines": {"named": {"supply": {"quantity": 6}}}, "pools": {"main": {"seats": 4}}}),
)  # fmt: skip
FOLLOWS, DRIFTS = ("sign-de", "sign-us"), "sign-us"


def plan_templates(life: Life) -> None:
    """Put on the agenda a version with three licenses, another with two that follow, and a change by hand."""
    for before, step in ((FIRST_BEFORE, _begin), (SECOND_BEFORE, _follow), (HAND_BEFORE, _by_hand)):
        life.plan(life.until - before, partial(step, life))


async def _begin(life: Life) -> None:
    """Sign what the licenses stand under, publish the first version, and make them of it."""
    await _publish(life, FIRST, "What signing seats have in common.")
    agreement_id = await life.desk.office.perform(life.company.admin, partial(_signed, life))
    version = await life.desk.office.perform(life.company.admin, partial(_live, 1))
    for code, name, region, unit, overrides in LICENSES:
        wish = MakeLicense(
            version, agreement_id, code, name, life.company.units[unit], _today(life), region,
            owner_id=life.company.admin.person_id, po_number=f"PO-{code.upper()}", overrides=overrides,
        )  # fmt: skip
        await life.desk.office.perform(life.company.admin, partial(_made, wish))


async def _made(wish: MakeLicense, work: Work) -> None:
    await make_license(work, replace(wish, token=(await preview_make(work, wish)).token))


async def _follow(life: Life) -> None:
    """Publish the second version and apply it to two of them; the board's is left behind."""
    await _publish(life, SECOND, "Longer grace, earlier warning.")
    await life.desk.office.perform(life.company.admin, _applied)


async def _applied(work: Work) -> None:
    version = await _live(2, work)
    query = select(TemplateInstance).where(TemplateInstance.tenant_id == work.tenant_id)
    rows = {await _code(work, row.entitlement_id): row.id for row in (await work.session.execute(query)).scalars()}
    command = ApplyTemplate(version, tuple(rows[code] for code in FOLLOWS))
    await apply_template(work, replace(command, token=(await preview_apply(work, command)).token))


async def _by_hand(life: Life) -> None:
    """Somebody lets the American license go beyond its seats, by hand."""
    await life.desk.office.perform(life.company.admin, _flagged)


async def _flagged(work: Work) -> None:
    query = select(MetricLine).where(MetricLine.tenant_id == work.tenant_id, MetricLine.code == "named")
    for line in (await work.session.execute(query)).scalars():
        if await _code(work, line.entitlement_id) == DRIFTS:
            change = ChangeLine(line.id, line.version, {"overage": "ALLOW_AND_FLAG"})
            seen = await preview_change_line(work, change)
            await change_line(work, replace(change, token=seen.token))
            return


async def _publish(life: Life, content: dict[str, Any], note: str) -> None:
    office, admin = life.desk.office, life.company.admin
    command = DraftPolicy(PolicyKind.TEMPLATE, content, (EXAMPLE,), note, CODE)
    row = await office.perform(admin, lambda work: draft_policy(work, command))
    async with office.reading(admin) as work:
        token = (await preview_policy(work, row.id)).token
    await office.perform(admin, lambda work: publish_policy(work, PublishPolicy(row.id, token, note)))


async def _signed(life: Life, work: Work) -> UUID:
    """Sign the agreement, and enter what it is about."""
    first, company = day_of(work.now(), ZONE), life.company
    vendor = await add_vendor(work, NewVendor("DocuSign"))
    await add_product(work, NewProduct(vendor.id, "docusign", "DocuSign eSignature"))
    signed = await sign_agreement(work, NewAgreement(
        number="DCS-2207", title="DocuSign, group agreement", vendor_id=vendor.id, unit_id=company.units["halden"],
        owner_id=company.admin.person_id, currency="USD", zone=ZONE, first_day=first,
        last_day=first + timedelta(days=364), payment=Payment.PAID, notice_days=60,
    ))  # fmt: skip
    return signed.id


async def _live(number: int, work: Work) -> UUID:
    query = select(PolicyVersion.id).where(
        PolicyVersion.tenant_id == work.tenant_id, PolicyVersion.subject == CODE, PolicyVersion.edition == number
    )
    return (await work.session.execute(query)).scalar_one()


async def _code(work: Work, entitlement_id: UUID) -> str:
    license_ = await work.session.get_one(Entitlement, (work.tenant_id, entitlement_id))
    return license_.code


def _today(life: Life) -> date:
    return day_of(life.clock.now(), ZONE)
