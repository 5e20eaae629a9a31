"""Whoever waits has what came free while nobody swept, as if somebody had swept at that very instant."""

from dataclasses import replace

import pytest

from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from tests.governance.seats.machine import Ask, Resize
from tests.governance.seats.mirrored import Round, hold
from tests.governance.seats.test_model import ENDING, ONE, do


def later(minutes: int, *asked: Ask, to: Resize | None = None, sweeps: bool = False) -> Round:
    return Round(minutes, sweeps, ((to, list(asked)),))


QUEUED = later(0, do("get"), do("wait", "ben"))
LINE_OF_TWO = replace(ONE, seats=ONE.seats | {"main": 2, "first": 2})
LATE = {
    "the lot ended, then it was swept": (ENDING, [QUEUED, later(14 * 1_440, sweeps=True)]),
    "the lot ended, then somebody asked": (ENDING, [QUEUED, later(14 * 1_440, do("get", "cleo"))]),
    "the pool shrank": (ONE, [QUEUED, later(11, to=Resize("main", 0)), later(1, sweeps=True)]),
    "the pool shrank and grew": (
        ONE,
        [QUEUED, later(11, to=Resize("main", 0)), later(11, do("get", "cleo"), to=Resize("main", 2))],
    ),
    "the line shrank": (
        LINE_OF_TWO,
        [later(0, do("get"), do("get", "ben")), later(9, do("wait", "cleo")), later(2, to=Resize("first", 1))],
    ),
}


@pytest.mark.parametrize("late", LATE)
async def test_who_waits_is_served_at_the_instant_itself(office: Office, clock: HandClock, late: str) -> None:
    world, told = LATE[late]
    await hold(office, clock, [world], told)
