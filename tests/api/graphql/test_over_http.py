"""The real graph speaks GraphQL over HTTP to an auditor by every audit, and to everybody else as production does."""

import pytest

from tests.api.graphql.engine.over_http import NODE_MODULES, audited, served
from tests.api.graphql.engine.test_over_http import JSON, REFUSED_ON_PURPOSE

needs_node_modules = pytest.mark.skipif(
    not NODE_MODULES.exists(), reason="node_modules is missing: run npm ci --ignore-scripts"
)


@pytest.fixture
async def server(door, database_url, tmp_path):
    """Give the address of a server over the estate's database, and the headers of an auditor and of a holder."""
    headers = {who: {"authorization": f"Bearer {(await door.as_(who)).token}"} for who in ("auditor", "ada")}
    environment = {
        "LICTOR_DATABASE_URL": database_url,
        "LICTOR_DATA_DIR": str(tmp_path),
        "LICTOR_SECRET": "tests only, 32 bytes of secret..",
    }
    with served("tests.api.graphql.served:app", extra_env=environment) as address:
        yield f"{address}/graphql", headers


@needs_node_modules
async def test_an_auditor_sees_all_61_audits_pass_and_a_holder_only_what_production_lets(server):
    address, headers = server
    results = audited(address, headers["auditor"])
    assert len(results) == 61
    assert [result for result in results if result["status"] != "ok"] == []
    refused = {result["id"] for result in audited(address, headers["ada"]) if result["status"] != "ok"}
    assert refused == set(REFUSED_ON_PURPOSE)


async def test_introspection_is_for_who_was_granted_it(door):
    query = "{ __schema { queryType { name } } }"
    assert (await (await door.as_("auditor")).answer(query))["data"]
    assert "data" not in await (await door.as_("ada")).answer(query)


async def test_whoever_is_not_signed_in_gets_a_problem_and_nothing_else(client):
    for answer in (
        await client.post("/graphql", content=b'{"query": "{ __typename }"}', headers=JSON),
        await client.get("/graphql?query=%7B__typename%7D"),
        await client.post("/graphql", content=b"{", headers=JSON | {"authorization": "Bearer nonsense"}),
    ):
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["code"] == "SIGN_IN_AGAIN"
