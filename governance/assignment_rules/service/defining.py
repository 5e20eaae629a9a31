"""Say what a rule says, look at whom it would give and take seats, and apply exactly that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from governance.assignment_rules import queries
from governance.assignment_rules.errors import RuleUnseen
from governance.assignment_rules.models import (
    AssignmentRule,
    AssignmentRuleException,
    AssignmentRuleMember,
    AssignmentRuleVersion,
)
from governance.assignment_rules.rules import Leaving
from governance.assignment_rules.service.checking import checked, permit
from governance.assignment_rules.service.effects import RulePreview, effects_of
from governance.kernel.errors import BadInput, Conflict, WrongState
from governance.kernel.preview import check_preview, preview_token
from governance.kernel.work import Change, Work
from governance.seats.service import SeatDesk
from policies.access.parties import Actor

VERB, END = "assignment_rule.apply", "assignment_rule.end"
SETTLE = 60


@dataclass(frozen=True)
class ApplyRule:
    """What a rule shall say. `rule_id` None: a new one, with `code`, `name`, `product_id`; else its next version.

    Who: all that is named has to fit. `employment` as the directory words it (userType). `token`: that of the preview.
    """

    reason: str
    rule_id: UUID | None = None
    code: str = ""
    name: str = ""
    product_id: UUID | None = None
    group_id: UUID | None = None
    unit_id: UUID | None = None
    employment: str | None = None
    region: str | None = None
    except_group_id: UUID | None = None
    except_people: tuple[UUID, ...] | None = ()
    tier_id: UUID | None = None
    line_id: UUID | None = None
    pool_id: UUID | None = None
    priority: int = 0
    leaving: Leaving = Leaving.RECLAIM
    settle_minutes: int = SETTLE
    token: str | None = None


@dataclass(frozen=True)
class EndRule:
    """End a rule. `keep_seats`: who sits stays seated, as if by hand; else they lose the seat as the rule says."""

    rule_id: UUID
    reason: str
    keep_seats: bool = False
    token: str | None = None


async def preview_rule(
    desk: SeatDesk, actor: Actor, command: ApplyRule, request_id: UUID | None = None
) -> RulePreview:  # fmt: skip
    """Show whom the rule would give and take seats, who could not be served and why, and the cost; nothing is written.

    Raises NotFound, Refused, BadInput, WrongState (the rule has ended).
    """
    shown = await desk.look(actor, partial(_shown, command), request_id)
    token = preview_token(
        desk.office.secret, tenant=str(actor.tenant_id), verb=VERB, diff=_diff(command, shown),
        now=desk.office.clock.now(),
    )  # fmt: skip
    return replace(shown, token=token)


async def apply_rule(
    desk: SeatDesk, actor: Actor, command: ApplyRule, request_id: UUID | None = None
) -> AssignmentRule:  # fmt: skip
    """Let the rule say this from now on; seats follow in the background. Raises as the preview, and PreviewStale."""
    if command.token is None:
        raise RuleUnseen(command.code or str(command.rule_id))
    shown = await desk.look(actor, partial(_shown, command), request_id)
    check_preview(
        desk.office.secret, command.token, tenant=str(actor.tenant_id), verb=VERB, diff=_diff(command, shown),
        now=desk.office.clock.now(),
    )  # fmt: skip
    return await desk.office.perform(actor, partial(_applied, command), request_id)


async def preview_end(
    desk: SeatDesk, actor: Actor, command: EndRule, request_id: UUID | None = None
) -> RulePreview:  # fmt: skip
    """Show who would lose a seat if the rule ended. Raises NotFound, Refused, WrongState."""
    shown = await desk.look(actor, partial(_ending, command), request_id)
    token = preview_token(
        desk.office.secret, tenant=str(actor.tenant_id), verb=END, diff=_end_diff(command, shown),
        now=desk.office.clock.now(),
    )  # fmt: skip
    return replace(shown, token=token)


async def end_rule(
    desk: SeatDesk, actor: Actor, command: EndRule, request_id: UUID | None = None
) -> AssignmentRule:  # fmt: skip
    """End a rule. Raises as the preview, and PreviewStale."""
    if command.token is None:
        raise RuleUnseen(str(command.rule_id))
    shown = await desk.look(actor, partial(_ending, command), request_id)
    check_preview(
        desk.office.secret, command.token, tenant=str(actor.tenant_id), verb=END, diff=_end_diff(command, shown),
        now=desk.office.clock.now(),
    )  # fmt: skip
    return await desk.office.perform(actor, partial(_ended, command), request_id)


async def _shown(command: ApplyRule, work: Work) -> RulePreview:
    row = await _row(work, command)
    await _permit(work, command, row)
    version, exceptions = await checked(work, command, row)
    return await effects_of(work, row, version, exceptions)


async def _permit(work: Work, command: ApplyRule, row: AssignmentRule) -> None:
    """Let pass who may have both what the rule says now and what it shall say. Raises Refused, NotFound."""
    if command.rule_id is not None:
        await permit(work, row.code, await queries.version_of(work, row.id))
    await permit(work, row.code, command)


async def _row(work: Work, command: ApplyRule, *, locked: bool = False) -> AssignmentRule:
    """Give the rule that gets another version, or one that is not there yet. Raises NotFound, BadInput, WrongState."""
    if command.rule_id is not None:
        row = await queries.rule(work, command.rule_id, locked=locked)
        if row.ended_at is not None:
            raise WrongState("assignment rule", "ended", "get another version")
        return row
    if command.product_id is None:
        raise BadInput("product", "nothing", "the product that the rule gives seats of")
    return AssignmentRule(
        tenant_id=work.tenant_id, id=work.new_id(), code=command.code, name=command.name,
        product_id=command.product_id, created_at=work.now(), created_by=work.actor.principal, again=False, version=1,
    )  # fmt: skip


async def _applied(command: ApplyRule, work: Work) -> AssignmentRule:
    row = await _row(work, command, locked=True)
    await _permit(work, command, row)
    version, exceptions = await checked(work, command, row)
    before = None
    if command.rule_id is None:
        work.session.add(row)
    else:
        last = await queries.version_of(work, row.id)
        if last.number != version.number - 1:
            raise Conflict("assignment rule", str(version.number - 1), str(last.number))
        before, last.superseded_at = _says(last), work.now()
        row.version += 1
    await work.session.flush()
    work.session.add(version)
    await work.session.flush()
    work.session.add_all(
        AssignmentRuleException(tenant_id=work.tenant_id, id=work.new_id(), version_id=version.id, person_id=each)
        for each in exceptions
    )
    after = _says(version) | {"exceptions": len(exceptions)}
    await work.record(
        Change("rule:apply", "assignment_rule", row.id, before=before, after=after, reason=version.reason)
    )  # fmt: skip
    await work.emit("AssignmentRuleChanged", row.id, product_id=str(row.product_id), number=version.number)
    return row


async def _ending(command: EndRule, work: Work) -> RulePreview:
    row = await queries.rule(work, command.rule_id)
    await permit(work, row.code, await queries.version_of(work, row.id))
    if row.ended_at is not None:
        raise WrongState("assignment rule", "ended", "be ended")
    if command.keep_seats:
        return RulePreview((), row.code, (await queries.version_of(work, row.id)).number)
    return await effects_of(work, row, None, ())


async def _ended(command: EndRule, work: Work) -> AssignmentRule:
    row = await queries.rule(work, command.rule_id, locked=True)
    await permit(work, row.code, await queries.version_of(work, row.id))
    if row.ended_at is not None:
        raise WrongState("assignment rule", "ended", "be ended")
    row.ended_at = work.now()
    row.version += 1
    if command.keep_seats:
        for member in await _served(work, row.id):
            member.ended_at = member.changed_at = work.now()
            member.leaves_at = member.retry_at = None
    await work.session.flush()
    after = {"ended_at": row.ended_at, "keep_seats": command.keep_seats}
    await work.record(Change("rule:end", "assignment_rule", row.id, after=after, reason=command.reason))
    await work.emit("AssignmentRuleChanged", row.id, product_id=str(row.product_id))
    return row


async def _served(work: Work, rule_id: UUID) -> Sequence[Any]:
    query = queries.visible_members(work).where(
        AssignmentRuleMember.rule_id == rule_id, queries.OPEN, AssignmentRuleMember.request_id.is_(None)
    )
    return (await work.session.execute(query)).scalars().all()


def _says(version: AssignmentRuleVersion) -> dict[str, Any]:
    names = (
        "number", "group_id", "unit_id", "employment", "region", "except_group_id", "tier_id", "line_id", "pool_id",
        "priority", "leaving", "settle_minutes",
    )  # fmt: skip
    return {name: value for name in names if (value := getattr(version, name)) is not None}


def _diff(command: ApplyRule, shown: RulePreview) -> dict[str, Any]:
    said = {
        name: str(getattr(command, name))
        for name in (
            "rule_id", "code", "name", "product_id", "group_id", "unit_id", "employment", "region", "except_group_id",
            "tier_id", "line_id", "pool_id", "priority", "leaving", "settle_minutes",
        )
    }  # fmt: skip
    left_out = sorted(map(str, command.except_people or ()))
    return {"says": said, "except": left_out, "number": shown.number, "effects": _seen(shown)}


def _end_diff(command: EndRule, shown: RulePreview) -> dict[str, Any]:
    return {"rule": str(command.rule_id), "keep": command.keep_seats, "effects": _seen(shown)}


def _seen(shown: RulePreview) -> list[list[str]]:
    return [[str(each.person_id), each.effect.value, str(each.pool_id)] for each in shown.effects]
