"""A known text is neither parsed nor validated again; memory for texts is bounded; what is invalid is not kept."""

import pytest
from graphql import GraphQLError, specified_rules

from api.graphql.engine import AUDITOR, PRODUCTION, Bounds, Documents
from tests.api.graphql.engine.small import small_context, small_schema

GRAPH = small_schema()._schema
RULES = tuple(specified_rules)


def valid(documents, text, profile=PRODUCTION):
    document = documents.read(text)
    return documents.errors(document, GRAPH, RULES, profile), document


def test_a_valid_text_is_remembered_as_it_is():
    documents = Documents(Bounds())
    errors, document = valid(documents, "{ shelf { id } }")
    assert errors == []
    assert documents.read("{ shelf { id } }") is document
    assert documents.read("{ shelf { title } }") is not document


def test_an_invalid_text_is_not_kept():
    documents = Documents(Bounds())
    errors, _ = valid(documents, "{ nothing }")
    assert errors
    assert len(documents) == 0
    with pytest.raises(GraphQLError):
        documents.read("{")
    assert len(documents) == 0


def test_the_least_recently_used_text_goes_first():
    documents = Documents(Bounds(cached_documents=2))
    first = valid(documents, "{ a: shelf { id } }")[1]
    valid(documents, "{ b: shelf { id } }")
    assert documents.read("{ a: shelf { id } }") is first
    valid(documents, "{ c: shelf { id } }")
    assert len(documents) == 2
    assert documents.read("{ a: shelf { id } }") is first
    assert documents.read("{ b: shelf { id } }").valid is False


def test_the_characters_kept_are_bounded():
    documents = Documents(Bounds(cached_characters=1_000))
    for n in range(50):
        valid(documents, f"{{ a{n}: shelf {{ id }} }}" + " " * 100)
    assert len(documents) == 8
    valid(documents, "{ shelf { id } }" + " " * 2_000)
    assert len(documents) == 0


def test_two_requests_with_one_new_text_count_it_once():
    documents = Documents(Bounds(cached_characters=40))
    one, two = documents.read("{ shelf { id } }"), documents.read("{ shelf { id } }")
    for document in (one, two):
        assert documents.errors(document, GRAPH, RULES, PRODUCTION) == []
    valid(documents, "{ shelf { title } }")
    assert len(documents) == 2


def test_a_remembered_text_about_the_schema_is_still_refused_to_others():
    documents = Documents(Bounds())
    text = "{ __schema { queryType { name } } }"
    assert valid(documents, text, AUDITOR)[0] == []
    assert "introspection" in valid(documents, text, PRODUCTION)[0][0].message
    hidden = '{ ...A } fragment A on Query { x: __type(name: "Book") { name } }'
    assert "introspection" in valid(documents, hidden, PRODUCTION)[0][0].message


def test_the_number_of_errors_found_is_bounded():
    documents = Documents(Bounds(errors=5))
    errors, _ = valid(documents, "{" + " ".join(f"f{n}" for n in range(19)) + "}")
    assert len(errors) == 6
    assert "Too many" in errors[-1].message


def test_a_cost_that_hangs_on_variables_is_weighed_each_time():
    documents = Documents(Bounds())
    document = documents.read("query($n: Int) { books(first: $n) { nodes { id } } }")
    costs = [documents.weigh(document, None, GRAPH, {"n": n}) for n in (1, 10, 100)]
    assert costs == [4, 22, 202]


async def test_a_remembered_text_is_run_with_each_requests_own_variables_and_rights():
    schema = small_schema()
    for n in (1, 2, 3):
        result = await schema.execute("query($n: Int) { books(first: $n) { nodes { id } } }", {"n": n}, small_context())
        assert len(result.data["books"]["nodes"]) == n
