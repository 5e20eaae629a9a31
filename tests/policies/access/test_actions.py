"""The vocabulary of acts is one sorted list, and every word of it can be granted."""

import re

from policies.access.actions import Action
from policies.access.gate import Gate


def test_acts_are_sorted_and_named_after_their_value():
    assert [action.value for action in Action] == sorted(action.value for action in Action)
    assert all(action.name.lower() == action.value.replace(":", "_") for action in Action)


def test_an_act_is_resource_and_verb():
    assert all(re.fullmatch(r"[a-z]+:[a-z]+", action) for action in Action)
    assert (Action.SEAT_ASSIGN.resource, Action.SEAT_ASSIGN.verb) == ("seat", "assign")


def test_every_act_is_granted_to_somebody():
    granted = {action for line in Gate.from_files().lines for action in line.actions}

    assert set(Action) - granted == set()
