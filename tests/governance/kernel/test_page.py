"""Pages neither skip nor repeat a row, forward and back, while rows come and go around them."""

import random
from typing import Any

import pytest
from sqlalchemy import delete, select

from governance.directory.models import Person
from governance.kernel.page import Order, Window, count_all, read_page, read_pages
from governance.kernel.work import Office
from tests.estate import Estate

BY_COUNTRY = (Order(Person.country, descending=True), Order(Person.name), Order(Person.id, descending=True))


async def _walk(session: Any, query: Any, size: int, *, backward: bool) -> list[Any]:
    found: list[Any] = []
    edge = None
    while True:
        page = await read_page(session, query, BY_COUNTRY, Window(size, backward, edge))
        found = [*page.rows, *found] if backward else [*found, *page.rows]
        assert page.has_previous is (edge is not None) if not backward else page.has_next is (edge is not None)
        if not (page.has_previous if backward else page.has_next):
            return found
        edge = page.keys[0] if backward else page.keys[-1]


@pytest.mark.parametrize("size", [1, 2, 3, 200])
async def test_both_ways_give_the_whole_list_once(office: Office, estate: Estate, size: int) -> None:
    for n in range(6):
        same = (await _like(estate, "ada")) | {"external_id": f"same {n}", "name": f"Same {n // 3}"}
        await estate.add(Person(**same))
    query = select(Person).where(Person.tenant_id == estate.tenant_id)
    async with office.database.read(estate.tenant_id) as session:
        ordered = query.order_by(Person.country.desc(), Person.name, Person.id.desc())
        whole = [person.id for person in (await session.execute(ordered)).scalars()]
        for backward in (False, True):
            assert [p.id for p in await _walk(session, query, size, backward=backward)] == whole
        assert await count_all(session, query) == len(whole)


async def test_a_page_goes_on_from_a_row_that_is_gone(office: Office, estate: Estate) -> None:
    await estate.add(Person(**(await _like(estate, "ada")) | {"external_id": "z", "name": "Aaa"}))
    query = select(Person).where(Person.tenant_id == estate.tenant_id)
    async with office.database.read(estate.tenant_id) as session:
        first = await read_page(session, query, (Order(Person.name), Order(Person.id)), Window(1))
        second = await read_page(session, query, (Order(Person.name), Order(Person.id)), Window(1, edge=first.keys[0]))
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(delete(Person).where(Person.id == first.rows[0].id))
    async with office.database.read(estate.tenant_id) as session:
        again = await read_page(session, query, (Order(Person.name), Order(Person.id)), Window(1, edge=first.keys[0]))
    assert [p.id for p in again.rows] == [p.id for p in second.rows]


async def test_pages_of_many_lists_are_those_of_each(office: Office, estate: Estate) -> None:
    dice = random.Random(5)
    for n in range(9):
        await estate.person(f"p{n}", dice.choice(["it", "sales", "finance"]), country=dice.choice(["DE", "FR"]))
    query = select(Person).where(Person.tenant_id == estate.tenant_id)
    async with office.database.read(estate.tenant_id) as session:
        for window in (Window(2), Window(2, backward=True)):
            units = list(estate.units.values())
            together = await read_pages(session, query, Person.unit_id, units, BY_COUNTRY, window)
            for unit in units:
                alone = await read_page(session, query.where(Person.unit_id == unit), BY_COUNTRY, window)
                assert [p.id for p in together[unit].rows] == [p.id for p in alone.rows]
                assert (together[unit].has_next, together[unit].has_previous) == (alone.has_next, alone.has_previous)


async def _like(estate: Estate, who: str) -> dict[str, Any]:
    async with estate.office.database.read(estate.tenant_id) as session:
        row = await session.get_one(Person, (estate.tenant_id, estate.people[who]))
        return {c.name: getattr(row, c.name) for c in Person.__table__.c} | estate.key()
