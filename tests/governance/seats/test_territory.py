"""Where a right may be used holds on every path to it: included regions less excluded ones, whoever asks, however.

Each path is walked twice: as the world is, where it refuses, and with a planted tree of regions in which every place
lies in every other one, where it grants. So nothing but the territory refuses, and no path forgets to ask.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.entitlements.models import Entitlement, Pool
from governance.imports.rules import FileFormat
from governance.kernel.errors import Code
from governance.kernel.work import Office
from governance.runs.rules import RunState
from governance.seats.errors import SeatRefused
from governance.seats.models import Assignment
from governance.seats.service import (
    AcquireLease,
    AssignByProduct,
    AssignSeats,
    SeatDesk,
    TransferSeats,
    acquire_lease,
    assign_by_product,
    assign_seats,
    preview_assignment,
    preview_transfer,
    transfer_seats,
)
from policies.regions.region import RegionTree, world_tree
from tests.estate import Estate, License
from tests.governance.imports.files import run_of
from tests.governance.imports.tables import LICENSE, agreements_of, file_of
from tests.governance.seats.ground import open_desk, rows
from tests.governance.seats.test_lease_verbs import floating

Where = dict[str, tuple[str, ...]]
Path = Callable[[SeatDesk, Estate, UUID, Where], Awaitable[set[str]]]
EUROPE: Where = {"included": ("150",)}
BUT_FRANCE: Where = {"included": ("150",), "excluded": ("FR",)}


@dataclass(frozen=True)
class Blind(RegionTree):
    """The planted bug: every place lies in every other."""

    def contains(self, outer: str, inner: str) -> bool:
        return True


def blind() -> RegionTree:
    world = world_tree()
    return Blind(world.nodes, world.groupings)


def said(answers: Any) -> set[str]:
    return {reason.code.value for denied in answers.denied for reason in denied.reasons}


async def assigned(desk: SeatDesk, estate: Estate, person_id: UUID, where: Where) -> set[str]:
    license_ = await estate.license(**where)
    command = AssignSeats(license_.pools["main"], (person_id,))
    foreseen = said(await preview_assignment(desk, estate.actor("admin"), command))
    done = said(await assign_seats(desk, estate.actor("admin"), command))
    assert foreseen == done
    return done


async def in_bulk(desk: SeatDesk, estate: Estate, person_id: UUID, where: Where) -> set[str]:
    license_ = await estate.license(**where)
    people = (estate.people["ada"], person_id)
    pool = license_.pools["main"]
    all_or_none = await assign_seats(desk, estate.actor("admin"), AssignSeats(pool, people, atomic=True))
    if all_or_none.seated:
        assert len(all_or_none.seated) == 2
        return said(all_or_none)
    answers = await assign_seats(desk, estate.actor("admin"), AssignSeats(pool, people))
    assert [each.person_id for each in answers.seated] == [people[0]]
    assert said(all_or_none) == said(answers)
    return said(answers)


async def invited(desk: SeatDesk, estate: Estate, person_id: UUID, where: Where) -> set[str]:
    license_ = await estate.license(**where, needs_acceptance=True)
    return said(await assign_seats(desk, estate.actor("admin"), AssignSeats(license_.pools["main"], (person_id,))))


async def leased(desk: SeatDesk, estate: Estate, person_id: UUID, where: Where) -> set[str]:
    license_ = await floating(desk.office, estate, **where)
    try:
        got = await acquire_lease(desk, estate.actor("admin"), AcquireLease(license_.pools["main"], person_id, "ws"))
    except SeatRefused as no:
        return {reason.code.value for reason in no.reasons()}
    return set() if got.lease is not None else {"WAITS"}


async def transferred(desk: SeatDesk, estate: Estate, person_id: UUID, where: Where) -> set[str]:
    world = await estate.license("world")
    europe = await estate.license("europe", product_id=await _product(desk.office, world), **where)
    (seat,) = (await assign_seats(desk, estate.actor("admin"), AssignSeats(world.pools["main"], (person_id,)))).seated
    command = TransferSeats((seat.assignment_id,), europe.pools["main"])
    seen = await preview_transfer(desk, estate.actor("admin"), command)
    try:
        await transfer_seats(desk, estate.actor("admin"), replace(command, token=seen.token))
    except SeatRefused as no:
        (held,) = [each for each in await rows(desk.office, estate, Assignment) if each.released_at is None]
        assert held.id == seat.assignment_id
        return {reason.code.value for reason in no.reasons()}
    return set()


async def automatic(desk: SeatDesk, estate: Estate, person_id: UUID, where: Where) -> set[str]:
    license_ = await estate.license(**where)
    product_id = await _product(desk.office, license_)
    return said(await assign_by_product(desk, estate.actor("admin"), AssignByProduct(product_id, (person_id,))))


async def imported(desk: SeatDesk, estate: Estate, person_id: UUID, where: Where) -> set[str]:
    """The territory comes with a file; what is seated from it is held to it."""
    await estate.product("cad", tiers=("E3",))
    office = desk.office
    assert (await agreements_of(office, estate, {}, options={"create": "yes"})).state is RunState.DONE
    row = LICENSE | {name: " ".join(where.get(name, ())) for name in ("included", "excluded")}
    content = file_of(row | {"pool_unit": "sales"}, {})
    done = await run_of(office, estate.actor("admin"), FileFormat.LICENSES, content, options={"create": "yes"})
    assert done.outcome is not None
    assert done.outcome["created"] == 1, done.outcome
    (pool,) = await rows(office, estate, Pool)
    return said(await assign_seats(desk, estate.actor("admin"), AssignSeats(pool.id, (person_id,))))


async def _product(office: Office, license_: License) -> UUID:
    async with office.database.system_read() as session:
        query = select(Entitlement.product_id).where(Entitlement.id == license_.entitlement_id)
        return (await session.execute(query)).scalar_one()


PATHS: tuple[Path, ...] = (assigned, in_bulk, invited, leased, transferred, automatic, imported)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
@pytest.mark.parametrize(("who", "where"), [("cleo", EUROPE), ("ben", BUT_FRANCE)], ids=["outside", "excluded"])
async def test_no_path_leads_out_of_the_territory(
    office: Office, estate: Estate, path: Path, who: str, where: Where
) -> None:
    async with open_desk(office) as desk:
        assert await path(desk, estate, estate.people[who], where) == {Code.TERRITORY.value}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
async def test_planted_a_tree_that_covers_everything_lets_every_path_through(
    office: Office, estate: Estate, path: Path
) -> None:
    async with open_desk(replace(office, regions=blind())) as desk:
        assert await path(desk, estate, estate.people["cleo"], EUROPE) == set()
