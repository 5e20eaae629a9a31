"""Hostile queries are refused before they are validated, after a number of steps that the text's length bounds."""

import sys

import pytest
from graphql import specified_rules

from api.graphql.engine import AUDITOR, PRODUCTION, Bounds, Documents, OverBound
from api.graphql.engine.bounds import hold_json, hold_nesting
from tests.api.graphql.engine.small import small_context, small_schema

BOUNDS = Bounds()
SCHEMA = small_schema()
GRAPH = SCHEMA._schema


def steps_of(act):
    """Count the calls that a piece of work makes, Python's and C's: a measure without a clock."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return calls


def refused(query, variables=None, bounds=BOUNDS):
    """Read and weigh a query that has to be refused; give the refusal and the calls it took."""
    no = []

    def act():
        documents = Documents(bounds)
        try:
            documents.weigh(documents.read(query), None, GRAPH, variables or {})
        except OverBound as over:
            no.append(over)

    steps = steps_of(act)
    assert no, "the query was let through"
    return no[0], steps


def cost(query, variables=None):
    documents = Documents(BOUNDS)
    return documents.weigh(documents.read(query), None, GRAPH, variables or {})


def doubling(levels):
    """Each fragment spreads the next one twice, under two names."""
    parts = ["{shelf{...F0}}"]
    parts += [f"fragment F{n} on Book{{a:like{{...F{n + 1}}}b:like{{...F{n + 1}}}}}" for n in range(levels)]
    return "".join([*parts, f"fragment F{levels} on Book{{id}}"])


SHORT = "{shelf{...A}}fragment A on Book{a:like{...B}b:like{...B}}fragment B on Book{a:like{...C}b:like{...C}}fragment C on Book{like{like{id}}}"
HOSTILE = {
    "a 137-byte query that doubles its fragments": (SHORT, "cost"),
    "12 fragments that double": (doubling(12), "cost"),
    "fragments that double in one selection": (
        "{...F0}"
        + "".join(f"fragment F{n} on Query{{...F{n + 1} shelf{{id}} ...F{n + 1}}}" for n in range(40))
        + "fragment F40 on Query{shelf{id}}",
        "repeated fields",
    ),
    "diamonds of fragments": (
        "{...A0}"
        + "".join(
            f"fragment A{n} on Query{{...B{n} ...C{n}}} fragment B{n} on Query{{...A{n + 1}}} fragment C{n} on Query{{...A{n + 1}}}"
            for n in range(12)
        )
        + "fragment A12 on Query{shelf{id}}",
        "repeated fields",
    ),
    "1,000 aliases": ("{" + " ".join(f"a{n}:x" for n in range(1_000)) + "}", "aliases"),
    "an alias too long to keep": ("{" + "a" * 101 + ":shelf{id}}", "alias characters"),
    "5,000 fields of one name": ("{" + "shelf{id}" * 1_200 + "}", "tokens"),
    "900 fields of one name": ("{shelf{" + "id " * 900 + "}}", "repeated fields"),
    "1,001 fields": ("{" + " ".join(f"f{n}" for n in range(1_001)) + "}", "fields"),
    "21 root fields": ("{" + " ".join(f"f{n}" for n in range(21)) + "}", "root fields"),
    "root fields through fragments": (
        "{...A ...B} fragment A on Query{"
        + " ".join(f"f{n}" for n in range(11))
        + "} fragment B on Query{"
        + " ".join(f"g{n}" for n in range(11))
        + "}",
        "root fields",
    ),
    "nested plain lists": ("{shelf{like{like{like{like{id}}}}}}", "cost"),
    "nested pages": ("{books(first:200){nodes{neighbors(first:200){nodes{id}}}}}", "cost"),
    "nested pages of the usual size": ("{books{nodes{neighbors{nodes{neighbors{nodes{id}}}}}}}", "cost"),
    "nested pages of unknown size": (
        "query($n:Int!){books(first:$n){edges{node{neighbors(last:$n){edges{node{id}}}}}}}",
        "cost",
    ),
    "a page of two billion": ("{books(first:2000000000){nodes{id}}}", "cost"),
    "a page beyond any number": ("{books(first:" + "9" * 3_900 + "){nodes{id}}}", "cost"),
    "an inline fragment in an inline fragment": ("{" + "...{" * 60 + "shelf{id}" + "}" * 60 + "}", "nesting"),
    "25 fields inside each other": ("{" + "x{" * 25 + "y" + "}" * 25 + "}", "depth"),
    "a deep list as an argument": ("{echo(text:" + "[" * 1_900 + "]" * 1_900 + ")}", "nesting"),
    "a deep object as an argument": ("{echo(text:" + "{a:" * 900 + "1" + "}" * 900 + ")}", "nesting"),
    "a deep type of a variable": ("query($a:" + "[" * 100 + "Int" + "]" * 100 + "){shelf{id}}", "nesting"),
    "10,000 braces": ("{a" * 10_000, "nesting"),
    "5,000 directives": ("{shelf{id " + "@include(if:true)" * 1_000 + "}}", "tokens"),
    "5,000 comments": ("#\n" * 5_000 + "{shelf{id}}", "tokens"),
    "51 fragments": ("{shelf{id}}" + "".join(f"fragment F{n} on Book{{id}}" for n in range(51)), "fragments"),
    "201 spreads": (
        "{" + " ".join(f"f{n}{{...A}}" for n in range(201)) + "} fragment A on Book{id}",
        "fragment spreads",
    ),
}


@pytest.mark.parametrize(("query", "bound"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_query_is_refused_by_the_bound_it_breaks_in_few_steps(query, bound):
    over, steps = refused(query, {"n": 200})
    assert over.bound == bound
    assert int(over.measured.removeprefix("more than ")) >= over.limit
    assert steps < 600_000


@pytest.mark.parametrize(("query", "bound"), HOSTILE.values(), ids=HOSTILE.keys())
async def test_nothing_of_a_hostile_query_is_run(query, bound):
    context = small_context()
    result = await SCHEMA.execute(query, {"n": 200}, context)
    assert result.data is None
    assert result.errors[0].original_error.bound == bound
    assert context.charged == context.asked == context.counted == []


def test_the_short_doubling_query_is_as_short_as_the_one_that_took_8_gigabytes():
    assert len(SHORT) <= 146


def test_work_grows_with_the_text_not_with_what_it_expands_to():
    wide = Bounds(cost=10**18, depth=10**6, repeats=10**6, aliases=10**6, fragments=10**6)

    def steps(levels):
        return steps_of(lambda: (d := Documents(wide)).weigh(d.read(doubling(levels)), None, GRAPH, {}))

    five, ten, twenty = steps(5), steps(10), steps(20)
    assert ten - five < 3 * five
    assert twenty - ten < 3 * (ten - five)


def test_fragments_inside_themselves_are_refused_before_they_are_expanded():
    documents = Documents(BOUNDS)
    for query in (
        "{shelf{...A}} fragment A on Book{like{...A}}",
        "{shelf{...A}} fragment A on Book{...B} fragment B on Book{like{...A}}",
        "fragment A on Book{...A} {shelf{id}}",
    ):
        with pytest.raises(Exception, match="within itself"):
            documents.read(query)


def test_a_long_chain_of_fragments_needs_no_deep_stack():
    chain = (
        "{...F0}"
        + "".join(f"fragment F{n} on Query{{...F{n + 1}}}" for n in range(48))
        + "fragment F48 on Query{shelf{id}}"
    )
    assert cost(chain) == 11


def test_the_cost_is_fields_times_the_rows_asked_for():
    assert cost("{ __typename }") == 1
    assert cost('{ echo(text: "a") }') == 1
    assert cost("{ shelf { id } }") == 1 + 10
    assert cost("{ books(first: 3) { nodes { id title } } }") == 2 + 3 * 3 - 0 - 0
    assert (
        cost("{ books(first: 3) { totalCount pageInfo { endCursor } edges { cursor node { id } } } }")
        == 1 + 3 + 1 + 3 * 4
    )
    assert cost("{ books { nodes { id } } }") == cost("{ books(last: 50) { nodes { id } } }")
    assert cost("query($n: Int = 7) { books(first: $n) { nodes { id } } }") == cost(
        "{ books(first: 7) { nodes { id } } }"
    )
    assert cost("query($n: Int) { books(first: $n) { nodes { id } } }", {"n": 9}) == cost(
        "{books(first: 9) {nodes {id}}}"
    )
    assert cost("{ books(first: 2) { ...P } } fragment P on BookConnection { nodes { id } }") == cost(
        "{books(first:2){nodes{id}}}"
    )


def test_a_negative_or_wrong_size_costs_no_less_than_nothing():
    assert cost("{ books(first: -5) { nodes { id } } }") == 2
    assert cost("query($n: Int) { books(first: $n) { nodes { id } } }", {"n": "many"}) == cost(
        "{ books { nodes { id } } }"
    )


def test_only_the_operation_that_runs_is_charged():
    documents = Documents(BOUNDS)
    document = documents.read("query A { shelf { id } } query B { books(first: 9) { nodes { id } } }")
    assert documents.weigh(document, "A", GRAPH, {}) == 11
    assert documents.weigh(document, "B", GRAPH, {}) == 20


async def test_several_operations_need_a_name():
    result = await SCHEMA.execute("query A { __typename } query B { __typename }", context_value=small_context())
    assert "operation name" in result.errors[0].message


async def test_the_cost_is_charged_before_anything_runs():
    context = small_context()
    await SCHEMA.execute("{ shelf { id } }", context_value=context)
    assert context.charged == [11]


async def test_the_standard_introspection_query_passes_for_an_auditor():
    from graphql import get_introspection_query

    context = small_context(profile=AUDITOR)
    result = await SCHEMA.execute(get_introspection_query(), context_value=context)
    assert result.errors is None
    assert result.data["__schema"]["queryType"]["name"] == "Query"


async def test_introspection_in_a_circle_is_refused_even_to_an_auditor():
    query = "{__schema{types{" + "fields{type{" * 8 + "name" + "}}" * 8 + "}}}"
    result = await SCHEMA.execute(query, context_value=small_context(profile=AUDITOR))
    assert result.data is None
    assert result.errors


def test_brackets_in_texts_and_comments_do_not_count():
    hold_nesting('{ echo(text: "' + "{" * 100 + '") } # ' + "{" * 100, BOUNDS)
    hold_nesting('{ echo(text: """' + '[" {' * 100 + ' \\""" {{{""") }', BOUNDS)
    hold_nesting('{ echo(text: "\\"' + "{" * 100 + '") }', BOUNDS)


def test_json_is_bounded_by_levels_not_by_size():
    hold_json({"a": [list(range(10_000))] * 3}, BOUNDS)
    deep: object = 1
    for _ in range(25):
        deep = [deep]
    with pytest.raises(OverBound, match="JSON depth: 25; at most 24"):
        hold_json(deep, BOUNDS)


async def test_a_refusal_says_what_was_measured_and_what_is_allowed():
    result = await SCHEMA.execute(HOSTILE["nested pages"][0], context_value=small_context())
    no = result.errors[0].original_error
    assert dict(no.facts()) == {"bound": "cost", "measured": "40602", "limit": "25000"} | {"measured": no.measured}
    assert no.code == "COST_LIMIT"


ACCEPTED_AT_WORST = {
    "as many unknown fields as may be": "{shelf{" + " ".join(f"f{n}" for n in range(990)) + "}}",
    "as many fields of one name as may be": "{shelf{" + "id " * 150 + "}}",
    "fields of one name inside fields of one name": "{shelf{" + "like{id title} " * 40 + "}}",
    "an argument given 1,200 times": "{echo(" + 'text:"" ' * 1_200 + ")}",
    "an argument of 3,900 items": "{echo(text:[" + "1 " * 3_900 + "])}",
    "900 variables": "query(" + " ".join(f"$a{n}:Int" for n in range(900)) + "){shelf{id}}",
    "450 operations": "".join(f"query q{n}{{shelf{{id}}}}" for n in range(450)),
    "49 fragments, each unused": "{shelf{id}}" + "".join(f"fragment F{n} on Book{{id title}}" for n in range(49)),
}


@pytest.mark.parametrize("query", ACCEPTED_AT_WORST.values(), ids=ACCEPTED_AT_WORST.keys())
def test_what_the_bounds_let_through_is_validated_in_few_steps(query):
    documents = Documents(BOUNDS)

    def act():
        document = documents.read(query)
        documents.weigh(document, "q1" if "q1" in query else None, GRAPH, {})
        documents.errors(document, GRAPH, tuple(specified_rules), PRODUCTION)

    assert steps_of(act) < 1_500_000
