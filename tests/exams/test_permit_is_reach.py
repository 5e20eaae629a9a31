"""A list gives exactly the rows that a check would let through: random policies, trees, objects, actors; both databases."""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Select, select

from governance.directory.models import UnitClosure
from governance.directory.service import operator
from governance.kernel.work import Office, Work
from policies.access.actions import Action
from policies.access.parties import Ownership
from policies.regions.region import RegionTree, world_tree
from tests.exams.reach import LISTS, Difference, Listed, acts_to_ask, random_actor, random_gate
from tests.exams.world import World

ROOT = Path(__file__).parents[2]
SEED = int(os.environ.get("LICTOR_SEED", str(random.randrange(1 << 31))))


class RootsForgotten:
    """The planted tree: what lies below a root, without the root itself."""

    def below(self, tenant_id: UUID, roots: frozenset[UUID]) -> Select[Any]:
        return select(UnitClosure.unit_id).where(
            UnitClosure.tenant_id == tenant_id, UnitClosure.ancestor_id.in_(sorted(roots)), UnitClosure.depth > 0
        )


class NothingBelow(RegionTree):
    """The planted regions: a right over Europe reaches what says Europe, and not what says Germany."""

    def below(self, roots: Any) -> frozenset[str]:
        return frozenset(roots)


@dataclass
class Asked:
    """What was compared, and every row that list and check disagreed on."""

    policies: int = 0
    trees: int = 0
    objects: int = 0
    lists: int = 0
    let_through: int = 0
    kept_out: int = 0
    differences: list[Difference] = field(default_factory=list)


@pytest.fixture
def office(office: Office) -> Office:
    return replace(office, regions=world_tree().extended("DACH", "Germany, Austria, Switzerland", {"DE", "AT", "CH"}))


async def _owned(office: Office, world: World) -> dict[str, list[tuple[UUID, Ownership, Any]]]:
    """Say of each row of each list whose it is, as the verbs would say it, by today's tree."""
    found: dict[str, list[tuple[UUID, Ownership, Any]]] = {}
    async with office.reading(operator(world.tenant_id)) as work:
        for listed in LISTS:
            rows = (await work.session.execute(_unbounded(listed, work))).scalars().all()
            found[listed.name] = [(row.id, await listed.owned(work, row), row) for row in rows]
    return found


def _unbounded(listed: Listed, work: Work) -> Select[Any]:
    """Give every row of the list's table in this tenant."""
    kind = listed.visible(work, Action.UNIT_READ).column_descriptions[0]["entity"]
    return select(kind).where(kind.tenant_id == work.tenant_id)


def _says_yes(work: Work, listed: Listed, action: Action, owned: Ownership, row: Any) -> bool:
    own_run = listed.name == "runs" and row.principal == work.actor.principal and work.gate.may(work.actor, action)
    return own_run or work.permits(action, owned)


async def _compare(work: Work, owned: dict[str, list[tuple[UUID, Ownership, Any]]], dice: random.Random) -> Asked:
    asked = Asked(policies=1)
    acts = acts_to_ask(dice, work.gate, work.actor)
    for listed in LISTS:
        action = listed.action or dice.choice(acts)
        query = listed.visible(work, action)
        entity = query.column_descriptions[0]["entity"]
        seen = set((await work.session.execute(query.with_only_columns(entity.id))).scalars())
        right = {row_id for row_id, whose, row in owned[listed.name] if _says_yes(work, listed, action, whose, row)}
        asked.lists += 1
        asked.let_through += len(right)
        asked.kept_out += len(owned[listed.name]) - len(right)
        asked.differences += [
            Difference(listed.name, action, work.actor, row_id, row_id in seen) for row_id in seen ^ right
        ]
        abroad = [replace(whose, tenant_id=uuid4()) for _, whose, _ in owned[listed.name]]
        assert not any(work.permits(action, whose) for whose in abroad)
    return asked


async def _exam(
    office: Office, *, worlds: int, trees: int, policies: int, looking: Office | None = None, seed: int = SEED
) -> Asked:
    """Raise worlds; in each, move units and ask policies. `looking` is the office behind the lists (planted bugs)."""
    dice, total = random.Random(seed), Asked()
    for _ in range(worlds):
        world = await World.raised(office, dice)
        for tree in range(trees):
            moved = tree == 0 or await world.moved()
            owned = await _owned(office, world)
            total.trees += moved
            total.objects += sum(map(len, owned.values())) if tree == 0 else 0
            async with (looking or office).reading(random_actor(dice, world)) as work:
                for _ in range(policies):
                    desk = replace(work, gate=random_gate(dice), actor=random_actor(dice, world))
                    _add(total, await _compare(desk, owned, dice))
    print(
        f"\n{office.database.kind}, seed {seed}: {total.policies} policies and actors, {total.trees} trees, "
        f"{total.objects} objects, {total.lists} lists: {total.let_through} rows let through, {total.kept_out} kept "
        f"out, {len(total.differences)} differences"
    )
    return total


def _add(total: Asked, part: Asked) -> None:
    for name in ("policies", "lists", "let_through", "kept_out", "differences"):
        setattr(total, name, getattr(total, name) + getattr(part, name))


def _told(differences: Sequence[Difference]) -> str:
    return "\n".join(map(str, differences[:5]))


async def test_a_list_gives_exactly_what_a_check_lets_through(office: Office) -> None:
    asked = await _exam(office, worlds=3, trees=2, policies=12)
    assert not asked.differences, _told(asked.differences)
    assert asked.let_through > 100


@pytest.mark.parametrize(
    "planted",
    [{"units": RootsForgotten()}, {"regions": NothingBelow(world_tree().nodes, world_tree().groupings)}],
    ids=["a subtree without its root", "a region without what lies in it"],
)
async def test_a_planted_bug_of_reach_is_caught(office: Office, planted: dict[str, Any]) -> None:
    asked = await _exam(office, worlds=1, trees=1, policies=40, looking=replace(office, **planted), seed=7)
    assert asked.differences
    assert not any(difference.listed for difference in asked.differences)


def test_every_list_of_the_house_is_in_the_exam_or_named_here() -> None:
    elsewhere = {
        "visible_vendors", "visible_products", "visible_tiers", "visible_features", "visible_tier_features",
        "visible_approvals", "visible_prices", "visible_bonds", "visible_error_texts",
        "visible_product_journeys",  # the catalog is read by whoever may read it anywhere
        "visible_feeds", "visible_policies", "visible_templates", "visible_check_results", "visible_decisions", "visible_signatures",
        "visible_readings",  # who may read seats anywhere knows which lists there are
        "visible_import_rows", "visible_undone",  # rows of imports that are read as runs are
    }  # fmt: skip
    there = {
        name
        for listed in LISTS
        for name in (*listed.visible.__code__.co_names, listed.visible.__name__)
        if name.startswith("visible_") or name == "grants"
    }
    assert there | elsewhere == _lists_of_the_house()


def _lists_of_the_house() -> set[str]:
    found = set()
    for path in sorted(ROOT.glob("governance/**/*.py")):
        found |= {line.split("(")[0][4:] for line in path.read_text().splitlines() if line.startswith("def visible_")}
    return found | {"grants"}


@pytest.mark.exam
async def test_ten_thousand_policies_find_no_difference(office: Office) -> None:
    asked = await _exam(office, worlds=250, trees=4, policies=10)
    assert not asked.differences, _told(asked.differences)
