"""The lines and ladders of one license: said for it alone, by its template or by hand; the rest is inherited."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from governance.audit.entries import difference
from governance.entitlements import queries as entitlements
from governance.entitlements.models import Entitlement
from governance.entitlements.rules import RenewalBasis
from governance.entitlements.service.effects import whose
from governance.kernel import given
from governance.kernel.errors import BadInput, Conflict
from governance.kernel.unique import add_single
from governance.kernel.work import Change, Work
from governance.templates.models import LicenseRules
from governance.templates.queries import licenses
from policies.access.actions import Action
from policies.templates.fields import LADDER, USE, Value
from policies.thresholds.threshold import InvalidLines, Origin, Override, lines_for

VERB = "entitlement:rule"
FIELDS = ("use", "expiry_ladder", "notice_ladder", "renewal_basis")
PLACES = {"alerts.use": "use", "ladders.expiry": "expiry_ladder", "ladders.notice": "notice_ladder"}


@dataclass(frozen=True)
class SetLicenseRules:
    """All of it, said anew. `use`: warn, high, critical, clear_below in percent; ladders: days_before, days_after,
    then_every. None: as the tenant has it. `expected_version` 0 where nothing was said before.
    """

    entitlement_id: UUID
    expected_version: int
    use: Mapping[str, Any] | None = None
    expiry_ladder: Mapping[str, Any] | None = None
    notice_ladder: Mapping[str, Any] | None = None
    renewal_basis: RenewalBasis | None = None


async def set_license_rules(work: Work, command: SetLicenseRules) -> LicenseRules:
    """Say at which use alerts are raised for a license, when ends are told, how it is renewed.

    Raises NotFound, Refused, Conflict, BadInput.
    """
    row = await entitlements.entitlement(work, command.entitlement_id, locked=True)
    work.permit(Action.ENTITLEMENT_CORRECT, await whose(work, row), f"entitlement {row.code}")
    standing = (await licenses(work, [row.id]))[row.id].rules
    if (0 if standing is None else standing.version) != command.expected_version:
        actual = "0" if standing is None else str(standing.version)
        raise Conflict(f"Rules of {row.code}", str(command.expected_version), actual)
    values = {
        "use": _table(command.use, USE, "use"),
        "expiry_ladder": _table(command.expiry_ladder, LADDER, "expiry_ladder", whole=True),
        "notice_ladder": _table(command.notice_ladder, LADDER, "notice_ladder", whole=True),
        "renewal_basis": command.renewal_basis,
    }
    return await set_rules(work, row, values, standing)


async def set_rules(
    work: Work, license_: Entitlement, values: Mapping[str, Any], standing: LicenseRules | None
) -> LicenseRules:
    """Keep what holds for a license alone, with its entry, and tell it. Raises Refused, BadInput."""
    work.permit(Action.ENTITLEMENT_CORRECT, await whose(work, license_), f"entitlement {license_.code}")
    _in_order(values.get("use"))
    row = standing
    if row is None:
        row = LicenseRules(
            tenant_id=work.tenant_id, id=work.new_id(), entitlement_id=license_.id, use=None, expiry_ladder=None,
            notice_ladder=None, renewal_basis=None, set_at=work.now(), set_by=work.actor.principal, version=0,
        )  # fmt: skip
    before, after = difference(row, values)
    if standing is not None and not after:
        return row
    for name, value in after.items():
        setattr(row, name, value)
    row.set_at, row.set_by, row.version = work.now(), work.actor.principal, row.version + 1
    if standing is None:
        await add_single(work, row, field="entitlement_id", has=license_.code)
    else:
        await work.session.flush()
    await work.record(Change(VERB, "entitlement", license_.id, before=before, after=after))
    await work.emit("LicenseRulesSet", license_.id, fields=sorted(after))
    return row


def rules_with(standing: LicenseRules | None, said: Mapping[str, Any]) -> dict[str, Any]:
    """Give all that holds for a license when these paths of a template are said anew; None takes one away."""
    values: dict[str, Any] = {
        name: None if standing is None else getattr(standing, name) for name in FIELDS
    }  # fmt: skip
    for path, value in said.items():
        if path == "renewal_basis":
            values[path] = None if value is None else RenewalBasis(value)
            continue
        table, _, name = path.rpartition(".")
        field = PLACES[table]
        kept = {key: old for key, old in (values[field] or {}).items() if key != name}
        values[field] = (kept if value is None else {**kept, name: value}) or None
    return values


def _table(
    said: Mapping[str, Any] | None, specs: Mapping[str, Value], field: str, *, whole: bool = False
) -> dict[str, Any] | None:
    """Give a table as it is kept. Raises BadInput for a value that cannot be read, or one that is missing."""
    if not said:
        return None
    for name in sorted(set(said) - set(specs)):
        raise BadInput(f"{field}.{name}", given.shown(said[name]), f"one of {', '.join(specs)}")
    kept: dict[str, Any] = {}
    for name, spec in specs.items():
        if said.get(name) is None:
            if whole:
                raise BadInput(f"{field}.{name}", "nothing", spec.needs)
            continue
        try:
            kept[name] = spec.reads(said[name])
        except (ValueError, TypeError):
            raise BadInput(f"{field}.{name}", given.shown(said[name]), spec.needs) from None
    return kept or None


def _in_order(use: Mapping[str, Any] | None) -> None:
    try:
        lines_for([Override(Origin.POOL, **{name: Decimal(value) for name, value in (use or {}).items()})])
    except InvalidLines as bad:
        raise BadInput("use", bad.reason, "0 < warn < high < critical, and clear_below under warn") from None
