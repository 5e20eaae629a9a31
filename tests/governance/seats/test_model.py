"""Both ledgers against one naive model: whatever comes in whatever company, each claim gets the model's answer.

A sequence is a license of its own, to which things happen round by round under a clock moved by hand. Several are lived
through beside each other in one tenant, so that a batch of the ledger serves many of them.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from governance.entitlements.rules import Overage
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.seats.leases.terms import LeaseTerms
from tests.governance.seats import wrong
from tests.governance.seats.machine import (
    LINES,
    MOVES,
    PEOPLE,
    ROOMS,
    Ask,
    Model,
    Resize,
    World,
)
from tests.governance.seats.mirrored import DAY, MINUTE, START, Round, hold
from tests.governance.seats.watching import Broken, Watch

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
BESIDE = 8
"""So many sequences are lived through beside each other."""


seats = st.integers(0, 4)
worlds = st.builds(
    World,
    overage=st.sampled_from([Overage.BLOCK, Overage.BLOCK, *Overage]),
    percent=st.sampled_from([100, 133, 150]),
    seats=st.fixed_dictionaries(
        {"main": seats, "other": seats | st.none(), "third": st.integers(0, 2), "first": seats, "second": st.integers(0, 2)}
    ),
    ends=st.sampled_from([None, None, START + 2 * DAY, START + 15 * DAY]).map(
        lambda at: at and at.replace(hour=0)
    ),
    revokes=st.booleans(),
    suspended_occupies=st.booleans(),
    terms=st.builds(
        LeaseTerms, term=st.just(10 * MINUTE), revival=st.sampled_from([0, 2, 5]).map(lambda m: m * MINUTE),
        linger=st.sampled_from([0, 2, 5]).map(lambda m: m * MINUTE), borrow_days=st.sampled_from([0, 2]),
        borrowable=st.sampled_from([None, 1]), early_return=st.booleans(),
        reserved=st.sampled_from([{}, {"lab": 1}, {"lab": 2}]),
    ),
)  # fmt: skip
WHAT = [
    "grant", "grant", "grant", "crowd", "invite", "transfer", "transfer", "bundle", *[each.value for each in MOVES],
    "RELEASE", "get", "get", "get", "wait", "wait", "beat", "beat", "back", "borrow", "stop",
]  # fmt: skip
asks = st.builds(
    Ask, st.sampled_from(WHAT), st.sampled_from(PEOPLE), st.sampled_from(tuple(LINES)), st.integers(0, 5),
    st.sampled_from([1, 1, 2]), st.booleans(), st.sampled_from([None, None, "lab"]),
)  # fmt: skip
resizes = st.builds(Resize, st.sampled_from(tuple(LINES)), seats) | st.builds(
    Resize, st.just("first"), st.integers(1, 4)
)
asked = st.tuples(
    st.sampled_from([False] * 4 + [True]).flatmap(lambda so: resizes if so else st.none()), st.lists(asks, max_size=5)
)
minutes = st.sampled_from([0, 0, 1, 3, 9, 10, 11, 59, 1_440, 2 * 1_440, 14 * 1_440])


def rounds(beside: int) -> st.SearchStrategy[list[Round]]:
    return st.lists(st.builds(Round, minutes, st.booleans(), st.tuples(*[asked] * beside)), min_size=1, max_size=6)


def lived(model: type[Model], world: World, told: Sequence[Round], nth: int = 0) -> int:
    """Live through a sequence by the model alone, held to the promises at each step; gives the number of steps."""
    watch, steps = Watch(model(world, START, uuid4)), 0
    for each in told:
        resize, asks = each.asked[nth]
        watch.pass_time(watch.model.now + each.minutes * MINUTE)
        if each.sweeps:
            watch.sweep()
        if resize is not None:
            watch.resize(resize)
        for ask in asks:
            watch.call(ask)
        steps += 1 + len(asks)
    return steps


SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
SMALL = [Phase.explicit, Phase.generate]
SEQUENCES = int(os.environ.get("LICTOR_EXAMPLES", "10000"))


@given(world=worlds, told=rounds(1))
@settings(max_examples=100, deadline=None, phases=SMALL, derandomize=True, suppress_health_check=SUPPRESSED)
def test_the_model_keeps_every_promise_at_each_step(world: World, told: list[Round]) -> None:
    lived(Model, world, told)


@given(world=st.tuples(*[worlds] * BESIDE), told=rounds(BESIDE))
@settings(max_examples=4, deadline=None, suppress_health_check=SUPPRESSED, phases=SMALL, derandomize=True)
async def test_each_claim_gets_the_answer_of_the_naive_model(
    office: Office, clock: HandClock, world: tuple[World, ...], told: list[Round]
) -> None:
    await hold(office, clock, world, told)


def do(what: str, who: str = "ada", pool: str = "main", nth: int = 0) -> Ask:
    return Ask(what, who, pool, nth, 1, False, None)


def after(minutes: int, *asks: Ask) -> Round:
    return Round(minutes, False, ((None, list(asks)),))


ONE = World(Overage.BLOCK, 100, dict.fromkeys(ROOMS, 1), None, False, False, LeaseTerms(10 * MINUTE))
TWO = replace(ONE, seats=dict.fromkeys(ROOMS, 2))
ENDING = replace(ONE, ends=START.replace(hour=0) + 2 * DAY)
SHORTEST: dict[type[Model], tuple[World, list[Round]]] = {
    wrong.LooksAtThePoolAlone: (ONE, [after(0, do("grant"), do("grant", "ben", "other"))]),
    wrong.OneTooMany: (ONE, [after(0, do("grant"), do("grant", "ben"))]),
    wrong.HonorsWhatEnded: (ENDING, [after(2 * 1_440, do("grant"))]),
    wrong.KeepsInvitations: (ONE, [after(0, do("invite")), after(14 * 1_440)]),
    wrong.MovesByHalves: (
        replace(ONE, seats=ONE.seats | {"first": 2}),
        [after(0, do("grant"), do("grant", "ben", "other"), do("transfer", pool="other"))],
    ),
    wrong.SeatsTwice: (TWO, [after(0, do("grant"), do("grant"))]),
    wrong.ResumesWithoutRoom: (ONE, [after(0, do("grant"), do("SUSPEND"), do("grant", "ben"), do("RESUME"))]),
    wrong.LendsOneTooMany: (ONE, [after(0, do("get"), do("get", "ben"))]),
    wrong.LendsWhatEnded: (ENDING, [after(2 * 1_440, do("get"))]),
    wrong.ForgetsItsClients: (TWO, [after(0, do("get"), do("get"))]),
    wrong.LetsNobodyGo: (ONE, [after(0, do("get")), after(10)]),
    wrong.LetsThemWait: (ONE, [after(0, do("get"), do("wait", "ben", "other"), do("back"))]),
}
"""Each model with a bug, and the shortest sequence that shows it; the exam finds one by itself."""


@pytest.mark.parametrize("bug", SHORTEST, ids=lambda each: each.__name__)
def test_a_model_with_a_bug_breaks_a_promise(bug: type[Model]) -> None:
    lived(Model, *SHORTEST[bug])
    with pytest.raises(Broken):
        lived(bug, *SHORTEST[bug])


@pytest.mark.exam
@pytest.mark.parametrize("bug", SHORTEST, ids=lambda each: each.__name__)
def test_each_bug_is_found_among_ten_thousand_sequences(bug: type[Model]) -> None:
    @given(world=worlds, told=rounds(1))
    @settings(
        max_examples=SEQUENCES, deadline=None, phases=SMALL, suppress_health_check=SUPPRESSED,
        report_multiple_bugs=False, database=None,
    )  # fmt: skip
    def live(world: World, told: list[Round]) -> None:
        lived(bug, world, told)

    with pytest.raises(Broken):
        live()


@pytest.mark.exam
@given(world=worlds, told=rounds(1))
@settings(max_examples=SEQUENCES, deadline=None, suppress_health_check=SUPPRESSED, print_blob=True)
def test_the_model_at_full_budget(world: World, told: list[Round]) -> None:
    lived(Model, world, told)


@pytest.mark.exam
@given(world=st.tuples(*[worlds] * BESIDE), told=rounds(BESIDE))
@settings(
    max_examples=max(1, SEQUENCES // BESIDE), deadline=None, suppress_health_check=SUPPRESSED, phases=SMALL,
    report_multiple_bugs=False,
)  # fmt: skip
async def test_the_ledger_at_full_budget(
    office: Office, clock: HandClock, world: tuple[World, ...], told: list[Round]
) -> None:
    await hold(office, clock, world, told)
