"""Rights: the warm gate beside casbin asked each time, and what the reach costs a list."""

import random
import time
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select

from governance.directory.models import Person
from governance.directory.queries import visible_people
from policies.access.actions import Action
from policies.access.gate import Gate, Tenancy
from policies.access.parties import Actor, Grant, Ownership, Role, ScopeKind
from tests.bench.conftest import Best, Say
from tests.bench.estate import BUILT

ASKED = 2_000


def test_a_warm_gate_beside_casbin_each_time(say: Say) -> None:
    gate, dice = Gate.from_files(), random.Random(7)
    asked = [
        (dice.choice(list(Role)), dice.choice(list(Action)), dice.choice([ScopeKind.TENANT, ScopeKind.OWN]))
        for _ in range(ASKED)
    ]
    owned = Ownership(BUILT.tenant_id, people=frozenset({BUILT.admin_id}))
    actors = [
        Actor(BUILT.tenant_id, f"person:{BUILT.admin_id}", person_id=BUILT.admin_id, grants=frozenset({Grant(role, scope)}))
        for role, _, scope in asked
    ]  # fmt: skip

    def plain() -> list[bool]:
        enforce = gate._casbin.enforce
        return [enforce(f"role:{role}", Tenancy.HOME.value, act.value, scope.value) for role, act, scope in asked]

    def kept() -> list[bool]:
        return [gate.permits(actor, act, owned) for actor, (_, act, _) in zip(actors, asked, strict=True)]

    assert kept() == plain()
    each, warm = _taken(plain), min(_taken(kept) for _ in range(5))
    note = f"{warm / ASKED * 1e6:.1f} against {each / ASKED * 1e6:.0f} µs a question, equal on {ASKED}"
    say("gate: warm / plain enforce", each / warm, 200, note=note)


async def test_what_a_reach_costs_a_list(bench_office: Any, best: Best, say: Say) -> None:
    office, actor = bench_office
    owner = replace(actor, grants=frozenset({Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=BUILT.unit_ids[0])}))
    for who, name, goal in ((actor, "tenant-wide", 1.02), (owner, "of a unit's subtree", 1.02)):
        async with office.reading(who) as work:
            bare = select(Person).where(Person.tenant_id == work.tenant_id)

            async def page(query: Select[Any], session: Any = work.session) -> None:
                for _ in range(40):
                    await session.execute(query.order_by(Person.name, Person.id).limit(100))

            within = visible_people(work)
            plain, scoped = [], []
            for _ in range(5):
                plain.append(await best(lambda q=bare: page(q), runs=1))
                scoped.append(await best(lambda q=within: page(q), runs=1))
        note = f"page of 100 of {name} reader"
        say(
            f"{office.database.kind}: list within reach / without",
            min(scoped) / min(plain),
            goal,
            at_most=True,
            note=note,
        )


def _taken(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
