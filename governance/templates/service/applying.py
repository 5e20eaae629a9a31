"""A version of a template is applied to licenses: looked at first, done by the token of that, one act for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from governance.activation.service import DeclareJourney, declare_journey
from governance.agreements.rules import ChangeReason
from governance.entitlements.models import Lot, MetricLine
from governance.entitlements.rules import Expiry, LicenseModel, Overage, Term
from governance.entitlements.service import (
    ChangeAllocation,
    NewAllocation,
    NewLine,
    NewPool,
    add_line,
    allocate,
    change_allocation,
    open_pool,
    preview_change_allocation,
)
from governance.entitlements.service.effects import whose
from governance.kernel.due import day_of
from governance.kernel.errors import BadInput, WrongState
from governance.kernel.preview import check_preview
from governance.kernel.work import Change, Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import VersionState
from governance.seats.service.change_line import ChangeLine, change_line, preview_change_line
from governance.templates import queries
from governance.templates.errors import TemplateUnseen, TooManyAtOnce
from governance.templates.models import TemplateInstance
from governance.templates.queries import License
from governance.templates.rules import AT_ONCE, Doing, counted
from governance.templates.service.planning import (
    VERB,
    ApplyPreview,
    InstancePlan,
    line_changes,
    moved,
    plan,
    seal,
    seal_diff,
)
from governance.templates.service.ruling import rules_with, set_rules
from policies.access.actions import Action
from policies.templates.merging import nested


@dataclass(frozen=True)
class ApplyTemplate:
    """A version (any that was published) for these licenses. `restore`: take back what was changed by hand.

    `token` is that of the preview. A former version is gone back to in the same way.
    """

    version_id: UUID
    instance_ids: tuple[UUID, ...]
    restore: bool = False
    token: str | None = None


async def preview_apply(work: Work, command: ApplyTemplate) -> ApplyPreview:
    """Show what a version would change of each of these licenses. Raises NotFound, BadInput, WrongState."""
    version = await published(work, command.version_id)
    if not command.instance_ids:
        raise BadInput("instance_ids", "nothing", "at least one license made from the template")
    plans = await plan(work, version, command.instance_ids, restore=command.restore)
    return ApplyPreview(version, plans, command.restore, seal(work, version, plans, restore=command.restore))


async def apply_template(work: Work, command: ApplyTemplate) -> Sequence[TemplateInstance]:
    """Apply a version to these licenses, by the token of the preview: all of them or none; nobody is revoked.

    Raises NotFound, Refused, BadInput, WrongState, TooManyAtOnce, TemplateUnseen, PreviewStale where the facts moved.
    """
    version = await published(work, command.version_id)
    if len(set(command.instance_ids)) > AT_ONCE:
        raise TooManyAtOnce(len(set(command.instance_ids)), AT_ONCE)
    plans = await plan(work, version, command.instance_ids, restore=command.restore, locked=True)
    check_seen(work, version, plans, restore=command.restore, token=command.token)
    return [await apply_plan(work, one) for one in plans]


def check_seen(
    work: Work, version: PolicyVersion, plans: Sequence[InstancePlan], *, restore: bool, token: str | None
) -> None:
    """Let pass what was shown. Raises TemplateUnseen without a token, PreviewStale where it belongs to other facts."""
    if not token:
        raise TemplateUnseen(version.subject, len(plans))
    diff = seal_diff(version, plans, restore=restore)
    check_preview(work.office.secret, token, tenant=str(work.tenant_id), verb=VERB, diff=diff, now=work.now())


async def published(work: Work, version_id: UUID) -> PolicyVersion:
    """Give a version of a template that is, or was, live. Raises NotFound, WrongState for a draft."""
    version = await queries.template_version(work, version_id)
    if version.state is VersionState.DRAFT:
        raise WrongState("template version", version.state, "be applied")
    return version


async def apply_plan(work: Work, made: InstancePlan) -> TemplateInstance:
    """Do what a plan says of one license, and keep what it is held to now. A blocked one stays as it is."""
    row = made.instance
    license_ = made.license.row
    work.permit(Action.ENTITLEMENT_CORRECT, await whose(work, license_), f"entitlement {license_.code}")
    if made.blocked:
        return row
    await _lines(work, made)
    await _pools(work, made)
    await _rules(work, made)
    await _journey(work, made)
    row.former_id, row.version_id = made.was.id, made.version.id
    row.applied_at, row.applied_by = work.now(), work.actor.principal
    row.version += 1
    await work.session.flush()
    before = {"template": row.template, "version": made.was.shown_number}
    after = {"template": row.template, "version": made.version.shown_number, **counted(made.steps)}
    cannot = sorted(step.path for step in made.steps if step.doing is Doing.CANNOT)
    after |= {"cannot": cannot} if cannot else {}
    await work.record(Change(VERB, "entitlement", row.entitlement_id, before, after))
    return row


async def _lines(work: Work, made: InstancePlan) -> None:
    for code, changes in (await line_changes(work, made.license, made.changes)).items():
        line = made.license.lines[code]
        command = ChangeLine(line.id, line.version, changes)
        seen = await preview_change_line(work, command)
        await change_line(work, replace(command, token=seen.token))
    document = nested(made.changes)
    for code, values in document.get("lines", {}).items():
        if code not in made.license.lines:
            line = await add_line(work, made.license.row.id, await new_line(work, made.license, code, values))
            made.license.lines[code], made.license.lots[code] = line, []


async def new_line(work: Work, license_: License, code: str, values: Mapping[str, Any]) -> NewLine:
    """Give a line as a template describes it."""
    tier = await queries.tier_named(work, license_.row.product_id, values["tier"]) if values.get("tier") else None
    return line_of(code, values, None if tier is None else tier.id)


def line_of(code: str, values: Mapping[str, Any], tier_id: UUID | None) -> NewLine:
    """Give the command that adds a line as a template describes it."""
    return NewLine(
        code=code, model=LicenseModel(values["model"]), term=Term(values["term"]), tier_id=tier_id,
        overage=Overage(values["overage"]), overage_percent=values.get("overage_percent"),
        expiry=Expiry(values["expiry"]), grace_days=values["grace_days"], spill_order=values.get("spill_order"),
        needs_acceptance=values["needs_acceptance"], invitation_days=values["invitation_days"],
        suspended_occupies=values["suspended_occupies"],
    )  # fmt: skip


async def _pools(work: Work, made: InstancePlan) -> None:
    license_ = made.license
    for code, values in nested(made.changes).get("pools", {}).items():
        line = license_.lines[made.wanted.own[f"pools.{code}.line"]]
        if code not in license_.pools:
            unit = await queries.unit_named(work, values["unit"]) if "unit" in values else None
            unit_id = license_.row.unit_id if unit is None else unit.id
            new = NewPool(line.id, code, values["name"], unit_id, values["region"])
            pool = await open_pool(work, new)
            await give_seats(work, license_, line, pool.id, values.get("seats", 0), why_of(made.version))
        elif not license_.given[code]:
            await give_seats(work, license_, line, license_.pools[code].id, values["seats"], why_of(made.version))
        else:
            await _change_seats(work, license_, code, values["seats"], why_of(made.version))


async def _change_seats(work: Work, license_: License, code: str, wants: int | str, why: str) -> None:
    change = moved(license_.given[code], wants)
    assert change is not None, "a plan changes only what one allocation can give"
    row, quantity = change
    lot = next(lot for lots in license_.lots.values() for lot in lots if lot.lot_key == row.lot_key)
    command = ChangeAllocation(row.id, quantity, ChangeReason.REQUESTED, _from_day(work, lot), why)
    seen = await preview_change_allocation(work, command)
    await change_allocation(work, replace(command, token=seen.token))


async def give_seats(
    work: Work, license_: License, line: MetricLine, pool_id: UUID, wants: int | str, why: str
) -> None:
    """Give a pool seats of the line's purchases in force, of those that have some left first, from today on."""
    lots = license_.lots.get(line.code, [])
    if not lots or wants == 0:
        return
    if isinstance(wants, str):
        await allocate(work, NewAllocation(lots[0].lot_key, pool_id, None, reason_text=why))
        return
    left = wants
    for lot in lots:
        taken = sum(row.quantity or 0 for rows in license_.given.values() for row in rows if row.lot_key == lot.lot_key)
        free = left if lot.quantity is None or lot is lots[-1] else max(0, lot.quantity - taken)
        if quantity := min(left, free):
            first = _from_day(work, lot)
            await allocate(work, NewAllocation(lot.lot_key, pool_id, quantity, first, reason_text=why))
            left -= quantity


