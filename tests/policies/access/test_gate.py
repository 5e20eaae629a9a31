"""The gate holds at every trap that was found in its engine, and says why it decided."""

import importlib.metadata
import logging
import logging.config
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

import policies
from policies.access.actions import Action
from policies.access.fields import FieldClass
from policies.access.gate import HERE, MODEL, Because, Gate
from policies.access.parties import Actor, Grant, Ownership, Role, ScopeKind

TENANT, OTHER, UNIT, PARENT, ELSEWHERE, ADA, BOB = (UUID(int=number) for number in range(1, 8))
MATCHER = MODEL.split("m = ")[1].strip()
GATE = Gate.from_files()

IN_UNIT = Ownership(TENANT, frozenset({UNIT, PARENT}), frozenset({"DE", "155", "150", "001"}), frozenset({BOB}))
OF_ADA = Ownership(TENANT, frozenset({ELSEWHERE}), frozenset({"JP", "001"}), frozenset({ADA}))


def granted(*grants, tenant_id=TENANT, token_actions=None):
    return Actor(tenant_id, f"person:{ADA}", ADA, frozenset(grants), token_actions)


def tenant_wide(role):
    return Grant(role, ScopeKind.TENANT)


def test_a_unit_grant_reaches_the_subtree_and_nothing_beside_it():
    for unit_id in (UNIT, PARENT):
        actor = granted(Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id))
        assert GATE.permits(actor, Action.SEAT_ASSIGN, IN_UNIT)
        assert not GATE.permits(actor, Action.SEAT_ASSIGN, OF_ADA)


def test_a_region_grant_reaches_the_regions_below():
    actor = granted(Grant(Role.IT_ADMIN, ScopeKind.REGION, region="150"))

    assert GATE.permits(actor, Action.SEAT_ASSIGN, IN_UNIT)
    assert not GATE.permits(actor, Action.SEAT_ASSIGN, OF_ADA)
    assert GATE.reach(actor, Action.SEAT_ASSIGN).regions == {"150"}


def test_an_own_grant_reaches_what_names_the_person():
    actor = granted(Grant(Role.HOLDER, ScopeKind.OWN))

    assert GATE.permits(actor, Action.SEAT_ACCEPT, OF_ADA)
    assert not GATE.permits(actor, Action.SEAT_ACCEPT, IN_UNIT)
    assert GATE.reach(actor, Action.SEAT_ACCEPT).own == ADA


def test_what_is_kept_for_some_grants_is_nobodys_own_and_of_no_other_tenant():
    gate, own = Gate.from_files(), Grant(Role.HOLDER, ScopeKind.OWN)
    ada, bob = granted(own), Actor(TENANT, f"person:{BOB}", BOB, frozenset({own}))
    abroad = replace(OF_ADA, tenant_id=OTHER)
    for _ in range(2):
        assert gate.permits(ada, Action.SEAT_READ, OF_ADA)
        assert not gate.permits(bob, Action.SEAT_READ, OF_ADA)
        assert not gate.permits(ada, Action.SEAT_READ, abroad)
        assert (gate.reach(ada, Action.SEAT_READ).own, gate.reach(bob, Action.SEAT_READ).own) == (ADA, BOB)


def test_a_role_held_wider_than_its_line_gains_nothing():
    assert not GATE.permits(granted(tenant_wide(Role.HOLDER)), Action.SEAT_ACCEPT, OF_ADA)
    assert GATE.reach(granted(tenant_wide(Role.LICENSE_OWNER)), Action.SEAT_ASSIGN).is_nothing


def test_grants_add_up():
    reach = GATE.reach(
        granted(Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, UNIT), Grant(Role.HOLDER, ScopeKind.OWN)), Action.SEAT_READ
    )

    assert (reach.units, reach.own, reach.everything) == ({UNIT}, ADA, False)
    assert reach.contains(IN_UNIT)
    assert reach.contains(OF_ADA)


def test_a_foreign_object_is_never_permitted():
    actor = granted(*(tenant_wide(role) for role in Role), Grant(Role.HOLDER, ScopeKind.OWN))

    assert not any(GATE.permits(actor, action, replace(OF_ADA, tenant_id=OTHER)) for action in Action)


