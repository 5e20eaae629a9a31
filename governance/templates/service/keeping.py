"""A difference is kept on purpose, or given up; a license that was entered by hand is held to a template."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from governance.entitlements import queries as entitlements
from governance.entitlements.service.effects import whose
from governance.kernel import given
from governance.kernel.errors import BadInput, Conflict, WrongState
from governance.kernel.work import Change, Work
from governance.rulebook.rules import VersionState
from governance.templates import queries
from governance.templates.models import TemplateInstance
from governance.templates.rules import Standing
from governance.templates.service.making import hold_to
from governance.templates.service.seeing import compare, document_of
from policies.access.actions import Action
from policies.templates.merging import flat, merged, nested

VERB = "template:override"


@dataclass(frozen=True)
class OverrideTemplate:
    """`keep`: paths that differ by hand and are to stay so on purpose. `drop`: overrides to be given up, by path.

    What is given up differs from the template by hand until the template is applied again with `restore`.
    """

    instance_id: UUID
    expected_version: int
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True)
class HoldLicense:
    """A license that is there already, to be held to the live version of a template from now on."""

    version_id: UUID
    entitlement_id: UUID
    overrides: Mapping[str, Any] = field(default_factory=dict)


async def override_template(work: Work, command: OverrideTemplate) -> TemplateInstance:
    """Say which differences are meant; nothing of the license changes. Raises NotFound, Refused, Conflict, BadInput."""
    row = await queries.instance(work, command.instance_id, locked=True)
    license_ = await entitlements.entitlement(work, row.entitlement_id, locked=True)
    work.permit(Action.ENTITLEMENT_CORRECT, await whose(work, license_), f"entitlement {license_.code}")
    if row.version != command.expected_version:
        raise Conflict(f"Overrides of {license_.code}", str(command.expected_version), str(row.version))
    if not command.keep and not command.drop:
        raise BadInput("keep", "nothing", "a path that differs, or one to drop")
    (found,) = await compare(work, [row])
    drifted = {one.path: one.has for one in found.differences if one.standing is Standing.DRIFTED}
    said = flat(row.overrides)
    for path in command.keep:
        if path not in drifted or drifted[path] is None or path.count(".") < 1:
            raise BadInput("keep", given.shown(path), f"one of {', '.join(sorted(drifted)) or 'nothing that differs'}")
    for path in command.drop:
        if path not in said:
            raise BadInput("drop", given.shown(path), f"one of {', '.join(sorted(said)) or 'no override'}")
    kept = {path: value for path, value in said.items() if path not in command.drop}
    overrides = merged(nested(kept), nested({path: drifted[path] for path in command.keep}))
    document_of(work, found.version, row.region, overrides)
    before, row.overrides, row.version = said, overrides, row.version + 1
    await work.session.flush()
    await work.record(
        Change(VERB, "entitlement", row.entitlement_id, {"overrides": before}, {"overrides": flat(overrides)})
    )
    return row


async def hold_license(work: Work, command: HoldLicense) -> TemplateInstance:
    """Hold a license to a template; nothing of it changes, and what is otherwise is listed.

    Raises NotFound, Refused, BadInput where it is held to one already or is of another product, WrongState.
    """
    license_ = await entitlements.entitlement(work, command.entitlement_id, locked=True)
    work.permit(Action.ENTITLEMENT_CORRECT, await whose(work, license_), f"entitlement {license_.code}")
    version = await queries.template_version(work, command.version_id)
    if version.state is not VersionState.LIVE:
        raise WrongState("template version", version.state, "hold a license")
    document = document_of(work, version, license_.region, command.overrides)
    product = document.get("product")
    stands = (await queries.licenses(work, [license_.id]))[license_.id].product
    if product is not None and product != stands:
        raise BadInput("entitlement_id", license_.code, f"a license of {product}; this one is of {stands}")
    return await hold_to(work, license_, version, license_.region, command.overrides)
