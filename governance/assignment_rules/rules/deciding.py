"""How assignment rules decide: which of several rules serves a person, and what becomes of the seat they have. Pure.

The highest tier wins, then the higher priority, then the code; a person has one seat by all rules of a product. A
seat that somebody assigned by hand is never touched. Who falls from one rule into another keeps the seat, or moves in
one step; who falls out of all loses it once the time to settle has passed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from governance.assignment_rules.rules.facts import (
    Decision,
    Held,
    Matter,
    Place,
    RuleFacts,
    Standing,
    Weighing,
)
from governance.assignment_rules.rules.words import GIVES_AGAIN, RETRY_AFTER, UNSERVED, Act, Leaving, MemberState
from governance.seats.rules import SeatState

Weigh = Callable[[RuleFacts, Held | None], Weighing]


def in_order(rules: Sequence[RuleFacts]) -> tuple[RuleFacts, ...]:
    """Give rules of a product in the order in which they win."""
    return tuple(sorted(rules, key=lambda rule: (-rule.rank, -rule.priority, rule.code)))


def decide(matter: Matter, weigh: Weigh) -> Decision:
    """Say what is done about a person; said twice over the same facts, the second time is nothing."""
    if not matter.matching:
        return _without_rule(matter)
    stood = {each.rule_id: each for each in matter.standing}
    if (off := _held_off(matter, stood)) is not None:
        return off
    seat = _best(matter)
    places: dict[UUID, Place] = {}
    found = Decision(matter.person_id)
    order = in_order(matter.matching)
    for index, rule in enumerate(order):
        found, place = _serve(matter, rule, seat, stood, weigh)
        places[rule.id] = place
        if place.state not in UNSERVED:
            places |= {each.id: Place(MemberState.COVERED, place.seat_id) for each in order[index + 1 :]}
            break
    if found.act is Act.NONE and seat is not None and all(each.state in UNSERVED for each in places.values()):
        places |= _kept_meanwhile(matter, seat, stood, places)
    by_hand = any(each.state is MemberState.BY_HAND for each in places.values())
    return replace(found, places=places, extras=_extras(matter, None if by_hand else seat))


def _serve(
    matter: Matter, rule: RuleFacts, seat: Held | None, stood: Mapping[UUID, Standing], weigh: Weigh
) -> tuple[Decision, Place]:
    """Say how one rule would serve the person, and with which act."""
    none = Decision(matter.person_id)
    before = stood.get(rule.id)
    mine = before is not None and seat is not None and before.seat_id == seat.id and before.number == rule.number
    if seat is not None and (mine or (_fits(rule, seat) and seat.rank == rule.rank)):
        return _keep(none, rule, seat), Place(MemberState.SEATED, seat.id)
    says = weigh(rule, seat)
    if says.by_hand is not None and (seat is None or not _fits(rule, seat)):
        return none, Place(MemberState.BY_HAND, says.by_hand)
    better = says.pool_id is not None and (seat is None or not _fits(rule, seat) or says.rank < seat.rank)
    if seat is not None and not better and _fits(rule, seat):
        return _keep(none, rule, seat), Place(MemberState.SEATED, seat.id)
    if says.pool_id is not None and (seat is None or seat.state is not SeatState.SUSPENDED):
        act = Act.GAIN if seat is None else Act.MOVE
        return replace(none, act=act, rule=rule, seat=seat, pool_id=says.pool_id), Place(MemberState.SEATED)
    retry = matter.now + RETRY_AFTER
    if says.full is not None:
        return none, Place(MemberState.WAITING, wait_in=says.full, reasons=says.reasons, retry_at=retry)
    return none, Place(MemberState.REFUSED, wait_in=says.nearest, reasons=says.reasons, retry_at=retry)


def _keep(none: Decision, rule: RuleFacts, seat: Held) -> Decision:
    """A seat that a rule wanted back is kept, without a new episode; what somebody else proposed stays proposed."""
    act = Act.KEEP if seat.state is SeatState.RECLAIM_PENDING and seat.adopted else Act.NONE
    return replace(none, act=act, rule=rule, seat=seat)


def _fits(rule: RuleFacts, seat: Held) -> bool:
    return (
        seat.rank >= rule.rank and rule.line_id in {None, seat.line_id} and rule.pool_id in {None, seat.pool_id}
    )  # fmt: skip


def _best(matter: Matter) -> Held | None:
    """Give the rules' own seat that counts: the one that the first rule takes, the highest, the first."""
    first = in_order(matter.matching)[0]
    return max(
        matter.own, key=lambda each: (_fits(first, each), each.rank, not each.adopted, str(each.id)), default=None
    )


