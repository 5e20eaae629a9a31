"""An entitlement is granted under an agreement with the lines that count it; who answers for it can be corrected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.agreements import queries as agreements
from governance.audit.entries import difference
from governance.catalog import queries as catalog
from governance.directory import queries as directory
from governance.directory.rules import PersonStatus
from governance.directory.standing import unit_there
from governance.entitlements import queries
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.rules import (
    COUNTING,
    GRACE_AT_MOST,
    Covered,
    Expiry,
    LicenseModel,
    Overage,
    OwnDevice,
    Resets,
    Term,
    VmCores,
    check_expiry,
    check_overage,
    counting_of,
)
from governance.entitlements.service.effects import settle, whose
from governance.kernel import given
from governance.kernel.errors import BadInput, Conflict
from governance.kernel.unique import add_single
from governance.kernel.work import Change, Work
from policies.access.actions import Action


@dataclass(frozen=True)
class NewLine:
    """One way of counting. `invitation_days`: how long an invitation keeps its seat before it lapses.

    `overage_percent`: a decimal number, how much of the supply ALLOW_TO_PERCENT grants, 110 being a tenth more.
    `spill_order`: in which order the lines of a license take over from one that is full (None: not by themselves).
    `measure`: what a measured line counts, such as GB; `resets`: when a meter begins anew. `own_device`: how a person
    and their device count; `least_cores` and `vm_cores`: what a host and a virtual machine take of a line of cores.
    `covered`: whether somebody whom a suite covers already is given a seat.
    """

    code: str
    model: LicenseModel
    term: Term
    tier_id: UUID | None = None
    overage: Overage = Overage.BLOCK
    overage_percent: str | None = None
    expiry: Expiry = Expiry.RESTRICT
    grace_days: int = 0
    spill_order: int | None = None
    needs_acceptance: bool = False
    invitation_days: int = 14
    suspended_occupies: bool = True
    measure: str | None = None
    resets: Resets = Resets.TERM
    own_device: OwnDevice = OwnDevice.ONCE
    least_cores: int = 0
    vm_cores: VmCores = VmCores.OWN
    covered: Covered = Covered.TELL


@dataclass(frozen=True)
class NewEntitlement:
    agreement_id: UUID
    product_id: UUID
    code: str
    name: str
    unit_id: UUID
    lines: tuple[NewLine, ...]
    owner_id: UUID | None = None
    deputy_id: UUID | None = None
    region: str = "001"


@dataclass(frozen=True)
class CorrectEntitlement:
    """`changes` by field name: name, owner_id, deputy_id. `reason`: why, for the trail."""

    entitlement_id: UUID
    expected_version: int
    changes: Mapping[str, Any]
    reason: str | None = None


CORRECTABLE = frozenset({"name", "owner_id", "deputy_id"})


async def grant_entitlement(work: Work, new: NewEntitlement) -> Entitlement:
    """Grant the right to use a product, with its metric lines and their rooms; one undone before comes back as now.

    Raises NotFound for agreement, product, tier, unit or people, BadInput, Refused.
    """
    agreement = await agreements.agreement(work, new.agreement_id)
    product = await catalog.product(work, new.product_id)
    await unit_there(work, new.unit_id)
    for field in ("owner_id", "deputy_id"):
        await _responsible(work, getattr(new, field), field)
    row = Entitlement(
        tenant_id=work.tenant_id,
        id=work.new_id(),
        agreement_id=agreement.id,
        product_id=product.id,
        code=given.text(new.code, "code", most=120),
        name=given.text(new.name, "name", most=200),
        unit_id=new.unit_id,
        owner_id=new.owner_id,
        deputy_id=new.deputy_id,
        region=given.region(new.region, work.office.regions),
        recorded_at=work.now(),
        version=1,
    )
    work.permit(Action.ENTITLEMENT_CREATE, await whose(work, row), f"entitlement {row.code}")
    if not new.lines:
        raise BadInput("lines", "nothing", "at least one metric line")
    row = await _kept(work, row)
    after = {name: getattr(row, name) for name in ("agreement_id", "product_id", "code", "name", "unit_id", "region")}
    people = {"owner_id": row.owner_id, "deputy_id": row.deputy_id}
    await work.record(Change(Action.ENTITLEMENT_CREATE.value, "entitlement", row.id, after={**after, **people}))
    for index, line in enumerate(new.lines):
        await _add_line(work, row, line, f"lines.{index}.")
    await work.emit("EntitlementGranted", row.id)
    return row


async def add_line(work: Work, entitlement_id: UUID, new: NewLine) -> MetricLine:
    """Let an entitlement be counted in one more way; a line whose import was undone comes back as said now.

    Raises NotFound for it or the tier, BadInput, Refused.
    """
    row = await queries.entitlement(work, entitlement_id, locked=True)
    work.permit(Action.ENTITLEMENT_CREATE, await whose(work, row), f"entitlement {row.code}")
    return await _add_line(work, row, new, "line.")


async def correct_entitlement(work: Work, command: CorrectEntitlement) -> Entitlement:
    """Change the name of an entitlement or who answers for it. Raises NotFound, Refused, Conflict, BadInput."""
    row = await queries.entitlement(work, command.entitlement_id, locked=True)
    work.permit(Action.ENTITLEMENT_CORRECT, await whose(work, row), f"entitlement {row.code}")
    if row.version != command.expected_version:
        raise Conflict(f"Entitlement {row.code}", str(command.expected_version), str(row.version))
    given.known_fields(command.changes, CORRECTABLE)
    values = dict(command.changes)
    if "name" in values:
        values["name"] = given.text(values["name"], "changes.name", most=200)
    for field in ("owner_id", "deputy_id"):
        if field in values:
            await _responsible(work, values[field], f"changes.{field}")
    before, after = difference(row, values)
    for name, value in after.items():
        setattr(row, name, value)
    if after:
        row.version += 1
        await work.session.flush()
        act = Action.ENTITLEMENT_CORRECT.value
        await work.record(Change(act, "entitlement", row.id, before=before, after=after, reason=command.reason))
    return row


async def _kept(work: Work, row: Entitlement) -> Entitlement:
    """Add an entitlement, or give the one of its code whose import was undone the values of now. Raises BadInput."""
    there = await queries.withdrawn_entitlement(work, row.code)
    if there is None:
        await add_single(work, row, field="code", has=row.code)
        return row
    for name in ("agreement_id", "product_id", "name", "unit_id", "owner_id", "deputy_id", "region"):
        setattr(there, name, getattr(row, name))
    there.withdrawn_at, there.version = None, there.version + 1
    await work.session.flush()
    return there


async def _add_line(work: Work, entitlement: Entitlement, new: NewLine, path: str) -> MetricLine:
    if new.tier_id is not None:
        tier = await catalog.tier(work, new.tier_id)
        if tier.product_id != entitlement.product_id:
            raise BadInput(f"{path}tier_id", tier.code, "a tier of the entitlement's product")
    code = given.text(new.code, f"{path}code", most=60)
    line = await queries.withdrawn_line(work, entitlement.id, code)
    values = _line_values(new, path)
    if line is None:
        key = {"tenant_id": work.tenant_id, "id": work.new_id(), "entitlement_id": entitlement.id, "code": code}
        line = MetricLine(**key, **values, version=1)
        await add_single(work, line, field=f"{path}code", has=line.code)
    else:
        for name, value in values.items():
            setattr(line, name, value)
        line.withdrawn_at, line.version = None, line.version + 1
        await work.session.flush()
    after = {"entitlement_id": entitlement.id, "code": line.code, **values}
    await work.record(Change(Action.ENTITLEMENT_CREATE.value, "metric_line", line.id, after=after))
    await settle(work, line)
    return line


def _line_values(new: NewLine, path: str) -> dict[str, Any]:
    """Give the columns of a line as they are kept. Raises BadInput."""
    model = given.word(new.model, f"{path}model", LicenseModel)
    values: dict[str, Any] = {
        "model": model,
        "term": given.word(new.term, f"{path}term", Term),
        "tier_id": new.tier_id,
        "overage": given.word(new.overage, f"{path}overage", Overage),
        "overage_percent": check_overage(new.overage, new.overage_percent, path=path),
        "expiry": given.word(new.expiry, f"{path}expiry", Expiry),
        "grace_days": given.whole(new.grace_days, f"{path}grace_days", most=GRACE_AT_MOST),
        "spill_order": None if new.spill_order is None else given.whole(new.spill_order, f"{path}spill_order", most=99),
        "needs_acceptance": given.flag(new.needs_acceptance, f"{path}needs_acceptance"),
        "invitation_days": given.whole(new.invitation_days, f"{path}invitation_days", least=1, most=365),
        "suspended_occupies": given.flag(new.suspended_occupies, f"{path}suspended_occupies"),
        "covered": given.word(new.covered, f"{path}covered", Covered),
    }
    check_expiry(new.expiry, new.grace_days, path=path)
    return values | counting_of(model, {name: getattr(new, name) for name in COUNTING}, path=path)


async def _responsible(work: Work, person_id: UUID | None, field: str) -> None:
    """Let pass nobody, or a person in reach who has not left. Raises NotFound, BadInput."""
    if person_id is None:
        return
    person = await directory.person(work, given.an_id(person_id, field))
    if person.status is PersonStatus.LEFT:
        raise BadInput(field, person.name, "a person who has not left")
