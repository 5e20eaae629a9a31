"""Rights: the warm gate beside casbin asked each time, and what the reach costs a list."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select, text, true

from governance.directory.models import Person
from governance.directory.queries import visible_people
from governance.kernel.work import Work
from policies.access.actions import Action
from policies.access.gate import Gate, Tenancy
from policies.access.parties import Actor, Grant, Ownership, Role, ScopeKind
from tests.bench.conftest import Say, turns
from tests.bench.estate import BUILT

ASKED = 10_000
UNITS, AGAIN = 5_000, 500
OWNERS_ACTS = (Action.ENTITLEMENT_READ, Action.POOL_READ, Action.ENTITLEMENT_CREATE, Action.POOL_CREATE)
Question = tuple[Actor, Action, Ownership]


def test_the_gate_beside_casbin_each_time(say: Say) -> None:
    """Ask questions at random; the plain side asks casbin each time and looks itself whether the place is inside."""
    gate, questions = Gate.from_files(), _questions(random.Random(7))

    def plain(some: list[Question]) -> list[bool]:
        return [_by_casbin(gate, *question) for question in some]

    def ours(gate: Gate, some: list[Question]) -> list[bool]:
        return [gate.permits(*question) for question in some]

    said = plain(questions)
    assert ours(gate, questions) == said
    assert 0 < sum(said) < ASKED
    new = list({(*actor.roles, act, *(grant.scope for grant in actor.grants)): (actor, act, owned)
                for actor, act, owned in questions if actor.tenant_id == owned.tenant_id}.values())[:1_000]  # fmt: skip
    each = min(_taken(lambda: plain(new)) for _ in range(3)) / len(new)
    cold = min(_taken(partial(ours, Gate.from_files(), new)) for _ in range(3)) / len(new)
    warm = min(_taken(lambda: ours(gate, questions)) for _ in range(5)) / ASKED
    note = f"{warm * 1e6:.1f} against {each * 1e6:.0f} µs a question, equal on {ASKED} of which {sum(said)} are allowed"
    say("gate: warm / plain enforce", each / warm, 200, note=note)
    note = f"{cold * 1e6:.0f} µs, the first time each of {len(new)} is asked"
    say("gate: cold / plain enforce", cold / each, 3, at_most=True, note=note)


def test_a_permit_among_many_people_and_grants(say: Say) -> None:
    """Each person of many has a grant of their own and is asked about once; then five hundred of them come again."""
    gate, dice, least = Gate.from_files(), random.Random(7), {}
    for people in (10, 100_000):
        assert all(_permits(gate, _owners_question(n)) for n in range(people))
        asked = [_owners_question(dice.randrange(people)) for _ in range(AGAIN)]

        def again(asked: Sequence[Question] = asked) -> bool:
            return all(_permits(gate, question) for question in asked)

        assert again()
        least[people] = min(_taken(lambda again=again: [again() for _ in range(20)]) for _ in range(9)) / AGAIN / 20
    few, many = least.values()
    note = f"{many * 1e6:.2f} against {few * 1e6:.2f} µs a question, {UNITS} units, four acts"
    say("gate: a permit among 100,000 people and grants / among 10", many / few, 1.2, at_most=True, note=note)


def _owners_question(person: int) -> Question:
    """Ask whether the owner of a unit may do one of their acts there."""
    unit_id = UUID(int=person % UNITS)
    owner = _granted(UUID(int=person), Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=unit_id))
    return owner, OWNERS_ACTS[person % len(OWNERS_ACTS)], Ownership(BUILT.tenant_id, frozenset({unit_id}))


def _permits(gate: Gate, question: Question) -> bool:
    return gate.permits(*question)


def _questions(dice: random.Random) -> list[Question]:
    """Make questions of each role and scope, a tenth about another tenant, half about a place or person of their own."""
    here, there = BUILT.unit_ids[:2]
    made = []
    for _ in range(ASKED):
        scope = dice.choice(list(ScopeKind))
        grant = Grant(
            dice.choice(list(Role)), scope,
            unit_id=here if scope is ScopeKind.UNIT else None, region="150" if scope is ScopeKind.REGION else None,
        )  # fmt: skip
        inside, tenant = dice.random() < 0.5, BUILT.tenant_id if dice.random() < 0.9 else UUID(int=9)
        owned = Ownership(
            tenant, frozenset({here if inside else there}), frozenset({"150" if inside else "019"}),
            frozenset({BUILT.admin_id} if inside else ()),
        )  # fmt: skip
        made.append((_granted(BUILT.admin_id, grant), dice.choice(list(Action)), owned))
    return made


def _by_casbin(gate: Gate, actor: Actor, act: Action, owned: Ownership) -> bool:
    ((grant),) = actor.grants
    tenancy = Tenancy.HOME if actor.tenant_id == owned.tenant_id else Tenancy.ABROAD
    if not gate._casbin.enforce(f"role:{grant.role}", tenancy.value, act.value, grant.scope.value):
        return False
    return {
        ScopeKind.OWN: actor.person_id in owned.people,
        ScopeKind.UNIT: grant.unit_id in owned.unit_path,
        ScopeKind.REGION: grant.region in owned.region_path,
        ScopeKind.TENANT: True,
    }[grant.scope]


def _granted(person_id: UUID, grant: Grant) -> Actor:
    return Actor(BUILT.tenant_id, f"person:{person_id}", person_id=person_id, grants=frozenset({grant}))


async def test_what_a_reach_costs_a_list(bench_office: Any, say: Say) -> None:
    office, actor = bench_office
    owner = replace(actor, grants=frozenset({Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=BUILT.unit_ids[0])}))
    for who, name in ((actor, "tenant-wide"), (owner, "of a unit's subtree")):
        async with office.reading(who) as work:

            async def page(query: Callable[[], Select[Any]], session: Any = work.session) -> None:
                session.expunge_all()
                assert len((await session.execute(query().order_by(Person.name, Person.id).limit(100))).all()) == 100

            def everybody(tenant_id: UUID = work.tenant_id) -> Select[Any]:
                return select(Person).where(Person.tenant_id == tenant_id)

            by_hand = partial(lambda desk, tenant: everybody(tenant).where(_by_hand(desk)), work, work.tenant_id)
            asked = partial(visible_people, work), by_hand, everybody
            within, hand, bare = await turns(work.session, *(partial(page, query) for query in asked))
        for what, beside in ("the scope by hand", hand), ("without any", bare):
            note = f"{within.wall * 1e3:.2f} against {beside.wall * 1e3:.2f} ms, page of 100 of a reader {name}; by CPU {within.cpu / beside.cpu:.3f}×"
            say(
                f"{office.database.kind}: list within reach / {what}",
                within.wall / beside.wall,
                1.02,
                at_most=True,
                note=note,
            )


def _by_hand(work: Work) -> ColumnElement[bool]:
    """Write the scope of the test's reader as one would who knows no policy."""
    unit_id = next(iter(work.actor.grants)).unit_id
    if unit_id is None:
        return true()
    given = {"tenant": work.tenant_id, "unit": unit_id}
    below = "person.unit_id IN (SELECT unit_id FROM unit_closure WHERE tenant_id = :tenant AND ancestor_id = :unit)"
    return text(below).bindparams(*(bindparam(name, value, type_=Person.id.type) for name, value in given.items()))  # type: ignore[return-value]


def _taken(work: Any) -> float:
    """Give the seconds of CPU that it took: nothing of it waits, and the machine may be shared."""
    start = time.process_time()
    work()
    return time.process_time() - start
