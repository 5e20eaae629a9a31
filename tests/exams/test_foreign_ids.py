"""Every id of one tenant at every place of an id in the graph of another: nothing comes, nothing goes, no difference."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.graphql.engine import encode_node_id
from api.graphql.engine.ids import decode_node_id
from governance.agreements.models import RenewalOutcome
from governance.entitlements.models import Lot
from governance.kernel.work import Office
from policies.access.parties import Role
from tests.api.graphql.asking import GRAPH
from tests.api.graphql.conftest import Door, Graph, client  # noqa: F401 (a fixture)
from tests.api.graphql.grown import grown
from tests.estate import Estate
from tests.exams.filler import TENANT_TABLES
from tests.exams.paths import NODES, PRINCIPALS, Place, arguments, called, leaves, more, placed, places, within
from tests.exams.story import Story

Ids = dict[str, list[str]]


async def _told(estate: Estate, graph: Graph) -> Estate:
    """Do one of each change, so that there is something of everything."""
    async for name, given in Story(estate, graph).steps():
        await _change(graph, name, given)
    return estate


async def _change(graph: Graph, name: str, given: dict[str, Any] | None) -> dict[str, Any]:
    asked = GRAPH.mutation_type.fields[name]
    if given is None:
        return await graph.answer(f"mutation {{ {name} {within(asked, more)} }}")
    kind = asked.args["input"].type
    return await graph.answer(f"mutation($in: {kind}) {{ {name}(input: $in) {within(asked, more)} }}", **{"in": given})


async def _ids(estate: Estate) -> Ids:
    """Give the id of everything of a tenant that has one in the graph, read past every right."""
    found: Ids = {}
    async with estate.office.database.read(estate.tenant_id) as session:
        for kind in NODES:
            key = GRAPH.type_map[kind].extensions["strawberry-definition"].origin.key
            tenant = getattr(key.class_, "tenant_id", key.class_.id)
            rows = (await session.execute(select(key).where(tenant == estate.tenant_id).distinct())).scalars()
            found[kind] = sorted(encode_node_id(kind, row) for row in rows if row is not None)
        for kind, row in (("LotVersion", Lot), ("RenewalOutcome", RenewalOutcome)):  # no nodes, but ids of their own
            ids = (await session.execute(select(row.id).where(row.tenant_id == estate.tenant_id))).scalars()
            found[kind] = sorted(encode_node_id(kind, one) for one in ids)
    return found


async def _everything(estate: Estate) -> dict[str, list[Any]]:
    """Give every row of every table of a tenant, as it stands."""
    async with estate.office.database.read(estate.tenant_id) as session:
        return {
            table.name: sorted(
                map(str, (await session.execute(select(table).where(table.c.tenant_id == estate.tenant_id))).all())
            )
            for table in TENANT_TABLES
        }


class Asking:
    """Asks with a foreign id and with one of nothing, and holds that both are answered alike."""

    def __init__(self, graph: Graph, ours: Ids, foreign: Ids, office: Office, *, every: bool) -> None:
        self.graph, self.ours, self.foreign, self.office, self.every = graph, ours, foreign, office, every
        marks = [decode_node_id(one) for ids in foreign.values() for one in ids]
        self.marks = {*(one for ids in foreign.values() for one in ids), *(str(uuid) for _, uuid in marks)}
        self.asked = 0
        self.places: set[str] = set()
        self.differences: list[str] = []

    def pick(self, kind: str | None) -> str:
        """Give an id of our own that fits; one of nothing where we have none of its kind."""
        own = self.ours.get(kind or "Person") or [encode_node_id(kind or "Person", self.office.ids.new())]
        return own[0]

    def tried(self, place: Place) -> Iterator[str]:
        """Name the foreign ids to put at a place: in the test one that fits, in the exam every one of any kind."""
        if self.every:
            yield from (one for ids in self.foreign.values() for one in ids)
            return
        if place.way[-1] == "principal":
            kinds = list(PRINCIPALS)
        else:
            kinds = [place.kind] if place.kind else random.Random(str(place)).sample(sorted(self.foreign), 6)
        for kind in kinds:
            yield from self.foreign[kind][:1] or [encode_node_id(kind, self.office.ids.new())]

    async def query(self, place: Place) -> None:
        asked = GRAPH.query_type.fields[place.root]
        whole = arguments(place.root, asked, self.pick)

        async def said(value: str) -> dict[str, Any]:
            values = placed(whole, place, value, self.pick, asked)
            only = GRAPH.type_map.get(decode_node_id(value)[0]) if place.root == "node" else None
            below = f"{{ id ... on {only} {{ {leaves(only)} }} }}" if only else within(asked, leaves)
            return await self.graph.answer(f"{{ {called(place.root, asked, values)} {below} }}")

        await self._alike(place, said)

    async def change(self, place: Place, given: dict[str, Any]) -> None:
        asked = GRAPH.mutation_type.fields[place.root]

        async def said(value: str) -> dict[str, Any]:
            return await _change(
                self.graph, place.root, placed({"input": given}, place, value, self.pick, asked)["input"]
            )

        await self._alike(place, said)

    async def _alike(self, place: Place, said: Any) -> None:
        none: dict[str, str] = {}
        for foreign in self.tried(place):
            kind = decode_node_id(foreign)[0]
            if self.asked % 100 == 0:  # the purse of who asks fills with time, and what is answered may say the time
                self.office.clock.advance(timedelta(minutes=1))
                none.clear()
            missing = encode_node_id(kind, self.office.ids.new())
            if kind not in none:
                none[kind] = _without(missing, await said(missing))
            answer = _without(foreign, await said(foreign))
            assert '"code": "UNAVAILABLE"' not in answer, f"{place}: nothing was read: {answer}"
            self.asked += 1
            self.places.add(str(place))
            if answer != none[kind] or any(mark in answer for mark in self.marks):
                self.differences.append(f"{place} with a {kind}: {answer[:400]}, missing: {none[kind][:400]}")


def _without(one: str, answer: dict[str, Any]) -> str:
    """Write an answer without the id that was asked with."""
    return json.dumps(answer, sort_keys=True).replace(one, "<id>").replace(str(decode_node_id(one)[1]), "<id>")


async def _walked(office: Office, client: Any, *, every: bool) -> Asking:  # noqa: F811
    ours, theirs = await grown(await Estate.raised(office)), await grown(await Estate.raised(office))
    for estate in (ours, theirs):
        await estate.license("other", pools={"other": 2})
        await estate.grant("admin", Role.BOARD_MEMBER)
    mine = await Door(ours, client).as_("admin")
    await _told(theirs, await Door(theirs, client).as_("admin"))
    before = await _everything(theirs)
    asking = Asking(mine, await _ids(ours), await _ids(theirs), office, every=every)
    by_root: dict[str, list[Place]] = {}
    for place in places(GRAPH.mutation_type):
        by_root.setdefault(place.root, []).append(place)
    async for name, given in Story(ours, mine).steps():
        for place in by_root.pop(name, ()):
            await asking.change(place, given or {})
        await _change(mine, name, given)
    asking.ours = await _ids(ours)
    for name, left in by_root.items():  # those that the story does not tell
        given = arguments(name, GRAPH.mutation_type.fields[name], asking.pick).get("input", {})
        for place in left:
            await asking.change(place, given)
    for who in ("admin", "auditor") if every else ("admin",):
        asking.graph = mine if who == "admin" else await Door(ours, client).as_(who)
        for place in places(GRAPH.query_type):
            await asking.query(place)
    assert await _everything(theirs) == before, "something of the other tenant changed"
    return asking


async def test_a_foreign_id_at_any_place_is_answered_as_one_of_nothing(office: Office, client) -> None:  # noqa: F811
    """One id that fits at each place; on SQLite, where no row-level security stands behind our own conditions."""
    if office.database.kind != "sqlite":
        pytest.skip("the exam asks on PostgreSQL too")
    _judge(await _walked(office, client, every=False))


@pytest.mark.exam
async def test_every_foreign_id_at_every_place_is_answered_as_one_of_nothing(office: Office, client) -> None:  # noqa: F811
    _judge(await _walked(office, client, every=True))


def _judge(asking: Asking) -> None:
    kinds = sum(1 for ids in asking.foreign.values() if ids)
    print(
        f"\n{asking.office.database.kind}: {sum(map(len, asking.foreign.values()))} foreign ids of {kinds} kinds, "
        f"{len(asking.places)} places, {asking.asked} asked, {len(asking.differences)} answered otherwise"
    )
    assert not asking.differences, "\n".join(asking.differences)
    everywhere = {str(place) for root in (GRAPH.query_type, GRAPH.mutation_type) for place in places(root)}
    assert asking.places == everywhere, everywhere - asking.places