def test_without_the_domain_in_the_matcher_a_foreign_object_would_leak():
    leaky = Gate.from_lines(map(str, GATE.lines), model=MODEL.replace("r.dom == p.dom && ", ""))

    assert leaky.permits(granted(tenant_wide(Role.AUDITOR)), Action.AUDIT_READ, replace(IN_UNIT, tenant_id=OTHER))


def test_a_gate_of_one_tenant_serves_no_other():
    gate = Gate.from_lines(map(str, GATE.lines), tenant_id=OTHER)
    actor = granted(tenant_wide(Role.AUDITOR))

    assert not gate.permits(actor, Action.AUDIT_READ, IN_UNIT)
    assert gate.reach(actor, Action.AUDIT_READ).is_nothing
    assert gate.explain(actor, Action.AUDIT_READ, IN_UNIT).reasons[0].because is Because.OTHER_TENANT


def test_a_star_before_a_verb_does_not_match_other_verbs():
    gate = Gate.from_lines(["auditor,*:read,tenant,allow"])
    actor = granted(tenant_wide(Role.AUDITOR))

    assert {action for action in Action if gate.permits(actor, action, IN_UNIT)} == {
        action for action in Action if action.verb == "read"
    }


def test_key_match_in_the_matcher_would_let_an_auditor_assign():
    loose = Gate.from_lines(
        ["auditor,*:read,tenant,allow"], model=MODEL.replace("names(p.act, r.act)", "keyMatch(r.act, p.act)")
    )

    assert loose.permits(granted(tenant_wide(Role.AUDITOR)), Action.SEAT_ASSIGN, IN_UNIT)


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_a_deny_takes_back_wherever_it_stands(order):
    gate = Gate.from_lines(["it_admin,*:read,tenant,allow", "it_admin,audit:read,region,deny"][order])
    actor = granted(Grant(Role.IT_ADMIN, ScopeKind.UNIT, UNIT))

    assert gate.permits(actor, Action.SEAT_READ, IN_UNIT)
    assert not gate.permits(actor, Action.AUDIT_READ, IN_UNIT)
    assert gate.explain(actor, Action.AUDIT_READ, IN_UNIT).reasons[0].because is Because.LINE_DENIES


def test_a_deny_does_not_reach_over_to_another_role():
    actor = granted(tenant_wide(Role.IT_ADMIN), tenant_wide(Role.AUDITOR))

    assert GATE.permits(actor, Action.AUDIT_READ, IN_UNIT)


def test_a_token_narrows_and_never_widens():
    grants = [Grant(Role.HOLDER, ScopeKind.OWN)]
    narrowed = granted(*grants, token_actions=frozenset({Action.SEAT_READ, Action.SEAT_ASSIGN}))

    assert GATE.permits(narrowed, Action.SEAT_READ, OF_ADA)
    assert not GATE.permits(narrowed, Action.SEAT_ACCEPT, OF_ADA)
    assert not GATE.permits(narrowed, Action.SEAT_ASSIGN, OF_ADA)
    assert GATE.reach(narrowed, Action.SEAT_ACCEPT).is_nothing
    assert GATE.explain(narrowed, Action.SEAT_ACCEPT, OF_ADA).reasons[0].because is Because.TOKEN_NARROWS
    assert not GATE.may(granted(*grants, token_actions=frozenset()), Action.SEAT_READ)


@pytest.mark.parametrize(
    "matcher",
    [
        "nobody_knows(r.act)",
        "r.sub == p.sub && r.missing == p.dom",
        "1 / 0 == 1",
        "within(r.act, p.rel)",
        "r.sub == p.sub && p.act",
        "r.sub == p.sub && (",
    ],
)
def test_a_matcher_that_fails_lets_nobody_in(matcher):
    gate = Gate.from_lines(map(str, GATE.lines), model=MODEL.replace(MATCHER, matcher))
    actor = granted(*(tenant_wide(role) for role in Role))

    assert all(gate.reach(actor, action).is_nothing for action in Action)
    explanation = gate.explain(actor, Action.AUDIT_READ, IN_UNIT)
    assert not explanation.permitted
    assert {reason.because for reason in explanation.reasons} == {Because.POLICY_BROKEN}


