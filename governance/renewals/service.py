"""What is done about renewals: a conversation is kept, notice is given, an outcome is decided and booked."""

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from governance.agreements.models import Conversation, NoticeGiven, RenewalOutcome
from governance.agreements.rules import ChangeReason
from governance.agreements.spoken import CancelReason, Channel, Outcome, Stage, check_outcome
from governance.directory import queries as directory
from governance.entitlements.models import Entitlement, Lot, RenewalLink
from governance.entitlements.queries import lot as bought
from governance.entitlements.service.renewing import forget_renewal
from governance.kernel import given
from governance.kernel.due import day_of
from governance.kernel.errors import BadInput, Conflict
from governance.kernel.work import Change, Work
from governance.renewals.following import renewed_by, what_follows
from governance.renewals.queries import renewal
from policies.access.actions import Action
from policies.access.parties import Ownership

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class RecordConversation:
    """A conversation about what ends: `day` in the lot's zone, not in the future; a next step may name who and when."""

    lot_key: UUID
    day: date
    with_whom: str
    channel: Channel
    summary: str
    next_step: str | None = None
    next_owner_id: UUID | None = None
    next_due: date | None = None


@dataclass(frozen=True)
class GiveNotice:
    """`reference`: where the proof lies; `sha256`: of what was sent, 64 hex digits."""

    lot_key: UUID
    day: date
    reference: str
    sha256: str | None = None


@dataclass(frozen=True)
class RecordOutcome:
    """`expected`: the id of the standing outcome of this stage that was read (None: there was none).

    `quantity` in seats and `value` in micro-units of the lot's currency for its term: what follows, where no lot
    that is bought as a renewal says it.
    """

    lot_key: UUID
    stage: Stage
    outcome: Outcome
    expected: UUID | None = None
    cancel_reason: CancelReason | None = None
    reason_text: str | None = None
    quantity: int | None = None
    value: int | None = None


@dataclass(frozen=True)
class LinkRenewal:
    """That the lot `by_key` renews the lot `lot_key`, too: several that end can become one."""

    lot_key: UUID
    by_key: UUID


@dataclass(frozen=True)
class UnlinkRenewal:
    """That the lot `by_key` does not renew the lot `lot_key` after all, and why it was said."""

    lot_key: UUID
    by_key: UUID
    reason_text: str


async def record_conversation(work: Work, command: RecordConversation) -> Conversation:
    """Keep a conversation for good. Raises NotFound, Refused, BadInput."""
    lot, license_, agreement = await renewal(work, command.lot_key)
    work.permit(Action.RENEWAL_NOTE, await _whose(work, license_), f"agreement {agreement.number}")
    if command.next_owner_id is not None:
        await directory.person(work, command.next_owner_id)
    next_step = given.optional_text(command.next_step, "next_step", most=400)
    if next_step is None and (command.next_owner_id is not None or command.next_due is not None):
        raise BadInput("next_step", "nothing", "the next step, because somebody or a day is named for it")
    row = Conversation(
        tenant_id=work.tenant_id, id=work.new_id(), agreement_id=agreement.id, lot_key=lot.lot_key,
        day=_past(work, command.day, lot),
        with_whom=given.text(command.with_whom, "with_whom", most=200),
        channel=given.word(command.channel, "channel", Channel),
        summary=given.text(command.summary, "summary", most=2000), next_step=next_step,
        next_owner_id=command.next_owner_id,
        next_due=None if command.next_due is None else given.day(command.next_due, "next_due"),
        recorded_at=work.now(), recorded_by=work.actor.principal,
    )  # fmt: skip
    told = ("agreement_id", "lot_key", "day", "with_whom", "channel", "next_step", "next_owner_id", "next_due")
    after = {name: getattr(row, name) for name in told}
    await _keep(work, row, Change(Action.RENEWAL_NOTE.value, "conversation", row.id, after=after))
    set_committed_value(row, "next_owner_now", row.next_owner_id)
    await work.emit("ConversationRecorded", row.id)
    return row