def _extras(matter: Matter, seat: Held | None) -> tuple[Held, ...]:
    """Give the seats of rules beside the one that counts (None: one by hand does); one that was let go of stays."""
    return tuple(each for each in matter.own if (seat is None or each.id != seat.id) and not each.adopted)


def _held_off(matter: Matter, stood: Mapping[UUID, Standing]) -> Decision | None:
    """Give nothing again to one whose seat somebody ended, until the rule says something new."""
    if matter.own:
        return None
    for rule in matter.matching:
        before = stood.get(rule.id)
        if before is None or before.number != rule.number:
            continue
        again = before.ended is None or before.ended in GIVES_AGAIN
        lost = before.state is MemberState.SEATED and not again
        if lost or before.lost_place or before.state is MemberState.HELD_OFF:
            reasons = before.reasons
            return Decision(
                matter.person_id,
                places={each.id: Place(MemberState.HELD_OFF, reasons=reasons) for each in matter.matching},
            )
    return None


def _kept_meanwhile(
    matter: Matter, seat: Held, stood: Mapping[UUID, Standing], places: Mapping[UUID, Place]
) -> dict[UUID, Place]:
    """Let the seat of before stay with its rule while no rule of now can serve: nobody is without one in between."""
    whose = next((each.rule_id for each in stood.values() if each.seat_id == seat.id), None)
    if whose is None:
        return {}
    retry = matter.now + RETRY_AFTER
    reasons = places[whose].reasons if whose in places else ()
    return {whose: Place(MemberState.LEAVING, seat.id, reasons=reasons, retry_at=retry)}


def _without_rule(matter: Matter) -> Decision:
    """Take the rules' seat of one who falls under no rule any more, once they had the time to settle."""
    mine = [each for each in matter.standing if any(seat.id == each.seat_id for seat in matter.own)]
    if not mine:
        return Decision(matter.person_id)
    last = mine[0]
    rule, seat = matter.rules[last.rule_id], next(each for each in matter.own if each.id == last.seat_id)
    if matter.left:
        # The directory puts a leaver's seats up for reclaim; a rule that releases at once does not wait for that.
        act = Act.RELEASE if rule.leaving is Leaving.RELEASE else Act.NONE
        return Decision(matter.person_id, act, rule, seat, extras=_extras(matter, seat) if act is Act.RELEASE else ())
    leaves_at = last.leaves_at if last.state is MemberState.LEAVING else None
    leaves_at = leaves_at or matter.now + rule.settle
    if leaves_at > matter.now:
        place = Place(MemberState.LEAVING, seat.id, leaves_at=leaves_at)
        return Decision(matter.person_id, rule=rule, seat=seat, places={rule.id: place})
    return Decision(matter.person_id, _how(rule, seat), rule, seat, extras=_extras(matter, seat))


def _how(rule: RuleFacts, seat: Held) -> Act:
    """An invitation or a suspended seat ends at once: there is nothing to think over."""
    if seat.state is SeatState.RECLAIM_PENDING:
        return Act.RELEASE if rule.leaving is Leaving.RELEASE else Act.NONE
    pending = seat.state in {SeatState.ASSIGNED, SeatState.ACTIVE}
    return Act.RECLAIM if pending and rule.leaving is Leaving.RECLAIM else Act.RELEASE
