"""Every id of one tenant at every place of an id in the graph of another: nothing comes, nothing goes, no difference."""

import json
import os
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from graphql import is_non_null_type
from sqlalchemy import select

from api.graphql.engine import Bounds, encode_node_id
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
Part = tuple[int, int]  # which part of so many: the exam goes in parts that may run beside each other
Said = Callable[[list[str]], Awaitable[list[dict[str, Any]]]]
PARTS = int(os.environ.get("LICTOR_EXAM_PARTS", "2"))
AT_ONCE = Bounds().root_fields  # those of nothing among them


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
    """Asks with foreign ids and with ones of nothing, and holds that each pair is answered alike.

    Several fields go in one request where an error of one leaves the others theirs: changes, and fields that may be null.
    """

    def __init__(self, graph: Graph, ours: Ids, foreign: Ids, office: Office, part: Part | None) -> None:
        self.graph, self.ours, self.foreign, self.office, self.part = graph, ours, foreign, office, part
        marks = [decode_node_id(one) for ids in foreign.values() for one in ids]
        self.marks = {*(one for ids in foreign.values() for one in ids), *(str(uuid) for _, uuid in marks)}
        self.asked = self.requests = 0
        self.most: dict[str, int] = {}  # how many fields of a place one request was found to take
        self.clean: set[str] = set()  # what was told already, and names nothing of theirs
        self.places: set[str] = set()
        self.differences: list[str] = []

    def pick(self, kind: str | None) -> str:
        """Give an id of our own that fits; one of nothing where we have none of its kind."""
        own = self.ours.get(kind or "Person") or [encode_node_id(kind or "Person", self.office.ids.new())]
        return own[0]

    def fits(self, kind: str, place: Place) -> bool:
        """Say whether ids of a kind are told apart at a place.

        On PostgreSQL those of a kind that does not fit are not: they are refused by their kind, before anything is read,
        so one of them speaks for all. On SQLite, where nothing stands behind us, each is tried all the same.
        """
        return place.kind is None or kind == place.kind or self.office.database.kind == "sqlite"

    def tried(self, place: Place) -> list[str]:
        """Name the foreign ids to put at a place: in the test one that fits, in the exam every one of any kind."""
        if self.part is not None:
            every = [one for kind, ids in self.foreign.items() for one in (ids if self.fits(kind, place) else ids[:1])]
            return every[self.part[0] :: self.part[1]]
        if place.way[-1] == "principal":
            kinds = list(PRINCIPALS)
        else:
            kinds = [place.kind] if place.kind else random.Random(str(place)).sample(sorted(self.foreign), 6)
        found = [self.foreign[kind][:1] or [encode_node_id(kind, self.office.ids.new())] for kind in kinds]
        return [one for some in found for one in some]

    async def query(self, place: Place) -> None:
        asked = GRAPH.query_type.fields[place.root]
        whole = arguments(place.root, asked, self.pick)

        async def said(values: list[str]) -> list[dict[str, Any]]:
            fields = []
            for value in values:
                given = placed(whole, place, value, self.pick, asked)
                only = GRAPH.type_map.get(decode_node_id(value)[0]) if place.root == "node" else None
                below = f"{{ id ... on {only} {{ {leaves(only)} }} }}" if only else within(asked, leaves)
                fields.append(f"{called(place.root, asked, given)} {below}")
            return await self._answers(f"{{ {_named(fields)} }}", {}, len(values))

        await self._alike(place, said, alone=is_non_null_type(asked.type))

    async def change(self, place: Place, given: dict[str, Any]) -> None:
        asked = GRAPH.mutation_type.fields[place.root]
        kind = asked.args["input"].type

        async def said(values: list[str]) -> list[dict[str, Any]]:
            inputs = [placed({"input": given}, place, value, self.pick, asked)["input"] for value in values]
            heads = ", ".join(f"$in{n}: {kind}" for n in range(len(values)))
            fields = [f"{place.root}(input: $in{n}) {within(asked, leaves)}" for n in range(len(values))]
            variables = {f"in{n}": one for n, one in enumerate(inputs)}
            return await self._answers(f"mutation({heads}) {{ {_named(fields)} }}", variables, len(values))

        await self._alike(place, said, alone=False)

    async def _answers(self, query: str, variables: dict[str, Any], count: int) -> list[dict[str, Any]]:
        """Ask once and give each field's own part of the answer; [] where the request as a whole was refused."""
        self.requests += 1
        answer = await self.graph.answer(query, **variables)
        data, errors = answer.get("data"), answer.get("errors", [])
        if count > 1 and (data is None or any(not error.get("path") for error in errors)):
            return []
        return [
            {
                "data": (data or {}).get(f"a{n}"),
                "errors": [
                    {"message": e["message"], "extensions": e.get("extensions"), "path": (e.get("path") or [])[1:]}
                    for e in errors
                    if not e.get("path") or e["path"][0] == f"a{n}"
                ],
            }
            for n in range(count)
        ]

    async def _alike(self, place: Place, said: Said, *, alone: bool) -> None:
        some: list[str] = []
        kinds: set[str] = set()
        for one in self.tried(place):
            kind = decode_node_id(one)[0]
            if some and len(some) + len(kinds | {kind}) >= AT_ONCE:
                await self._pairs(place, some, said, alone=alone)
                some, kinds = [], set()
            some.append(one)
            kinds.add(kind)
        if some:
            await self._pairs(place, some, said, alone=alone)

    async def _pairs(self, place: Place, some: list[str], said: Said, *, alone: bool) -> None:
        """Ask with some foreign ids and with one of nothing of each of their kinds, at the same instant.

        `alone`: an error of one field would take the others' answers along, so that each is a request of its own.
        """
        if self.asked % 100 < len(some):  # the purse of who asks fills with time
            self.office.clock.advance(timedelta(minutes=1))
        kinds = {decode_node_id(one)[0] for one in some}
        missing = {kind: encode_node_id(kind, self.office.ids.new()) for kind in sorted(kinds)}
        values = [*missing.values(), *some]
        answers = await self._asked(str(place), said, values, 1 if alone else AT_ONCE)
        written = [_without(one, answer) for one, answer in zip(values, answers, strict=True)]
        none = dict(zip(missing, written, strict=False))
        self.places.add(str(place))
        for foreign, answer in zip(some, written[len(missing) :], strict=True):
            assert '"code": "UNAVAILABLE"' not in answer, f"{place}: nothing was read: {answer}"
            self.asked += 1
            kind = decode_node_id(foreign)[0]
            if answer != none[kind] or not self._clean(answer):
                self.differences.append(f"{place} with a {kind}: {answer[:400]}, missing: {none[kind][:400]}")

    async def _asked(self, place: str, said: Said, values: list[str], most: int) -> list[dict[str, Any]]:
        """Ask with all of these, in as few requests as the bounds let them: a part is halved where it is too much."""
        size = self.most.setdefault(place, most)
        answers: list[dict[str, Any]] = []
        while len(answers) < len(values):
            part = values[len(answers) : len(answers) + size]
            answers += (told := await said(part))
            if not told:
                size = self.most[place] = max(1, len(part) // 2)
        return answers

    def _clean(self, answer: str) -> bool:
        """Say whether an answer names nothing of the other tenant; the same words are looked through once."""
        if answer not in self.clean and not any(mark in answer for mark in self.marks):
            self.clean.add(answer)
        return answer in self.clean


def _named(fields: list[str]) -> str:
    return " ".join(f"a{n}: {field}" for n, field in enumerate(fields))


def _without(one: str, answer: dict[str, Any]) -> str:
    """Write an answer without the id that was asked with."""
    return json.dumps(answer, sort_keys=True).replace(one, "<id>").replace(str(decode_node_id(one)[1]), "<id>")


async def _walked(office: Office, client: Any, part: Part | None) -> Asking:  # noqa: F811
    ours, theirs = await grown(await Estate.raised(office)), await grown(await Estate.raised(office))
    for estate in (ours, theirs):
        await estate.license("other", pools={"other": 2})
        await estate.grant("admin", Role.BOARD_MEMBER)
    mine = await Door(ours, client).as_("admin")
    await _told(theirs, await Door(theirs, client).as_("admin"))
    before = await _everything(theirs)
    asking = Asking(mine, await _ids(ours), await _ids(theirs), office, part)
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
    for who in ("admin", "auditor") if part else ("admin",):
        asking.graph = mine if who == "admin" else await Door(ours, client).as_(who)
        for place in places(GRAPH.query_type):
            await asking.query(place)
    assert await _everything(theirs) == before, "something of the other tenant changed"
    if part is None:
        await _finds_what_is_not_kept_apart(asking)
    return asking


async def _finds_what_is_not_kept_apart(asking: Asking) -> None:
    """The same look at ids that may be read: each node, and every field that reads one thing, tells it from nothing."""
    planted = Asking(asking.graph, asking.ours, asking.ours, asking.office, None)
    single = {name for name, asked in GRAPH.query_type.fields.items() if set(asked.args) == {"id"}}
    for place in places(GRAPH.query_type):
        if place.root in single and planted.ours.get(place.kind or "Person"):
            await planted.query(place)
    told = {found.split(" ")[0] for found in planted.differences}
    assert "node.id" in told
    assert len(told) > len(planted.places) * 3 // 4, planted.places - told


async def test_a_foreign_id_at_any_place_is_answered_as_one_of_nothing(office: Office, client) -> None:  # noqa: F811
    """One id that fits at each place; on SQLite, where no row-level security stands behind our own conditions."""
    if office.database.kind != "sqlite":
        pytest.skip("the exam asks on PostgreSQL too")
    _judge(await _walked(office, client, None))


@pytest.mark.exam
@pytest.mark.parametrize("part", range(PARTS))
async def test_every_foreign_id_at_every_place_is_answered_as_one_of_nothing(
    office: Office,
    client,  # noqa: F811
    part: int,
) -> None:
    """Each of LICTOR_EXAM_PARTS parts asks with every so-many-th id; with `pytest -n 2` two go beside each other."""
    _judge(await _walked(office, client, (part, PARTS)))


def _judge(asking: Asking) -> None:
    kinds = sum(1 for ids in asking.foreign.values() if ids)
    print(
        f"\n{asking.office.database.kind}: {sum(map(len, asking.foreign.values()))} foreign ids of {kinds} kinds, "
        f"{len(asking.places)} places, {asking.asked} asked in {asking.requests} requests, "
        f"{len(asking.differences)} answered otherwise"
    )
    assert not asking.differences, "\n".join(asking.differences)
    everywhere = {str(place) for root in (GRAPH.query_type, GRAPH.mutation_type) for place in places(root)}
    assert asking.places == everywhere, everywhere - asking.places