def _from_day(work: Work, lot: Lot) -> date:
    return max(day_of(work.now(), lot.zone), lot.first_day)


async def _rules(work: Work, made: InstancePlan) -> None:
    said = {path: value for path, value in made.changes.items() if path.startswith(("alerts.", "ladders.", "renewal_"))}
    if said:
        values = rules_with(made.license.rules, said)
        await set_rules(work, made.license.row, values, made.license.rules)


async def _journey(work: Work, made: InstancePlan) -> None:
    said = {path: value for path, value in made.changes.items() if path.startswith("journey.")}
    if said:
        await say_journey(work, made.license.row.product_id, {
            **_journey_now(made.license), **{path.partition(".")[2]: value for path, value in said.items()},
        })  # fmt: skip


async def say_journey(work: Work, product_id: UUID, values: Mapping[str, Any]) -> None:
    """Declare the journey of a product as a template says it."""
    survey = bool(values.get("survey"))
    await declare_journey(
        work, DeclareJourney(product_id, values.get("value_type"), values.get("value_feature"), survey)
    )


def _journey_now(license_: License) -> dict[str, Any]:
    row = license_.journey
    return {} if row is None else {
        "value_type": row.value_type, "value_feature": row.value_feature, "survey": row.survey,
    }  # fmt: skip


def why_of(version: PolicyVersion) -> str:
    """Say by what seats were given otherwise, for the reason that an allocation keeps."""
    return f"template {version.subject}, version {version.shown_number}"
