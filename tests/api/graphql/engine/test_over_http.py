"""The door speaks GraphQL over HTTP by every audit there is, and answers nothing else with a crash."""

import json
from collections.abc import Iterator
from urllib.request import Request

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.graphql.engine import graphql_route
from tests.api.graphql.engine.over_http import NODE_MODULES, audited, post, send, served
from tests.api.graphql.engine.small import small_context, small_schema

needs_node_modules = pytest.mark.skipif(
    not NODE_MODULES.exists(), reason="node_modules is missing: run npm ci --ignore-scripts"
)
JSON = {"content-type": "application/json"}
GRAPHQL = JSON | {"accept": "application/graphql-response+json"}

# What production refuses on purpose, though an audit asks for it.
REFUSED_ON_PURPOSE = {
    "5A70": "GET is refused",
    "D6D5": "GET with variables is refused",
    "6A70": "GET with variables is refused, whatever is accepted",
    "2EA1": "the audit asks about the schema, and introspection is refused",
    "28B9": "the audit asks about the schema, and introspection is refused",
}


@pytest.fixture(scope="module")
def door() -> Iterator[str]:
    with served("tests.api.graphql.engine.small:small_app") as address:
        yield f"{address}/graphql"


@needs_node_modules
def test_an_auditor_sees_all_61_audits_pass(door):
    results = audited(door, {"x-audit": "1"})
    assert len(results) == 61
    assert [r for r in results if r["status"] != "ok"] == []


@needs_node_modules
def test_production_fails_only_the_audits_it_refuses_on_purpose(door):
    results = audited(door, {})
    assert {r["id"] for r in results if r["status"] != "ok"} == set(REFUSED_ON_PURPOSE)


HOSTILE_BODIES = {
    "broken UTF-8": b'{"query": "{ __typename \xff }"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "a lone surrogate": b'{"query": "{ echo(text: \\"\\ud800\\") }"}',
    "nothing": b"",
    "a number": b"1",
    "null": b"null",
    "a text": b'"{ __typename }"',
    "a batch": b'[{"query": "{ __typename }"}]',
    "two objects": b'{"query": "{ __typename }"}{}',
    "NaN": b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    "cut off": b'{"query": "{ __typename',
    "500 arrays": b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}",
    "100,000 arrays": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 40_000,
    "no query": b'{"variables": {}}',
    "an empty query": b'{"query": "  "}',
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
}


@pytest.mark.parametrize("body", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES.keys())
@pytest.mark.parametrize("headers", [JSON, GRAPHQL], ids=["json", "graphql"])
def test_a_body_that_is_no_request_is_answered_with_what_is_wrong_with_it(door, body, headers):
    status, answered, text = post(door, body, headers)
    said = json.loads(text)
    assert status in {400, 413}
    assert answered["content-type"].startswith(headers.get("accept", "application/json"))
    assert said["errors"][0]["message"]
    assert said["errors"][0]["extensions"]["code"] in {"BAD_INPUT", "COST_LIMIT"}
    assert "data" not in said


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/graphql"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-type": "application/json; charset=latin-1"}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
        ({"content-type": "application/json", "accept": "text/html"}, 406),
        ({"content-type": "application/json; charset=UTF-8"}, 200),
        ({"content-type": "application/json", "accept": "text/html, */*;q=0.1"}, 200),
    ],
)
def test_only_json_in_utf_8_is_read_and_only_json_is_answered(door, headers, status):
    assert post(door, b'{"query": "{ __typename }"}', headers)[0] == status


def test_a_body_over_the_bound_is_refused_with_the_bound(door):
    status, _, text = post(door, b'{"query": "' + b" " * 300_000 + b'"}', JSON)
    assert status == 413
    assert json.loads(text)["errors"][0]["extensions"] == {
        "code": "COST_LIMIT",
        "facts": {"bound": "body bytes", "measured": "more than 262144", "limit": "262144"},
    }


def test_production_answers_get_with_the_method_that_is_allowed(door):
    status, headers, text = send(Request(f"{door}?query=%7B__typename%7D"))
    assert (status, headers["allow"]) == (405, "POST")
    assert "POST" in json.loads(text)["errors"][0]["message"]


def test_a_mutation_by_get_is_refused_even_to_an_auditor(door):
    request = Request(f"{door}?query=mutation%7Bwhere%7D", headers={"x-audit": "1"})
    assert send(request)[0] == 405


def test_production_says_nothing_of_the_schema(door):
    for query in ("{ __schema { types { name } } }", '{ __type(name: "Book") { name } }'):
        said = json.loads(post(door, json.dumps({"query": query}).encode(), JSON)[2])
        assert "data" not in said
        assert "introspection has to be granted" in said["errors"][0]["message"]


def test_production_suggests_no_names(door):
    queries = ["{ boks { totalCount } }", "{ books(fist: 1) { totalCount } }", '{ echo(txt: "a") }']
    for query in queries:
        said = json.loads(post(door, json.dumps({"query": query}).encode(), JSON)[2])
        assert "Did you mean" not in json.dumps(said)
        assert said["errors"]


def test_no_page_for_playing_is_served(door):
    request = Request(door, headers={"accept": "text/html"})
    assert send(request)[0] in {405, 406}


def test_an_unknown_operation_name_is_the_clients_mistake(door):
    body = json.dumps({"query": "query A { __typename }", "operationName": "B"}).encode()
    assert post(door, body, JSON)[0] == 400


def test_a_bug_is_masked_with_the_number_to_quote(door):
    status, _, text = post(door, b'{"query": "{ shelf { broken } }"}', GRAPHQL)
    said = json.loads(text)
    assert status == 200
    assert b"secret" not in text
    assert said["errors"][0]["extensions"] == {"code": "INTERNAL", "correlationId": "corr-1"}
    assert said["errors"][0]["path"] == ["shelf", 0, "broken"]


def test_a_server_too_busy_says_when_to_come_again(door):
    status, headers, text = post(door, b'{"query": "{ shelf { id } }"}', JSON | {"x-busy": "1"})
    assert (status, headers["retry-after"]) == (503, "7")
    assert json.loads(text)["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


async def test_a_context_is_closed_whatever_came_of_the_request():
    opened = []

    async def open_context(request):
        opened.append(small_context(headers=dict(request.headers)))
        return opened[-1]

    app = Litestar([graphql_route(small_schema(), open_context)], openapi_config=None)
    async with AsyncTestClient(app) as client:
        for content in (b'{"query": "{ shelf { id } }"}', b"{", b'{"query": "{"}'):
            await client.post("/graphql", content=content, headers=JSON)
    assert [context.closed for context in opened] == [[True]] * 3
