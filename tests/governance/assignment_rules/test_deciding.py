"""Deciding alone: which rule serves a person, and what becomes of the seat they have."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from governance.assignment_rules.rules import (
    Act,
    Decision,
    Held,
    Leaving,
    Matter,
    MemberState,
    RuleFacts,
    Standing,
    Weigh,
    Weighing,
    decide,
)
from governance.kernel.errors import Code, Reason
from governance.seats.rules import ReleaseReason, SeatState
from tests.conftest import START

ADA, LINE3, LINE5, POOL3, POOL5 = (uuid4() for _ in range(5))
FULL = (Reason(Code.LIMIT_REACHED, "pool", "1 of 1 taken", "one free seat"),)
E3 = RuleFacts(uuid4(), "sales-e3", 1, rank=1)
E3_TOO = RuleFacts(uuid4(), "finance-e3", 1, rank=1, leaving=Leaving.RELEASE)
E5 = RuleFacts(uuid4(), "board-e5", 1, rank=2)
RANKS = {POOL3: 1, POOL5: 2}


def offering(*pools: UUID, by_hand: UUID | None = None) -> Weigh:
    """Choose the lowest of these pools that does; where there is none, POOL3 or POOL5 is full."""

    def weigh(rule: RuleFacts, seat: Held | None) -> Weighing:
        if by_hand is not None:
            return Weighing(by_hand=by_hand)
        fit = sorted((each for each in pools if RANKS[each] >= rule.rank), key=RANKS.__getitem__)
        if fit:
            return Weighing(fit[0], RANKS[fit[0]])
        return Weighing(full=POOL5 if rule.rank == 2 else POOL3, reasons=FULL)

    return weigh


def seat(pool: UUID = POOL3, state: SeatState = SeatState.ASSIGNED, *, adopted: bool = False) -> Held:
    return Held(uuid4(), LINE3 if pool == POOL3 else LINE5, pool, RANKS[pool], state, adopted)


def stood(rule: RuleFacts, held: Held | None = None, **values: Any) -> Standing:
    state = values.pop("state", MemberState.SEATED)
    return Standing(rule.id, rule.number, state, held.id if held else values.pop("seat_id", None), **values)


def of(*matching: RuleFacts, **values: Any) -> Matter:
    rules = {each.id: each for each in (E3, E3_TOO, E5)}
    return Matter(ADA, START, matching, rules, **values)


def states(decision: Decision) -> dict[str, MemberState]:
    names = {each.id: each.code for each in (E3, E3_TOO, E5)}
    return {names[key]: place.state for key, place in decision.places.items()}


def test_the_highest_tier_wins_and_one_seat_is_enough() -> None:
    found = decide(of(E3, E5), offering(POOL3, POOL5))
    assert (found.act, found.pool_id, states(found)) == (
        Act.GAIN, POOL5, {"board-e5": MemberState.SEATED, "sales-e3": MemberState.COVERED},
    )  # fmt: skip
    waits = decide(of(E3, E5), offering(POOL3))  # while the higher one is full, the lower one serves
    assert (waits.act, waits.pool_id) == (Act.GAIN, POOL3)
    assert states(waits) == {"board-e5": MemberState.WAITING, "sales-e3": MemberState.SEATED}


def test_who_moves_between_rules_keeps_the_seat() -> None:
    held = seat()
    same = decide(of(E3_TOO, standing=(stood(E3, held),), own=(held,)), offering())
    assert (same.act, same.places[E3_TOO.id].seat_id) == (Act.NONE, held.id)
    up = decide(of(E3, E5, standing=(stood(E3, held),), own=(held,)), offering(POOL5))
    assert (up.act, up.seat, up.pool_id) == (Act.MOVE, held, POOL5)  # released and granted in one step
    full = decide(of(E5, standing=(stood(E3, held),), own=(held,)), offering())
    assert (full.act, states(full)) == (
        Act.NONE, {"board-e5": MemberState.WAITING, "sales-e3": MemberState.LEAVING},
    )  # fmt: skip
    high = seat(POOL5)
    down = decide(of(E3, standing=(stood(E5, high),), own=(high,)), offering(POOL3))
    assert (down.act, down.pool_id) == (Act.MOVE, POOL3)
    stays = decide(of(E3, standing=(stood(E5, high),), own=(high,)), offering())
    assert (stays.act, states(stays)) == (Act.NONE, {"sales-e3": MemberState.SEATED})


def test_who_falls_out_loses_it_after_a_while_and_who_comes_back_keeps_it() -> None:
    slow = RuleFacts(E3.id, "sales-e3", 1, rank=1, settle=timedelta(hours=1))
    held = seat()
    gone = Matter(ADA, START, (), {slow.id: slow}, (stood(slow, held),), (held,))
    waits = decide(gone, offering())
    assert (waits.act, waits.places[slow.id].leaves_at) == (Act.NONE, START + timedelta(hours=1))
    due = Matter(
        ADA, START, (), {slow.id: slow}, (stood(slow, held, state=MemberState.LEAVING, leaves_at=START),), (held,)
    )
    assert decide(due, offering()).act is Act.RECLAIM
    at_once = decide(of(standing=(stood(E3_TOO, held),), own=(held,)), offering())
    assert at_once.act is Act.RELEASE
    invited = seat(state=SeatState.INVITED)
    assert decide(of(standing=(stood(E3, invited),), own=(invited,)), offering()).act is Act.RELEASE
    asked_back = seat(state=SeatState.RECLAIM_PENDING, adopted=True)
    back = decide(of(E3, own=(asked_back,)), offering(POOL3))
    assert (back.act, back.places[E3.id].seat_id) == (Act.KEEP, asked_back.id)
    idle = seat(state=SeatState.RECLAIM_PENDING)  # proposed by somebody, not by a rule: that stands
    newer = RuleFacts(E3.id, "sales-e3", 2, rank=1)
    assert decide(of(newer, standing=(stood(E3, idle),), own=(idle,)), offering(POOL3)).act is Act.NONE


def test_what_somebody_decided_is_left_alone() -> None:
    by_hand = uuid4()
    there = decide(of(E3), offering(POOL3, by_hand=by_hand))
    assert (there.act, there.places[E3.id].state, there.places[E3.id].seat_id) == (
        Act.NONE, MemberState.BY_HAND, by_hand,
    )  # fmt: skip
    held = seat()
    beside = decide(of(E3, standing=(stood(E3_TOO, held),), own=(held,)), offering(by_hand=by_hand))
    assert (beside.act, states(beside), beside.extras) == (Act.NONE, {"sales-e3": MemberState.SEATED}, ())
    above = decide(of(E5, standing=(stood(E3, held),), own=(held,)), offering(by_hand=by_hand))
    assert (states(above), above.extras) == ({"board-e5": MemberState.BY_HAND}, (held,))  # the rule's is needless now
    fell_out = decide(of(standing=(stood(E3, state=MemberState.BY_HAND, seat_id=by_hand),)), offering())
    assert (fell_out.act, fell_out.places) == (Act.NONE, {})
    for ended, again in (
        (ReleaseReason.DECLINED, False), (ReleaseReason.INVITE_EXPIRED, False), (ReleaseReason.ADMIN, False),
        (ReleaseReason.IDLE, False), (ReleaseReason.LICENSE_EXPIRED, True), (ReleaseReason.USER_LEFT, True),
    ):  # fmt: skip
        found = decide(of(E3, standing=(stood(E3, seat_id=uuid4(), ended=ended),)), offering(POOL3))
        assert (found.act is Act.GAIN) is again, ended
    newer = RuleFacts(E3.id, "sales-e3", 2, rank=1)
    off = stood(E3, state=MemberState.HELD_OFF)
    assert decide(of(E3, standing=(off,)), offering(POOL3)).act is Act.NONE
    assert decide(of(newer, standing=(off,)), offering(POOL3)).act is Act.GAIN


def test_a_leaver_is_left_to_the_directory_unless_the_rule_releases_at_once() -> None:
    held = seat(state=SeatState.RECLAIM_PENDING)
    slow = decide(of(standing=(stood(E3, held),), own=(held,), left=True), offering())
    fast = decide(of(standing=(stood(E3_TOO, held),), own=(held,), left=True), offering())
    assert (slow.act, fast.act) == (Act.NONE, Act.RELEASE)


def test_a_seat_that_another_rule_makes_needless_is_given_back_but_not_one_that_was_kept() -> None:
    low, high, kept = seat(), seat(POOL5), seat(adopted=True)
    found = decide(
        of(E3, E5, standing=(stood(E3, low), stood(E5, high)), own=(low, high, kept)), offering(POOL3, POOL5)
    )
    assert (found.act, found.extras) == (Act.NONE, (low,))
    assert states(found) == {"board-e5": MemberState.SEATED, "sales-e3": MemberState.COVERED}
