"""A license is made of a template: shown whole before, then made in one act: license, purchases, pools, ladders."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from governance.entitlements.models import Entitlement
from governance.entitlements.service import (
    NewEntitlement,
    NewLot,
    NewPool,
    buy_lot,
    grant_entitlement,
    open_pool,
)
from governance.kernel.preview import check_preview, preview_token
from governance.kernel.unique import add_single
from governance.kernel.work import Change, Work
from governance.rulebook.models import PolicyVersion
from governance.templates import queries
from governance.templates.errors import TemplateUnseen
from governance.templates.models import TemplateInstance
from governance.templates.rules import UNLIMITED
from governance.templates.service.applying import give_seats, say_journey, why_of
from governance.templates.service.making_plan import (
    VERB,
    MakeLicense,
    MakePlan,
    MakePreview,
    make_diff,
    make_plan,
    shown_of,
)
from governance.templates.service.ruling import rules_with, set_rules
from policies.templates.merging import flat


async def preview_make(work: Work, command: MakeLicense) -> MakePreview:
    """Show everything that a template would make. Raises NotFound, Refused, BadInput, BadOverrides, WrongState."""
    plan = await make_plan(work, command)
    shown = shown_of(plan, command)
    return replace(shown, token=preview_token(
        work.office.secret, tenant=str(work.tenant_id), verb=VERB, diff=make_diff(shown, command), now=work.now()
    ))  # fmt: skip


async def make_license(work: Work, command: MakeLicense) -> TemplateInstance:
    """Make a license of a template, by the token of the preview: all of it or nothing.

    Raises NotFound, Refused, BadInput, BadOverrides, WrongState, TemplateUnseen, PreviewStale where the facts moved.
    """
    plan = await make_plan(work, command)
    if not command.token:
        raise TemplateUnseen(plan.version.subject, 1)
    diff = make_diff(shown_of(plan, command), command)
    check_preview(work.office.secret, command.token, tenant=str(work.tenant_id), verb=VERB, diff=diff, now=work.now())
    license_ = await grant_entitlement(work, NewEntitlement(
        plan.agreement.id, plan.product.id, command.code, command.name, command.unit_id,
        tuple(plan.lines.values()), command.owner_id, command.deputy_id, plan.region,
    ))  # fmt: skip
    await _supply(work, plan, license_)
    said = {path: value for path, value in flat(plan.document).items()
            if path.startswith(("alerts.", "ladders.", "renewal_"))}  # fmt: skip
    if said:
        await set_rules(work, license_, rules_with(None, said), None)
    if (journey := plan.document.get("journey")) and not plan.cannot_say("journey"):
        await say_journey(work, plan.product.id, journey)
    return await hold_to(work, license_, plan.version, plan.region, command.overrides)


async def hold_to(
    work: Work, license_: Entitlement, version: PolicyVersion, region: str, overrides: Mapping[str, Any]
) -> TemplateInstance:
    """Keep which version of which template a license is held to, and with which overrides. Raises BadInput."""
    now, who = work.now(), work.actor.principal
    row = TemplateInstance(
        tenant_id=work.tenant_id, id=work.new_id(), entitlement_id=license_.id, template=version.subject,
        version_id=version.id, former_id=None, region=region, overrides=dict(overrides), made_at=now, made_by=who,
        applied_at=now, applied_by=who, version=1,
    )  # fmt: skip
    await add_single(work, row, field="entitlement_id", has=license_.code)
    after = {
        "template": row.template, "version": version.shown_number, "region": region, "overrides": flat(overrides)
    }  # fmt: skip
    await work.record(Change(VERB, "entitlement", license_.id, after=after))
    return row


async def _supply(work: Work, plan: MakePlan, license_: Entitlement) -> None:
    """Buy what the template says, open its pools and give them their seats."""
    made = (await queries.licenses(work, [license_.id]))[license_.id]
    for code, values in plan.lots.items():
        made.lots[code] = [await buy_lot(work, NewLot(line_id=made.lines[code].id, **values))]
    for code, pool in plan.document["pools"].items():
        line, seats = made.lines[pool["line"]], plan.seats[code]
        unit_id = plan.units.get(code, license_.unit_id)
        opened = await open_pool(work, NewPool(line.id, code, pool["name"], unit_id, pool["region"]))
        await give_seats(work, made, line, opened.id, UNLIMITED if seats is None else seats, why_of(plan.version))
