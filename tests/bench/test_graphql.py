"""A list of 100 things with 8 fields over HTTP: the product's door beside a stock Strawberry over the same table."""

import hashlib
import logging
from pathlib import Path
from typing import Any

import strawberry
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select
from strawberry.litestar import make_graphql_controller

from api.settings import Settings
from governance.directory.models import Person, RoleGrant, Token
from governance.kernel.work import Office
from policies.access.parties import Role, ScopeKind
from tests.api.graphql.conftest import app_of
from tests.bench.conftest import Best, Say
from tests.bench.estate import BUILT

SECRET = "bench"
FIELDS = "id externalId name mail country status source version"
ROUNDS = 20


logging.getLogger("httpx").setLevel(logging.WARNING)


@strawberry.type
class StockPerson:
    id: strawberry.ID
    external_id: str
    name: str
    mail: str
    country: str
    status: str
    source: str
    version: int


def _stock(office: Office) -> Litestar:
    """Build what one would write first: a type, a resolver, one SELECT; no rights, no classes, no cursor."""

    @strawberry.type
    class Query:
        @strawberry.field
        async def people(self, first: int) -> list[StockPerson]:
            async with office.database.read(BUILT.tenant_id) as session:
                query = select(Person).where(Person.tenant_id == BUILT.tenant_id).order_by(Person.name, Person.id)
                found = (await session.execute(query.limit(first))).scalars().all()
            return [
                StockPerson(
                    id=strawberry.ID(str(p.id)), external_id=p.external_id, name=p.name, mail=p.mail, country=p.country,
                    status=p.status.value, source=p.source, version=p.version,
                )
                for p in found
            ]  # fmt: skip

    return Litestar(
        [make_graphql_controller(strawberry.Schema(Query), path="/graphql")], openapi_config=None, logging_config=None
    )


async def _token(office: Office) -> None:
    async with office.database.write(BUILT.tenant_id) as session:
        found = await session.get(Token, (BUILT.tenant_id, BUILT.admin_id))
        if found is None:
            session.add(
                Token(
                    tenant_id=BUILT.tenant_id, id=BUILT.admin_id, name="bench", person_id=BUILT.admin_id,
                    prefix="bench", secret_hash=hashlib.sha256(SECRET.encode()).hexdigest(),
                    created_at=office.clock.now(),
                )
            )  # fmt: skip
            await _grant(office, session)


async def _grant(office: Office, session: Any) -> None:
    session.add(
        RoleGrant(
            tenant_id=BUILT.tenant_id, id=BUILT.admin_id, person_id=BUILT.admin_id, role=Role.IT_ADMIN,
            scope=ScopeKind.TENANT, start=office.clock.now(), reason="bench", granted_by="system:bench",
        )
    )  # fmt: skip


async def test_a_list_of_a_hundred_beside_stock_strawberry(
    bench_office: Any,
    best: Best,
    say: Say,
    tmp_path: Path,
) -> None:
    office, _ = bench_office
    await _token(office)
    stock_query, query = (
        f"{{ people(first: 100) {{ {FIELDS} }} }}",
        f"{{ people(first: 100) {{ nodes {{ {FIELDS} }} }} }}",
    )
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with (
        AsyncTestClient(_stock(office)) as stock,
        AsyncTestClient(app_of(office, Settings(data_dir=tmp_path))) as door,
    ):

        async def ask(client: Any, text: str, **more: Any) -> Any:
            for _ in range(ROUNDS):
                response = await client.post("/graphql", json={"query": text}, **more)
            return response.json()["data"]["people"]

        assert len(await ask(stock, stock_query)) == len((await ask(door, query, headers=headers))["nodes"]) == 100
        theirs, ours = [], []
        for _ in range(4):
            theirs.append(await best(lambda: ask(stock, stock_query), runs=1))
            ours.append(await best(lambda: ask(door, query, headers=headers), runs=1))
    note = f"{min(ours) / ROUNDS * 1000:.1f} against {min(theirs) / ROUNDS * 1000:.1f} ms; ours signs in, checks rights and classes, pages"
    say(f"{office.database.kind}: list of 100 × 8, ours / stock strawberry", min(theirs) / min(ours), 4, note=note)
