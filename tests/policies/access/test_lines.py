"""A policy line that the vocabulary does not know is refused by name, with what would be right."""

import pytest

from policies.access.actions import Action
from policies.access.errors import BadPolicyLine
from policies.access.gate import HERE
from policies.access.lines import HEADER, read_lines

GOOD = "auditor,*:read,tenant,allow"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("auditor,*:read,tenant,Deny", r"'Deny' is no effect; right is one of allow, deny"),
        ("auditor,*:read,tenant,", r"'' is no effect"),
        ("Auditor,*:read,tenant,allow", r"'Auditor' is no role; right is one of it_admin"),
        ("admin,*:read,tenant,allow", r"'admin' is no role"),
        ("auditor,*:read,planet,allow", r"'planet' is no scope; right is one of own, unit, region, tenant"),
        ("auditor,seat:steal,tenant,allow", r"no resource knows the verb 'steal'"),
        ("auditor,seat:publish,tenant,allow", r"seat:publish is no act; right is one of seat:accept"),
        ("auditor,chair:read,tenant,allow", r"chair:read is no act; right is one of access:read"),
        ("auditor,lot|pool:create|read,tenant,allow", r"lot:read is no act; right is one of lot:correct, lot:create"),
        ("auditor,*,tenant,allow", r"'\*' names no acts"),
        ("auditor,seat:*,tenant,allow", r"'seat:\*' names no acts"),
        ("auditor,seat:read, tenant,allow", r"' tenant' is no scope"),
        ("auditor,seat:read,tenant,allow ", r"'allow ' is no effect"),
        ('auditor,"seat:read",tenant,allow', r"names no acts"),
        ("auditor,seat:read,allow", r"has 3 cells; right is role,acts,scope,effect"),
        ("auditor,seat:read,tenant,allow,it_admin", r"has 5 cells"),
        ("p,auditor,seat:read,tenant,allow", r"has 5 cells"),
    ],
)
def test_an_unknown_word_is_refused_by_line(text, why):
    with pytest.raises(BadPolicyLine, match=why) as refused:
        read_lines([HEADER, GOOD, text])
    assert refused.value.line == 3


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("smuggled", ["\n", "\r", "\r\n", "\u2028", "\x0b", "\x00"])
def test_a_line_break_in_a_value_never_becomes_a_policy_line(place, smuggled):
    cells = ["holder", "seat:read", "own", "allow"]
    cells[place] += f"{smuggled}p,role:holder,home,*:read,tenant,allow"
    with pytest.raises(BadPolicyLine):
        read_lines([",".join(cells)])
    cells[place] = ["holder", "seat:read", "own", "allow"][place] + smuggled
    with pytest.raises(BadPolicyLine):
        read_lines([",".join(cells)])


def test_a_comment_cannot_carry_a_line_break():
    with pytest.raises(BadPolicyLine, match="one text is one line"):
        read_lines(["# harmless\nit_admin,*:read,tenant,allow"])


def test_a_line_that_stands_twice_is_refused():
    with pytest.raises(BadPolicyLine, match="says the same as line 1"):
        read_lines([GOOD, "# between", GOOD])


def test_a_star_means_the_resources_that_have_the_verb_and_nothing_else():
    (line,) = read_lines([GOOD])

    assert line.actions == {action for action in Action if action.verb == "read"}
    assert Action.SEAT_ASSIGN not in line.actions


def test_several_resources_and_verbs_are_read_crosswise():
    (line,) = read_lines(["it_admin,lot|entitlement:create|correct,unit,deny"])

    assert line.actions == {
        Action.LOT_CREATE,
        Action.LOT_CORRECT,
        Action.ENTITLEMENT_CREATE,
        Action.ENTITLEMENT_CORRECT,
    }


def test_the_shipped_policy_stays_in_tens_of_lines():
    assert len(read_lines((HERE / "roles.csv").read_text("utf-8").split("\n"))) <= 60