async def give_notice(work: Work, command: GiveNotice) -> NoticeGiven:
    """Record that notice was given; whether it was in time, the renewal's state says. Raises as above."""
    lot, license_, agreement = await renewal(work, command.lot_key)
    work.permit(Action.RENEWAL_DECIDE, await _whose(work, license_), f"agreement {agreement.number}")
    if command.sha256 is not None and not SHA256.fullmatch(command.sha256.strip().lower()):
        raise BadInput("sha256", command.sha256[:80], "64 hex digits, or nothing")
    day = _past(work, command.day, lot)
    if day < lot.first_day:
        raise BadInput("day", day.isoformat(), f"{lot.first_day.isoformat()}, when the term began, or later")
    row = NoticeGiven(
        tenant_id=work.tenant_id, id=work.new_id(), agreement_id=agreement.id, day=day,
        reference=given.text(command.reference, "reference", most=400),
        sha256=None if command.sha256 is None else command.sha256.strip().lower(),
        recorded_at=work.now(), recorded_by=work.actor.principal,
    )  # fmt: skip
    after = {"agreement_id": agreement.id, "day": row.day, "reference": row.reference, "sha256": row.sha256}
    await _keep(work, row, Change(Action.RENEWAL_DECIDE.value, "notice_given", row.id, after=after))
    await work.emit("NoticeGiven", row.id)
    return row


async def record_outcome(work: Work, command: RecordOutcome) -> RenewalOutcome:
    """Say what becomes of a lot; an earlier word on the same stage is superseded, never edited.

    Dates, lots and assignments stay as they are. Raises NotFound, Refused, Conflict (`expected`), BadInput.
    """
    lot, license_, agreement = await renewal(work, command.lot_key)
    work.permit(Action.RENEWAL_DECIDE, await _whose(work, license_), f"agreement {agreement.number}")
    stage, outcome = given.word(command.stage, "stage", Stage), given.word(command.outcome, "outcome", Outcome)
    text = given.optional_text(command.reason_text, "reason_text", most=400)
    check_outcome(outcome, command.cancel_reason, text)
    before = await _standing(work, lot.lot_key, stage)
    if (None if before is None else before.id) != command.expected:
        raise Conflict("This outcome", str(command.expected), "nothing" if before is None else str(before.id))
    await _check_size(work, command, lot)
    now = work.now()
    if before is not None:
        before.superseded_at = now
        await work.session.flush()
    row = RenewalOutcome(
        tenant_id=work.tenant_id, id=work.new_id(), agreement_id=agreement.id, lot_key=lot.lot_key, stage=stage,
        outcome=outcome, cancel_reason=command.cancel_reason, reason_text=text, quantity=command.quantity,
        value=command.value, recorded_at=now, recorded_by=work.actor.principal,
    )  # fmt: skip
    said = {"stage": stage, "outcome": outcome, "cancel_reason": command.cancel_reason, "quantity": command.quantity,
            "value": command.value}  # fmt: skip
    was = None if before is None else {"outcome": before.outcome, "cancel_reason": before.cancel_reason}
    change = Change(Action.RENEWAL_DECIDE.value, "lot", lot.lot_key, before=was, after=said, reason=text)
    await _keep(work, row, change)
    await work.emit("RenewalOutcomeRecorded", lot.lot_key, stage=stage.value, outcome=outcome.value)
    return row


