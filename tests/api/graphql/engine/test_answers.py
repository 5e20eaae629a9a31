"""The client's mistakes are told plainly; ours are masked, counted, and logged once without anybody's data."""

import orjson
from graphql import GraphQLError
from strawberry.types import ExecutionResult
from structlog.testing import capture_logs

from api.graphql.engine import Bounds, FieldClass, Profile
from api.graphql.engine.answers import encoded, payload, refused
from tests.api.graphql.engine.small import small_context, small_schema

SCHEMA = small_schema()
BOUNDS = Bounds()


async def ask(query, variables=None, *, bounds=BOUNDS, **context):
    made = small_context(**context)
    result = await SCHEMA.execute(query, variables, made)
    return payload(result, made, bounds)


async def test_a_good_answer_is_data_alone():
    assert await ask('{ echo(text: "ä😀") }') == {"data": {"echo": "ä😀"}}


async def test_what_was_withheld_is_named():
    body = await ask("{ shelf { price } }", may_not=frozenset({FieldClass.MONEY}))
    assert body["extensions"] == {"withheld": ["Book.price"]}
    assert "errors" not in body


async def test_a_bug_is_masked_and_logged_in_one_line_without_its_text():
    with capture_logs() as lines:
        body = await ask("{ shelf { broken } }")
    assert [line["event"] for line in lines] == ["graphql.bug"]
    assert lines[0]["correlation_id"] == "corr-1"
    assert lines[0]["count"] == 12
    assert lines[0]["kinds"] == ["RuntimeError"]
    assert any("small.py" in frame for frame in lines[0]["frames"])
    assert "secret" not in repr(lines) + repr(body)
    assert {error["message"] for error in body["errors"]} == {
        "Something went wrong on our side. Quote corr-1 when you report it."
    }


async def test_the_errors_listed_are_bounded_and_the_rest_counted():
    body = await ask("{ shelf { broken } }", bounds=Bounds(errors=5))
    assert len(body["errors"]) == 5
    assert body["extensions"] == {"errorsNotListed": 7}
    assert len(body["data"]["shelf"]) == 12


async def test_a_business_no_in_a_query_is_told_with_code_and_facts():
    with capture_logs() as lines:
        body = await ask("{ books(first: 500) { nodes { id } } }")
    assert lines == []
    assert body["errors"] == [
        {
            "message": "first: '500' cannot be used; needs a number from 1 to 200.",
            "extensions": {
                "code": "BAD_INPUT",
                "facts": {"field": "first", "has": "500", "needs": "a number from 1 to 200"},
                "inputPath": ["first"],
            },
            "locations": [{"line": 1, "column": 3}],
            "path": ["books"],
        }
    ]
    assert body["data"] is None


async def test_a_forged_cursor_is_told_as_bad_cursor():
    body = await ask('{ books(after: "forged") { totalCount } }')
    assert body["errors"][0]["extensions"]["code"] == "BAD_CURSOR"


async def test_mistakes_in_the_query_are_told_without_data():
    for query in ("{", "{ nothing }", "query($a: Nothing) { shelf { id } }"):
        with capture_logs() as lines:
            body = await ask(query)
        assert lines == []
        assert "data" not in body
        assert body["errors"][0]["extensions"]["code"] == "BAD_INPUT"
        assert body["errors"][0]["locations"]


async def test_a_wrong_variable_is_told_without_data():
    with capture_logs() as lines:
        body = await ask("query($n: Int!) { books(first: $n) { totalCount } }", {"n": "x"})
    assert lines == []
    assert "data" not in body
    assert "$n" in body["errors"][0]["message"]


async def test_names_are_suggested_only_to_who_was_granted_it():
    told = await ask("{ boks { totalCount } }", profile=Profile(suggestions=True))
    kept = await ask("{ boks { totalCount } }")
    assert "Did you mean" in told["errors"][0]["message"]
    assert kept["errors"][0]["message"] == "Cannot query field 'boks' on type 'Query'."


async def test_suggestions_of_the_executor_are_kept_too():
    query = "query($f: BookFilter) { books(filter: $f) { totalCount } }"
    told = await ask(query, {"f": {"contain": "a"}}, profile=Profile(suggestions=True))
    kept = await ask(query, {"f": {"contain": "a"}})
    assert "Did you mean" in told["errors"][0]["message"]
    assert "Did you mean" not in kept["errors"][0]["message"]


def test_a_value_json_cannot_say_is_a_bug_not_a_crash():
    with capture_logs() as lines:
        body = orjson.loads(encoded({"data": {"a": object()}}, small_context()))
    assert body["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert [line["event"] for line in lines] == ["graphql.bug"]


def test_an_answer_that_failed_at_its_root_was_not_refused():
    failed = ExecutionResult(data=None, errors=[GraphQLError("x", path=["a"])])
    assert not refused(failed)
    assert refused(ExecutionResult(data=None, errors=[GraphQLError("x")]))


async def test_a_bug_outside_any_field_is_masked_as_well():
    body = payload(
        ExecutionResult(data=None, errors=[GraphQLError("secret", original_error=KeyError("secret"))]),
        small_context(),
        BOUNDS,
    )
    assert "secret" not in repr(body)
