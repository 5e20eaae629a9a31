"""Every path of the schema to every type, six fields deep, walked by who was granted nothing: each ends in nothing."""

import hashlib
from collections import Counter
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type
from sqlalchemy import select

from api.graphql.engine import encode_node_id
from governance.directory.models import ServiceAccount, Token
from governance.kernel.work import Office
from tests.api.graphql.asking import GRAPH
from tests.api.graphql.conftest import Door, Graph, client  # noqa: F401 (a fixture)
from tests.api.graphql.grown import grown
from tests.estate import Estate
from tests.exams.paths import NODES, arguments, called, kinds_of, leaves, paths_below

DEPTH = 6
# What a machine without a grant is told: who it is itself, what the product is made of (alike for everybody), and
# figures over what it reaches, which is nothing.
MADE_OF = {"checks", "explainDifference", "importTemplates", "metricDefinitions", "reports"}
FIGURES = {"activationFunnel", "costByUnit", "position", "retention", "seatCosts", "timeToFirstUse"}
OPEN = {"viewer"} | MADE_OF | FIGURES


async def _ids(estate: Estate) -> dict[str, list[str]]:
    """Give the id of everything of the tenant that has one in the graph, read past every right."""
    found: dict[str, list[str]] = {}
    async with estate.office.database.read(estate.tenant_id) as session:
        for kind in NODES:
            key = GRAPH.type_map[kind].extensions["strawberry-definition"].origin.key
            tenant = getattr(key.class_, "tenant_id", key.class_.id)
            rows = (await session.execute(select(key).where(tenant == estate.tenant_id).distinct())).scalars()
            found[kind] = [encode_node_id(kind, row) for row in rows if row is not None]
    return found


async def _machine(estate: Estate, client: Any) -> tuple[Graph, str]:  # noqa: F811
    """Sign in as a machine that was granted nothing; give its own id too."""
    now, secret = estate.office.clock.now(), f"walker of {estate.tenant_id}"
    row = await estate.add(
        ServiceAccount(**estate.key(), name="walker", unit_id=estate.units["halden"], created_at=now)
    )
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    named = {"name": "walker", "prefix": "lic_walk", "secret_hash": hashed}
    await estate.add(Token(**estate.key(), service_account_id=row.id, created_at=now, **named))
    return Graph(client, secret), encode_node_id("ServiceAccount", row.id)


class Walk:
    """Asks for every field of everything that answers; what answers nothing closes every path below it."""

    def __init__(self, graph: Graph, ids: dict[str, list[str]]) -> None:
        self.graph, self.ids = graph, ids
        self.asked, self.closed = 0, 0
        self.opened: Counter[str] = Counter()
        self.said: list[str] = []
        self.figures: list[Any] = []
        self.named: set[str] = set()  # what we asked with; a refusal may say it back

    def pick(self, kind: str | None) -> str:
        found = (self.ids.get(kind or "Person") or self.ids["Person"])[0]
        self.named.add(found)
        return found

    async def below(self, prefix: tuple[str, ...], kind: GraphQLObjectType, depth: int) -> None:
        """Ask, below a path that led to a thing, for each field that leads on."""
        if depth == 0:
            return
        for name, asked in kind.fields.items():
            ends = kinds_of(asked)
            if not ends:
                continue
            whole = called(name, asked, arguments(name, asked, self.pick))
            page = get_named_type(asked.type).name.endswith("Connection")
            for end in ends:
                self.asked += 1
                inner = f"... on {end.name} {{ {leaves(end)} }}"
                asked_for = f"{whole} {{ nodes {{ {inner} }} }}" if page else f"{whole} {{ {inner} }}"
                said = await self.graph.answer(_nested(prefix, asked_for))
                self.said.append(str(said))
                if end.name == "Refusal" or not _answers(said, end.name):
                    self.closed += 1 + paths_below(end.name, depth - 1)
                    continue
                self.opened[".".join((*(step.split("(")[0].split(" ")[0] for step in prefix), name))] += 1
                if name in {"totals", "total", "periods"}:
                    self.figures.append(said["data"])
                assert not page, f"{prefix} {name}: a page shows something: {said}"
                await self.below((*prefix, f"{whole} {{ ... on {end.name}"), end, depth - 1)


def _nested(prefix: tuple[str, ...], asked: str) -> str:
    """Write a field below the fields and types that lead to it."""
    opened = "{ " + " { ".join((*prefix, asked))
    return opened + " }" * (opened.count("{") - opened.count("}"))


def _numbers(value: Any) -> list[float]:
    """Give every number in an answer."""
    if isinstance(value, dict | list):
        return [n for one in (value.values() if isinstance(value, dict) else value) for n in _numbers(one)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _answers(value: Any, kind: str) -> bool:
    """Say whether there is a thing of this type in an answer."""
    if isinstance(value, list):
        return any(_answers(one, kind) for one in value)
    if not isinstance(value, dict):
        return False
    return value.get("__typename") == kind or any(_answers(one, kind) for one in value.values())


async def test_whoever_was_granted_nothing_finds_every_path_closed(office: Office, client) -> None:  # noqa: F811
    """All paths are walked: one whose start answers nothing is closed with all that goes on from there."""
    if office.database.kind != "sqlite":
        pytest.skip("the exam walks on PostgreSQL too")
    await _walked(office, client)


@pytest.mark.exam
async def test_every_path_is_closed_on_each_database(office: Office, client) -> None:  # noqa: F811
    await _walked(office, client)


async def _walked(office: Office, client: Any) -> None:  # noqa: F811
    estate = await grown(await Estate.raised(office))
    graph, own = await _machine(estate, client)
    ids = await _ids(estate)
    walk = Walk(graph, ids)
    await walk.below((), GRAPH.query_type, DEPTH)
    every = paths_below("Query", DEPTH)
    marks = {one for some in ids.values() for one in some} - {own, encode_node_id("Tenant", estate.tenant_id)}
    leaks = [said for said in walk.said if any(mark in said for mark in marks - walk.named)]
    print(
        f"\n{office.database.kind}: {every} paths, {walk.asked} asked, {walk.closed} closed, opened: {dict(walk.opened)}, {len(leaks)} leaks"
    )
    assert walk.closed + sum(walk.opened.values()) == every
    assert not leaks, leaks[:3]
    assert {path.split(".")[0] for path in walk.opened} <= OPEN, walk.opened
    assert not [said for said in walk.said for word in ("@halden.example", "license-0", "Sales") if word in said]
    assert not [number for said in walk.figures for number in _numbers(said) if number], walk.figures
    seen = Walk(await Door(estate, client).as_("admin"), ids)  # who has rights finds the same doors open
    with pytest.raises(AssertionError, match="a page shows something"):
        await seen.below((), GRAPH.query_type, 1)
