"""All that a person answers for goes to another one in one act, as it was shown: what they own, and are to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.agreements.rules import ChangeReason
from governance.agreements.service import AmendAgreement, amend_agreement
from governance.directory import queries as directory
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.directory.service.passing import pass_on
from governance.entitlements.service.grant import CorrectEntitlement, correct_entitlement
from governance.kernel import given
from governance.kernel.due import day_of
from governance.kernel.errors import BadInput
from governance.kernel.preview import check_preview, preview_token
from governance.kernel.work import Change, Work
from governance.reorganization.owners import Owned, OwnedKind, owned_by

VERB = "person:hand-over"
REASON_MOST = 400


@dataclass(frozen=True)
class HandOver:
    """Whose, to whom, why; `token`: that of the preview of exactly this."""

    from_id: UUID
    to_id: UUID
    reason: str
    token: str = ""


@dataclass(frozen=True)
class HandedOver:
    """One thing and who answers for it afterwards."""

    thing: Owned
    owner_id: UUID | None
    deputy_id: UUID | None


@dataclass(frozen=True)
class Handover:
    """What goes; `beyond`: how many more things name the person that the actor may read and not hand over."""

    giver: Person
    taker: Person
    things: tuple[HandedOver, ...]
    beyond: int
    token: str


async def preview_handover(work: Work, command: HandOver) -> Handover:
    """Show what would be handed over. Raises NotFound, BadInput (the same person, one who left, nothing to hand)."""
    found = await _look(work, command)
    token = preview_token(
        work.office.secret, tenant=str(work.tenant_id), verb=VERB, diff=_diff(found, command), now=work.now()
    )
    return Handover(found.giver, found.taker, found.things, found.beyond, token)


async def hand_over(work: Work, command: HandOver) -> Handover:
    """Name the other person where this one was named: by an amendment, a correction, a task passed on; all, or none.

    Who owned becomes owned by the other; where owner and deputy would be one person, there is no deputy then.
    Raises what the preview raises, PreviewStale, Refused, Conflict.
    """
    found = await _look(work, command)
    check_preview(
        work.office.secret, command.token, tenant=str(work.tenant_id), verb=VERB, diff=_diff(found, command),
        now=work.now(),
    )  # fmt: skip
    reason = command.reason.strip()
    for each in found.things:
        await _hand(work, each, found.giver.id, reason)
    count = {kind: sum(one.thing.kind is kind for one in found.things) for kind in OwnedKind}
    after = {
        "to": found.taker.id, "agreements": count[OwnedKind.AGREEMENT], "licenses": count[OwnedKind.LICENSE],
        "actions": count[OwnedKind.ACTION], "steps": count[OwnedKind.STEP],
    }  # fmt: skip
    await work.record(Change(VERB, "person", found.giver.id, after=after, reason=reason))
    facts = {"taker": str(found.taker.id), **{kind.value.lower(): number for kind, number in count.items()}}
    await work.emit("OwnershipHandedOver", found.giver.id, **facts)
    return found


async def _look(work: Work, command: HandOver) -> Handover:
    giver = await directory.person(work, command.from_id)
    taker = await directory.person(work, command.to_id)
    given.text(command.reason, "reason", most=REASON_MOST)
    if giver.id == taker.id:
        raise BadInput("to_id", taker.name, "somebody else")
    if taker.status is PersonStatus.LEFT:
        raise BadInput("to_id", taker.name, "a person who has not left")
    owned = await owned_by(work, giver.id, acting=True)
    readable = await owned_by(work, giver.id, acting=False)
    if not owned:
        raise BadInput("from_id", giver.name, "somebody who answers for something that you may hand over")
    things = tuple(_after(each, giver.id, taker.id) for each in owned)
    beyond = {one.id for one in readable} - {one.id for one in owned}
    return Handover(giver, taker, things, len(beyond), "")


def _after(thing: Owned, giver: UUID, taker: UUID) -> HandedOver:
    owner = taker if thing.owner_id == giver else thing.owner_id
    deputy = taker if thing.deputy_id == giver else thing.deputy_id
    return HandedOver(thing, owner, None if deputy == owner else deputy)


PASSED: Mapping[OwnedKind, tuple[str, str]] = {
    OwnedKind.ACTION: ("review:pass-action", "action_item"),
    OwnedKind.STEP: ("renewal:pass-step", "conversation"),
}


async def _hand(work: Work, each: HandedOver, giver_id: UUID, reason: str) -> None:
    thing = each.thing
    if thing.kind in PASSED and each.owner_id is not None:
        act, subject = PASSED[thing.kind]
        await pass_on(work, act, (subject, thing.id), giver_id, each.owner_id, reason)
        return
    wanted = {"owner_id": each.owner_id, "deputy_id": each.deputy_id}
    had = {"owner_id": thing.owner_id, "deputy_id": thing.deputy_id}
    changes = {name: value for name, value in wanted.items() if value != had[name]}
    if thing.kind is OwnedKind.LICENSE:
        await correct_entitlement(work, CorrectEntitlement(thing.id, thing.version, changes, reason))
        return
    today = day_of(work.now(), thing.zone)
    await amend_agreement(work, AmendAgreement(thing.id, thing.version, changes, ChangeReason.OTHER, today, reason))


def _diff(found: Handover, command: HandOver) -> dict[str, Any]:
    return {
        "from": str(found.giver.id),
        "to": [str(found.taker.id), found.taker.status.value],
        "reason": command.reason.strip(),
        "things": [
            [one.thing.kind.value, str(one.thing.id), one.thing.version, str(one.owner_id), str(one.deputy_id)]
            for one in found.things
        ],
    }  # fmt: skip
