"""What is done to agreements: they are signed, and then changed by amendments only, each with its reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from governance.agreements import queries
from governance.agreements.models import Agreement, Amendment
from governance.agreements.rules import ChangeReason, Payment, Side, check_reason, uplift_percent
from governance.audit.entries import difference, plain
from governance.catalog import queries as catalog
from governance.directory import queries as directory
from governance.directory.standing import hold_units, unit_there
from governance.kernel import given
from governance.kernel.due import zone
from governance.kernel.errors import BadInput, Conflict
from governance.kernel.unique import add_single
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership
from policies.regions.region import RegionTree

Check = Callable[[Any, str], Any]


@dataclass(frozen=True)
class NewAgreement:
    """`last_day` is the last usable day in `zone` (None: open-ended); `notice_days` before it notice must be given.

    `uplift_cap`: by how many percent a renewal may be dearer a seat and year at most, a decimal number.
    """

    number: str
    title: str
    vendor_id: UUID
    unit_id: UUID
    currency: str
    zone: str
    first_day: date
    last_day: date | None = None
    side: Side = Side.PROCURED
    owner_id: UUID | None = None
    deputy_id: UUID | None = None
    region: str = "001"
    auto_renews: bool = False
    notice_days: int | None = None
    payment: Payment = Payment.DUE
    uplift_cap: str | None = None


@dataclass(frozen=True)
class AmendAgreement:
    """`changes` by field name: title, vendor_id, unit_id, owner_id, deputy_id, region, currency, zone, first_day,
    last_day, auto_renews, notice_days, payment, uplift_cap. The number and the side are the agreement's identity and
    stay.
    """

    agreement_id: UUID
    expected_version: int
    changes: Mapping[str, Any]
    reason: ChangeReason
    effective_day: date
    reason_text: str | None = None


AMENDABLE = frozenset(
    {
        "title",
        "vendor_id",
        "unit_id",
        "owner_id",
        "deputy_id",
        "region",
        "currency",
        "zone",
        "first_day",
        "last_day",
        "auto_renews",
        "notice_days",
        "payment",
        "uplift_cap",
    }
)


async def sign_agreement(work: Work, new: NewAgreement) -> Agreement:
    """Keep a signed agreement; one whose import was undone comes back with the values of now.

    Raises NotFound for its vendor, unit or people, BadInput, Refused.
    """
    values = await _checked(
        work, {name: getattr(new, name) for name in (*sorted(AMENDABLE), "number", "side")}, path=""
    )
    given.days_in_order(values["first_day"], values["last_day"])
    work.permit(Action.AGREEMENT_CREATE, await _ownership(work, values), "agreement")
    row = await queries.withdrawn_agreement(work, values["number"])
    if row is None:
        row = Agreement(tenant_id=work.tenant_id, id=work.new_id(), version=1, recorded_at=work.now(), **values)
        await add_single(work, row, field="number", has=row.number)
    else:
        await _keep_again(work, row, values)
    await work.record(Change(Action.AGREEMENT_CREATE.value, "agreement", row.id, after=values))
    await work.emit("AgreementSigned", row.id)
    return row


async def withdraw_agreement(work: Work, row: Agreement) -> None:
    """Take back an agreement that an import brought and nobody changed since; what was known stays known.

    The caller has fetched it locked and permitted the undo.
    """
    row.withdrawn_at = work.now()
    row.version += 1
    await work.session.flush()
    await work.record(Change(Action.IMPORT_UNDO.value, "agreement", row.id, after={"withdrawn_at": row.withdrawn_at}))
    await work.emit("AgreementWithdrawn", row.id)


async def amend_agreement(work: Work, command: AmendAgreement) -> Amendment:
    """Change an agreement by an amendment. Raises NotFound, Refused, Conflict where its version moved, BadInput."""
    row = await _held(work, command)
    work.permit(Action.AGREEMENT_AMEND, await _ownership(work, _places(row)), f"agreement {row.number}")
    if row.version != command.expected_version:
        raise Conflict(f"Agreement {row.number}", str(command.expected_version), str(row.version))
    reason_text = given.optional_text(command.reason_text, "reason_text", most=400)
    check_reason(command.reason, reason_text)
    given.known_fields(command.changes, AMENDABLE)
    before, after = difference(row, await _checked(work, command.changes, path="changes."))
    if not after:
        raise BadInput("changes", "what is already so", "at least one value that differs")
    first, last = after.get("first_day", row.first_day), after.get("last_day", row.last_day)
    given.days_in_order(first, last, field="changes.last_day")
    if not after.keys().isdisjoint({"unit_id", "region", "owner_id", "deputy_id"}):
        work.permit(Action.AGREEMENT_AMEND, await _ownership(work, {**_places(row), **after}), "its new place")
    amendment = Amendment(
        tenant_id=work.tenant_id,
        id=work.new_id(),
        agreement_id=row.id,
        number=row.version,
        reason=ChangeReason(command.reason),
        reason_text=reason_text,
        effective_day=given.day(command.effective_day, "effective_day"),
        before=plain(before),
        after=plain(after),
        recorded_at=work.now(),
        recorded_by=work.actor.principal,
    )
    for name, value in after.items():
        setattr(row, name, value)
    row.version += 1
    work.session.add(amendment)
    await work.session.flush()
    why = amendment.reason.value if reason_text is None else f"{amendment.reason.value}: {reason_text}"
    change = Change(Action.AGREEMENT_AMEND.value, "agreement", row.id, before=before, after=after, reason=why)
    await work.record(change)
    await work.emit("AgreementAmended", row.id, amendment=amendment.number, fields=sorted(after))
    return amendment


async def _held(work: Work, command: AmendAgreement) -> Agreement:
    """Lock the unit it is to belong to, then the agreement, in the order of whoever merges units. Raises NotFound."""
    place = command.changes.get("unit_id")
    if isinstance(place, UUID):
        await hold_units(work, (place,), changing=False)
    return await queries.agreement_for_update(work, command.agreement_id)


async def _keep_again(work: Work, row: Agreement, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.withdrawn_at, row.version = None, row.version + 1
    await work.session.flush()


async def _checked(work: Work, values: Mapping[str, Any], *, path: str) -> dict[str, Any]:
    """Check each value by its name; references must exist in the tenant."""
    checks = _checks(work.office.regions)
    checked = {name: checks[name](value, path + name) for name, value in values.items()}
    if "vendor_id" in checked:
        await catalog.vendor(work, checked["vendor_id"])
    if "unit_id" in checked:
        await unit_there(work, checked["unit_id"])
    for name in ("owner_id", "deputy_id"):
        if checked.get(name) is not None:
            await directory.person(work, checked[name])
    return checked


def _checks(tree: RegionTree) -> dict[str, Check]:
    return {
        "number": lambda v, n: given.text(v, n, most=120),
        "title": lambda v, n: given.text(v, n, most=200),
        "side": lambda v, n: given.word(v, n, Side),
        "payment": lambda v, n: given.word(v, n, Payment),
        "vendor_id": given.an_id,
        "unit_id": given.an_id,
        "owner_id": lambda v, n: None if v is None else given.an_id(v, n),
        "deputy_id": lambda v, n: None if v is None else given.an_id(v, n),
        "region": lambda v, n: given.region(v, tree, n),
        "currency": given.currency,
        "zone": lambda v, n: zone(given.text(v, n, most=60), field=n).key,
        "first_day": given.day,
        "last_day": lambda v, n: None if v is None else given.day(v, n),
        "auto_renews": given.flag,
        "uplift_cap": uplift_percent,
        "notice_days": lambda v, n: None if v is None else given.whole(v, n, most=3650),
    }


def _places(row: Agreement) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("unit_id", "region", "owner_id", "deputy_id")}


async def _ownership(work: Work, places: Mapping[str, Any]) -> Ownership:
    return await directory.ownership(
        work,
        unit_id=places["unit_id"],
        region=places["region"],
        people=(places["owner_id"], places["deputy_id"]),
    )