@pytest.mark.parametrize("request_definition", ["r = sub, act, rel", "r = sub, dom, act, rel, more"])
def test_a_question_without_its_domain_is_answered_no(request_definition):
    gate = Gate.from_lines(map(str, GATE.lines), model=MODEL.replace("r = sub, dom, act, rel", request_definition))

    assert not gate.may(granted(tenant_wide(Role.AUDITOR)), Action.AUDIT_READ)


def test_a_policy_without_lines_lets_nobody_in_even_by_a_matcher_that_is_always_true():
    gate = Gate.from_lines([], model=MODEL.replace(MATCHER, "1 == 1"))

    assert not any(gate.may(granted(*(tenant_wide(role) for role in Role)), action) for action in Action)


def test_subjects_are_typed_so_that_a_name_is_no_role():
    rules = GATE._casbin.get_policy()

    assert {rule[0] for rule in rules} == {f"role:{role}" for role in Role}
    assert {rule[1] for rule in rules} == {"home"}
    assert "role_definition" not in MODEL
    system = Actor(TENANT, "system:admin")
    assert not any(GATE.may(system, action) for action in Action)


def test_an_explanation_names_the_line_and_the_grant():
    held = Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, UNIT)
    explanation = GATE.explain(granted(held), Action.SEAT_ASSIGN, IN_UNIT)

    assert explanation.permitted
    (reason,) = explanation.reasons
    assert (reason.because, reason.grant) == (Because.LINE_ALLOWS, held)
    assert str(reason.line).startswith("license_owner,seat:assign|")
    assert (HERE / "roles.csv").read_text("utf-8").split("\n")[reason.line.number - 1] == str(reason.line)


@pytest.mark.parametrize(
    ("actor", "ownership", "because"),
    [
        (granted(), IN_UNIT, Because.NO_GRANT),
        (granted(Grant(Role.HOLDER, ScopeKind.OWN)), OF_ADA, Because.NO_LINE),
        (granted(Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, UNIT)), OF_ADA, Because.OUT_OF_REACH),
        (granted(tenant_wide(Role.IT_ADMIN), tenant_id=OTHER), IN_UNIT, Because.OTHER_TENANT),
    ],
)
def test_an_explanation_says_why_not(actor, ownership, because):
    explanation = GATE.explain(actor, Action.SEAT_ASSIGN, ownership)

    assert not explanation.permitted
    assert [reason.because for reason in explanation.reasons] == [because]


def test_the_revision_changes_with_what_decides_and_with_nothing_else():
    lines = [str(line) for line in GATE.lines]

    assert Gate.from_lines(["# a remark", *lines]).revision == GATE.revision
    others = [
        Gate.from_lines(lines[1:]),
        Gate.from_lines(lines, tenant_id=TENANT),
        Gate.from_lines(lines, model=MODEL + "\n"),
        Gate.from_lines(
            lines, fields=(HERE / "fields.toml").read_text("utf-8").replace('write = ["it_admin"]', "write = []")
        ),
    ]
    assert len({GATE.revision, *(gate.revision for gate in others)}) == 5


def test_another_policy_leaves_the_gate_that_stands_as_it_was():
    actor = granted(tenant_wide(Role.AUDITOR))
    emptied = Gate.from_lines([])

    assert not emptied.may(actor, Action.AUDIT_READ)
    assert GATE.may(actor, Action.AUDIT_READ)
    assert GATE.may_read(actor, FieldClass.MONEY)


def test_the_engine_logs_nothing_even_after_logging_was_set_up_again(caplog):
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    with caplog.at_level(logging.DEBUG):
        gate = Gate.from_files()
        gate.may(granted(tenant_wide(Role.AUDITOR)), Action.AUDIT_READ)
        gate.may(granted(tenant_wide(Role.AUDITOR)), Action.SEAT_ASSIGN)

    assert [record for record in caplog.records if record.name.startswith("casbin")] == []


def test_the_frozen_package_of_the_engine_is_absent():
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version("casbin")
    assert importlib.metadata.version("pycasbin")


def test_only_the_gate_knows_the_engine():
    house = Path(policies.__file__).parents[1]
    knowing = [
        path.relative_to(house).as_posix()
        for floor in ("policies", "governance", "reports", "api")
        for path in (house / floor).rglob("*.py")
        if any(line.startswith(("import casbin", "from casbin")) for line in path.read_text("utf-8").split("\n"))
    ]

    assert knowing == ["policies/access/gate.py"]
