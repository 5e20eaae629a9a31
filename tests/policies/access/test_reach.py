"""A list shows exactly what a check permits: permit ≡ reach, on random policies, trees, grants and objects.

The check walks up from the object; the list is expanded down from the roots, as a database does; a third voice reads
the lines in plain Python; a fourth is casbin itself with a plain matcher and every line written out.
"""

from dataclasses import dataclass
from uuid import UUID

import casbin
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from policies.access.actions import Action
from policies.access.gate import MODEL, Gate, Tenancy
from policies.access.lines import Effect, read_lines
from policies.access.parties import Actor, Grant, Ownership, Role, ScopeKind

HOME, FOREIGN = UUID(int=1), UUID(int=2)
PEOPLE = [UUID(int=10 + number) for number in range(3)]
ROLES = [Role.IT_ADMIN, Role.LICENSE_OWNER, Role.HOLDER]
ACTS = ["*:read", "seat:read|assign", "seat|pool:read", "seat:assign", "audit:read", "pool:create"]
ACTIONS = [Action.SEAT_READ, Action.SEAT_ASSIGN, Action.AUDIT_READ, Action.POOL_CREATE, Action.KEY_REVEAL]
SCOPES = list(ScopeKind)

PLAIN = """
[request_definition]
r = sub, dom, act, rel
[policy_definition]
p = sub, dom, act, rel, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.sub == p.sub && r.dom == p.dom && r.act == p.act && r.rel == p.rel
"""

PLANTED = {
    "no domain": MODEL.replace("r.dom == p.dom && ", ""),
    "keyMatch": MODEL.replace("names(p.act, r.act)", "keyMatch(r.act, p.act)"),
    "no scope": MODEL.replace(" && within(r.rel, p.rel)", ""),
    "scope turned round": MODEL.replace("within(r.rel, p.rel)", "within(p.rel, r.rel)"),
    "no subject": MODEL.replace("r.sub == p.sub && ", ""),
    "deny ignored": MODEL.replace(" && !some(where (p.eft == deny))", ""),
}


@dataclass(frozen=True)
class Tree:
    """Parents by number, None for a root; a parent always has a smaller number than its child."""

    parents: tuple[int | None, ...]

    def ancestors(self, node):
        path = set()
        while node is not None:
            path.add(node)
            node = self.parents[node]
        return path

    def subtree(self, roots):
        below, todo = set(), list(roots)
        while todo:
            node = todo.pop()
            below.add(node)
            todo.extend(child for child, parent in enumerate(self.parents) if parent == node)
        return below


@dataclass(frozen=True)
class Thing:
    """A row as a table holds it: its own unit and region, no paths."""

    tenant_id: UUID
    unit: int | None
    region: int | None
    people: frozenset[UUID]


@dataclass(frozen=True)
class Case:
    lines: tuple[str, ...]
    units: Tree
    regions: Tree
    actor: Actor
    things: tuple[Thing, ...]


def unit_id(number):
    return UUID(int=100 + number)


def code(number):
    return f"R{number}"


@st.composite
def trees(draw):
    size = draw(st.integers(1, 6))
    parents = [draw(st.one_of(st.none(), st.integers(0, node - 1))) if node else None for node in range(size)]
    return Tree(tuple(parents))


@st.composite
def grants(draw, units, regions):
    scope = draw(st.sampled_from(SCOPES))
    return Grant(
        draw(st.sampled_from(ROLES)),
        scope,
        unit_id(draw(st.integers(0, len(units.parents) - 1))) if scope is ScopeKind.UNIT else None,
        code(draw(st.integers(0, len(regions.parents) - 1))) if scope is ScopeKind.REGION else None,
    )


@st.composite
def things(draw, units, regions):
    return Thing(
        draw(st.sampled_from([HOME, HOME, FOREIGN])),
        draw(st.one_of(st.none(), st.integers(0, len(units.parents) - 1))),
        draw(st.one_of(st.none(), st.integers(0, len(regions.parents) - 1))),
        draw(st.frozensets(st.sampled_from(PEOPLE), max_size=2)),
    )


def policy_lines():
    line = st.builds(
        "{},{},{},{}".format,
        st.sampled_from(ROLES),
        st.sampled_from(ACTS),
        st.sampled_from(SCOPES),
        st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.DENY]),
    )
    return st.lists(line, max_size=6, unique=True).map(tuple)


@st.composite
def cases(draw):
    units, regions = draw(trees()), draw(trees())
    person = draw(st.one_of(st.none(), st.sampled_from(PEOPLE)))
    return Case(
        draw(policy_lines()),
        units,
        regions,
        Actor(
            HOME,
            "system:sweeper" if person is None else f"person:{person}",
            person,
            draw(st.frozensets(grants(units, regions), max_size=4)),
            draw(st.one_of(st.none(), st.none(), st.frozensets(st.sampled_from(ACTIONS)))),
        ),
        tuple(draw(st.lists(things(units, regions), min_size=1, max_size=6))),
    )


