"""The org tree moves as a whole, remembers where it hung, and never hangs below itself."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from governance.directory import queries
from governance.directory.errors import UnitBelowItself, UnitNotEmpty
from governance.directory.models import UnitClosure, UnitPlacement
from governance.directory.service import EndUnit, MoveUnit, NewUnit, add_unit, end_unit, move_unit
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Conflict, NotFound, Refused
from governance.kernel.work import Office, Work
from policies.access.parties import Grant, Role, ScopeKind
from tests.estate import Estate


async def closure(office: Office, estate: Estate) -> set[tuple[UUID, UUID, int]]:
    async with office.database.read(estate.tenant_id) as session:
        rows = await session.execute(
            select(UnitClosure.ancestor_id, UnitClosure.unit_id, UnitClosure.depth).where(
                UnitClosure.tenant_id == estate.tenant_id
            )
        )
        return {(a, u, d) for a, u, d in rows}


async def walked(office: Office, estate: Estate) -> set[tuple[UUID, UUID, int]]:
    """Flatten the tree the slow way, from the placements."""
    async with office.reading(estate.actor("admin")) as work:
        parents = {node.unit.id: node.parent_id for node in await queries.unit_tree(work)}
    lines = set()
    for unit in parents:
        above, depth = unit, 0
        while above is not None:
            lines.add((above, unit, depth))
            above, depth = parents[above], depth + 1
    return lines


async def test_a_unit_added_and_moved_keeps_the_flattened_tree_true(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin = estate.actor("admin")
    root, it = estate.units["halden"], estate.units["it"]
    new = await office.perform(admin, lambda w: add_unit(w, NewUnit("labs", "Labs", parent_id=root)))
    await office.perform(admin, lambda w: add_unit(w, NewUnit("labs-1", "Labs 1", parent_id=new.id)))
    assert await closure(office, estate) == await walked(office, estate)
    clock.advance(timedelta(days=1))
    moved = await office.perform(admin, lambda w: move_unit(w, MoveUnit(new.id, it, "IT runs the labs")))
    assert moved.version == 2
    assert await closure(office, estate) == await walked(office, estate)


async def test_the_tree_of_a_day_is_still_known_after_a_move(office: Office, estate: Estate, clock: HandClock) -> None:
    admin, began = estate.actor("admin"), clock.now()
    clock.advance(timedelta(days=10))
    emea, it = estate.units["sales-emea"], estate.units["it"]
    await office.perform(admin, lambda w: move_unit(w, MoveUnit(emea, it, "moved", at=began + timedelta(days=5))))

    async def parent(day: int, known: int) -> UUID | None:
        async with office.reading(admin) as work:
            at, known_at = began + timedelta(days=day), began + timedelta(days=known)
            tree = await queries.unit_tree(work, at, known_at)
        return next(node.parent_id for node in tree if node.unit.id == emea)

    sales = estate.units["sales"]
    assert [await parent(4, 10), await parent(6, 10), await parent(6, 9)] == [sales, it, sales]
    async with office.database.read(estate.tenant_id) as session:
        rows = (await session.execute(select(UnitPlacement).where(UnitPlacement.unit_id == emea))).scalars().all()
    assert sorted(row.superseded_at is None for row in rows) == [False, True, True]


async def test_a_unit_cannot_hang_below_itself_nor_from_tomorrow_on(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin, sales, emea = estate.actor("admin"), estate.units["sales"], estate.units["sales-emea"]
    before = await closure(office, estate)
    with pytest.raises(UnitBelowItself):
        await office.perform(admin, lambda w: move_unit(w, MoveUnit(sales, emea, "circle")))
    with pytest.raises(UnitBelowItself):
        await office.perform(admin, lambda w: move_unit(w, MoveUnit(sales, sales, "circle")))
    later = MoveUnit(emea, estate.units["it"], "later", at=clock.now() + timedelta(days=1))
    stale = MoveUnit(emea, estate.units["it"], "stale", expected_version=7)
    with pytest.raises(BadInput):
        await office.perform(admin, lambda w: move_unit(w, later))
    with pytest.raises(Conflict):
        await office.perform(admin, lambda w: move_unit(w, stale))
    assert await closure(office, estate) == before


async def test_only_an_empty_unit_ends_and_then_leaves_the_tree(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    with pytest.raises(UnitNotEmpty) as refused:
        await office.perform(admin, lambda w: end_unit(w, EndUnit(estate.units["sales"], "closed")))
    assert (refused.value.units, refused.value.people) == (1, 2)
    new = await office.perform(
        admin, lambda w: add_unit(w, NewUnit("gone", "Gone", parent_id=estate.units["it"], region="150"))
    )
    await office.perform(admin, lambda w: end_unit(w, EndUnit(new.id, "closed")))
    async with office.reading(admin) as work:
        assert new.id not in {node.unit.id for node in await queries.unit_tree(work)}


async def test_a_unit_outside_ones_reach_answers_as_a_missing_one(office: Office, estate: Estate) -> None:
    owner = estate.actor("cleo", Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=estate.units["sales"]))
    with pytest.raises(NotFound):
        await office.perform(owner, lambda w: end_unit(w, EndUnit(estate.units["it"], "not mine")))
    with pytest.raises(Refused):
        await office.perform(owner, lambda w: end_unit(w, EndUnit(estate.units["sales-emea"], "not mine to end")))
    async with office.reading(owner) as work:
        seen = set((await work.session.execute(queries.visible_units(work))).scalars())
    assert {u.code for u in seen} == {"sales", "sales-emea"}


async def test_a_code_is_taken_once(office: Office, estate: Estate) -> None:
    for wrong in (NewUnit("it", "IT again"), NewUnit(" ", "Blank"), NewUnit("x", "X", region="XX")):
        with pytest.raises(BadInput):
            await office.perform(estate.actor("admin"), lambda w, c=wrong: add_unit(w, c))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(moves=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=6))
async def test_after_any_moves_the_flattened_tree_equals_the_walked_one(
    office: Office, estate: Estate, moves: list[tuple[int, int]]
) -> None:
    codes = sorted(estate.units)

    async def attempt(work: Work, unit: UUID, parent: UUID) -> None:
        await move_unit(work, MoveUnit(unit, parent, "any"))

    for i, j in moves:
        unit, parent = (estate.units[codes[k % len(codes)]] for k in (i, j))
        try:
            await office.perform(estate.actor("admin"), lambda w, u=unit, p=parent: attempt(w, u, p))
        except UnitBelowItself:
            continue
    assert await closure(office, estate) == await walked(office, estate)
