"""Keep back what rules would take beyond the revocation cap of a line: it goes once that opens, or is raised."""

from dataclasses import replace
from uuid import UUID

from governance.assignment_rules.rules import LOSES, RETRY_AFTER, Act, Decision, MemberState, Place
from governance.assignment_rules.service.looking import Decided
from governance.directory.rules import PersonStatus
from governance.kernel.errors import Code, Reason
from governance.kernel.work import Work
from governance.seats.revocations import revocation_cap
from governance.seats.rules import SeatState
from governance.seats.rules.revoking import Cap

HELD = frozenset({SeatState.ASSIGNED, SeatState.ACTIVE, SeatState.SUSPENDED})


async def hold_back(found: Decided, work: Work) -> Decided:
    """Let as many seats of each line be taken as its cap leaves, in order. A leaver's seat always goes."""
    left: dict[UUID, int | None] = {}
    caps: dict[UUID, Cap] = {}
    decisions = []
    for each in found.decisions:
        seat = each.seat
        if each.act not in LOSES or seat is None or seat.state not in HELD or _left(found, each):
            decisions.append(each)
            continue
        if seat.line_id not in caps:
            caps[seat.line_id] = await revocation_cap(work, seat.line_id)
            left[seat.line_id] = caps[seat.line_id].left
        room = left[seat.line_id]
        if room is not None and room < 1:
            decisions.append(_kept(work, each, caps[seat.line_id]))
            continue
        left[seat.line_id] = None if room is None else room - 1
        decisions.append(each)
    return replace(found, decisions=tuple(decisions))


def _left(found: Decided, each: Decision) -> bool:
    return found.laid.people[each.person_id].status is PersonStatus.LEFT


def _kept(work: Work, each: Decision, cap: Cap) -> Decision:
    assert each.seat is not None
    assert each.rule is not None
    most = (cap.cap or 0) + cap.raised
    opens = "" if cap.opens_at is None else f"; the next term opens {cap.opens_at:%Y-%m-%d}"
    why = Reason(
        Code.LIMIT_REACHED, "revocation cap", f"{cap.used} of {most} seats of the line taken in this term{opens}",
        "room under the cap", "revocation cap", "Raise the cap with a reason, or wait.",
    )  # fmt: skip
    place = Place(
        MemberState.LEAVING, each.seat.id, reasons=(why,), leaves_at=work.now(), retry_at=work.now() + RETRY_AFTER
    )
    return replace(each, act=Act.NONE, places={each.rule.id: place}, extras=())
