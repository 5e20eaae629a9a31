"""The graph is what schema.graphql says, each field with a class, each part with a description."""

from graphql import GraphQLEnumType, GraphQLObjectType, get_named_type

from api.graphql.engine import FieldClass, drift, unclassed, undescribed
from api.graphql.engine.classes import class_of, fields_of
from api.graphql.schema import SCHEMA_FILE, whole_schema
from tests.api.graphql.asking import GRAPH, is_node, outcome_types, root_lists


def test_the_file_shows_the_graph_as_it_is():
    difference = drift(whole_schema(), SCHEMA_FILE)
    assert not difference, f"run python -m api.graphql.schema\n{difference}"


def test_every_field_has_a_class():
    assert unclassed(whole_schema()) == []


def test_every_type_and_field_has_a_description():
    assert undescribed(whole_schema()) == []


def test_every_argument_has_a_description():
    bare = [
        f"{type_}.{field}({name})"
        for type_, field, definition in fields_of(GRAPH)
        for name, argument in definition.args.items()
        if not argument.description
    ]
    assert bare == []


def test_every_amount_of_money_is_guarded_as_money():
    amounts = {
        f"{type_}.{name}": class_of(definition)
        for type_, name, definition in fields_of(GRAPH)
        if get_named_type(definition.type).name == "Money"
    }
    assert amounts
    assert set(amounts.values()) == {FieldClass.MONEY}


def test_every_mutation_answers_with_the_thing_or_a_refusal():
    plain = [name for name, union in outcome_types().items() if union is None]
    assert plain == []
    assert all("Refusal" in {kind.name for kind in union.types} for union in outcome_types().values() if union)


def test_every_mutation_takes_one_input():
    others = {name for name, field in GRAPH.mutation_type.fields.items() if list(field.args) != ["input"]}
    assert others <= {"startScan"}  # asks for nothing but itself


def test_every_list_pages_in_both_directions():
    short = [
        name for name, field in root_lists().items() if not {"first", "after", "last", "before"} <= set(field.args)
    ]
    assert short == []


def test_the_rooms_lists_are_there():
    wanted = {
        "agreements", "allocations", "auditEntries", "entitlements", "features", "feeds", "lots", "notices", "people",
        "policyVersions", "pools", "products", "roleGrants", "runs", "serviceAccounts", "tokens", "unitTree", "units",
        "usageEvents", "vendors",
    }  # fmt: skip
    assert wanted <= set(root_lists())


def test_what_stands_for_a_row_is_a_node():
    assert all(is_node(name) for name in ("Agreement", "Allocation", "Lot", "Person", "Pool", "Run", "Token", "Unit"))


def test_enums_say_their_words_as_governance_does():
    for name, kind in GRAPH.type_map.items():
        if isinstance(kind, GraphQLEnumType) and not name.startswith("__"):
            assert all(value == value.upper() for value in kind.values), name
    assert isinstance(GRAPH.type_map["Refusal"], GraphQLObjectType)
