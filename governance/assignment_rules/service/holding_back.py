"""Keep back what rules would take beyond the revocation cap of a line: it goes once that opens, or is raised."""

from dataclasses import replace
from uuid import UUID

from governance.assignment_rules.rules import LOSES, RETRY_AFTER, Act, Decision, MemberState, Place
from governance.assignment_rules.service.looking import Decided
from governance.directory.rules import PersonStatus
from governance.kernel.errors import Code, Reason
from governance.kernel.work import Work
from governance.seats.revocations import HELD
from governance.seats.rules.revoking import Cap
from governance.seats.service import claim_some


async def hold_back(found: Decided, work: Work) -> tuple[Decided, UUID | None]:
    """Claim as many seats of each line as its cap leaves, in order, and keep back the rest. A leaver's always goes.

    Gives the call that claimed them, which is let go of once they are taken; None: nothing has to be claimed.
    """
    wanted: dict[UUID, list[UUID]] = {}
    for each in found.decisions:
        if _counts(found, each) and each.seat is not None:
            wanted.setdefault(each.seat.line_id, []).append(each.seat.id)
    if not wanted:
        return found, None
    call_id, caps = await claim_some(work, wanted)
    fitting = {seat_id for line_id, ids in wanted.items() for seat_id in ids[: caps[line_id].left]}
    decisions = [
        _kept(work, each, caps[each.seat.line_id])
        if each.seat is not None and _counts(found, each) and each.seat.id not in fitting
        else each
        for each in found.decisions
    ]
    return replace(found, decisions=tuple(decisions)), call_id


def _counts(found: Decided, each: Decision) -> bool:
    """Say whether it takes a seat from somebody who is there and holds it."""
    return each.act in LOSES and each.seat is not None and each.seat.state in HELD and not _left(found, each)


def _left(found: Decided, each: Decision) -> bool:
    return found.laid.people[each.person_id].status is PersonStatus.LEFT


def _kept(work: Work, each: Decision, cap: Cap) -> Decision:
    assert each.seat is not None
    assert each.rule is not None
    opens = "" if cap.opens_at is None else f"; the next term opens {cap.opens_at:%Y-%m-%d}"
    why = Reason(
        Code.LIMIT_REACHED, "revocation cap", f"{cap.used} of {cap.most} seats of the line taken in this term{opens}",
        "room under the cap", "revocation cap", "Raise the cap with a reason, or wait.",
    )  # fmt: skip
    place = Place(
        MemberState.LEAVING, each.seat.id, reasons=(why,), leaves_at=work.now(), retry_at=work.now() + RETRY_AFTER
    )
    return replace(each, act=Act.NONE, places={each.rule.id: place}, extras=())