def ownership(case, thing):
    return Ownership(
        thing.tenant_id,
        frozenset(map(unit_id, case.units.ancestors(thing.unit))),
        frozenset(map(code, case.regions.ancestors(thing.region))),
        thing.people,
    )


def listed(case, reach):
    """Give the things that a query with this reach would return: the roots expanded down the trees."""
    roots = [node for node in range(len(case.units.parents)) if unit_id(node) in reach.units]
    areas = [node for node in range(len(case.regions.parents)) if code(node) in reach.regions]
    units, regions = case.units.subtree(roots), case.regions.subtree(areas)
    return {
        thing
        for thing in case.things
        if thing.tenant_id == reach.tenant_id
        and (
            reach.everything
            or thing.unit in units
            or thing.region in regions
            or (reach.own is not None and reach.own in thing.people)
        )
    }


def lines_allow(lines, role, action, held):
    """Read the lines as a person does: an allow at this width or wider, and no such deny."""
    width = SCOPES.index
    effects = {
        line.effect
        for line in lines
        if line.role == role and action in line.actions and width(held) <= width(line.scope)
    }
    return effects == {Effect.ALLOW}


def expected(case, lines, action, thing):
    actor = case.actor
    if thing.tenant_id != actor.tenant_id or (actor.token_actions is not None and action not in actor.token_actions):
        return False
    return any(
        lines_allow(lines, grant.role, action, grant.scope)
        and {
            ScopeKind.OWN: actor.person_id in thing.people,
            ScopeKind.UNIT: grant.unit_id in map(unit_id, case.units.ancestors(thing.unit)),
            ScopeKind.REGION: grant.region in map(code, case.regions.ancestors(thing.region)),
            ScopeKind.TENANT: True,
        }[grant.scope]
        for grant in actor.grants
    )


def judge(case, model=MODEL):
    gate = Gate.from_lines(case.lines, model=model)
    lines = read_lines(case.lines)
    for action in ACTIONS:
        reach = gate.reach(case.actor, action)
        shown = listed(case, reach)
        for thing in case.things:
            its = ownership(case, thing)
            permitted = gate.permits(case.actor, action, its)
            assert permitted == (thing in shown), (action, thing, reach)
            assert permitted == reach.contains(its), (action, thing, reach)
            assert permitted == expected(case, lines, action, thing), (action, thing, reach)
            assert permitted == gate.explain(case.actor, action, its).permitted


def plain_casbin(lines, tenant_id):
    enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=PLAIN), None, False)
    for line in lines:
        for action in line.actions:
            for scope in SCOPES[: SCOPES.index(line.scope) + 1]:
                enforcer.add_policy(f"role:{line.role}", str(tenant_id), action.value, scope.value, line.effect.value)
    return enforcer


def agree_with_plain_casbin(texts, role, action, held, tenant_id):
    lines = read_lines(texts)
    plain = bool(lines) and plain_casbin(lines, HOME).enforce(f"role:{role}", str(tenant_id), action.value, held.value)
    tenancy = Tenancy.HOME if tenant_id == HOME else Tenancy.ABROAD
    assert Gate.from_lines(texts)._verdict(role, action, held, tenancy).allowed == plain


QUESTIONS = (
    policy_lines(),
    st.sampled_from(ROLES),
    st.sampled_from(ACTIONS),
    st.sampled_from(SCOPES),
    st.sampled_from([HOME, FOREIGN]),
)
SMALL = settings(max_examples=80, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
EXAM = settings(SMALL, max_examples=10_000, print_blob=True)
HUNT = settings(
    SMALL, max_examples=1_000, phases=[Phase.generate], derandomize=True, report_multiple_bugs=False, print_blob=False
)


@SMALL
@given(cases())
def test_a_list_shows_exactly_what_a_check_permits(case):
    judge(case)


@pytest.mark.exam
@EXAM
@given(cases())
def test_a_list_shows_exactly_what_a_check_permits_ten_thousand_times(case):
    judge(case)


@SMALL
@given(*QUESTIONS)
def test_the_gate_answers_as_plain_casbin_does(texts, role, action, held, tenant_id):
    agree_with_plain_casbin(texts, role, action, held, tenant_id)


@pytest.mark.exam
@EXAM
@given(*QUESTIONS)
def test_the_gate_answers_as_plain_casbin_does_ten_thousand_times(texts, role, action, held, tenant_id):
    agree_with_plain_casbin(texts, role, action, held, tenant_id)


@pytest.mark.parametrize("bug", PLANTED)
def test_a_bug_planted_in_the_matcher_is_caught(bug):
    assert PLANTED[bug] != MODEL

    @HUNT
    @given(cases())
    def hunt(case):
        judge(case, PLANTED[bug])

    with pytest.raises(AssertionError):
        hunt()