async def link_renewal(work: Work, command: LinkRenewal) -> RenewalLink:
    """Say that a lot renews another one beside what it names already. Raises NotFound, Refused, BadInput."""
    lot, license_, agreement = await renewal(work, command.lot_key)
    new, _, other = await renewal(work, command.by_key)
    work.permit(Action.RENEWAL_DECIDE, await _whose(work, license_), f"agreement {agreement.number}")
    if other.side is not agreement.side:
        raise BadInput("by_key", other.side.value, f"a lot of the same side, {agreement.side.value}")
    if new.first_day <= lot.first_day:
        raise BadInput("by_key", new.first_day.isoformat(), f"a lot that begins after {lot.first_day.isoformat()}")
    if command.lot_key in (await renewed_by(work, [new], None))[new.lot_key]:
        raise BadInput("by_key", str(new.lot_key), "a lot that does not renew this one yet")
    row = RenewalLink(
        tenant_id=work.tenant_id, id=work.new_id(), old_key=lot.lot_key, new_key=new.lot_key,
        recorded_at=work.now(), recorded_by=work.actor.principal,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await work.record(Change(Action.RENEWAL_DECIDE.value, "lot", lot.lot_key, after={"renewed_by": new.lot_key}))
    return row


async def unlink_renewal(work: Work, command: UnlinkRenewal) -> None:
    """Take back that a lot renews another one, whether it was linked or named so when it was bought.

    What was known before stays readable. Raises NotFound, Refused, BadInput where it does not renew it.
    """
    lot, license_, agreement = await renewal(work, command.lot_key)
    new = await bought(work, command.by_key)
    work.permit(Action.RENEWAL_DECIDE, await _whose(work, license_), f"agreement {agreement.number}")
    text = given.text(command.reason_text, "reason_text", most=400)
    link = await _standing_link(work, lot.lot_key, new.lot_key)
    if link is None and new.renewal_of != lot.lot_key:
        raise BadInput("by_key", str(new.lot_key), "a lot that renews this one")
    if link is not None:
        link.superseded_at = work.now()
        await work.session.flush()
    if new.renewal_of == lot.lot_key:
        await forget_renewal(work, new, ChangeReason.INCORRECT_INPUT, text)
    was, now = {"renewed_by": new.lot_key}, {"renewed_by": None}
    await work.record(Change(Action.RENEWAL_DECIDE.value, "lot", lot.lot_key, before=was, after=now, reason=text))


async def _standing_link(work: Work, old_key: UUID, new_key: UUID) -> RenewalLink | None:
    query = select(RenewalLink).where(
        RenewalLink.tenant_id == work.tenant_id, RenewalLink.old_key == old_key, RenewalLink.new_key == new_key,
        RenewalLink.superseded_at.is_(None),
    )  # fmt: skip
    return (await work.session.execute(query.with_for_update(key_share=True))).scalar_one_or_none()


async def _check_size(work: Work, command: RecordOutcome, lot: Lot) -> None:
    """Let pass seats and value that the outcome can have."""
    if command.quantity is not None:
        given.whole(command.quantity, "quantity")
    if command.value is not None:
        given.whole(command.value, "value", most=2**62)
    if command.outcome.ends and (command.quantity or command.value):
        raise BadInput("quantity", str(command.quantity), f"none, because nothing follows {command.outcome.value}")
    sized = command.outcome in {Outcome.EXPANDED, Outcome.CONTRACTED} and command.stage is Stage.BOOKED
    if sized and command.value is None and not await _followed(work, lot.lot_key):
        raise BadInput("value", "nothing", "what follows costs, because no renewal is bought that says it")


async def _followed(work: Work, lot_key: UUID) -> bool:
    return bool(await what_follows(work, [lot_key], None))


async def _standing(work: Work, lot_key: UUID, stage: Stage) -> RenewalOutcome | None:
    query = select(RenewalOutcome).where(
        RenewalOutcome.tenant_id == work.tenant_id, RenewalOutcome.lot_key == lot_key,
        RenewalOutcome.stage == stage, RenewalOutcome.superseded_at.is_(None),
    )  # fmt: skip
    return (await work.session.execute(query.with_for_update(key_share=True))).scalar_one_or_none()


async def _keep(work: Work, row: Conversation | NoticeGiven | RenewalOutcome, change: Change) -> None:
    work.session.add(row)
    await work.session.flush()
    await work.record(change)


def _past(work: Work, day: date, lot: Lot) -> date:
    found, today = given.day(day, "day"), day_of(work.now(), lot.zone)
    if found > today:
        raise BadInput("day", found.isoformat(), f"{today.isoformat()} or earlier")
    return found


async def _whose(work: Work, license_: Entitlement) -> Ownership:
    people = (license_.owner_id, license_.deputy_id)
    return await directory.ownership(work, unit_id=license_.unit_id, region=license_.region, people=people)
