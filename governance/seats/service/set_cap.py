"""Set how many percent of a line may be taken from people in a term: for a line, or for all lines of the tenant."""

from dataclasses import dataclass
from uuid import UUID

from governance.directory.queries import ownership
from governance.entitlements import queries as entitlements
from governance.kernel import given
from governance.kernel.work import Change, Work
from governance.seats.models import RevocationMark
from governance.seats.revocations import cap_rule
from governance.seats.rules.revoking import CapRule, MarkKind, checked_percent
from governance.seats.service.raise_cap import REASON_MOST
from policies.access.actions import Action
from policies.access.parties import Ownership


@dataclass(frozen=True)
class SetCap:
    """The percentage (such as "7.5") and why. `line_id` None: of every line of the tenant that says nothing itself.

    `percent` None: nothing is said here any more, and what is said more widely holds again.
    """

    reason: str
    line_id: UUID | None = None
    percent: str | None = None


async def set_revocation_cap(work: Work, command: SetCap) -> CapRule:
    """Set the cap; gives what holds then. Raises NotFound, Refused, BadInput."""
    owned, subject = Ownership(work.tenant_id), "revocation cap of every line"
    if command.line_id is not None:
        line, license_ = await entitlements.line(work, command.line_id)
        owned = await ownership(work, unit_id=license_.unit_id, region=license_.region)
        subject = f"line {line.code}"
    work.permit(Action.POLICY_PUBLISH, owned, subject)
    reason = given.text(command.reason, "reason", most=REASON_MOST)
    percent = checked_percent(command.percent)
    before = await cap_rule(work, command.line_id)
    work.session.add(
        RevocationMark(
            tenant_id=work.tenant_id, id=work.new_id(), kind=MarkKind.SET, line_id=command.line_id, seats=0,
            percent=None if percent is None else format(percent.normalize(), "f"), reason=reason,
            recorded_at=work.now(), recorded_by=work.actor.principal,
        )
    )  # fmt: skip
    await work.session.flush()
    after = await cap_rule(work, command.line_id)
    kind, subject_id = ("tenant", work.tenant_id) if command.line_id is None else ("metric_line", command.line_id)
    await work.record(
        Change("seat:set_cap", kind, subject_id, before=_told(before), after=_told(after), reason=reason)
    )  # fmt: skip
    return after


def _told(rule: CapRule) -> dict[str, str]:
    return {"percent": str(rule.percent), "source": rule.source.value}
