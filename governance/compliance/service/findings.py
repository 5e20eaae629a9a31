"""What people do with a finding: take it on, or waive it for a time, with a reason and a second pair of eyes."""

from datetime import datetime
from uuid import UUID

from governance.compliance.errors import SameHands
from governance.compliance.models import Finding, FindingStep
from governance.compliance.queries import finding, taken_on_by, tenants_with_waivers_over, waivers_over
from governance.compliance.rules import FindingState, same_hands, standing
from governance.directory.queries import ownership
from governance.kernel import given
from governance.kernel.errors import BadInput, Conflict, WrongState
from governance.kernel.work import Change, Office, Work
from governance.runs.principals import system_actor
from policies.access.actions import Action

NOTE_MOST = 400
AT_ONCE = 500
WAIVER_OVER = "the waiver ran out"


async def acknowledge_finding(work: Work, finding_id: UUID, expected_version: int, note: str | None = None) -> Finding:
    """Take a finding on. Raises NotFound, Refused, Conflict, WrongState unless it is open, BadInput."""
    row = await finding(work, finding_id, lock=True)
    await _permit(work, row, Action.FINDING_ACKNOWLEDGE)
    _same_version(row, expected_version)
    said = given.optional_text(note, "note", most=NOTE_MOST)
    if standing(row.state, row.waived_until, work.now()) is not FindingState.OPEN:
        raise WrongState("finding", row.state, "be acknowledged")
    return await _settle(work, row, FindingState.ACKNOWLEDGED, Action.FINDING_ACKNOWLEDGE, said, None)


async def waive_finding(work: Work, finding_id: UUID, expected_version: int, reason: str, until: datetime) -> Finding:
    """Accept a finding until an instant to come, with a reason; afterwards it is open again.

    Raises NotFound, Refused, SameHands for who owns or acknowledged it, Conflict, WrongState unless it is open or
    acknowledged, BadInput.
    """
    row = await finding(work, finding_id, lock=True)
    await _permit(work, row, Action.FINDING_WAIVE)
    _same_version(row, expected_version)
    said = given.text(reason, "reason", most=NOTE_MOST)
    if until.tzinfo is None or until <= work.now():
        raise BadInput("until", until.isoformat(), f"an instant after {work.now().isoformat()}")
    if standing(row.state, row.waived_until, work.now()) not in {FindingState.OPEN, FindingState.ACKNOWLEDGED}:
        raise WrongState("finding", row.state, "be waived")
    hands = same_hands(
        work.actor.person_id, work.actor.principal, owner_id=row.owner_id, taken_on_by=await taken_on_by(work, row.id)
    )
    if hands is not None:
        raise SameHands(row.id, hands)
    return await _settle(work, row, FindingState.WAIVED, Action.FINDING_WAIVE, said, until)


async def reopen_waived(office: Office) -> None:
    """Mark every waiver that has run out, of all tenants: the finding is open from the waiver's end on."""
    async with office.database.system_read() as session:
        tenants = await tenants_with_waivers_over(session, office.clock.now())
    for tenant_id in tenants:
        async with office.writing(system_actor(tenant_id, "waivers")) as work:
            for row in (await work.session.execute(waivers_over(tenant_id, work.now(), AT_ONCE))).scalars().all():
                await _reopen(work, row)


async def _reopen(work: Work, row: Finding) -> None:
    """Open a finding again whose waiver ran out, from the instant at which it did."""
    over_at = row.waived_until or work.now()
    await _settle(work, row, FindingState.OPEN, "finding:reopen", WAIVER_OVER, None, at=over_at)


async def _settle(
    work: Work, row: Finding, state: FindingState, act: str, reason: str | None, until: datetime | None,
    at: datetime | None = None,
) -> Finding:  # fmt: skip
    before = {"state": row.state, "until": row.waived_until}
    row.state, row.waived_until = state, until
    row.version += 1
    work.session.add(
        FindingStep(
            tenant_id=work.tenant_id, id=work.new_id(), finding_id=row.id, number=row.version, state=state,
            has=row.has, needs=row.needs, at=at or work.now(), recorded_at=work.now(), actor=work.actor.principal,
            reason=reason, until=until,
        )
    )  # fmt: skip
    await work.session.flush()
    after = {"state": state, "until": until}
    await work.record(Change(act, "finding", row.id, before, after, reason))
    return row


async def _permit(work: Work, row: Finding, action: Action) -> None:
    whose = await ownership(work, unit_id=row.unit_id, region=row.region, people=(row.owner_id,))
    work.permit(action, whose, f"finding {row.id}")


def _same_version(row: Finding, expected: int) -> None:
    if row.version != expected:
        raise Conflict("finding", str(expected), str(row.version))
