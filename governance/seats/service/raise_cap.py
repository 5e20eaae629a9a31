"""Let more seats of a line be taken than its cap allows, until its term ends: an act of its own, with its reason."""

from dataclasses import dataclass
from uuid import UUID

from governance.directory.queries import ownership
from governance.entitlements import queries as entitlements
from governance.kernel import given
from governance.kernel.work import Change, Work
from governance.seats.models import RevocationMark
from governance.seats.revocations import revocation_cap
from governance.seats.rules.revoking import Cap, MarkKind
from policies.access.actions import Action

REASON_MOST, SEATS_MOST = 400, 1_000_000


@dataclass(frozen=True)
class RaiseCap:
    """By how many seats the cap of a line is raised, and why."""

    line_id: UUID
    seats: int
    reason: str


async def raise_revocation_cap(work: Work, command: RaiseCap) -> Cap:
    """Raise the cap; gives how the line stands then. Raises NotFound, Refused, BadInput."""
    line, license_ = await entitlements.line(work, command.line_id)
    owned = await ownership(work, unit_id=license_.unit_id, region=license_.region)
    work.permit(Action.POLICY_PUBLISH, owned, f"line {line.code}")
    seats = given.whole(command.seats, "seats", least=1, most=SEATS_MOST)
    reason = given.text(command.reason, "reason", most=REASON_MOST)
    before = await revocation_cap(work, line.id)
    work.session.add(
        RevocationMark(
            tenant_id=work.tenant_id, id=work.new_id(), kind=MarkKind.RAISED, line_id=line.id, seats=seats,
            until=before.opens_at, reason=reason, recorded_at=work.now(), recorded_by=work.actor.principal,
        )
    )  # fmt: skip
    await work.session.flush()
    after = {"raised": before.raised + seats, "cap": before.cap, "used": before.used, "until": before.opens_at}
    await work.record(
        Change("seat:raise_cap", "metric_line", line.id, before={"raised": before.raised}, after=after, reason=reason)
    )
    return await revocation_cap(work, line.id)
