"""Each line of the shipped policy lets through and refuses what its examples say, and is needed for it."""

import pytest

from policies.access.errors import BadExample
from policies.access.examples import Outcome, gaps, read_examples
from policies.access.gate import HERE, Gate
from policies.access.lines import Effect, read_lines

LINES = read_lines((HERE / "roles.csv").read_text("utf-8").split("\n"))
EXAMPLES = read_examples((HERE / "examples.toml").read_text("utf-8"))
GATE = Gate.from_files()


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_policy_decides_as_its_example_says(example):
    assert example.holds(GATE)


def test_each_line_has_an_allow_and_a_refuse():
    assert gaps(LINES, EXAMPLES) == ()


@pytest.mark.parametrize("line", LINES, ids=str)
def test_without_the_line_one_of_its_examples_falls(line):
    without = Gate.from_lines([str(other) for other in LINES if other != line])
    proven = Outcome.ALLOW if line.effect is Effect.ALLOW else Outcome.REFUSE

    fallen = [example for example in EXAMPLES if example.line == str(line) and not example.holds(without)]

    assert fallen
    assert {example.outcome for example in fallen} == {proven}


def test_a_line_without_examples_and_examples_without_a_line_are_named():
    of_another = [example for example in EXAMPLES if example.line != str(LINES[0])]

    assert gaps(LINES[:2], [*of_another, *EXAMPLES[:1]])[0] == f"{LINES[0]}: has no refuse example"
    assert f"{LINES[5]}: has an allow example but is no line" in gaps(LINES[:2], EXAMPLES)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('["admin,seat:read,own,allow"]', "'admin' is no role"),
        ('["# a comment"]', "is no policy line"),
        ('["holder,seat:read,own,allow"]\nmaybe = []', "right is allow"),
        ('"holder,seat:read,own,allow" = 1', "right is allow"),
        ('["holder,seat:read,own,allow"]\nallow = ["seat:steal own inside"]', "is no example"),
        ('["holder,seat:read,own,allow"]\nallow = ["seat:read inside"]', "is no example"),
        ('["holder,seat:read,own,allow"]\nallow = [3]', "is no example"),
        ("[", "examples.toml"),
    ],
)
def test_an_example_that_cannot_be_tried_is_refused(text, why):
    with pytest.raises(BadExample, match=why):
        read_examples(text)
